"""How roles, access lists and SSH keys look in the auth service, and what their lists can be filtered and sorted by."""

from __future__ import annotations

from typing import Any

from simulator.api6.lists.columns import attributes, columns
from simulator.api6.lists.listing import Listing
from simulator.dcim import Panel
from simulator.dcim.people.access_lists import AccessList
from simulator.dcim.people.roles import Role
from simulator.dcim.people.ssh_keys import SshKey

__all__ = ["ACCESS_LISTS", "ROLES", "SSH_KEYS"]


def _members(panel: Panel, this: AccessList) -> list[str]:
    return [panel.users.all.get(number).email for number in this.members]


def _access_list(panel: Panel, this: AccessList) -> dict[str, Any]:
    return {"id": this.id, "name": this.name, "ip_list": list(this.ranges), "members": _members(panel, this)}


ROLES: Listing[Role] = Listing(
    {**attributes("int", "id"), **attributes("text", "name", "human_name", "human_descr")},
    lambda panel, role: {
        "id": role.id,
        "name": role.name,
        "human_name": role.human_name,
        "human_descr": role.human_descr,
        "data": {method: list(names) for method, names in role.data.items()},
    },
)
ACCESS_LISTS: Listing[AccessList] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name"),
        **columns("list", ip_list=lambda panel, this: this.ranges, members=_members),
    },
    _access_list,
)
SSH_KEYS: Listing[SshKey] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name"),
        **columns("text", ssh_pub_key=lambda panel, key: key.text),
    },
    lambda panel, key: {"id": key.id, "name": key.name, "ssh_pub_key": key.text},
)

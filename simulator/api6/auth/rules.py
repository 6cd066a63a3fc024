"""What administrators set for everybody: roles, access lists, restrictions of logins, global settings (auth v4)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from simulator.api6.auth.views import ACCESS_LISTS, ROLES
from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.plain_lists import lists, reads
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid
from simulator.dcim.people.roles import BUILT_IN, USER_ROLE

__all__: list[str] = []


class NewList(Body):
    name: str = Field(max_length=255, examples=["office"])
    ip_list: list[str] = Field(max_length=1000, examples=[["192.0.2.0/24"]])
    members: list[str] = Field(default=[], examples=[[]])


class ListEdit(Body):
    name: str = Field(default="", max_length=255)
    ip_list: list[str] = Field(default=[], max_length=1000, examples=[["192.0.2.0/24"]])
    members: list[str] = Field(default=[], examples=[[]])


class SubRoles(Body):
    GET: list[str] = []
    POST: list[str] = []
    DELETE: list[str] = []


class NewRole(Body):
    name: Annotated[str, StringConstraints(pattern=r"^@\w+$")]
    human_name: str = ""
    human_descr: str = ""
    data: SubRoles


class RoleEdit(Body):
    human_name: str = ""
    human_descr: str = ""
    data: SubRoles = SubRoles()


class RuleEdit(Body):
    role: str = Field(examples=[USER_ROLE])
    attempts_max_count: int | None = None
    time_to_unban: int = 600
    time_between_attempts: int = 1
    attempts_counting_duration: int = 600


class Value(Body):
    value: Annotated[str, StringConstraints(pattern="^[-A-Za-z0-9/]+")]


# roles


reads("auth.role", ROLES, lambda panel: panel.users.roles.custom)


@handles("auth.roles", public=True)
async def list_role_names(call: Call[Nothing]) -> Any:
    return {"roles": [*BUILT_IN, *(role.name for role in call.panel.users.roles.custom)]}


@handles("auth.role.create", NewRole)
async def create_role(call: Call[NewRole]) -> Any:
    body = call.body
    data = body.data.model_dump()
    return {"id": call.panel.users.roles.create(body.name, body.human_name, body.human_descr, data).id}


@handles("auth.role.edit", RoleEdit)
async def edit_role(call: Call[RoleEdit]) -> Any:
    call.panel.users.roles.edit(call.number("id"), **call.body.model_dump(exclude_unset=True, exclude_defaults=False))
    return {}


@handles("auth.role.delete")
async def delete_role(call: Call[Nothing]) -> Any:
    users = call.panel.users
    users.roles.remove(call.number("id"), (name for user in users.all for name in user.roles))
    return {}


# access lists


lists("auth.acl.list", ACCESS_LISTS, lambda call: call.panel.users.access_lists.named)


def _members(panel: Panel, keys: list[str]) -> list[int]:
    return [panel.users.by_key(key).id for key in keys]


@handles("auth.acl.create", NewList)
async def create_list(call: Call[NewList]) -> Any:
    members = _members(call.panel, call.body.members)
    return {"id": call.panel.users.access_lists.create(call.body.name, call.body.ip_list, members).id}


@handles("auth.acl.item")
async def read_list(call: Call[Nothing]) -> Any:
    return ACCESS_LISTS.view(call.panel, call.panel.users.access_lists.by_key(call.path["acl"]))


@handles("auth.acl.edit", ListEdit)
async def edit_list(call: Call[ListEdit]) -> Any:
    lists, given, body = call.panel.users.access_lists, call.body.model_fields_set, call.body
    lists.edit(
        lists.by_key(call.path["acl"]),
        body.name if "name" in given else None,
        body.ip_list if "ip_list" in given else None,
        _members(call.panel, body.members) if "members" in given else None,
    )
    return {}


@handles("auth.acl.delete")
async def delete_list(call: Call[Nothing]) -> Any:
    lists = call.panel.users.access_lists
    lists.named.remove(lists.by_key(call.path["acl"]).id)
    return {}


@handles("auth.acl.member.add", also=(201,))
async def add_member(call: Call[Nothing]) -> Any:
    """201 for a new member, 200 for one who was there."""
    lists = call.panel.users.access_lists
    this, user = lists.by_key(call.path["acl"]), call.panel.users.by_key(call.path["u"])
    if user.id in this.members:
        return {}
    lists.edit(this, members=(*this.members, user.id))
    call.status = 201
    return {"id": this.id}


@handles("auth.acl.member.delete")
async def remove_member(call: Call[Nothing]) -> Any:
    lists = call.panel.users.access_lists
    this, user = lists.by_key(call.path["acl"]), call.panel.users.by_key(call.path["u"])
    lists.edit(this, members=(member for member in this.members if member != user.id))
    return {}


# restrictions and bans


@handles("auth.restriction.list")
async def list_rules(call: Call[Nothing]) -> Any:
    return [
        {
            "id": rule.id,
            "role": rule.role,
            "attempts_max_count": rule.attempts_max_count,
            "time_to_unban": rule.time_to_unban,
            "time_between_attempts": rule.time_between_attempts,
            "attempts_counting_duration": rule.attempts_counting_duration,
        }
        for rule in call.panel.users.restrictions.rules.values()
    ]


@handles("auth.restriction.set", RuleEdit)
async def set_rule(call: Call[RuleEdit]) -> Any:
    fields = call.body.model_dump(exclude_unset=True)
    role = fields.pop("role")
    call.panel.users.roles.check_names([role])
    call.panel.users.restrictions.set_rule(role, fields)
    return {}


@handles("auth.ban.list")
async def list_bans(call: Call[Nothing]) -> Any:
    epoch = call.panel.clock.epoch.timestamp()
    return {
        "bans": [
            {"id": ban.id, "user_id": ban.user, "user_ip": ban.address, "banned_until": int(epoch + ban.until)}
            for ban in call.panel.users.restrictions.bans()
        ]
    }


@handles("auth.ban.delete")
async def lift_ban(call: Call[Nothing]) -> Any:
    call.panel.users.restrictions.lift(number=call.number("id"))
    return {}


@handles("auth.ban.delete_of")
async def lift_ban_of(call: Call[Nothing]) -> Any:
    call.panel.users.restrictions.lift(user=call.number("u"), address=call.path["address"])
    return {}


# global settings


@handles("auth.setting.read", anyone=True)
async def read_setting(call: Call[Nothing]) -> Any:
    name = call.path["name"]
    value = call.panel.users.settings.get(name)
    return {"name": name, "valie": value, "value": value}


@handles("auth.setting.set", Value)
async def set_setting(call: Call[Value]) -> Any:
    if len(call.path["name"]) > 255:
        raise Invalid("name", "it is longer than 255 characters")
    call.panel.users.settings.set(call.path["name"], call.body.value)
    return {}


@handles("auth.setting.delete")
async def remove_setting(call: Call[Nothing]) -> Any:
    call.panel.users.settings.remove(call.path["name"])
    return {}

"""Who may log in to a server's BMC: read from it and written to it, nothing of it is kept.

The list is under the connection; whether a client gives the connection as `plid` or, to the list, as `elid` is not known,
and its form's fields are those of `user.edit`.
"""

from __future__ import annotations

from simulator.api5.calls import Call, done, function, number
from simulator.api5.connections import server_of_ipmi
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.drivers.base import BmcUser
from simulator.dcim.people.accounts5 import Level

__all__: list[str] = []

LEVELS = {"2": "ipmi_user", "3": "ipmi_operator", "4": "ipmi_admin"}
COLUMNS = ("id", "name", "level")
LONGEST_NAME, LONGEST_PASSWORD = 16, 20


async def _user(call: Call, server: int, key: str) -> BmcUser:
    wanted = number(key)
    for user in await call.panel.devices.bmc_users(server):
        if user.id == wanted:
            return user
    raise Refusal("missed", "user", key, f"the BMC has no user {key}")


@function("server.connection.ipmiuser", Level.OPERATOR)
async def users(call: Call) -> Document:
    server = server_of_ipmi(call, call.need("elid"))
    found = await call.panel.devices.bmc_users(server.id)
    rows = ({"id": one.id, "name": one.name, "level": one.level} for one in found)
    return call.list(rows, COLUMNS, extra={"plid": call.get("elid"), "plname": f"IPMI {server.name}"})


@function(
    "server.connection.ipmiuser.edit",
    Level.OPERATOR,
    "inferred",
    "META-5.21.4 has the name, HostBill is said to call it",
)
async def edit(call: Call) -> Document:
    """A new user without `elid`. What the form leaves out stays as the BMC has it."""
    server = server_of_ipmi(call, call.need("plid"))
    user = await _user(call, server.id, call.get("elid")) if call.get("elid") else None
    choices = [(key, call.label(word)) for key, word in LEVELS.items()]
    if not call.setting:
        level = str(user.level) if user else "2"
        values = {"plid": call.get("plid"), "elid": user.id if user else None, "name": user.name if user else ""}
        return form({**values, "level": level}, level=choices)
    name, level = call.get("name", user.name if user else ""), call.get("level", str(user.level) if user else "2")
    password = call.get("passwd")
    if not name or len(name.encode()) > LONGEST_NAME or not name.isprintable():
        raise Refusal("value", "name", name)
    if level not in LEVELS:
        raise Refusal("value", "level", level)
    if (user is None and not password) or len(password.encode()) > LONGEST_PASSWORD:
        raise Refusal("value", "passwd", "", f"a BMC takes up to {LONGEST_PASSWORD} octets")
    if call.get("confirm") and call.get("confirm") != password:
        raise Refusal("value", "confirm", "", "the passwords differ")
    slot = user.id if user else None
    made = await call.panel.devices.set_bmc_user(server.id, slot, name, password or None, int(level))
    return done() if user else done(id=made)


@function("server.connection.ipmiuser.delete", Level.OPERATOR)
async def delete(call: Call) -> Document:
    """Not the one by whom the panel itself logs in."""
    server = server_of_ipmi(call, call.need("plid"))

    async def remove(key: str) -> None:
        user = await _user(call, server.id, key)
        if user.name == server.bmc.username:
            raise Refusal("constraint_delete", "users", user.name, "the panel itself logs in as this user")
        await call.panel.devices.remove_bmc_user(server.id, user.id)

    return await call.each(remove)

"""Logging in, sessions, one-time keys, and acting as somebody else."""

from __future__ import annotations

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, Element
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.people.users import User, UserState

__all__: list[str] = []


def _session(call: Call, user: User) -> Document:
    session = call.accounts.open(user, call.client)
    attributes = {"id": session.id, "level": str(int(call.accounts.level(user)))}
    return Document("auth", [Element("auth", session.id, attributes)])


@function("auth", Level.NOBODY, source="GUIDE")
async def log_in(call: Call) -> Document:
    """By name and password, or by a one-time key."""
    name, key = call.get("username"), call.get("key")
    if key and not call.get("password"):
        return _session(call, call.accounts.use_key(name, key, call.client))
    return _session(call, call.accounts.check(name, call.get("password"), call.client))


@function("session.newkey", Level.ADMIN, source="GUIDE, WHMCS")
async def new_key(call: Call) -> Document:
    """A key that the caller has made up; a script of the vendor's writes `user` for `username`."""
    name = call.get("username") or call.get("user")
    user = call.accounts.find(name)
    if user is None:
        raise Refusal("missed", "user", name)
    if user.state is not UserState.ACTIVE:
        raise Refusal("no_su_disabled_user")
    call.accounts.add_key(user, call.need("key"))
    return done()


SESSION_COLUMNS = ("id", "name", "level", "ip", "idle")


@function("session", Level.ADMIN)
async def sessions(call: Call) -> Document:
    return call.list(
        (
            {
                "id": session.id,
                "name": call.accounts.name(user),
                "level": call.label(f"level_{int(call.accounts.level(user))}").text,
                "ip": session.client,
                "idle": int(idle),
            }
            for session, user, idle in call.accounts.sessions()
        ),
        SESSION_COLUMNS,
    )


@function("session.delete", Level.ADMIN, "inferred", "ours: the list's button `kill`")
async def end_session(call: Call) -> Document:
    async def end(key: str) -> None:
        call.accounts.close(key)

    return await call.each(end)


@function("user.su", Level.ADMIN)
async def become(call: Call) -> Document:
    """A session of the user."""
    user = call.panel.users.all.find(number(call.get("elid")))
    if user is None:
        raise Refusal("missed", "user", call.get("elid"))
    if user.state is not UserState.ACTIVE:
        raise Refusal("no_su_disabled_user")
    return _session(call, user)


@function("server.su", Level.ADMIN)
async def become_owner(call: Call) -> Document:
    """A session of the server's owner."""
    owner = call.panel.users.all.find(call.server(call.need("elid")).owner)
    if owner is None:
        raise Refusal("missed", "user", "no_owner")
    if owner.state is not UserState.ACTIVE:
        raise Refusal("no_su_disabled_user")
    return _session(call, owner)

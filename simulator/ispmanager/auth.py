"""Logging in, one-time keys, and who one is."""

from __future__ import annotations

from simulator.coremanager.calls import done
from simulator.coremanager.document import Document, Element, form
from simulator.coremanager.errors import Refusal
from simulator.ispmanager.calls import Call, function
from simulator.ispmanager.hosting import Level

__all__: list[str] = []


@function("auth", Level.NOBODY, "documented", "GUIDE")
async def log_in(call: Call) -> Document:
    """By name and password, or by a one-time key."""
    name, key = call.get("username"), call.get("key")
    if key and not call.get("password"):
        account = call.hosting.use_key(name, key)
    else:
        account = call.hosting.check(name, call.get("password"))
    session = call.hosting.open(account, call.client)
    return Document("auth", [Element("auth", session.id, {"id": session.id, "level": str(int(account.level))})])


@function("session.newkey", Level.ADMIN, "observed", "KHORSA")
async def new_key(call: Call) -> Document:
    """A key that the caller has made up, for a user who may log in. One client names nobody, and sends the user in with it."""
    name = call.get("username") or call.get("user")
    account = call.hosting.find(name)
    if name and account is None:
        raise Refusal("missed", "user", name)
    if account is not None and not call.hosting.active(account):
        raise Refusal("no_su_disabled_user")
    call.hosting.add_key(account, call.need("key"))
    return done()


@function("whoami", Level.USER, "observed", "clients of the family")
async def who_am_i(call: Call) -> Document:
    """One element with the caller's name and level."""
    user = call.user
    return Document("form", [Element("user", "", {"name": user.name, "level": str(int(user.level))})])


@function("usrparam", Level.USER, "observed", "WHMCS")
async def own_settings(call: Call) -> Document:
    """What one may set of oneself: here, the password. An administrator sends `su` to set a user's."""
    user = call.user
    if not call.setting:
        return form({"name": user.name, "fullname": user.full_name, "passwd": "", "confirm": ""})
    password = call.get("passwd")
    if call.get("confirm", password) != password:
        raise Refusal("value", "confirm", "", "the passwords differ")
    if password:
        call.hosting.set_password(user, password)
    return done()

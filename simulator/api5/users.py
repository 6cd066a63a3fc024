"""Users: the list, the form, and the buttons."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, Label, form
from simulator.dcim.errors import UserInUse
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.people.users import User, UserState

__all__: list[str] = []

LEVELS = {"lvUser": Level.USER, "lvOperator": Level.OPERATOR, "lvAdmin": Level.ADMIN}
COLUMNS = ("id", "name", "level", "servers", "enabled")


def _user(call: Call, key: str) -> User:
    user = call.panel.users.all.find(number(key))
    if user is None:
        raise Refusal("missed", "user", key, f"there is no user {key}")
    return user


def _row(call: Call, user: User) -> dict[str, Any]:
    level = str(int(call.accounts.level(user)))
    return {
        "id": user.id,
        "name": call.accounts.name(user),
        "level": Label(level, call.word(f"level_{level}")),
        "servers": call.panel.inventory.servers_of(user.id),
        "enabled": "on" if user.state is UserState.ACTIVE else "off",
    }


@function("user", Level.ADMIN, source="META-5.21.4, WHMCS")
async def users(call: Call) -> Document:
    return call.list((_row(call, user) for user in call.panel.users.all), COLUMNS)


@function("user.edit", Level.ADMIN, source="META-5.21.4, WHMCS")
async def edit(call: Call) -> Document:
    """Without `elid` a new user; the answer has his id."""
    user = _user(call, call.get("elid")) if call.get("elid") else None
    levels = [(key, call.label(f"level_{int(level)}")) for key, level in LEVELS.items()]
    if not call.setting:
        now = call.accounts.level(user) if user else Level.USER
        key = next(key for key, level in LEVELS.items() if level is now)
        values = {"elid": user.id if user else None, "name": call.accounts.name(user) if user else "", "level": key}
        return form(values, level=levels)
    word = call.get("level") or ("" if user else "lvUser")
    level = LEVELS.get(word) or next((one for one in LEVELS.values() if str(int(one)) == word), None)
    if word and level is None:
        raise Refusal("value", "level", word)
    password = call.get("passwd")
    for again in ("confirm", "checkpasswd"):
        if call.get(again) and call.get(again) != password:
            raise Refusal("value", again, "", "the passwords differ")
    if user is None:
        made = call.accounts.create(call.need("name"), password, level or Level.USER)
        return done(id=made.id)
    if call.get("name") and call.get("name") != call.accounts.name(user):
        raise Refusal("value", "name", call.get("name"), "a user keeps his name")
    if level is not None and level is not Level.ADMIN and user.id == call.user.id:
        raise Refusal("value", "level", word, "nobody takes the level from himself")
    if password:
        call.panel.users.set_password(user, password)
    if level is not None:
        call.accounts.set_level(_user(call, str(user.id)), level)
    return done()


@function("user.delete", Level.ADMIN)
async def delete(call: Call) -> Document:
    async def remove(key: str) -> None:
        user = _user(call, key)
        if user.id == call.user.id:
            raise Refusal("self_delete_error")
        try:
            call.panel.users.remove(user, call.user)
        except UserInUse as error:
            raise Refusal("constraint_delete", "users", call.accounts.name(user), str(error)) from None

    return await call.each(remove)


@function("user.disable", Level.ADMIN)
async def disable(call: Call) -> Document:
    async def suspend(key: str) -> None:
        user = _user(call, key)
        if user.id == call.user.id:
            raise Refusal("self_disable_error")
        call.panel.users.suspend(user)

    return await call.each(suspend)


@function("user.enable", Level.ADMIN)
async def enable(call: Call) -> Document:
    async def resume(key: str) -> None:
        call.panel.users.resume(_user(call, key))

    return await call.each(resume)


@function("user.filter", Level.ADMIN)
async def narrow(call: Call) -> Document:
    return call.narrow("user", COLUMNS)

"""Users: the list, the form, and the buttons. A user's key is the name."""

from __future__ import annotations

from typing import Any

from simulator.coremanager.calls import done
from simulator.coremanager.document import Document, Label, form
from simulator.coremanager.errors import Refusal
from simulator.ispmanager.calls import Call, function
from simulator.ispmanager.hosting import CUSTOM, LIMITS, Account, AccountEvent, Level

__all__: list[str] = []

COLUMNS = ("name", "level", "owner", "fullname", "preset", "active", "quota_total", "quota_used", *LIMITS)


def _row(call: Call, account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "level": Label(str(int(account.level)), call.word(f"level_{int(account.level)}")),
        "owner": account.owner or None,
        "fullname": account.full_name,
        "preset": account.preset,
        "active": "on" if call.hosting.active(account) else "off",
        "quota_total": account.limits["limit_quota"] or None,
        "quota_used": 0,
        **{name: value for name, value in account.limits.items() if value},
    }


@function("user", Level.ADMIN, "documented", "BILL, WHMCS, KHORSA")
async def users(call: Call) -> Document:
    return call.list((_row(call, each) for each in call.hosting.of(Level.USER)), COLUMNS, key="name")


@function("admin", Level.ADMIN, "documented", "BILL, JBS")
async def administrators(call: Call) -> Document:
    return call.list((_row(call, each) for each in call.hosting.of(Level.ADMIN)), COLUMNS, key="name")


@function("user.filter", Level.ADMIN, "documented", "CORE")
async def narrow(call: Call) -> Document:
    return call.narrow("user", COLUMNS)


def _limits(call: Call) -> dict[str, str]:
    return {name: call.params[name] for name in LIMITS if name in call.params}


def _password(call: Call) -> str:
    password = call.get("passwd")
    if call.get("confirm", password) != password:
        raise Refusal("value", "confirm", "", "the passwords differ")
    return password


def _form(call: Call, account: Account | None) -> Document:
    presets = [(CUSTOM, call.label("custom")), *((name, name) for name in call.hosting.presets)]
    values = {
        "elid": account.name if account else None,
        "name": account.name if account else "",
        "fullname": account.full_name if account else "",
        "passwd": "",
        "confirm": "",
        "preset": account.preset if account else CUSTOM,
        "comment": account.comment if account else "",
        **(account.limits if account else dict.fromkeys(LIMITS, "")),
    }
    return form(values, preset=presets)


async def _add(call: Call) -> Document:
    if not call.setting:
        return _form(call, None)
    made = call.hosting.add(
        call.need("name"),
        _password(call),
        full_name=call.get("fullname"),
        preset=call.get("preset"),
        limits=_limits(call),
        owner=call.user.name,
        comment=call.get("comment"),
    )
    return done(id=made.name)


@function("user.add", Level.ADMIN, "documented", "CORE, BLESTA")
async def add(call: Call) -> Document:
    """The wizard in one step, as clients use it. What it would set up besides the account is not emulated."""
    return await _add(call)


@function("user.add.finish", Level.ADMIN, "documented", "BILL, WHMCS")
async def add_finish(call: Call) -> Document:
    """The wizard's last page."""
    return await _add(call)


@function("user.edit", Level.ADMIN, "documented", "CORE, BLESTA, WHMCS")
async def edit(call: Call) -> Document:
    """Fields that are not sent stay, and so does the password where it is empty. Without `elid` a new user."""
    if not call.get("elid"):
        return await _add(call)
    account = call.hosting.user(call.get("elid"))
    if not call.setting:
        return _form(call, account)
    if call.get("name", account.name) != account.name:
        raise Refusal("value", "name", call.get("name"), "a user keeps his name")
    call.hosting.edit(
        account.name,
        password=_password(call),
        full_name=call.params.get("fullname"),
        preset=call.get("preset") or None,
        limits=_limits(call),
        comment=call.params.get("comment"),
    )
    return done()


@function("user.suspend", Level.ADMIN, "observed", "KHORSA, WHMCS")
async def suspend(call: Call) -> Document:
    """A group action; what is disabled already stays so."""

    async def one(name: str) -> None:
        call.hosting.move(name, AccountEvent.SUSPEND)

    return await call.each(one)


@function("user.resume", Level.ADMIN, "observed", "KHORSA, WHMCS")
async def resume(call: Call) -> Document:
    async def one(name: str) -> None:
        call.hosting.move(name, AccountEvent.RESUME)

    return await call.each(one)


@function("user.delete", Level.ADMIN, "observed", "KHORSA, WHMCS")
async def delete(call: Call) -> Document:
    async def one(name: str) -> None:
        call.hosting.delete(name)

    return await call.each(one)


@function("preset", Level.ADMIN, "documented", "BILL, WHMCS")
async def presets(call: Call) -> Document:
    rows = ({"name": each.name, **each.limits} for each in call.hosting.presets.values())
    return call.list(rows, ("name", *LIMITS), key="name")


@function("preset.edit", Level.ADMIN, "documented", "BILL, WHMCS")
async def edit_preset(call: Call) -> Document:
    """Without `elid` a new one. The accounts on a preset follow it."""
    known = call.hosting.preset(call.get("elid")) if call.get("elid") else None
    if not call.setting:
        limits = known.limits if known else dict.fromkeys(LIMITS, "")
        return form({"elid": known.name if known else None, "name": known.name if known else "", **limits})
    if known is not None and call.get("name", known.name) != known.name:
        raise Refusal("value", "name", call.get("name"), "a preset keeps its name")
    name = known.name if known else call.need("name")
    if known is None and name in call.hosting.presets:
        raise Refusal("exists", "preset", name)
    call.hosting.set_preset(name, _limits(call))
    return done() if known else done(id=name)


@function("ipaddr", Level.USER, "observed", "WHMCS")
async def addresses(call: Call) -> Document:
    """The one address that all accounts share. Addresses of one's own cannot be had here."""
    family = "ipv6" if ":" in call.hosting.address else "ipv4"
    rows = [{"name": call.hosting.address, "iprole": "shared", "iptype": family}]
    return call.list(rows, ("name", "iprole", "iptype"), key="name")

"""Public SSH keys of users; they are the same ones as in version 6."""

from __future__ import annotations

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.coremanager.document import Document, form
from simulator.dcim.errors import Invalid, NotFound
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.people.ssh_keys import SshKey

__all__: list[str] = []

COLUMNS = ("id", "name")


def _key(call: Call, text: str) -> SshKey:
    try:
        return call.panel.users.ssh_keys.get(call.user.id, number(text))
    except NotFound as error:
        raise Refusal("missed", "sshpubkey", text, str(error)) from None


@function("sshpubkey", Level.USER, source="META-5.21.4, APIDOC")
async def keys(call: Call) -> Document:
    """The caller's own."""
    own = call.panel.users.ssh_keys.of(call.user.id)
    return call.list(({"id": key.id, "name": key.name} for key in own), COLUMNS)


@function("sshpubkey.edit", Level.USER, source="META-5.21.4, APIDOC")
async def edit(call: Call) -> Document:
    """Without `elid` a new one; of one that is there only the name changes."""
    key = _key(call, call.get("elid")) if call.get("elid") else None
    if not call.setting:
        return form(
            {"elid": key.id if key else None, "name": key.name if key else "", "pubkey": key.text if key else ""}
        )
    known = call.panel.users.ssh_keys
    if key is None:
        try:
            return done(id=known.add(call.user.id, call.need("name"), call.need("pubkey")).id)
        except Invalid as error:
            raise Refusal("value", "pubkey", call.get("pubkey"), str(error)) from None
    if call.get("pubkey", key.text).strip() != key.text:
        raise Refusal("value", "pubkey", call.get("pubkey"), "a key is not changed: delete it, and add the other")
    if call.get("name") and call.get("name") != key.name:
        known.rename(key, call.get("name"))
    return done()


@function("sshpubkey.delete", Level.USER)
async def delete(call: Call) -> Document:
    async def remove(text: str) -> None:
        call.panel.users.ssh_keys.all.remove(_key(call, text).id)

    return await call.each(remove)

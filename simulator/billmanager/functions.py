"""Functions of BILLmanager that processing modules call, as `mgrctl` has them; each with where its form comes from.

They refuse what does not fit: the end of an operation that is not running, a parameter of a service that there is not.
Sources: SDK, the vendor's Python SDK; MODULE, the vendor's modules in ISPsystemLLC/billmanager; PUBLIC, public modules of others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from xml.etree import ElementTree as ET

from simulator.billmanager.schema import ACTIVE, DELETED, ORDERED, PROCESSING, SUSPENDED, Transaction
from simulator.billmanager.secrets import Secrets

__all__ = ["FUNCTIONS", "Function", "Refusal", "Site", "run", "understood"]

Params = Mapping[str, str]
Row = Mapping[str, Any]


class Refusal(Exception):
    """`kind`, `about` and `value` are the error's `type`, `object` and `value`."""

    def __init__(self, kind: str, about: str = "", value: str = "") -> None:
        super().__init__(" ".join(part for part in (kind, about, value) if part))
        self.kind, self.about, self.value = kind, about, value


class Site(Protocol):
    """The manager that a function runs in."""

    @property
    def secrets(self) -> Secrets: ...

    def configuration(self) -> Mapping[str, str]:
        """`etc/billmgr.conf`, by names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call. `item`: the service that `elid` is, for functions about a service."""

    site: Site
    db: Transaction
    params: Params
    item: Row

    def need(self, name: str) -> str:
        try:
            return self.params[name]
        except KeyError:
            raise Refusal("missed", name) from None


@dataclass(frozen=True, slots=True)
class Function:
    run: Callable[[Asked], Mapping[str, str] | None]
    of_item: bool
    provenance: Literal["documented", "observed", "inferred"]
    source: str


FUNCTIONS: dict[str, Function] = {}
"""Beside these there is `<itemtype>.open` of each type of service."""


def _function(
    name: str, provenance: Literal["documented", "observed", "inferred"], source: str, *, of_item: bool = False
) -> Callable[[Callable[[Asked], Mapping[str, str] | None]], Callable[[Asked], Mapping[str, str] | None]]:
    def register(
        work: Callable[[Asked], Mapping[str, str] | None],
    ) -> Callable[[Asked], Mapping[str, str] | None]:
        FUNCTIONS[name] = Function(work, of_item, provenance, source)
        return work

    return register


def understood(words: Sequence[str], environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Function and parameters of a command line: `-m billmgr -o xml FUNCTION NAME=VALUE … -e NAME=$VARIABLE`."""
    if list(words[:4]) != ["-m", "billmgr", "-o", "xml"] or len(words) < 5:
        raise Refusal("value", "options", " ".join(words[:4]))
    func, params, rest = words[4], dict[str, str](), list(words[5:])
    while rest:
        word = rest.pop(0)
        if word == "-e" and not rest:
            raise Refusal("value", "options", word)
        name, _, value = (rest.pop(0) if word == "-e" else word).partition("=")
        if word == "-e" and value.removeprefix("$") not in environment:
            raise Refusal("missed", "environment", value)
        params[name] = environment[value.removeprefix("$")] if word == "-e" else value
    return func, params


def run(site: Site, db: Transaction, func: str, params: Params) -> Mapping[str, str]:
    """Elements of the answer beside `ok`. Raises Refusal."""
    itemtype, _, verb = func.rpartition(".")
    if verb == "open" and func not in FUNCTIONS:
        item = _item(db, params.get("elid", ""))
        if item["itemtype"] != itemtype:
            raise Refusal("missed", "func", func)
        _ended(Asked(site, db, params, item), "open", {ORDERED, PROCESSING}, ACTIVE)
        return {}
    found = FUNCTIONS.get(func)
    if found is None:
        raise Refusal("missed", "func", func)
    return found.run(Asked(site, db, params, _item(db, params.get("elid", "")) if found.of_item else {})) or {}


def _item(db: Transaction, number: str) -> Row:
    row: Row | None = db.execute(
        "SELECT i.*, t.intname AS itemtype FROM item i JOIN pricelist p ON p.id = i.pricelist "
        "JOIN itemtype t ON t.id = p.itemtype WHERE i.id = ?",
        [number],
    ).fetchone()
    if row is None:
        raise Refusal("missed", "item", number)
    return row


def _operation(call: Asked, name: str) -> str:
    number = call.need(name)
    if call.db.execute("SELECT id FROM runningoperation WHERE id = ?", [number]).fetchone() is None:
        raise Refusal("missed", "runningoperation", number)
    return number


# services


def _ended(call: Asked, command: str, of: set[int], to: int) -> None:
    """The end of an operation, which has to be running, moves the service; with `to` 0 it stays as it is."""
    if call.params.get("sok") != "ok":
        raise Refusal("value", "sok", call.params.get("sok", ""))
    query = "SELECT id FROM runningoperation WHERE item = ? AND intname = ?"
    operation = call.db.execute(query, [call.item["id"], command]).fetchone()
    if operation is None:
        raise Refusal("missed", "runningoperation", command)
    if call.item["status"] not in of:
        raise Refusal("value", "status", str(call.item["status"]))
    call.db.execute("DELETE FROM runningoperation WHERE id = ?", [operation["id"]])
    call.db.execute("UPDATE item SET status = ? WHERE id = ?", [to or call.item["status"], call.item["id"]])


@_function("service.postsuspend", "observed", "SDK, MODULE; that it ends the operation: PUBLIC", of_item=True)
def _suspended(call: Asked) -> None:
    _ended(call, "suspend", {ACTIVE}, SUSPENDED)


@_function("service.postresume", "observed", "SDK, MODULE", of_item=True)
def _resumed(call: Asked) -> None:
    _ended(call, "resume", {SUSPENDED}, ACTIVE)


@_function("service.postclose", "observed", "SDK, MODULE", of_item=True)
def _closed(call: Asked) -> None:
    _ended(call, "close", {ACTIVE, SUSPENDED, PROCESSING}, DELETED)


@_function("service.postsetparam", "observed", "SDK, MODULE", of_item=True)
def _changed(call: Asked) -> None:
    _ended(call, "setparam", {ACTIVE, SUSPENDED}, 0)


@_function("service.postprolong", "observed", "SDK", of_item=True)
def _prolonged(call: Asked) -> None:
    _ended(call, "prolong", {ACTIVE, SUSPENDED}, 0)


@_function(
    "service.saveparam", "observed", "SDK (`NAME=VALUE crypted=on|off`); MODULE (`name=`, `value=`)", of_item=True
)
def _save(call: Asked) -> None:
    crypted = {"on": True, "off": False, "": False}.get(call.params.get("crypted", ""))
    if crypted is None:
        raise Refusal("value", "crypted", call.params["crypted"])
    given = {name: value for name, value in call.params.items() if name not in ("elid", "sok", "crypted")}
    if given.keys() == {"name", "value"}:
        given = {given["name"]: given["value"]}
    for name, value in given.items():
        table, kept = ("itemcryptedparam", call.site.secrets.encrypted(value)) if crypted else ("itemparam", value)
        call.db.keep(table, "item", int(call.item["id"]), name, kept)


@_function("service.getnextmodule", "observed", "MODULE: after each failed open", of_item=True)
def _next_module(call: Asked) -> None:
    rows = call.db.execute(
        "SELECT pm.id AS id FROM processingmodule pm JOIN processingmodule2pricelist p ON p.processingmodule = pm.id "
        "WHERE p.pricelist = ? ORDER BY pm.orderpriority, pm.id",
        [call.item["pricelist"]],
    )
    modules = [int(row["id"]) for row in rows]
    after = modules[modules.index(call.item["processingmodule"]) + 1 :]
    if not after:
        raise Refusal("no_suitable_module")
    call.db.execute("UPDATE item SET processingmodule = ? WHERE id = ?", [after[0], call.item["id"]])


@_function("service.changepricelist.rollback", "observed", "MODULE", of_item=True)
def _rolled_back(call: Asked) -> None:
    if call.item["lastpricelist"] is None:
        raise Refusal("missed", "lastpricelist")
    call.db.execute("UPDATE item SET pricelist = lastpricelist, lastpricelist = NULL WHERE id = ?", [call.item["id"]])


# operations, tasks, problems


@_function("runningoperation.edit", "observed", "MODULE: errorxml")
def _error_of_operation(call: Asked) -> None:
    number, text = _operation(call, "elid"), call.need("errorxml")
    try:
        ET.fromstring(text.encode())  # noqa: S314 - kept, and shown to nobody but its writer
    except ET.ParseError:
        raise Refusal("value", "errorxml", text[:100]) from None
    call.db.execute("UPDATE runningoperation SET errorxml = ? WHERE id = ?", [text, number])


@_function("runningoperation.setmanual", "observed", "MODULE: at the tenth try")
def _manual(call: Asked) -> None:
    call.db.execute("UPDATE runningoperation SET manual = 'on' WHERE id = ?", [_operation(call, "elid")])


@_function("task.gettype", "observed", "MODULE")
def _type_of_task(call: Asked) -> Mapping[str, str]:
    return {"task_type": f"service_{call.need('operation')}"}


@_function("task.edit", "observed", "MODULE")
def _task(call: Asked) -> None:
    _operation(call, "runningoperation")
    call.db.insert("task", **{name: call.need(name) for name in ("item", "runningoperation", "type")})


@_function("problems.register", "observed", "MODULE: processingmodule_connect, processingmodule_getnextmodule")
def _problem(call: Asked) -> None:
    call.db.insert("problem", name=call.need("name"), id=call.need("id"), text=call.params.get("param_errormsg", ""))


# modules, and the manager itself


@_function("processing.setconfig", "observed", "MODULE: a document of the module's own")
def _config(call: Asked) -> None:
    call.db.execute("UPDATE processingmodule SET config = ? WHERE id = ?", [call.need("config"), call.need("elid")])


@_function(
    "paramlist",
    "observed",
    "GAGroupLLC/billmgr-teamspeak: DBHost, DBUser, DBPassword, DBName; DBSocket, CryptKey: defines.h",
)
def _configuration(call: Asked) -> Mapping[str, str]:
    """`etc/billmgr.conf`; where the database is."""
    return call.site.configuration()

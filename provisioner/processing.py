"""Processing modules as BILLmanager calls them: an executable with `--command`, XML on stdin and stdout, and the exit
status 1 with an error document (BILLmanager's processing-module protocol; docs/processing-modules.md has the sources).

Where BILLmanager's program mgrctl is (PROVISIONER_MGRCTL, else its usual place), items, modules and running operations
are that BILLmanager's, which is asked and told (`provisioner.billmanager.bridge`). Else they are those of a store
(PROVISIONER_STORE) that `provisioner.billmanager` keeps; a call of `open` and its like is one try then: the next one, the
next processing module, and the task for staff after ten of them are drawn from what the try leaves in the store.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree as ET

import sqlalchemy as sa

from provisioner.billmanager.bridge import ITEM_COMMANDS, Bridge
from provisioner.billmanager.bridge.database import KEY, Database, Secrets, configured
from provisioner.billmanager.bridge.mgrctl import MGRCTL, Mgrctl
from provisioner.billmanager.bridge.reporting import kind_of
from provisioner.billmanager.documents import add_config, add_error, read_document, written
from provisioner.billmanager.manager import BillManager
from provisioner.billmanager.protocol import ModuleType, Place
from provisioner.billmanager.rows import ModuleRow
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci6 import Dci6Client
from provisioner.clock import Clock
from provisioner.dci6.operations import POLL_SECONDS
from provisioner.errors import BadSettings, ProvisioningError, Refused, StoreUnavailable
from provisioner.lab_clock import clock_of_environment
from provisioner.log import Entry, ModuleLog, Note, Outcome
from provisioner.modules.billmanager5.processing import pmdci5
from provisioner.modules.billmanager6 import pmdci6
from provisioner.modules.ispmanager import ispmanager_type
from provisioner.ping import IcmpPing
from provisioner.sql_store import SqlStore
from provisioner.store import MemoryStore, Store

__all__ = ["COMMANDS", "main", "run_pmdci5", "run_pmdci6", "run_pmispmanager"]

STORE = "sqlite:///provisioner.db"
_OPERATIONS = ("open", "suspend", "resume", "close")
COMMANDS = ("features", "check_connection", "get_server_config", "check_param", *_OPERATIONS, "setparam")
"""Of the protocol's commands, those that our modules have."""


class UnknownCommand(Refused):
    """The module has no such command."""


def run_pmdci5() -> NoReturn:
    """The executable `pmdci5`."""
    sys.exit(main(["pmdci5", *sys.argv[1:]]))


def run_pmdci6() -> NoReturn:
    """The executable `pmdci6`."""
    sys.exit(main(["pmdci6", *sys.argv[1:]]))


def run_pmispmanager() -> NoReturn:
    """The executable `pmispmanager`."""
    sys.exit(main(["pmispmanager", *sys.argv[1:]]))


def main(words: list[str]) -> int:
    """`words`: the module's name, then the options. The exit status; the document goes to stdout."""
    document = ET.Element("doc")
    status = 0
    try:
        asyncio.run(_answer(_options(words), document))
    except ProvisioningError as exc:
        document = ET.Element("doc")
        add_error(document, "command" if isinstance(exc, UnknownCommand) else kind_of(exc), str(exc))
        status = 1
    except StoreUnavailable as exc:
        document = ET.Element("doc")
        add_error(document, "store", str(exc))
        status = 1
    sys.stdout.write(written(document) + "\n")
    return status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadSettings(message)


def _options(words: list[str]) -> argparse.Namespace:
    """Options that the protocol has and no command of ours needs are taken and left alone."""
    parser = _Parser(prog="provisioner.processing", add_help=False)
    parser.add_argument("type")
    parser.add_argument("--command", required=True)
    for name in ("item", "module", "runningoperation"):
        parser.add_argument(f"--{name}", type=int)
    for name in ("param", "value", "subcommand", "id", "lang", "itemtype", "intname", "level", "addon"):
        parser.add_argument(f"--{name}", default="")
    return parser.parse_args(words)


async def _answer(options: argparse.Namespace, document: ET.Element) -> None:
    """Fill the document of one command: what needs no item first, then by way of a BILLmanager's mgrctl where there is
    one, else on the rows of our own store.
    """
    if options.command not in COMMANDS:
        raise UnknownCommand(f"there is no command {options.command!r}; there are {', '.join(COMMANDS)}")
    mgrctl = _mgrctl()
    with _store(options, mgrctl) as store:
        await _answer_from(store, mgrctl, options, document)


async def _answer_from(store: Store, mgrctl: Mgrctl | None, options: argparse.Namespace, document: ET.Element) -> None:
    clock = clock_of_environment()
    log = ModuleLog(clock, keep=1)
    kinds = _types(clock, log, store)
    if options.type not in kinds:
        raise BadSettings(f"there is no processing module {options.type!r}; there are {', '.join(kinds)}")
    kind = kinds[options.type]
    if options.command != "features" and options.command not in kind.features:
        raise UnknownCommand(f"{kind.name} has not the feature {options.command}")
    if options.command == "features":
        _features(kind, document)
    elif options.command == "check_connection":
        await _check_connection(kind, document)
    elif mgrctl is not None:
        log.subscribe(_noted)
        with _database(mgrctl) as database:
            await _serve(Bridge(kind, mgrctl, database, store, clock, log), options, document)
    else:
        manager = BillManager(clock, log, list(kinds.values()), store=store)
        try:
            await _work(manager, store, kind, options, document)
        finally:
            await manager.close()


@contextmanager
def _store(options: argparse.Namespace, mgrctl: Mgrctl | None) -> Iterator[Store]:
    """What the process keeps its book in; commands that are about no service need none."""
    if options.command in ("features", "check_connection"):
        yield MemoryStore()
        return
    store = SqlStore(_store_url(mgrctl))
    try:
        yield store
    finally:
        store.close()


def _mgrctl() -> Mgrctl | None:
    """BILLmanager's program; None where there is no BILLmanager but ours."""
    given = os.environ.get("PROVISIONER_MGRCTL")
    if given is None:
        return Mgrctl() if Path(MGRCTL).exists() else None
    return Mgrctl(given) if given else None


def _store_url(mgrctl: Mgrctl | None) -> str:
    """BILLmanager sets no environment and may call from any directory: its store is beside its own files."""
    default = STORE if mgrctl is None else f"sqlite:///{mgrctl.home / 'var' / 'provisioner.db'}"
    return os.environ.get("PROVISIONER_STORE", default)


@contextmanager
def _database(mgrctl: Mgrctl) -> Iterator[Database]:
    url: str | sa.URL | None = os.environ.get("PROVISIONER_BILLMANAGER_DATABASE")
    key = mgrctl.home / KEY
    if not url:
        url, key = configured(mgrctl)
    database = Database(url, Secrets(Path(os.environ.get("PROVISIONER_BILLMANAGER_KEY") or key)))
    try:
        yield database
    finally:
        database.close()


def _types(clock: Clock, log: ModuleLog, store: Store) -> dict[str, ModuleType]:
    insecure = os.environ.get("PROVISIONER_INSECURE", "") not in ("", "0")
    poll = float(os.environ.get("PROVISIONER_POLL", POLL_SECONDS))

    def connect(to: Mapping[str, str]) -> Dci6Client:
        return Dci6Client(to["url"], to["username"], to["password"], clock=clock, log=log, verify=not insecure)

    def connect5(to: Mapping[str, str]) -> Dci5Client:
        core = CoreClient(to["url"], to["username"], to["password"], clock=clock, log=log, verify=not insecure)
        return Dci5Client(core)

    def ping() -> IcmpPing:
        return IcmpPing(os.environ.get("PROVISIONER_PING") or "ping")

    kinds = [pmdci6(connect, clock, log, poll=poll)]
    kinds.append(pmdci5(connect5, clock, log, ping, store))
    kinds.append(ispmanager_type(clock, log, store, verify=not insecure))
    return {kind.name: kind for kind in kinds}


# commands


def _features(kind: ModuleType, document: ET.Element) -> None:
    types = ET.SubElement(document, "itemtypes")
    for name in kind.itemtypes:
        ET.SubElement(types, "itemtype", name=name)
    params = ET.SubElement(document, "params")
    for name, secret in kind.connection.items():
        ET.SubElement(params, "param", {"name": name, **({"crypted": "yes"} if secret else {})})
    if kind.datacenter == "dci6":  # a BILLmanager that is not ours tells the module no more of its data center (B6-5)
        ET.SubElement(params, "param", name="location")
    features = ET.SubElement(document, "features")
    if kind.datacenter == "dci6":  # a flag, not a command: it belongs into a data center (B6-5)
        ET.SubElement(features, "feature", name="datacenter")
    for name in COMMANDS:
        if name in kind.features:
            ET.SubElement(features, "feature", name=name)


async def _check_connection(kind: ModuleType, document: ET.Element) -> None:
    """stdin: `<doc><processingmodule><url/><username/><password/></processingmodule></doc>`."""
    form = _read().find("processingmodule")
    given = {name: (form.findtext(name) or "").strip() if form is not None else "" for name in kind.connection}
    if missing := [name for name, value in given.items() if not value]:
        raise BadSettings(f"processingmodule: {', '.join(missing)} is missing")
    row = ModuleRow(0, kind.name, kind.name, None, 0, 0, given, {})
    module = kind.make(Place(lambda: row, lambda: None))
    try:
        await module.check_connection()
    finally:
        await module.aclose()
    ET.SubElement(document, "ok")


def _noted(entry: Entry) -> None:
    """What a person should know, and what was done; stdout is the document's."""
    if isinstance(entry, Note | Outcome):
        sys.stderr.write(f"{entry}\n")


async def _serve(bridge: Bridge, options: argparse.Namespace, document: ET.Element) -> None:
    """A BILLmanager that is asked and told."""
    if options.command in ITEM_COMMANDS:
        await bridge.work(options.command, _number(options, "item"), options.runningoperation)
    elif options.command == "check_param":
        await bridge.check_param(_number(options, "module"), _item_params(_read()))
    else:
        config = await bridge.get_server_config(_number(options, "module"))
        add_config(ET.SubElement(document, "config"), config)
        return
    ET.SubElement(document, "ok")


async def _work(
    manager: BillManager, store: Store, kind: ModuleType, options: argparse.Namespace, document: ET.Element
) -> None:
    """A BILLmanager of our own, in the store. What is done to an item is read anew under its lock: another process may
    have ended it by now.
    """
    command = options.command
    if command in ("get_server_config", "check_param"):
        row = manager.catalogue.module(_number(options, "module"))
        if row.type != kind.name:
            raise BadSettings(f"the processing module {row.name} is a {row.type}, not a {kind.name}")
        if command == "check_param":
            manager.catalogue.running(row.id).check_param(_item_params(_read()))
            ET.SubElement(document, "ok")
            return
        add_config(ET.SubElement(document, "config"), (await manager.catalogue.refresh(row.name)).config)
        return
    name = _service(manager, kind, _number(options, "item"))
    with store.hold(name):
        fresh = BillManager(manager.clock, manager.log, list(manager.catalogue.types.values()), store=store)
        try:
            if command == "setparam":
                await fresh.change(name, {options.param: _plain(options.value)})
            else:
                await fresh.operations.once(name, command)
        finally:
            await fresh.close()
    ET.SubElement(document, "ok")


def _service(manager: BillManager, kind: ModuleType, number: int) -> str:
    """The service with this number. Raises Refused when it is with no such module."""
    for name in manager.billing.services:
        if name in manager.items and (row := manager.items.of(name)).id == number:
            if row.module is None or manager.catalogue.type_of(row.module).name != kind.name:
                raise Refused(f"the item {number} is not with a {kind.name}")
            return name
    raise Refused(f"there is no item {number}")


def _number(options: argparse.Namespace, name: str) -> int:
    value = getattr(options, name)
    if not isinstance(value, int):
        raise BadSettings(f"--{name} is missing")
    return value


def _plain(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _read() -> ET.Element:
    """The document on stdin."""
    try:
        return read_document(sys.stdin.read())
    except ValueError as exc:
        raise BadSettings(f"stdin is not a document: {exc}") from exc


def _item_params(document: ET.Element) -> dict[str, Any]:
    """`<doc><item><configuration>...</configuration>...</item></doc>`."""
    item = document.find("item")
    return {each.tag: _plain((each.text or "").strip()) for each in (item if item is not None else ())}


if __name__ == "__main__":
    sys.exit(main([Path(word).name if index == 0 else word for index, word in enumerate(sys.argv[1:])]))

"""A processing module's commands for a BILLmanager that is not ours: what is to be done is read from its database, the end
of it is told to it by functions (docs/processing-modules.md has each with its source).

What the module itself must not forget (steps, orders to the panel, which server is whose) is in a store of its own,
where services are called after BILLmanager's numbers. A command that was interrupted, or whose end could not be told, is
called again by BILLmanager: then what is left of it is done, and nothing twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from provisioner.billing import Billing
from provisioner.billmanager.bridge.database import SUSPENDED, Billed, Connected, Database
from provisioner.billmanager.bridge.mgrctl import CallbackError, Mgrctl
from provisioner.billmanager.bridge.reporting import Reports
from provisioner.billmanager.documents import config_document, config_of, written
from provisioner.billmanager.operations import Items
from provisioner.billmanager.protocol import Item, ModuleType, Place, ProcessingModule
from provisioner.billmanager.rows import DatacenterRow, ItemRow, ModuleRow
from provisioner.clock import Clock
from provisioner.errors import BadSettings, ProvisioningError, Refused
from provisioner.log import ModuleLog
from provisioner.services import Client, Service, State, generate_password, service_row
from provisioner.store import ActionRow, ClientRow, ServiceRow, Store

__all__ = ["ITEM_COMMANDS", "Bridge"]

ITEM_COMMANDS: Final = ("open", "suspend", "resume", "close", "setparam")


@dataclass(frozen=True, slots=True)
class _Names:
    """How parameters of a kind of services are called in BILLmanager."""

    order: Mapping[str, str]
    """Parameters that the module understands, by BILLmanager's names."""
    changed: tuple[str, ...]
    """Those of them that a client or staff may change later (`setparam`)."""
    bound: str
    """BILLmanager's parameter with the panel's name or id of what the service has."""


_OURS: Final = ("configuration", "os", "pool", "ipv4", "install_timeout", "diagnostic_template", "diagnostic_pool")
_DEDIC = _Names(
    # `ostempl` is BILLmanager's own, and the client's choice: it comes after the tariff plan's `os`.
    MappingProxyType({**{name: name for name in _OURS}, "ostempl": "os"}),
    ("ipv4",),
    "panelid",
)
_SETTINGS5: Final = (
    "configuration",
    "os",
    "alias_addresses",
    "iptype",
    "power_timeout",
    "install_timeout",
    "ping_timeout",
)
_DEDIC5 = _Names(
    # The template of the domain name is not `domain`, which is BILLmanager's own of a service.
    MappingProxyType({**{name: name for name in _SETTINGS5}, "domain_template": "domain", "ostempl": "os"}),
    ("alias_addresses",),
    "panelid",
)
_VHOST = _Names(
    MappingProxyType({name: name for name in ("preset", "username", "panel")}), ("preset", "password"), "username"
)
_NAMES: Final[Mapping[str, _Names]] = MappingProxyType({"pmdci5": _DEDIC5, "pmdci6": _DEDIC, "pmispmanager": _VHOST})
_NUMBERS: Final = frozenset({"ipv4", "alias_addresses"})
_ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "suspend": "service.postsuspend",
        "resume": "service.postresume",
        "close": "service.postclose",
        "setparam": "service.postsetparam",
    }
)
"""Functions that are told of the end; of `open` it is the kind's own, such as `dedic.open`."""


class _Router:
    """The module of the billing core: this one processing module."""

    def __init__(self, items: Items, module: ProcessingModule, order: Mapping[str, Any]) -> None:
        self._items = items
        self._module = module
        self._order = order

    def _item(self, service: Service) -> Item:
        saved = self._items.of(service.name).params["saved"]
        number, name = self._items.of(service.name).id, service.name
        return Item(number, service, {**self._order, **saved}, lambda more: self.save(name, more))

    def save(self, name: str, more: Mapping[str, Any]) -> None:
        """Kept here, and told to BILLmanager at the end."""
        self._items.save(name, {"saved": {**self._items.of(name).params["saved"], **more}})

    def check_client(self, service: Service) -> None:
        """BILLmanager has."""

    async def create(self, service: Service) -> None:
        await self._module.open(self._item(service))

    async def suspend(self, service: Service) -> None:
        await self._module.suspend(self._item(service))

    async def unsuspend(self, service: Service) -> None:
        await self._module.resume(self._item(service))

    async def terminate(self, service: Service) -> None:
        await self._module.close(self._item(service))

    async def set_parameters(self, service: Service, params: Mapping[str, Any]) -> None:
        await self._module.setparam(self._item(service), params)


class Bridge:
    """One call of a module's executable."""

    def __init__(
        self,
        kind: ModuleType,
        mgrctl: Mgrctl,
        database: Database,
        store: Store,
        clock: Clock,
        log: ModuleLog,
        *,
        password: Callable[[], str] = generate_password,
    ) -> None:
        """`password` makes those of services that were ordered without one."""
        self._kind = kind
        self._mgrctl = mgrctl
        self._database = database
        self._store = store
        self._clock = clock
        self._log = log
        self._password = password
        self._reports = Reports(mgrctl, database, clock, log)

    # commands with a module

    async def get_server_config(self, module: int) -> Mapping[str, Any]:
        """What the panel offers; kept in BILLmanager (`processing.setconfig`) for the checks of orders."""
        connected = self._connected(module)
        running = self._kind.make(self._place(connected))
        try:
            config = await running.get_server_config()
        finally:
            await running.aclose()
        self._mgrctl.call("processing.setconfig", elid=module, config=written(config_document(config)), sok="ok")
        return config

    async def check_param(self, module: int, params: Mapping[str, Any]) -> None:
        """Whether a service could be opened with these, by BILLmanager's names. Raises BadSettings."""
        connected = self._connected(module)
        running = self._kind.make(self._place(connected))
        try:
            running.check_param(_order(self._kind, params))
        finally:
            await running.aclose()

    # commands with an item

    async def work(self, command: str, number: int, operation: int | None = None) -> None:
        """One try; its end, or its error, is told to BILLmanager. `operation`: the number of its running operation.
        Raises what the try raises, and CallbackError when the end cannot be told.
        """
        connected: Connected | None = None
        tried = set[int]()
        with self._store.hold(_name(number)):  # what another process works on is no failure of the operation
            try:
                while True:
                    billed = self._billed(number)
                    connected = self._connected(billed.module)
                    tried.add(connected.id)
                    try:
                        return await self._try(command, billed, connected)
                    except CallbackError:
                        raise
                    except ProvisioningError as exc:
                        self._reports.connection(connected, exc)
                        if command == "setparam" and billed.changing:
                            self._reports.rollback(number)
                        if command != "open" or not self._next_module(number, connected, exc, tried):
                            raise
            except ProvisioningError as exc:
                self._reports.failed(command, number, operation, connected, exc)
                raise

    async def _try(self, command: str, billed: Billed, connected: Connected) -> None:
        name, order = _name(billed.id), _order(self._kind, billed.params)
        self._keep(command, billed, connected)
        module = self._kind.make(self._place(connected))
        try:
            items = Items(self._store)
            billing = Billing(_Router(items, module, order), self._clock, self._log, store=self._store)
            await self._act(billing, items, command, billed, name)
        finally:
            await module.aclose()
        self._tell(command, billed, billing.service(name), items)

    async def _act(self, billing: Billing, items: Items, command: str, billed: Billed, name: str) -> None:
        service = billing.service(name)
        verbs = {"open": "Create", "suspend": "Suspend", "resume": "Unsuspend", "close": "Terminate"}
        if name in billing.interrupted():
            under_way = self._store.read(ActionRow, name)[-1].name
            if under_way == verbs.get(command, "Set parameters"):
                await billing.resume(name)
                if command != "setparam":  # what has changed again meanwhile is carried out below
                    return
            else:
                with contextlib.suppress(ProvisioningError):  # BILLmanager has given it up; what it leaves is known
                    await billing.resume(name)
        if command == "open":
            if service.state is not State.ACTIVE:  # else only its end was not told
                await billing.create(name)
        elif command == "suspend":
            self._stands(service, State.ACTIVE)
            await billing.suspend(name)
        elif command == "resume":
            self._stands(service, State.SUSPENDED)
            await billing.unsuspend(name)
        elif command == "close":
            if service.state not in (State.CLOSED, State.ORDERED):
                await billing.terminate(name)
        elif changes := self._changes(items, billed, name):
            await billing.act(name, "Set parameters", {"params": changes})

    def _stands(self, service: Service, state: State) -> None:
        """To suspend twice, or after staff did it by hand, does no harm: BILLmanager's state counts."""
        if service.state in (State.ACTIVE, State.SUSPENDED):
            service.state = state

    def _changes(self, items: Items, billed: Billed, name: str) -> dict[str, Any]:
        """What is different now from what the service was opened with, or changed to last."""
        before = items.of(name).params["order"]
        changes = {key: value for key, value in self._wanted(billed).items() if value != before.get(key)}
        password = billed.params.get("password", "")
        if "password" in _names(self._kind).changed and password:
            rows = self._store.read(ServiceRow, name)
            if rows and rows[0].password != password:
                changes["password"] = password
        return changes

    def _wanted(self, billed: Billed) -> dict[str, Any]:
        order = _order(self._kind, billed.params)
        return {key: order[key] for key in _names(self._kind).changed if order.get(key)}

    # what is kept here of a service

    def _keep(self, command: str, billed: Billed, connected: Connected) -> None:
        """The service's rows: new for one that is opened, or that came to this module already open."""
        name = _name(billed.id)
        rows, items = self._store.read(ServiceRow, name), self._store.read(ItemRow, name)
        if items and items[0].module != connected.id:
            self._store.write(replace(items[0], module=connected.id))
        known = bool(rows) and (
            rows[0].server is not None
            or bool(rows[0].server_name)
            or rows[0].state == State.CLOSED.value
            or command == "open"
        )
        if known or (rows and command == "close" and not billed.params.get(_names(self._kind).bound)):
            return
        if not billed.email:
            raise BadSettings(f"the client of the item {billed.id} has no user with an e-mail")
        password = billed.params.get("password") or (rows[0].password if rows else self._password())
        service = Service(name, Client(billed.email), password)
        if command != "open":
            self._adopt(service, billed)
        self._store.write(
            ClientRow(billed.email, "", True, ""),
            service_row(service),
            ItemRow(name, billed.id, None, connected.id, {"saved": {}, "order": self._wanted(billed)}),
        )

    def _adopt(self, service: Service, billed: Billed) -> None:
        """A service that staff opened by hand, or another store knew: by what BILLmanager has of it."""
        bound = billed.params.get(_names(self._kind).bound, "")
        if not bound:
            return
        if self._kind.itemtypes == ("dedic",):
            if not (bound.isascii() and bound.isdigit()):
                raise BadSettings(f"the item {billed.id} has no number of a server in panelid, but {bound!r}")
            service.server, service.server_name = int(bound), billed.params.get("label", "")
        else:
            service.server_name = bound
        service.state = State.SUSPENDED if billed.status == SUSPENDED else State.ACTIVE

    # what BILLmanager is told

    def _tell(self, command: str, billed: Billed, service: Service, items: Items) -> None:
        """Parameters first: the service must not be active, in the client's eyes, without them."""
        row = items.of(service.name)
        if command in ("open", "setparam"):
            saved = {name: value for name, value in row.params["saved"].items() if name != "password"}
            if command == "open" and service.addresses:
                saved["ip"] = service.addresses[0]
            for name, value in saved.items():
                if str(value) != billed.params.get(name, ""):
                    self._mgrctl.call("service.saveparam", elid=billed.id, **{name: value}, crypted="off", sok="ok")
            if command == "open" and service.password != billed.params.get("password"):
                secret = {"password": service.password}
                self._mgrctl.call("service.saveparam", secret, elid=billed.id, crypted="on", sok="ok")
        self._mgrctl.call(_ENDS.get(command, f"{billed.itemtype}.open"), elid=billed.id, sok="ok")
        if command in ("open", "setparam"):
            items.save(service.name, {"order": self._wanted(billed)})

    def _next_module(self, number: int, failed: Connected, error: ProvisioningError, tried: Collection[int]) -> bool:
        """Whether BILLmanager has handed the service to a module of this kind that was not tried. What the service still
        has in the panel of the failed one would be forgotten there: then it stays.
        """
        rows = self._store.read(ServiceRow, _name(number))
        if not rows or rows[0].server is not None or rows[0].server_name:
            return False
        try:
            self._mgrctl.call("service.getnextmodule", elid=number)
            billed = self._database.item(number)
        except CallbackError as exc:
            self._log.note(f"there is no other processing module for item {number}: {exc}")
            return False
        if billed.module in tried or billed.module_type != self._kind.name:
            return False
        self._reports.problem("processingmodule_getnextmodule", failed, error, iid=number)
        return True

    # reading

    def _billed(self, number: int) -> Billed:
        billed = self._database.item(number)
        if billed.module_type != self._kind.name:
            raise Refused(f"the item {number} is not with a {self._kind.name}")
        if billed.itemtype not in self._kind.itemtypes:
            raise Refused(f"{self._kind.name} does not process services of type {billed.itemtype}")
        return billed

    def _connected(self, number: int | None) -> Connected:
        if number is None:
            raise Refused("the item is with no processing module")
        connected = self._database.module(number)
        if connected.type != self._kind.name:
            raise Refused(f"the processing module {connected.name} is a {connected.type}, not a {self._kind.name}")
        if missing := [name for name in self._kind.connection if not connected.params.get(name)]:
            raise BadSettings(f"the processing module {connected.name} has no {', '.join(missing)}")
        return connected

    def _place(self, connected: Connected) -> Place:
        config = config_of(connected.config)
        row = ModuleRow(connected.id, connected.type, connected.name, None, 0, 0, dict(connected.params), config)
        location = connected.params.get("location", "")
        center = (
            DatacenterRow(0, connected.name, True, int(location), 0)
            if location.isascii() and location.isdigit() and self._kind.datacenter == "dci6"
            else None
        )
        return Place(lambda: row, lambda: center)


def _name(number: int) -> str:
    return f"item-{number}"


def _names(kind: ModuleType) -> _Names:
    return _NAMES[kind.name]


def _order(kind: ModuleType, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the module understands, of all that BILLmanager has."""
    order = dict[str, Any]()
    for theirs, ours in _names(kind).order.items():
        value = str(params.get(theirs) or "")
        if value:
            order[ours] = int(value) if ours in _NUMBERS and value.isascii() and value.isdigit() else value
    return order

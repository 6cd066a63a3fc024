"""BILLmanager with DCImanager 6: the processing module "Dedicated server DCImanager 6".

The document says that an order makes the panel prepare a dedicated server, and that the service is active when that has
ended (B6-1); not by which calls. They are those of the vendor's WHMCS module. What the document is silent on is done as a
hosting company would: a preparation that failed gives the server back, since the next try, or the next processing
module, takes another one; and a deleted service's disks are cleared.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioner.billmanager.protocol import Item, ModuleType, Place, ProcessingModule
from provisioner.clients.dci6 import Dci6Client
from provisioner.clients.records6 import Server
from provisioner.clock import Clock
from provisioner.dci6.addresses import Addresses
from provisioner.dci6.operations import POLL_SECONDS, Operations
from provisioner.dci6.servers import PAGE, Servers, bound, check_owner, shown
from provisioner.errors import (
    BadSettings,
    NoServerBound,
    NoSwitchPorts,
    NotInPanel,
    NotOurServer,
    OperationFailed,
    ProvisioningError,
    ServerGone,
    ServerInUse,
)
from provisioner.log import ModuleLog
from provisioner.modules.readers import read_settings
from provisioner.progress import Progress
from provisioner.services import Service

__all__ = ["FEATURES", "TYPE", "BillManager6", "BillManager6Params", "pmdci6"]

TYPE: Final = "pmdci6"
FEATURES: Final = frozenset(
    {
        "check_connection",
        "get_server_config",
        "check_param",
        "open",
        "suspend",
        "resume",
        "close",
        "setparam",
        "import",
    }
)
_SAVED = frozenset({"panelid", "label", "ip", "domain", "ostempl", "owner"})
"""What BILLmanager keeps of a dedicated server (list `dedic`)."""


@dataclass(frozen=True, slots=True)
class BillManager6Params:
    """Parameters of a tariff for dedicated servers, and of an order by it."""

    configuration: str = ""
    """Server configuration: its name in DCImanager 6."""
    os: str = ""
    """Operating system: the template's name."""
    pool: str = ""
    """Pool for IPv4 addresses, by name."""
    ipv4: int = 1
    """How many of them."""
    install_timeout: float = 7200.0
    """How long the installation is waited for, seconds. Ours, as what follows: the document has no such settings."""
    diagnostic_template: str = "Diag6"
    """What clears the disks of a deleted service's server."""
    diagnostic_pool: str = ""
    """Pool for that, by name; empty leaves the choice to the panel."""
    server: int | None = None
    """The panel's id of the server, entered by staff who prepared it by hand."""

    def __post_init__(self) -> None:
        if self.install_timeout <= 0:
            raise BadSettings("install_timeout is a time above zero, such as 90m")
        if self.ipv4 < 1:
            raise BadSettings("ipv4 is a number from 1: a server has an address")

    @classmethod
    def from_mapping(cls, params: Mapping[str, Any]) -> BillManager6Params:
        """From plain data, what was saved of a server aside. Raises BadSettings."""
        return read_settings(cls, {key: value for key, value in params.items() if key not in _SAVED})


class BillManager6(ProcessingModule):
    """One connection, in one data center."""

    def __init__(
        self,
        place: Place,
        client: Dci6Client,
        clock: Clock,
        log: ModuleLog,
        *,
        source: random.Random | None = None,
        poll: float = POLL_SECONDS,
    ) -> None:
        """`source` of the passwords of panel users it creates: the host's secure one unless given. `poll` in seconds."""
        self._place = place
        self._client = client
        self._log = log
        self._servers = Servers(client, source, panel=str(place.row.connection.get("url", "")))
        self._addresses = Addresses(client, clock, log)
        self._operations = Operations(client, clock, log, poll=poll)

    @property
    def _location(self) -> int | None:
        datacenter = self._place.datacenter
        return datacenter.location if datacenter else None

    # the connection

    async def check_connection(self) -> None:
        """B6-6: log in as an administrator."""
        await self._servers.test_connection()

    async def get_server_config(self) -> dict[str, Any]:
        """Server configurations of the data center's location, OS templates, pools (B6-8). Raises NotInPanel when there
        are no pools: they have to be configured before (B6-3).
        """
        pools = [pool.name for pool in await self._client.pools()]
        if not pools:
            raise NotInPanel("There are no pools in DCImanager 6: they must be configured before the integration")
        where = f"(location_id EQ {self._location})" if self._location is not None else ""
        configurations, offset = set[str](), 0
        while True:
            servers, size = await self._client.find_servers(where, orderby="id asc", limit=(offset, PAGE))
            configurations |= {server.configuration for server in servers if server.configuration}
            offset += len(servers)
            if not servers or offset >= size:
                break
        templates = [template.name for template in await self._client.templates("os")]
        return {"configurations": sorted(configurations), "templates": templates, "pools": pools}

    def check_param(self, params: Mapping[str, Any]) -> None:
        """Against the configuration as it was updated last: what the panel has got since is not known (B6-8)."""
        order = BillManager6Params.from_mapping(params)
        config = self._place.row.config
        for name, known in (("configuration", "configurations"), ("os", "templates"), ("pool", "pools")):
            value = getattr(order, name)
            if not value:
                raise BadSettings(f"the parameter {name} of the tariff is empty")
            if value not in config.get(known, ()):
                raise BadSettings(
                    f"the processing module {self._place.row.name} knows no {name} {value!r}; "
                    "after a change in DCImanager 6 its configuration has to be updated"
                )

    # a service

    async def open(self, item: Item) -> None:
        """Have a server prepared (B6-1): it is in the data center's location (B6-5), and installed when this returns.

        On an error the server is given back, so that another can be tried. Raises ProvisioningError.
        """
        service, progress = item.service, _progress(item)
        given_up = progress.before("R")
        if given_up is None:
            try:
                await self._prepare(item, progress)
            except ProvisioningError as exc:
                if service.server is None:
                    raise
                await self._give_back(service, progress, str(exc))
                raise
        else:  # interrupted in giving it back
            await self._give_back(service, progress, given_up)
            raise OperationFailed(given_up)

    async def _prepare(self, item: Item, progress: Progress) -> None:
        service, step = item.service, progress.step
        order = BillManager6Params.from_mapping(item.params)
        template, pool = await step(
            "A1", "check template and pool", lambda: self._check(order), part="check"
        )  # before anything is changed (B6-3)
        tried = {number for number, _ in progress.earlier("A1")}

        async def find() -> tuple[int, str]:
            server = await self._find(service, order.configuration, progress, tried)
            return server.id, server.name

        number, name = await step("A1", "find a server", find, show=shown)
        user, _ = await step("A2", "find the user", lambda: self._servers.find_client(service.client), show=shown)
        service.panel_user = user
        await step(
            "A3",
            "make the user the owner",
            lambda: self._servers.make_owner(service, number, name, user),
            look=lambda _: self._servers.owned(service, number, name, user),
        )
        server = await self._client.server(number)
        if server.owned and not server.belongs_to(user, service.client.email):  # somebody was faster, or came later
            _unbind(service)
            raise ServerInUse
        await step("A4", "switch ports on", lambda: self._servers.ports_on(server))
        await step(
            "A5",
            "power on if needed",
            lambda: self._servers.power_on(server),
            look=lambda _: self._servers.on_already(number),
        )
        await step("A6", "terminate an operation", lambda: self._operations.end_running(server))
        await step("A7", "remove addresses", lambda: self._addresses.remove_all(server))
        add = self._addresses.add(4, pool, order.ipv4, None, server, progress)
        await progress.logged("A8", "add addresses", add)
        operation = await step(
            "A9",
            "start the installation",
            lambda: self._operations.install(server, template, service.password),
            before=server.last_operation,
            look=lambda last: self._operations.started(number, last, "os_install"),
        )
        await step(
            "A10",
            "wait for the installation",
            lambda: self._operations.wait_for_installation(
                server, order.os, operation, order.install_timeout, progress
            ),
        )
        await self._save(item, order, progress)

    async def _check(self, order: BillManager6Params) -> tuple[int, int]:
        """Template and pool of an order, by id. Raises NotInPanel."""
        template = await self._operations.template(order.os, "os")
        return template, await self._addresses.pool(order.pool)

    async def _find(self, service: Service, wanted: str, progress: Progress, tried: Collection[int]) -> Server:
        return await self._servers.find(service, wanted, self._location, progress, last=tried)

    async def _save(self, item: Item, order: BillManager6Params, progress: Progress) -> None:
        """What BILLmanager shows of the server. Its domain name is not the module's business: what there is stays."""
        service = item.service
        server = await self._client.server(bound(service))
        had = sum(each.family == 4 and each.id in (progress.before("A8/ipv4") or ()) for each in server.addresses)
        there = await self._addresses.settled(server, server.addresses, {4: order.ipv4 - had}, progress)
        service.addresses = tuple(address.name for address in there)
        service.server_name = server.name
        item.save(
            {
                "panelid": server.id,
                "label": server.name,
                "ip": service.addresses[0] if service.addresses else "",
                "ostempl": order.os,
                "owner": server.owner_email,
            }
        )

    async def _give_back(self, service: Service, progress: Progress, reason: str) -> None:
        """No operation, no addresses, no owner, no service. What of this fails is noted, and the service keeps it."""

        async def free() -> str:
            if service.server is None:
                return "there is none"
            server = await self._servers.still_there(service, self._log)
            if server is None:
                _unbind(service)
                return "it is gone"
            if not server.owned or server.belongs_to(service.panel_user, service.client.email):
                await self._operations.end_running(server)
                await self._off(server)
                await self._addresses.remove_all(server)
                await self._client.clear_owner(server.id)
            _unbind(service)
            return str(server)

        try:
            await progress.step("R", "give the server back", free, before=reason)
        except ProvisioningError as exc:
            self._log.note(f"server {service.server_name} could not be given back: {exc}")

    async def _off(self, server: Server) -> None:
        """What was installed on it has an address that the next client may get. Where the panel does not see that it is on, it cannot
        switch it off either, and it goes back all the same.
        """
        try:
            if (await self._client.server(server.id)).power_status == "on":
                await self._servers.power_off(server)
        except ProvisioningError as exc:
            self._log.note(f"server {server} could not be switched off: {exc}")

    async def suspend(self, item: Item) -> None:
        """Switch the ports off. Raises NoSwitchPorts for a server without any."""
        server = await self._client.server(bound(item.service))
        if not server.ports:
            raise NoSwitchPorts(str(server))
        await _progress(item).step("L1", "switch ports off", lambda: self._client.ports_off(server.id))

    async def resume(self, item: Item) -> None:
        server = bound(item.service)
        await _progress(item).step("L2", "switch ports on", lambda: self._client.ports_on(server))

    async def close(self, item: Item) -> None:
        """Give the server back with its disks cleared; nothing to do for a service that has none, or whose server staff
        have deleted from the panel.

        Diagnostics that end badly are raised as OperationFailed at the end: the next try clears the disks again.
        """
        service, progress = item.service, _progress(item)
        step, order = progress.step, BillManager6Params.from_mapping(item.params)
        server = await self._servers.still_there(service, self._log)
        if server is None:
            service.addresses = ()
            return

        async def check() -> tuple[int, int | None]:
            template = await self._operations.template(order.diagnostic_template, "diagnostic")
            return template, await self._addresses.pool(order.diagnostic_pool) if order.diagnostic_pool else None

        check_owner(server, service)
        template, pool = await step("D1", "check template and pool", check, part="check")
        self._servers.reserve(server.id, progress)
        await step("D1", "switch ports on", lambda: self._servers.ports_on(server))
        await step(
            "D2",
            "power on if needed",
            lambda: self._servers.power_on(server),
            look=lambda _: self._servers.on_already(server.id),
        )
        await step("D3", "terminate an operation", lambda: self._operations.end_running(server))
        await step("D4", "remove addresses", lambda: self._addresses.remove_all(server))
        service.addresses = ()
        await step("D5", "reset the owner", lambda: self._servers.give_away(server, ""))
        diagnose = self._operations.diagnose(server, template, pool, progress, clear_disks=True, shut_down=True)
        diagnostics = await progress.logged("D6", "diagnose", diagnose)
        await step(
            "D7",
            "shut down",
            lambda: self._servers.power_off(server),
            look=lambda _: self._servers.off_already(server.id),
        )
        if diagnostics is None or diagnostics.status != "ok":
            how = f"did not succeed ({diagnostics})" if diagnostics else "did not end in time"
            raise OperationFailed(f"the diagnostics of server {server} {how}")

    async def setparam(self, item: Item, params: Mapping[str, Any]) -> None:
        """Another number of IPv4 addresses; what else a server was sold with stays. The first address is never taken.

        Raises BadSettings before anything is changed.
        """
        if fixed := [key for key in params if key != "ipv4"]:
            raise BadSettings(f"{', '.join(fixed)} of a prepared server cannot be changed")
        service, progress = item.service, _progress(item)
        order = BillManager6Params.from_mapping({**item.params, **params})
        server = await self._client.server(bound(service))
        check_owner(server, service)
        four = [address for address in server.addresses if address.family == 4]
        if progress.begun("A8/ipv4") or order.ipv4 > len(four):
            more = order.ipv4 - len(four)
            add = self._addresses.add(4, await self._addresses.pool(order.pool), more, None, server, progress)
            await progress.logged("A8", "add addresses", add)
        else:
            await progress.step("IP-", "delete addresses", lambda: self._addresses.remove(server, four[order.ipv4 :]))
        await self._save(item, order, progress)

    async def import_service(self, item: Item, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bind a server that staff prepared by hand: they enter its id, and its owner is the client already (B6-7)."""
        service, number = item.service, BillManager6Params.from_mapping(params).server
        if number is None:
            raise BadSettings("enter the server's id in DCImanager 6 (server)")
        try:
            server = await self._client.server(number)
        except ServerGone as exc:
            raise NotInPanel(f"there is no server {number} in DCImanager 6") from exc
        if self._location is not None and server.location_id != self._location:
            raise NotInPanel(f"server {server} is not in location {self._location}")
        if not server.owned:
            raise NoServerBound(f"server {server} has no owner in DCImanager 6: make the client it")
        if not server.belongs_to(None, service.client.email):
            raise NotOurServer(f"server {server} belongs to {server.owner_email or server.owner_id}")
        user = await self._client.find_user(service.client.email)
        service.server, service.server_name = server.id, server.name
        service.panel_user = user.id if user else None
        service.addresses = tuple(address.name for address in server.addresses)
        ip = service.addresses[0] if service.addresses else ""
        return {"panelid": server.id, "label": server.name, "ip": ip, "owner": server.owner_email}

    async def aclose(self) -> None:
        """The session in the panel ends with the process that needed it."""
        await self._client.end()


def pmdci6(
    connect: Callable[[Mapping[str, str]], Dci6Client],
    clock: Clock,
    log: ModuleLog,
    *,
    source: random.Random | None = None,
    poll: float = POLL_SECONDS,
) -> ModuleType:
    """The type of processing module; `connect` makes a client of `url`, `username` and `password`."""
    return ModuleType(
        TYPE,
        "DCImanager 6",
        ("dedic",),
        FEATURES,
        lambda place: BillManager6(place, connect(place.row.connection), clock, log, source=source, poll=poll),
        datacenter="dci6",
        connection={"url": False, "username": False, "password": True},
    )


def _progress(item: Item) -> Progress:
    progress = item.service.progress
    assert progress is not None, "the billing core runs a module's actions"
    return progress


def _unbind(service: Service) -> None:
    service.server, service.server_name, service.addresses = None, "", ()

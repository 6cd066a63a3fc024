"""WHMCS with DCImanager 6: activation, suspension, re-activation and deletion, step by step as the vendor's document
(edition with diagnostics and pools) lists them.

What the document does not say is not done. After an activation that failed half-way, nothing is given back: the owner
and the address stay until the service is deleted. Two services of one billing system never get one server; against
another billing system on the same panel nothing guards a free server between being found and being given its owner,
except that the owner is looked at once more. A deletion whose diagnostics were ended after 60 minutes counts as done,
though the disks may not be clear. Those are the findings that a simulated datacenter is there to show, and no business
of this module to hide.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.clients.dci6 import Dci6Client
from provisioner.clients.records6 import Address, Server
from provisioner.clock import Clock
from provisioner.dci6.addresses import Addresses
from provisioner.dci6.operations import DIAGNOSTIC_SECONDS, POLL_SECONDS, Operations
from provisioner.dci6.servers import Servers, bound, check_owner, shown
from provisioner.errors import (
    BadSettings,
    EmailNotVerified,
    NoSwitchPorts,
    OperationFailed,
    ServerInUse,
)
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6.options import Whmcs6Options
from provisioner.modules.whmcs6.settings import Whmcs6Settings
from provisioner.progress import Progress
from provisioner.services import Service, service_row
from provisioner.store import ActionRow, MemoryStore

__all__ = ["DIAGNOSTIC_SECONDS", "POLL_SECONDS", "Whmcs6", "Whmcs6Settings"]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be got for a service."""

    configuration: str
    os: str
    ipv4: int
    ipv4_asked: bool
    """Whether the client gave the number."""
    ipv6: int
    ipv6_prefix: int | None


@dataclass(frozen=True, slots=True)
class _Ids:
    """What the panel calls it."""

    os: int
    pool: int | None
    ipv6_pool: int | None


class Whmcs6:
    """The module: acts on services through one connection, with the settings of one tariff."""

    name = "whmcs6"

    def __init__(
        self,
        client: Dci6Client,
        settings: Whmcs6Settings,
        clock: Clock,
        log: ModuleLog,
        *,
        source: random.Random | None = None,
        poll: float = POLL_SECONDS,
        panel: str = "",
    ) -> None:
        """`source` of the passwords of panel users it creates: the host's secure one unless given. `poll` in seconds.
        `panel` tells this connection's servers from another's, where the billing system has several.
        """
        self.settings = settings
        self._client = client
        self._clock = clock
        self._log = log
        self._servers = Servers(client, source, panel=panel)
        self._addresses = Addresses(client, clock, log)
        self._operations = Operations(client, clock, log, poll=poll)

    # actions

    async def test_connection(self) -> None:
        """Log in, and see that the user of the connection is an administrator (W6-S1). Raises BadSettings if not."""
        await self._servers.test_connection()

    def check_client(self, service: Service) -> None:
        """Whether the client may manage the service himself (W6-S7). Raises EmailNotVerified."""
        if self.settings.check_email_verified and not service.client.verified:
            raise EmailNotVerified(
                f"the client cannot manage services before the e-mail {service.client.email} is verified"
            )

    async def create(self, service: Service) -> None:
        """Activate: steps 1 to 10. On success the service is bound to an installed (or, with "Don't wait", installing)
        server. The service is bound as soon as its client may own the server, so that a failed one can be deleted. That
        the panel has the template and the pools is asked before there is one.

        Raises Refused, PanelError, PanelUnavailable, OperationFailed; InstallTimeout when step 10 waited too long.
        """
        settings, progress = self.settings, self._progress(service)
        order = self._order(service)
        step = progress.step
        found: Server | None = None

        async def find() -> tuple[int, str]:
            nonlocal found
            found = await self._servers.find(
                service, order.configuration, settings.location_id, progress, unfit=settings.sell_unfit
            )
            return found.id, found.name

        ids = _Ids(*await step("A1", "check template and pools", lambda: self._check(order), part="check"))
        number, name = await step("A1", "find a server", find, show=shown)
        user, _ = await step(
            "A2",
            "find the user",
            lambda: self._servers.find_client(service.client, administrators=settings.edition == "old"),
            show=shown,
        )
        service.panel_user = user
        if progress.resumed and not progress.done("A3"):
            found = await self._client.server(number)
            if found.owned and not found.belongs_to(user, service.client.email):
                service.server, service.server_name = None, ""
                progress.forget("A1")
                number, name = await step("A1", "find a server", find, show=shown)
        await step(
            "A3",
            "make the user the owner",
            lambda: self._servers.make_owner(service, number, name, user),
            look=lambda _: self._servers.owned(service, number, name, user),
        )
        if not progress.done("A4"):
            with_ports = found or await self._client.server(number)
            await step("A4", "switch ports on", lambda: self._servers.ports_on(with_ports))
        server = await self._client.server(number)  # steps 5 to 8 depend on what it is like now
        if server.owned and not server.belongs_to(user, service.client.email):  # somebody was faster, or came later
            service.server, service.server_name = None, ""
            raise ServerInUse
        await step(
            "A5",
            "power on if needed",
            lambda: self._servers.power_on(server),
            look=lambda _: self._servers.on_already(number),
        )
        await step("A6", "terminate an operation", lambda: self._operations.end_running(server))
        if not settings.do_not_manage_ips:
            await step("A7", "remove addresses", lambda: self._addresses.remove_all(server))
        if progress.begun("A8/ipv4") or not (settings.do_not_manage_ips and server.addresses):
            await progress.logged("A8", "add an address", self._add_addresses(server, order, ids, progress))
        addresses = await self._settled(service, server, order, progress)
        temporary = self._temporary(order, addresses, progress)
        operation = await step(
            "A9",
            "start the installation",
            lambda: self._operations.install(server, ids.os, service.password, temporary=bool(temporary)),
            before=server.last_operation,
            look=lambda last: self._operations.started(number, last, "os_install"),
        )
        if settings.dont_wait:
            if settings.remove_temporary_ips and temporary:
                progress.leave(
                    "S17", "remove temporary addresses", [operation, [[each.id, each.name] for each in temporary]]
                )
                self._log.note("temporary addresses go when the installation, which is not waited for, has succeeded")
            return
        await step(
            "A10",
            "wait for the installation",
            lambda: self._operations.wait_for_installation(
                server, order.os, operation, settings.install_timeout, progress
            ),
        )
        if settings.remove_temporary_ips and (temporary or progress.begun("S17")):
            await step("S17", "remove temporary addresses", lambda: self._addresses.remove(server, temporary))
            gone = {address.name for address in temporary}
            there = await self._client.server_ips(number)
            service.addresses = tuple(address.name for address in there if address.name not in gone)
        elif progress.doubtful("A8/ipv4") or progress.doubtful("A8/ipv6"):
            await self._settled(service, server, order, progress)

    async def suspend(self, service: Service) -> None:
        """Switch the ports off (W6-L1). Raises NoSwitchPorts for a server without any."""
        server = await self._client.server(bound(service))
        if not server.ports:
            raise NoSwitchPorts(str(server))
        await self._progress(service).step("L1", "switch ports off", lambda: self._client.ports_off(server.id))

    async def unsuspend(self, service: Service) -> None:
        """Switch the ports on (W6-L2)."""
        server = bound(service)
        await self._progress(service).step("L2", "switch ports on", lambda: self._client.ports_on(server))

    async def terminate(self, service: Service) -> None:
        """Delete: steps 1 to 8. A service that never got a server, and one whose server staff have deleted from the panel,
        end closed: there is nothing to give back.

        Diagnostics that end badly do not keep steps 7 and 8 from being done, and are raised as OperationFailed after
        them: the disks may not be clear, and a person has to know. Diagnostics that have not ended after 60 minutes
        are terminated when the server is to be shut down, as the document says. When it is not, the document is
        silent: they are left to the panel, which ends them by its own limit, and steps 8 and the deletion go on.

        Raises NotOurServer, before anything is done, for a server that belongs to somebody else by now.
        """
        settings, progress = self.settings, self._progress(service)
        step = progress.step
        server = await self._servers.still_there(service, self._log)
        if server is None:
            service.addresses = ()
            return
        check_owner(server, service, settings.owner_after_termination)
        template, pool = await step("D1", "check template and pool", self._check_diagnostics, part="check")
        self._servers.reserve(server.id, progress)
        await step("D1", "switch ports on", lambda: self._servers.ports_on(server))
        await step(
            "D2",
            "power on if needed",
            lambda: self._servers.power_on(server),
            look=lambda _: self._servers.on_already(server.id),
        )
        await step("D3", "terminate an operation", lambda: self._operations.end_running(server))
        if not settings.do_not_manage_ips:
            await step("D4", "remove addresses", lambda: self._addresses.remove_all(server))
            service.addresses = ()
        await step(
            "D5",
            "assign the owner after termination",
            lambda: self._servers.give_away(server, settings.owner_after_termination),
        )
        diagnostics = await progress.logged(
            "D6",
            "diagnose",
            self._operations.diagnose(
                server,
                template,
                pool,
                progress,
                clear_disks=not settings.disable_disk_clearing,
                shut_down=settings.shutdown_after_termination,
            ),
        )
        if settings.shutdown_after_termination:
            await step(
                "D7",
                "shut down",
                lambda: self._servers.power_off(server),
                look=lambda _: self._servers.off_already(server.id),
            )
        if settings.suspend_on_termination:
            await step("D8", "switch ports off", lambda: self._servers.ports_off(server))
        if diagnostics is not None and diagnostics.status != "ok":
            raise OperationFailed(f"the diagnostics of server {server} did not succeed ({diagnostics})")

    # what an activation that waits for nothing leaves (W6-S3 with W6-S17)

    async def left(self, service: Service, step: str, what: Any) -> tuple[str, Any]:
        """What the billing system's cron is to do about a step that was left: an action with its arguments; no action and
        None, when it is too early; no action and {}, when there is nothing to do any more.
        """
        operation, addresses = what
        seen = await self._client.operation(operation)
        if not seen.ended:
            return "", None
        return ("Remove temporary addresses", {"addresses": addresses}) if seen.status == "ok" else ("", {})

    async def remove_temporary_addresses(self, service: Service, addresses: Sequence[Sequence[Any]]) -> None:
        """S17, later: these addresses, by id and name, have served the installation."""
        progress = self._progress(service)
        server = await self._client.server(bound(service))
        temporary = [each for each in server.addresses if [each.id, each.name] in [list(pair) for pair in addresses]]
        await progress.step("S17", "remove temporary addresses", lambda: self._addresses.remove(server, temporary))
        gone = {each.name for each in temporary}
        service.addresses = tuple(each.name for each in server.addresses if each.name not in gone)

    # steps

    async def _check(self, order: _Order) -> tuple[int, int | None, int | None]:
        """What an activation needs of the panel, by id. Raises NotInPanel. Where addresses are not managed the pool is
        needed only for a server that has none.
        """
        settings = self.settings
        return (
            await self._operations.template(order.os, "os"),
            None if settings.do_not_manage_ips else await self._addresses.pool(settings.pool),
            await self._addresses.pool(settings.ipv6_pool) if order.ipv6 else None,
        )

    async def _check_diagnostics(self) -> tuple[int, int | None]:
        """As `_check`, of a termination."""
        pool = self.settings.diagnostic_pool
        template = await self._operations.template(self.settings.diagnostic_template, "diagnostic")
        return template, await self._addresses.pool(pool) if pool else None

    async def _settled(self, service: Service, server: Server, order: _Order, progress: Progress) -> list[Address]:
        """The addresses that the server has, and the service is told."""
        there = await self._addresses.of(server.id, progress)
        wanted = {4: order.ipv4, 6: order.ipv6}
        addresses = await self._addresses.settled(server, there, wanted, progress)
        service.addresses = tuple(address.name for address in addresses)
        return addresses

    async def _add_addresses(self, server: Server, order: _Order, ids: _Ids, progress: Progress) -> None:
        """Step 8: IPv4 addresses, the main one first, then IPv6 (W6-S15). Without a pool (possible only where addresses
        are not managed) there is nothing to take them from.
        """
        if not self.settings.pool:
            raise BadSettings("the setting pool (IP address group) is empty, and the server has no IP address")
        pool = ids.pool or await self._addresses.pool(self.settings.pool)
        await self._addresses.add(4, pool, order.ipv4, None, server, progress)
        if ids.ipv6_pool is not None:
            await self._addresses.add(6, ids.ipv6_pool, order.ipv6, order.ipv6_prefix, server, progress)

    def _temporary(self, order: _Order, addresses: Sequence[Address], progress: Progress) -> list[Address]:
        """The addresses of the server that serve the installation only (W6-S16): IPv4 that came along with IPv6. What
        the client ordered by number is not among them.
        """
        if not (self.settings.temporary_ipv4 and order.ipv6 and not order.ipv4_asked and progress.begun("A8/ipv4")):
            return []
        before = progress.before("A8/ipv4")
        return [address for address in addresses if address.family == 4 and address.id not in before]

    # helpers of the steps

    def _progress(self, service: Service) -> Progress:
        """Of the action under way; one that nobody keeps when the module is used on its own."""
        if service.progress is not None:
            return service.progress
        action = ActionRow(service.name, 0, "", self._clock.now())
        return Progress(MemoryStore(), self._clock, self._log, action, lambda: service_row(service))

    def _order(self, service: Service) -> _Order:
        """What the tariff and the options come to. Raises BadSettings for what an activation cannot do without, before
        it changes anything.
        """
        settings = self.settings
        options = Whmcs6Options.from_mapping(service.options)
        configuration = service.configuration or settings.configuration
        os = options.os or settings.os
        if not configuration:
            raise BadSettings("the setting configuration (Server configuration type) is empty")
        if not os:
            raise BadSettings("the setting os (Operation system) is empty")
        if not settings.pool and not settings.do_not_manage_ips:
            raise BadSettings("the setting pool (IP address group) is empty")
        six = options.ipv6 is not None or options.ipv6_prefix is not None
        if settings.edition == "old" and (six or service.requested_server is not None):
            raise BadSettings("the old edition of the module knows neither IPv6 nor the choice of a server")
        if six and not settings.ipv6_pool:
            raise BadSettings("the setting ipv6_pool (IPv6 address group) is empty, and IPv6 has been ordered")
        return _Order(
            configuration,
            os,
            options.ipv4 or 1,
            options.ipv4 is not None,
            (options.ipv6 or 1) if settings.ipv6_pool else 0,
            options.ipv6_prefix,
        )

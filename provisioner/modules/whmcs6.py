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
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from provisioner.clients.dci6 import Dci6Client, equals
from provisioner.clients.records6 import Address, Operation, Server, User
from provisioner.clock import Clock
from provisioner.errors import (
    AdministratorEmail,
    AnswerLost,
    BadSettings,
    EmailNotVerified,
    InstallTimeout,
    NoFreeServer,
    NoServerBound,
    NoSwitchPorts,
    NotInPanel,
    NotOurServer,
    OperationFailed,
    PanelError,
    ProvisioningError,
    ServerInUse,
)
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6_options import Whmcs6Options
from provisioner.modules.whmcs6_settings import Whmcs6Settings
from provisioner.progress import NOT_DONE, NotDone, Progress
from provisioner.services import Client, Service, generate_password, service_row
from provisioner.store import ActionRow, MemoryStore

__all__ = ["DIAGNOSTIC_SECONDS", "POLL_SECONDS", "Whmcs6", "Whmcs6Settings"]

T = TypeVar("T")

POLL_SECONDS: Final = 30.0
"""How often a running operation is looked at, as the vendor's module for DCImanager 5 does."""
DIAGNOSTIC_SECONDS: Final = 3600.0
"""How long diagnostics are waited for (W6-D6)."""
CANCEL_POLL_SECONDS: Final = 5.0
CANCEL_SECONDS: Final = 300.0
"""How long a terminated operation is given to come to its end; ours, the document names no limit."""
PAGE: Final = 50
"""Servers asked for at a time."""


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
    ) -> None:
        """`source` of the passwords of panel users it creates: the host's secure one unless given. `poll` in seconds."""
        self.settings = settings
        self._client = client
        self._clock = clock
        self._log = log
        self._source = source
        self._poll = poll

    # actions

    async def test_connection(self) -> None:
        """Log in, and see that the user of the connection is an administrator (W6-S1). Raises BadSettings if not."""
        user = await self._client.find_user(self._client.email)
        if user is None or not user.administrator:
            raise BadSettings(f"the user {self._client.email} of the connection is not an administrator")

    def check_client(self, service: Service) -> None:
        """Whether the client may manage the service himself (W6-S7). Raises EmailNotVerified."""
        if self.settings.check_email_verified and not service.client.verified:
            raise EmailNotVerified(
                f"the client cannot manage services before the e-mail {service.client.email} is verified"
            )

    async def create(self, service: Service) -> None:
        """Activate: steps 1 to 10. On success the service is bound to an installed (or, with "Don't wait", installing)
        server. The service is bound as soon as its client may own the server, so that a failed one can be deleted.

        Raises Refused, PanelError, PanelUnavailable, OperationFailed; InstallTimeout when step 10 waited too long.
        """
        settings, progress = self.settings, self._progress(service)
        order = self._order(service)
        step = progress.step
        found: Server | None = None

        async def find() -> tuple[int, str]:
            nonlocal found
            found = await self._find_server(service, order, progress)
            return found.id, found.name

        number, name = await step("A1", "find a server", find, show=_server)
        user, _ = await step("A2", "find the user", lambda: self._find_client(service.client), show=_user)
        service.panel_user = user
        if progress.resumed and not progress.done("A3"):
            found = await self._client.server(number)
            if found.owned and not found.belongs_to(user, service.client.email):
                service.server, service.server_name = None, ""
                progress.forget("A1")
                number, name = await step("A1", "find a server", find, show=_server)
        await step("A3", "make the user the owner", lambda: self._make_owner(service, number, name, user))
        if not progress.done("A4"):
            with_ports = found or await self._client.server(number)
            await step("A4", "switch ports on", lambda: self._ports_on(with_ports))
        server = await self._client.server(number)  # steps 5 to 8 depend on what it is like now
        if server.owned and not server.belongs_to(user, service.client.email):  # somebody was faster, or came later
            service.server, service.server_name = None, ""
            raise ServerInUse
        await step("A5", "power on if needed", lambda: self._power_on(server), look=lambda _: self._on_already(number))
        await step("A6", "terminate an operation", lambda: self._end_running(server))
        if not settings.do_not_manage_ips:
            await step("A7", "remove addresses", lambda: self._remove_addresses(server))
        if progress.begun("A8/ipv4") or not (settings.do_not_manage_ips and server.addresses):
            await self._logged("A8", "add an address", self._add_addresses(server, order, progress))
        addresses = await self._client.server_ips(number)
        service.addresses = tuple(address.name for address in addresses)
        temporary = self._temporary(order, addresses, progress)
        operation = await step(
            "A9",
            "start the installation",
            lambda: self._install(server, order.os, service.password, temporary=bool(temporary)),
            before=server.last_operation,
            look=lambda last: self._started(number, last, "os_install"),
        )
        if settings.dont_wait:
            if settings.remove_temporary_ips and temporary:
                self._log.note("the end of the installation is not waited for: temporary addresses stay in the panel")
            return
        await step(
            "A10",
            "wait for the installation",
            lambda: self._wait_for_installation(server, order.os, operation, progress),
        )
        if settings.remove_temporary_ips and (temporary or progress.begun("S17")):
            await step("S17", "remove temporary addresses", lambda: self._remove(server, temporary))
            service.addresses = tuple(address.name for address in await self._client.server_ips(number))

    async def suspend(self, service: Service) -> None:
        """Switch the ports off (W6-L1). Raises NoSwitchPorts for a server without any."""
        server = await self._client.server(_bound(service))
        if not server.ports:
            raise NoSwitchPorts(str(server))
        await self._progress(service).step("L1", "switch ports off", lambda: self._client.ports_off(server.id))

    async def unsuspend(self, service: Service) -> None:
        """Switch the ports on (W6-L2)."""
        server = _bound(service)
        await self._progress(service).step("L2", "switch ports on", lambda: self._client.ports_on(server))

    async def terminate(self, service: Service) -> None:
        """Delete: steps 1 to 8.

        Diagnostics that end badly do not keep steps 7 and 8 from being done, and are raised as OperationFailed after
        them: the disks may not be clear, and a person has to know. Diagnostics that have not ended after 60 minutes
        are terminated when the server is to be shut down, as the document says. When it is not, the document is
        silent: they are left to the panel, which ends them by its own limit, and steps 8 and the deletion go on.

        Raises NotOurServer, before anything is done, for a server that belongs to somebody else by now.
        """
        settings, progress = self.settings, self._progress(service)
        step = progress.step
        server = await self._client.server(_bound(service))
        self._check_owner(server, service)
        progress.reserve(server.id)
        await step("D1", "switch ports on", lambda: self._ports_on(server))
        await step(
            "D2", "power on if needed", lambda: self._power_on(server), look=lambda _: self._on_already(server.id)
        )
        await step("D3", "terminate an operation", lambda: self._end_running(server))
        if not settings.do_not_manage_ips:
            await step("D4", "remove addresses", lambda: self._remove_addresses(server))
            service.addresses = ()
        await step("D5", "assign the owner after termination", lambda: self._hand_over(server))
        diagnostics = await self._logged("D6", "diagnose", self._diagnose(server, progress))
        if settings.shutdown_after_termination:
            await step("D7", "shut down", lambda: self._power_off(server))
        if settings.suspend_on_termination:
            await step("D8", "switch ports off", lambda: self._ports_off(server))
        if diagnostics is not None and diagnostics.status != "ok":
            raise OperationFailed(f"the diagnostics of server {server} did not succeed ({diagnostics})")

    # steps

    async def _find_server(self, service: Service, order: _Order, progress: Progress) -> Server:
        """Step 1. A server that never had an operation counts as free: there is none that did not succeed.

        A service that failed with a server keeps it: another one would be bought on top of it.
        """
        wanted = order.configuration
        location = self.settings.location_id
        progress.release()
        if service.server is not None and (kept := await self._kept(service, progress)) is not None:
            return kept
        if service.requested_server is not None:
            return await self._requested(service.requested_server, wanted, progress)
        where = f"({equals('configuration', wanted)}) AND (owner_email IS null)"
        if location is not None:
            where += f" AND (location_id EQ {location})"
        offset = 0
        while True:
            servers, size = await self._client.find_servers(where, orderby="id asc", limit=(offset, PAGE))
            for server in servers:
                if not server.owned and self._why_not(server, wanted) is None and progress.reserve(server.id):
                    return server
            offset += len(servers)
            if not servers or offset >= size:
                there = f" in location {location}" if location is not None else ""
                raise NoFreeServer(f"There is no free server of configuration {wanted}{there}")

    async def _kept(self, service: Service, progress: Progress) -> Server | None:
        """The server that the service has from an earlier try, unless it is gone or somebody else's."""
        assert service.server is not None
        try:
            server = await self._client.server(service.server)
        except PanelError as exc:
            if exc.status == 404:
                return None
            raise
        ours = not server.owned or server.belongs_to(service.panel_user, service.client.email)
        return server if ours and progress.reserve(server.id) else None

    async def _requested(self, server_id: int, wanted: str, progress: Progress) -> Server:
        try:
            server = await self._client.server(server_id)
        except PanelError as exc:
            if exc.status == 404:
                raise NoFreeServer(f"The selected server {server_id} does not exist") from exc
            raise
        if server.owned:
            raise ServerInUse
        if why := self._why_not(server, wanted):
            raise NoFreeServer(f"The selected server {server} {why}")
        if not progress.reserve(server.id):
            raise ServerInUse
        return server

    def _why_not(self, server: Server, wanted: str) -> str | None:
        """Why a server without owner cannot be issued, None when it can."""
        location = self.settings.location_id
        if server.configuration != wanted:
            return f"is not of configuration {wanted}"
        if location is not None and server.location_id != location:
            return f"is not in location {location}"
        if server.operation is not None and not server.operation.lets_sell:
            return f"is not free: {server.operation}"
        return None

    async def _find_client(self, client: Client) -> tuple[int, str]:
        """Step 2; id and e-mail. The older document knows no error for an administrator."""
        user = await self._client.find_user(client.email)
        if user is None:
            user = await self._create_user(client.email, full_name=client.full_name, phone=client.phone)
        elif user.administrator and self.settings.edition != "old":
            raise AdministratorEmail(user.email)
        return user.id, user.email

    async def _create_user(self, email: str, *, full_name: str = "", phone: str = "") -> User:
        password = generate_password(self._source)
        return await self._client.create_user(email, password, full_name=full_name, phone=phone)

    async def _make_owner(self, service: Service, server: int, name: str, user: int) -> None:
        """Step 3. The service is bound before: should the answer be lost, the server is known all the same."""
        fresh = service.server != server
        service.server, service.server_name = server, name
        try:
            await self._client.set_owner(server, user)
        except AnswerLost:
            raise
        except ProvisioningError:
            if fresh:
                service.server, service.server_name = None, ""
            raise

    def _check_owner(self, server: Server, service: Service) -> None:
        after = self.settings.owner_after_termination
        if server.owned and not (
            server.belongs_to(service.panel_user, service.client.email)
            or (after and server.owner_email.casefold() == after.casefold())
        ):
            raise NotOurServer(f"server {server} belongs to {server.owner_email or server.owner_id} by now")

    async def _ports_on(self, server: Server) -> str:
        if not server.ports:
            return "the server has no switch ports"
        await self._client.ports_on(server.id)
        return ""

    async def _ports_off(self, server: Server) -> str:
        if not server.ports:
            return "the server has no switch ports"
        await self._client.ports_off(server.id)
        return ""

    async def _power_on(self, server: Server) -> str:
        """The panel takes the command when power is off or unknown ("Server power supply management logic")."""
        if server.power_status == "on":
            return "it is on"
        await self._client.power_on(server.id)
        return f"it was {server.power_status}"

    async def _on_already(self, server: int) -> str | NotDone:
        """Whether power is on by now, after an order whose answer is not known."""
        return "it is on by now" if (await self._client.server(server)).power_status == "on" else NOT_DONE

    async def _started(self, server: int, last: int, kind: str) -> int | NotDone:
        """The operation of this kind that has come after the operation `last`."""
        seen = (await self._client.server(server)).operation
        return seen.id if seen is not None and seen.id != last and seen.type in (kind, "") else NOT_DONE

    async def _power_off(self, server: Server) -> str:
        if (await self._client.server(server.id)).power_status == "off":
            return "it is off"
        await self._client.power_off(server.id)
        return ""

    async def _end_running(self, server: Server) -> str:
        if server.operation is None or server.operation.ended:
            return "there is none"
        return str(await self._end(server, server.operation.id))

    async def _end(self, server: Server, operation: int) -> Operation:
        """Terminate an operation and see it end. Raises OperationFailed when it does not."""
        for last_try in (False, True):
            try:
                await self._client.cancel_operation(server.id)
            except (PanelError, AnswerLost) as exc:
                # It may have ended by itself between being seen and being terminated, or be ending by our order.
                seen = await self._client.operation(operation)
                if seen.ended or seen.status == "canceling":
                    break
                if last_try or isinstance(exc, PanelError):
                    raise
            else:
                seen = await self._client.operation(operation)
                break
        if seen.ended:
            return seen
        last = await self._wait(operation, self._clock.now() + CANCEL_SECONDS, CANCEL_POLL_SECONDS)
        if last is None:
            raise OperationFailed(
                f"operation {operation} on server {server} did not end in {CANCEL_SECONDS:g} s after its termination"
            )
        return last

    async def _end_once(self, number: str, server: Server, operation: int, progress: Progress) -> Operation:
        """As `_end`, for an operation that has used up its time: that it has is kept, however it then ends."""

        async def end() -> tuple[int, str, str]:
            return _plain(await self._end(server, operation))

        return Operation(*await progress.step(number, "terminate the operation", end, part="end"))

    async def _remove_addresses(self, server: Server) -> str:
        return await self._remove(server, server.addresses) or "there are none"

    async def _remove(self, server: Server, addresses: Sequence[Address]) -> str:
        for address in addresses:
            try:
                await self._client.delete_ip(server.id, address.id)
            except PanelError as exc:
                if exc.status != 404:  # gone already, which is what was wanted
                    raise
        return ", ".join(address.name for address in addresses)

    async def _add_addresses(self, server: Server, order: _Order, progress: Progress) -> None:
        """Step 8: IPv4 addresses, the main one first, then IPv6 (W6-S15). Without a pool (possible only where addresses
        are not managed) there is nothing to take them from.
        """
        if not self.settings.pool:
            raise BadSettings("the setting pool (IP address group) is empty, and the server has no IP address")
        await self._add(4, self.settings.pool, order.ipv4, None, server, progress)
        if order.ipv6:
            await self._add(6, self.settings.ipv6_pool, order.ipv6, order.ipv6_prefix, server, progress)

    async def _add(
        self, family: int, pool: str, count: int, prefix: int | None, server: Server, progress: Progress
    ) -> None:
        async def add() -> None:
            await self._client.add_ips(server.id, await self._pool(pool), count, family=family, prefix=prefix)

        async def look(before: list[int]) -> NotDone | None:
            there = await self._client.server_ips(server.id)
            new = [each for each in there if each.family == family and each.id not in before]
            return None if new else NOT_DONE

        before = [address.id for address in server.addresses]
        await progress.step("A8", "add an address", add, part=f"ipv{family}", before=before, look=look)

    def _temporary(self, order: _Order, addresses: Sequence[Address], progress: Progress) -> list[Address]:
        """The addresses of the server that serve the installation only (W6-S16): IPv4 that came along with IPv6. What
        the client ordered by number is not among them.
        """
        if not (self.settings.temporary_ipv4 and order.ipv6 and not order.ipv4_asked and progress.begun("A8/ipv4")):
            return []
        before = progress.before("A8/ipv4")
        return [address for address in addresses if address.family == 4 and address.id not in before]

    async def _pool(self, name: str) -> int:
        pool = await self._client.find_pool(name)
        if pool is None:
            raise NotInPanel(f"There is no pool {name!r} in DCImanager 6")
        return pool.id

    async def _template(self, name: str, kind: str) -> int:
        template = await self._client.find_template(name, kind)
        if template is None:
            raise NotInPanel(f"There is no {kind} template {name!r} in DCImanager 6")
        return template.id

    async def _install(self, server: Server, os: str, password: str, *, temporary: bool) -> int:
        """Step 9; the operation's id."""
        template = await self._template(os, "os")
        return await self._client.os_install(server.id, template, password, temporary_ipv4=temporary)

    async def _wait_for_installation(self, server: Server, os: str, operation: int, progress: Progress) -> None:
        """Step 10."""
        deadline = progress.begun_at("A10") + self.settings.install_timeout
        late = progress.begun("A10/end")
        ended = None if late else await self._wait(operation, deadline, self._poll)
        if ended is None:
            ended = await self._end_late(server, os, operation, progress)
        if ended.status != "ok":
            raise OperationFailed(f"the installation of {os} on server {server} did not succeed ({ended})")

    async def _end_late(self, server: Server, os: str, operation: int, progress: Progress) -> Operation:
        """End an installation that has used up its time; returns only if it succeeded in the very last moment."""
        late = (
            f"OS installation timeout: {os} was not installed on server {server} "
            f"in {self.settings.install_timeout / 60:g} minutes; "
        )
        try:
            ended = await self._end_once("A10", server, operation, progress)
        except ProvisioningError as exc:
            raise InstallTimeout(f"{late}the operation could not be terminated: {exc}") from exc
        if ended.status != "ok":
            raise InstallTimeout(f"{late}it has been terminated ({ended})")
        return ended

    async def _hand_over(self, server: Server) -> str:
        """Step 5 of a deletion."""
        email = self.settings.owner_after_termination
        if not email:
            await self._client.clear_owner(server.id)
            return "no owner"
        user = await self._client.find_user(email) or await self._create_user(email)
        await self._client.set_owner(server.id, user.id)
        return str(user)

    async def _diagnose(self, server: Server, progress: Progress) -> Operation | None:
        """Step 6 of a deletion; how the diagnostics ended, None when they did not in 60 minutes."""
        settings = self.settings

        async def start() -> int:
            template = await self._template(settings.diagnostic_template, "diagnostic")
            pool = await self._pool(settings.diagnostic_pool) if settings.diagnostic_pool else None
            clear = not settings.disable_disk_clearing
            return await self._client.diagnostic(server.id, template, clear_disks=clear, pool=pool)

        async def wait() -> tuple[int, str, str] | None:
            if not progress.begun("D6/end"):
                ended = await self._wait(operation, progress.begun_at("D6/wait") + DIAGNOSTIC_SECONDS, self._poll)
                if ended is not None:
                    return _plain(ended)
            late = f"the diagnostics of server {server} did not end in {DIAGNOSTIC_SECONDS / 60:g} minutes"
            if settings.shutdown_after_termination:
                await self._end_once("D6", server, operation, progress)
                self._log.note(f"{late} and have been terminated")
            else:
                self._log.note(f"{late} and are left to the panel")
            return None

        operation = await progress.step(
            "D6",
            "start diagnostics",
            start,
            part="start",
            before=server.last_operation,
            look=lambda last: self._started(server.id, last, "diagnostic"),
        )
        ended = await progress.step("D6", "wait for diagnostics", wait, part="wait")
        return None if ended is None else Operation(*ended)

    # helpers of the steps

    async def _wait(self, operation: int, deadline: float, every: float) -> Operation | None:
        """The operation when it has ended; None when it has not by `deadline`, with a last look then."""
        while True:
            left = deadline - self._clock.now()
            if left > 0:
                await self._clock.sleep(min(every, left))
            seen = await self._client.operation(operation)
            if seen.ended:
                return seen
            if self._clock.now() >= deadline:
                return None

    async def _logged(self, number: str, name: str, work: Awaitable[T]) -> T:
        """A step of several parts in the log."""
        self._log.step(number, name, "begin")
        try:
            result = await work
        except ProvisioningError as exc:
            self._log.step(number, name, "error", str(exc))
            raise
        self._log.step(number, name, "end", "" if result is None else str(result))
        return result

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


def _plain(operation: Operation) -> tuple[int, str, str]:
    return operation.id, operation.status, operation.reason


def _server(found: Sequence[Any]) -> str:
    return f"{found[1]} (id {found[0]})"


_user = _server


def _bound(service: Service) -> int:
    if service.server is None:
        raise NoServerBound(f"service {service.name} has no server")
    return service.server

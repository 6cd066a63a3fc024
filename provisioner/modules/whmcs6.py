"""WHMCS with DCImanager 6: activation, suspension, re-activation and deletion, step by step as the vendor's document
(edition with diagnostics and pools) lists them.

What the document does not say is not done. After an activation that failed half-way, nothing is given back: the owner
and the address stay. Nothing guards a free server between being found and being given its owner. A deletion whose
diagnostics were ended after 60 minutes counts as done, though the disks may not be clear. Those are the findings that
a simulated datacenter is there to show, and no business of this module to hide.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable
from typing import Final, TypeVar

from provisioner.clients.dci6 import Dci6Client, equals
from provisioner.clients.records6 import Operation, Server, User
from provisioner.clock import Clock
from provisioner.errors import (
    AdministratorEmail,
    BadSettings,
    EmailNotVerified,
    InstallTimeout,
    NoFreeServer,
    NoServerBound,
    NoSwitchPorts,
    NotInPanel,
    OperationFailed,
    PanelError,
    ProvisioningError,
    ServerInUse,
)
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6_settings import Whmcs6Settings
from provisioner.services import Client, Service, generate_password

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
        server. The service is bound as soon as its client owns the server, so that a failed one can be deleted.

        Raises Refused, PanelError, PanelUnavailable, OperationFailed; InstallTimeout when step 10 waited too long.
        """
        settings = self.settings
        self._check_settings(service)
        server = await self._step("A1", "find a server", self._find_server(service))
        user = await self._step("A2", "find the user", self._find_client(service.client))
        await self._step("A3", "make the user the owner", self._client.set_owner(server.id, user.id))
        service.server, service.server_name = server.id, server.name
        await self._step("A4", "switch ports on", self._ports_on(server))
        server = await self._client.server(server.id)  # steps 5 to 8 depend on what it is like now
        await self._step("A5", "power on if needed", self._power_on(server))
        await self._step("A6", "terminate an operation", self._end_running(server))
        if not settings.do_not_manage_ips:
            await self._step("A7", "remove addresses", self._remove_addresses(server))
        if not (settings.do_not_manage_ips and server.addresses):
            await self._step("A8", "add an address", self._add_address(server))
        service.addresses = tuple(address.name for address in await self._client.server_ips(server.id))
        operation = await self._step("A9", "start the installation", self._install(server, service.password))
        if not settings.dont_wait:
            await self._step("A10", "wait for the installation", self._wait_for_installation(server, operation))

    async def suspend(self, service: Service) -> None:
        """Switch the ports off (W6-L1). Raises NoSwitchPorts for a server without any."""
        server = await self._client.server(_bound(service))
        if not server.ports:
            raise NoSwitchPorts(str(server))
        await self._step("L1", "switch ports off", self._client.ports_off(server.id))

    async def unsuspend(self, service: Service) -> None:
        """Switch the ports on (W6-L2)."""
        await self._step("L2", "switch ports on", self._client.ports_on(_bound(service)))

    async def terminate(self, service: Service) -> None:
        """Delete: steps 1 to 8.

        Diagnostics that end badly do not keep steps 7 and 8 from being done, and are raised as OperationFailed after
        them: the disks may not be clear, and a person has to know. Diagnostics that have not ended after 60 minutes
        are terminated when the server is to be shut down, as the document says. When it is not, the document is
        silent: they are left to the panel, which ends them by its own limit, and steps 8 and the deletion go on.
        """
        settings = self.settings
        server = await self._client.server(_bound(service))
        await self._step("D1", "switch ports on", self._ports_on(server))
        await self._step("D2", "power on if needed", self._power_on(server))
        await self._step("D3", "terminate an operation", self._end_running(server))
        if not settings.do_not_manage_ips:
            await self._step("D4", "remove addresses", self._remove_addresses(server))
            service.addresses = ()
        await self._step("D5", "assign the owner after termination", self._hand_over(server))
        diagnostics = await self._step("D6", "diagnose", self._diagnose(server))
        if settings.shutdown_after_termination:
            await self._step("D7", "shut down", self._power_off(server))
        if settings.suspend_on_termination:
            await self._step("D8", "switch ports off", self._ports_off(server))
        if diagnostics is not None and diagnostics.status != "ok":
            raise OperationFailed(f"the diagnostics of server {server} did not succeed ({diagnostics})")

    # steps

    async def _find_server(self, service: Service) -> Server:
        """Step 1. A server that never had an operation counts as free: there is none that did not succeed."""
        wanted = service.configuration or self.settings.configuration
        location = self.settings.location_id
        if service.requested_server is not None:
            return await self._requested(service.requested_server, wanted)
        where = f"({equals('configuration', wanted)}) AND (owner_email IS null)"
        if location is not None:
            where += f" AND (location_id EQ {location})"
        offset = 0
        while True:
            servers, size = await self._client.find_servers(where, orderby="id asc", limit=(offset, PAGE))
            for server in servers:
                if not server.owned and self._why_not(server, wanted) is None:
                    return server
            offset += len(servers)
            if not servers or offset >= size:
                there = f" in location {location}" if location is not None else ""
                raise NoFreeServer(f"There is no free server of configuration {wanted}{there}")

    async def _requested(self, server_id: int, wanted: str) -> Server:
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

    async def _find_client(self, client: Client) -> User:
        """Step 2."""
        user = await self._client.find_user(client.email)
        if user is None:
            return await self._create_user(client.email, full_name=client.full_name, phone=client.phone)
        if user.administrator:
            raise AdministratorEmail(user.email)
        return user

    async def _create_user(self, email: str, *, full_name: str = "", phone: str = "") -> User:
        password = generate_password(self._source)
        return await self._client.create_user(email, password, full_name=full_name, phone=phone)

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
        try:
            await self._client.cancel_operation(server.id)
        except PanelError:
            # It may have ended by itself between being seen and being terminated.
            seen = await self._client.operation(operation)
            if not seen.ended:
                raise
            return seen
        seen = await self._client.operation(operation)
        if not seen.ended:
            last = await self._wait(operation, CANCEL_SECONDS, CANCEL_POLL_SECONDS)
            if last is None:
                raise OperationFailed(
                    f"operation {operation} on server {server} did not end in {CANCEL_SECONDS:g} s after its termination"
                )
            return last
        return seen

    async def _remove_addresses(self, server: Server) -> str:
        for address in server.addresses:
            await self._client.delete_ip(server.id, address.id)
        return ", ".join(address.name for address in server.addresses) or "there are none"

    async def _add_address(self, server: Server) -> None:
        """Step 8. Without a pool (possible only where addresses are not managed) there is nothing to take it from."""
        if not self.settings.pool:
            raise BadSettings("the setting pool (IP address group) is empty, and the server has no IP address")
        await self._client.add_ip(server.id, await self._pool(self.settings.pool))

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

    async def _install(self, server: Server, password: str) -> int:
        """Step 9; the operation's id."""
        template = await self._template(self.settings.os, "os")
        return await self._client.os_install(server.id, template, password)

    async def _wait_for_installation(self, server: Server, operation: int) -> None:
        """Step 10."""
        limit = self.settings.install_timeout
        ended = await self._wait(operation, limit, self._poll)
        if ended is None:
            ended = await self._end_late(server, operation)
        if ended.status != "ok":
            raise OperationFailed(
                f"the installation of {self.settings.os} on server {server} did not succeed ({ended})"
            )

    async def _end_late(self, server: Server, operation: int) -> Operation:
        """End an installation that has used up its time; returns only if it succeeded in the very last moment."""
        late = (
            f"OS installation timeout: {self.settings.os} was not installed on server {server} "
            f"in {self.settings.install_timeout / 60:g} minutes; "
        )
        try:
            ended = await self._end(server, operation)
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

    async def _diagnose(self, server: Server) -> Operation | None:
        """Step 6 of a deletion; how the diagnostics ended, None when they did not in 60 minutes."""
        settings = self.settings
        template = await self._template(settings.diagnostic_template, "diagnostic")
        pool = await self._pool(settings.diagnostic_pool) if settings.diagnostic_pool else None
        clear = not settings.disable_disk_clearing
        operation = await self._client.diagnostic(server.id, template, clear_disks=clear, pool=pool)
        ended = await self._wait(operation, DIAGNOSTIC_SECONDS, self._poll)
        if ended is None:
            late = f"the diagnostics of server {server} did not end in {DIAGNOSTIC_SECONDS / 60:g} minutes"
            if settings.shutdown_after_termination:
                await self._end(server, operation)
                self._log.note(f"{late} and have been terminated")
            else:
                self._log.note(f"{late} and are left to the panel")
        return ended

    # helpers of the steps

    async def _wait(self, operation: int, limit: float, every: float) -> Operation | None:
        """The operation when it has ended; None when it has not in `limit` seconds, with a last look at the end."""
        deadline = self._clock.now() + limit
        while (left := deadline - self._clock.now()) > 0:
            await self._clock.sleep(min(every, left))
            seen = await self._client.operation(operation)
            if seen.ended:
                return seen
        return None

    async def _step(self, number: str, name: str, work: Awaitable[T]) -> T:
        """Do a step and write it into the log. What it returns, as text, is the detail of its end."""
        self._log.step(number, name, "begin")
        try:
            result = await work
        except ProvisioningError as exc:
            self._log.step(number, name, "error", str(exc))
            raise
        self._log.step(number, name, "end", "" if result is None else str(result))
        return result

    def _check_settings(self, service: Service) -> None:
        """What an activation cannot do without, before it changes anything."""
        settings = self.settings
        if not (service.configuration or settings.configuration):
            raise BadSettings("the setting configuration (Server configuration type) is empty")
        if not settings.os:
            raise BadSettings("the setting os (Operation system) is empty")
        if not settings.pool and not settings.do_not_manage_ips:
            raise BadSettings("the setting pool (IP address group) is empty")


def _bound(service: Service) -> int:
    if service.server is None:
        raise NoServerBound(f"service {service.name} has no server")
    return service.server

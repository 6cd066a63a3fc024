"""BILLmanager with DCImanager 5 (in its document also IFXmanager): setting up, deletion, suspension, addresses and the
password of a dedicated server, step by step as the vendor's document "Integrating with DCImanager" lists them.

What the document does not say is not done. The list of available servers is asked for once, so an order may come to a
server that another one has sold since; and orders hold a server under the administrator's name, so none sees the other.
A server that failed keeps the administrator as its owner and the addresses that it was given, so it never comes back
by itself. A deletion that fails half-way leaves what it has not come to. Those are findings, and stay visible.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci5_records import FREE_DOMAIN, NO_OWNER, Network5, Server5, User5
from provisioner.clock import Clock
from provisioner.errors import (
    BadSettings,
    InstallTimeout,
    NoFreeServer,
    NoServerBound,
    NoSwitchPorts,
    NotInPanel,
    OperationFailed,
    PanelError,
    ProvisioningError,
    Refused,
)
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5_office import Office
from provisioner.modules.billmanager5_settings import BillManager5Settings, username_of
from provisioner.ping import Ping
from provisioner.services import Service, generate_password

__all__ = ["BillManager5", "BillManager5Settings", "NameTaken", "Offer", "Order", "PowerTimeout", "Properties"]

T = TypeVar("T")

POLL_SECONDS: Final = 30.0
"""How often an installation is looked at, as the vendor's WHMCS module does."""
SHORT_POLL_SECONDS: Final = 5.0
"""How often the panel is asked about the things that take seconds: power, a server being enabled, an echo."""
ENABLE_SECONDS: Final = 50.0
"""How long a server may stay blocked after it was enabled (observed in the vendor's WHMCS module)."""


class NameTaken(Refused):
    """The panel has a user of the client's name who is no client."""


class PowerTimeout(OperationFailed):
    """The server was not seen powered on in the time given."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an order says beside the package."""

    number: int
    os: str
    period: str
    colocation: bool = False


@dataclass(frozen=True, slots=True)
class Properties:
    """A server as billing has saved it (B5-10, B5-15): read back after each operation."""

    panel_id: int
    label: str
    rack: str
    ip: str
    domain: str
    os: str
    owner: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the panel sent when it was added (B5-2)."""

    servers: tuple[Server5, ...]
    networks: tuple[Network5, ...]


class BillManager5:
    """The module: acts on services through one panel, with one service package."""

    name = "billmanager5"

    def __init__(
        self,
        client: Dci5Client,
        settings: BillManager5Settings,
        clock: Clock,
        log: ModuleLog,
        ping: Ping,
        office: Office,
        *,
        source: random.Random | None = None,
    ) -> None:
        """`source` of the passwords of panel users it creates: the host's secure one unless given."""
        self.settings = settings
        self.orders: dict[str, Order] = {}
        """By service."""
        self.properties: dict[str, Properties] = {}
        """By service."""
        self._client = client
        self._clock = clock
        self._log = log
        self._ping = ping
        self._office = office
        self.chance = source

    # the panel

    async def check_connection(self) -> None:
        """That the panel answers and the account is an administrator's (B5-1)."""
        user = await self._user(self._client.username)
        if user is None or not user.administrator:
            raise BadSettings(f"the user {self._client.username} of the connection is not an administrator")

    async def offer(self) -> Offer:
        """Available servers, then available networks (B5-2)."""
        servers = tuple(server for server in await self._client.servers() if server.available)
        return Offer(servers, tuple(await self._client.networks()))

    def take(self, service: str, *, os: str = "", period: str = "", colocation: bool = False) -> Order:
        """Write down what an order chooses. Raises BadSettings for what the package does not have."""
        settings = self.settings
        os, period = os or settings.os, period or settings.periods[0]
        if period not in settings.periods:
            raise BadSettings(f"the package has no order period {period!r}; it has {', '.join(settings.periods)}")
        if not colocation and os and os not in settings.offered:
            raise BadSettings(f"the OS template {os!r} is not activated; there are {', '.join(settings.offered)}")
        known = self.orders.get(service)
        order = Order(known.number if known else len(self.orders) + 1, os, period, colocation)
        self.orders[service] = order
        return order

    def check_client(self, service: Service) -> None:
        """The document asks nothing of a client."""

    # actions

    async def create(self, service: Service) -> None:
        """Set up: the user, the available servers one after another, addresses, properties, the welcome message.

        The service is bound when its client owns the server. Raises NoFreeServer when no server worked.
        """
        order = self.orders.get(service.name) or self.take(service.name)
        configuration = service.configuration or self.settings.configuration
        if not configuration:
            raise BadSettings("the internal name of the package (configuration) is empty")
        if not order.os:
            raise BadSettings("the package names no operating system")
        user, password = await self._step("1", "find the user", self._find_client(service.client.email))
        servers = await self._step("2", "ask for available servers", self._available(service, configuration))
        domain = self.settings.domain_of(user.name, configuration, order.number)
        server = await self._first_that_works(servers, service, order, user, domain)
        if server is None:
            tried = f"; tried and given up: {', '.join(each.name for each in servers)}" if servers else ""
            raise NoFreeServer(f"There is no free server of configuration {configuration}{tried}")
        service.server, service.server_name = server.id, server.name
        await self._step("4", "give addresses", self._add_aliases(server, domain, self.settings.alias_addresses))
        await self._step("5", "save the properties", self.read_back(service))
        self._welcome(service, user, password)

    async def suspend(self, service: Service) -> None:
        """Switch the server's network ports off (B5-12). Raises NoSwitchPorts for a server without any."""
        await self._step("S", "switch ports off", self._switch(service, self._client.ports_off))
        await self.read_back(service)

    async def unsuspend(self, service: Service) -> None:
        """Switch the server's network ports on (B5-12)."""
        await self._step("A", "switch ports on", self._switch(service, self._client.ports_on))
        await self.read_back(service)

    async def terminate(self, service: Service) -> None:
        """Delete: disable, delete the additional addresses, domain name `free.ds`, no owner (B5-11)."""
        server = _bound(service)
        await self._step("D1", "disable the server", self._client.disable(server))
        await self._step("D2", "delete additional addresses", self._delete_additional(server))
        await self._step("D3", "free the domain name", self._set_domain(server, FREE_DOMAIN))
        await self._step("D4", "reset the owner", self._client.set_owner(server, NO_OWNER))
        await self.read_back(service)

    async def add_address(self, service: Service, *, family: str = "ipv4") -> str:
        """One more address from the panel (B5-13)."""
        server = _bound(service)
        domain = (await self._client.server(server)).hostname
        work = self._client.add_address(server, domain, iptype=self.settings.iptype, family=family)
        address = await self._step("IP+", "add an address", work)
        await self.read_back(service)
        return address

    async def delete_address(self, service: Service, address: str) -> None:
        """Give an address back (B5-13). Raises NotInPanel when the server has no such address."""
        server = _bound(service)
        for row in await self._client.addresses(server):
            if row.ip == address:
                await self._step("IP-", "delete an address", self._client.delete_address(server, row.id))
                break
        else:
            raise NotInPanel(f"server {service.server_name} has no address {address}")
        await self.read_back(service)

    async def change_password(self, service: Service, password: str) -> None:
        """Change the password of the panel's user who owns the server (B5-14)."""
        server = await self._client.server(_bound(service))
        owner = await self._user(server.owner) if server.owner else None
        if owner is None or not owner.client:
            raise OperationFailed(f"server {server} is not owned by a client: its owner is {server.owner or 'nobody'}")
        await self._step("PW", "change the password", self._client.change_password(owner, password))
        await self.read_back(service)

    async def read_back(self, service: Service) -> Properties:
        """Save the server's configuration as the panel has it now (B5-15)."""
        server = await self._client.server(_bound(service))
        addresses = [row.ip for row in await self._client.addresses(server.id)]
        addresses.sort(key=lambda ip: ip != server.ip)  # the main one first, the others as the panel has them
        found = Properties(
            server.id, server.name, server.rack, server.ip, server.hostname, server.os, server.owner, tuple(addresses)
        )
        self.properties[service.name] = found
        # What a freed server keeps is its own, and no longer the client's.
        service.addresses = found.addresses if server.owner else ()
        service.server_name = server.name
        return found

    # the first two steps of setting up

    async def _user(self, name: str) -> User5 | None:
        return next((user for user in await self._client.users() if user.name == name), None)

    async def _find_client(self, client: str) -> tuple[User5, str]:
        """The panel's user, and the password if it was created now."""
        name = username_of(client)
        user = await self._user(name)
        if user is None:
            password = generate_password(self.chance)
            return User5(await self._client.create_user(name, password), name, "16"), password
        if not user.client:
            raise NameTaken(f"the user {name} of DCImanager 5, made of {client!r}, is no client there")
        return user, ""

    async def _available(self, service: Service, configuration: str) -> list[Server5]:
        return [
            server
            for server in await self._client.servers()
            if server.available
            and configuration in server.configurations
            and service.requested_server in (None, server.id)
        ]

    # the third step: server after server

    async def _first_that_works(
        self, servers: list[Server5], service: Service, order: Order, user: User5, domain: str
    ) -> Server5 | None:
        for server in servers:
            try:
                await self._set_up(server, service, order, user, domain)
            except (PanelError, OperationFailed) as exc:  # a panel that is not there fails the order, not its servers
                await self._withdraw(server, str(exc))
            else:
                return server
        return None

    async def _set_up(self, server: Server5, service: Service, order: Order, user: User5, domain: str) -> None:
        client, limit = self._client, self.settings.install_timeout
        await self._step("3a", f"administrator owns {server.name}", self._own(server))
        await self._step("3b", "assign the domain name", self._set_domain(server.id, domain))
        await self._step("3c", "assign an address if needed", self._main_address(server, domain))
        await self._step("3d", "switch port on", self._enable(server))
        await self._step("3e", "power on", self._power_on(server))
        await self._step(
            "3f", "install", self._client.install(server.id, await self._template(order.os), domain, service.password)
        )
        await self._step("3f", "wait for the installation", self._wait_for_installation(server, order.os, limit))
        await self._step("3g", "ping", self._wait_for_ping(server))
        await self._step("3h", "client owns the server", client.set_owner(server.id, user.id))

    async def _own(self, server: Server5) -> None:
        administrator = await self._user(self._client.username)
        if administrator is None:
            raise OperationFailed(f"the panel does not list its user {self._client.username}")
        await self._client.set_owner(server.id, administrator.id)

    async def _set_domain(self, server: int, domain: str) -> None:
        """Of the server and of each of its addresses: a list may take the host name from either."""
        await self._client.set_hostname(server, domain)
        for address in await self._client.addresses(server):
            await self._client.set_domain(server, address.id, domain)

    async def _main_address(self, server: Server5, domain: str) -> str:
        if addresses := await self._client.addresses(server.id):
            return f"it has {addresses[0].ip}"
        return await self._client.add_address(server.id, domain, iptype=self.settings.iptype)

    async def _enable(self, server: Server5) -> str:
        """A server that was sold before is disabled. `server.enable` may take its time (observed)."""
        if (await self._client.server(server.id)).disabled:
            await self._client.enable(server.id)
            if not await self._seen(lambda: self._flag(server.id, "disabled", there=False), ENABLE_SECONDS):
                raise OperationFailed(f"The attempt to enable the server {server.name} failed.")
        ports = await self._client.switch_ports(server.id)
        if not ports:
            return "the server has no switch ports"
        await self._client.ports_on(server.id, ports)
        return ""

    async def _power_on(self, server: Server5) -> str:
        if await self._flag(server.id, "poweron"):
            return "it is on"
        await self._client.power_on(server.id)
        if not await self._seen(lambda: self._flag(server.id, "poweron"), self.settings.power_timeout):
            raise PowerTimeout(f"Can not power on server {server.name}!")
        return ""

    async def _template(self, os: str) -> str:
        """The panel's id of a template: it may be named in full or without its repository."""
        for template in await self._client.templates():
            if os in (template.id, template.name, template.id.rpartition("__")[2]):
                return template.id if "__" in template.id or not template.name else template.name
        return os  # the panel's own error says best what is wrong with it

    async def _wait_for_installation(self, server: Server5, os: str, limit: float) -> None:
        deadline = self._clock.now() + limit
        while True:
            seen = await self._client.server(server.id)
            if "install_in_progress" not in seen.flags:
                if "operation_failed" in seen.flags:
                    raise OperationFailed(f"Can not install server {server.name}: {os} failed")
                return
            left = deadline - self._clock.now()
            if left <= 0:
                raise InstallTimeout(f"{os} was not installed on server {server.name} in {limit / 60:g} minutes")
            await self._clock.sleep(min(POLL_SECONDS, left))

    async def _wait_for_ping(self, server: Server5) -> str:
        addresses = await self._client.addresses(server.id)
        main = (await self._client.server(server.id)).ip or (addresses[0].ip if addresses else "")
        if not main:
            raise OperationFailed(f"Can not get main ip of server {server.name}!")
        if not await self._seen(lambda: self._ping.alive(main), self.settings.ping_timeout):
            raise OperationFailed(f"server {server.name} does not answer a ping at {main}")
        return main

    async def _withdraw(self, server: Server5, reason: str) -> None:
        """The owner stays, the domain name goes back, the notes tell why, the server is disabled (B5-9).

        What of this fails as well is written down and does not keep the rest from being done.
        """
        work: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("free the domain name", lambda: self._set_domain(server.id, FREE_DOMAIN)),
            ("note the reason", lambda: self._client.set_notes(server.id, reason)),
            ("disable the server", lambda: self._client.disable(server.id)),
        ]
        for name, do in work:
            try:
                await self._step("3x", name, do())
            except PanelError as exc:
                self._log.note(f"server {server.name}: {name}: {exc}")
        self._log.note(f"server {server.name} is given up: {reason}")

    # further steps

    async def _add_aliases(self, server: Server5, domain: str, count: int) -> str:
        added = [await self._client.add_address(server.id, domain, iptype=self.settings.iptype) for _ in range(count)]
        return ", ".join(added)

    async def _delete_additional(self, server: int) -> str:
        addresses = await self._client.addresses(server)
        main = (await self._client.server(server)).ip or (addresses[0].ip if addresses else "")
        deleted = [row for row in addresses if row.ip != main]
        for row in deleted:
            await self._client.delete_address(server, row.id)
        return ", ".join(row.ip for row in deleted) or "there are none"

    async def _switch(self, service: Service, change: Callable[[int, list[int]], Awaitable[None]]) -> None:
        server = _bound(service)
        ports = await self._client.switch_ports(server)
        if not ports:
            raise NoSwitchPorts(service.server_name or str(server))
        await change(server, ports)

    def _welcome(self, service: Service, user: User5, password: str) -> None:
        """The user's own password only when the user is new: nobody knows an old one."""
        saved = self.properties[service.name]
        lines = [
            f"Server: {saved.label}, {saved.domain}",
            f"IP addresses: {', '.join(saved.addresses)}",
            f"Operating system: {saved.os}",
            f"Password of the server's administrator: {service.password}",
            f"DCImanager user: {user.name}" + (f", password: {password}" if password else ""),
        ]
        self._office.write([service.client.email], f"Welcome: {service.name} is ready", "\n".join(lines))

    # helpers of the steps

    async def _flag(self, server: int, flag: str, *, there: bool = True) -> bool:
        seen = await self._client.server(server)
        return (seen.disabled if flag == "disabled" else flag in seen.flags) is there

    async def _seen(self, look: Callable[[], Awaitable[bool]], limit: float) -> bool:
        """Whether `look` was true within `limit` seconds, with a last look at the end."""
        deadline = self._clock.now() + limit
        while not await look():
            left = deadline - self._clock.now()
            if left <= 0:
                return False
            await self._clock.sleep(min(SHORT_POLL_SECONDS, left))
        return True

    async def _step(self, number: str, name: str, work: Awaitable[T]) -> T:
        """Do a step and write it into the log; a text that it returns is the detail of its end."""
        self._log.step(number, name, "begin")
        try:
            result = await work
        except ProvisioningError as exc:
            self._log.step(number, name, "error", str(exc))
            raise
        self._log.step(number, name, "end", result if isinstance(result, str) else "")
        return result


def _bound(service: Service) -> int:
    if service.server is None:
        raise NoServerBound(f"service {service.name} has no server")
    return service.server

"""BILLmanager with DCImanager 5 (in its document also IFXmanager): setting up, deletion, suspension, addresses and the
password of a dedicated server, step by step as the vendor's document "Integrating with DCImanager" lists them.

What the document does not say is not done. The list of available servers is asked for once, so an order may come to a
server that another one has sold since; and orders hold a server under the administrator's name, so none sees the other.
A server that failed keeps the administrator as its owner and the addresses that it was given, so it never comes back
by itself. A deletion that fails half-way leaves what it has not come to. Those are findings, and stay visible.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from provisioner.billmanager.office import Office
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci5_records import FREE_DOMAIN, NO_OWNER, User5
from provisioner.clock import Clock
from provisioner.errors import (
    BadSettings,
    NoFreeServer,
    NoSwitchPorts,
    NotInPanel,
    OperationFailed,
    PanelError,
    Refused,
)
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5.addresses import STALE_POLL_SECONDS, STALE_SECONDS, Addresses, bound
from provisioner.modules.billmanager5.records import Offer, Order, Properties
from provisioner.modules.billmanager5.settings import BillManager5Settings, username_of
from provisioner.modules.billmanager5.setup import Goal, PowerTimeout, SetUp
from provisioner.ping import Ping
from provisioner.progress import NOT_DONE, NotDone, Progress
from provisioner.services import Service, generate_password
from provisioner.store import MemoryStore, Store

__all__ = ["BillManager5", "BillManager5Settings", "NameTaken", "Offer", "Order", "PowerTimeout", "Properties"]


class NameTaken(Refused):
    """The panel has a user of the client's name who is no client."""


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
        store: Store | None = None,
    ) -> None:
        """`source` of the passwords of panel users it creates: the host's secure one unless given. Without a `store`,
        which is the billing core's, what it keeps ends with the process.
        """
        self.settings = settings
        self._store: Store = MemoryStore() if store is None else store
        self.orders = {row.service: row for row in self._store.read(Order)}
        """By service."""
        self.properties = {row.service: row for row in self._store.read(Properties)}
        """By service."""
        self._client = client
        self._clock = clock
        self._log = log
        self._office = office
        self._servers = SetUp(client, settings, clock, log, ping)
        self._addresses = Addresses(client, settings.iptype, clock, log, self._servers)
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
        order = Order(service, known.number if known else len(self.orders) + 1, os, period, colocation)
        self._store.write(order)
        self.orders[service] = order
        return order

    def check_client(self, service: Service) -> None:
        """The document asks nothing of a client."""

    # actions

    async def create(self, service: Service) -> None:
        """Set up: the user, the available servers one after another, addresses, properties, the welcome message.

        The service is bound when its client owns the server; one that is, from an earlier try, goes on with its addresses.
        A panel that falls silent fails the order and not the server that it was at: the next try goes on with that one.
        Raises NotInPanel for a template that the panel has not, NoFreeServer when no server worked.
        """
        progress, settings = _progress(service), self.settings
        order = self.orders.get(service.name) or self.take(service.name)
        configuration = service.configuration or self.settings.configuration
        if not configuration:
            raise BadSettings("the internal name of the package (configuration) is empty")
        if not order.os:
            raise BadSettings("the package names no operating system")
        template = await progress.step(
            "1", "check the template", lambda: self._servers.template(order.os), part="check"
        )
        user, name, password = await progress.logged(
            "1", "find the user", self._find_client(service, progress), show=lambda found: f"{found[1]} (id {found[0]})"
        )
        domain = settings.domain_of(name, configuration, order.number)
        intact = service.server is not None and await progress.step(
            "2", "look at the server of an earlier try", lambda: self._intact(service, name, domain), part="bound"
        )
        if not intact:
            servers = await progress.step(
                "2",
                "ask for available servers",
                lambda: self._available(service, name, configuration, progress),
                show=_quiet,
            )
            goal = Goal(user, domain, order.os, template, service.password)
            found = await self._first_that_works(servers, goal, progress)
            if found is None:
                tried = f"; tried and given up: {', '.join(label for _, label in servers)}" if servers else ""
                raise NoFreeServer(f"There is no free server of configuration {configuration}{tried}")
            service.server, service.server_name = found
        assert service.server is not None
        given = await self._addresses.give_aliases(service, domain, settings.alias_addresses, progress)
        await progress.step("5", "save the properties", lambda: self._save(service, name, domain, given, progress))
        await progress.step(
            "5",
            "send the welcome message",
            lambda: self._welcome(service, name, password),
            part="welcome",
            look=lambda _: self._welcomed(service, progress),
        )

    async def suspend(self, service: Service) -> None:
        """Switch the server's network ports off (B5-12). Raises NoSwitchPorts for a server without any."""
        work = self._switch(service, self._client.ports_off)
        await _progress(service).step("S", "switch ports off", work)
        await self.read_back(service)

    async def unsuspend(self, service: Service) -> None:
        """Switch the server's network ports on (B5-12)."""
        await _progress(service).step("A", "switch ports on", self._switch(service, self._client.ports_on))
        await self.read_back(service)

    async def terminate(self, service: Service) -> None:
        """Delete: disable, delete the additional addresses, domain name `free.ds`, no owner (B5-11). An order that failed
        before its client owned a server gives back the one that a silent panel kept it from setting up, if there is one.
        A server that is gone from the panel needs nothing.
        """
        progress = _progress(service)
        server = service.server if service.server is not None else await self._left_over(service, progress)
        if server is None or not await self._client.exists(server):
            why = "has no server" if server is None else f"had server {service.server_name or server}, which is gone"
            self._log.note(f"service {service.name} {why}: there is nothing to give back")
            service.addresses = ()
            return
        await progress.step("D1", "disable the server", lambda: self._client.disable(server))
        deleted = await progress.step(
            "D2",
            "delete additional addresses",
            lambda: self._addresses.delete_additional(server),
            show=lambda found: ", ".join(found) or "there are none",
        )
        await progress.step("D3", "free the domain name", self._servers.domain(server, FREE_DOMAIN))
        owner = progress.before("D4") if progress.begun("D4") else (await self._client.server(server)).owner
        await progress.step(
            "D4",
            "reset the owner",
            lambda: self._client.set_owner(server, NO_OWNER),
            before=owner,
            look=lambda before: self._disowned(server, before),
        )
        if service.server is not None:
            await self.read_back(service, lacks=deleted, owner="")
        service.addresses = ()

    async def add_address(self, service: Service, *, family: str = "ipv4") -> None:
        """One more address from the panel (B5-13)."""
        server, progress = bound(service), _progress(service)
        domain = (await self._client.server(server)).hostname

        async def add() -> str:
            return await self._client.add_address(server, domain, iptype=self.settings.iptype, family=family)

        before = (
            progress.before("IP+")
            if progress.begun("IP+")
            else [row.ip for row in await self._client.addresses(server)]
        )
        added = await progress.step(
            "IP+",
            "add an address",
            add,
            before=before,
            look=lambda before: self._servers.new_address(server, before),
        )
        await self._addresses.take_surplus(server, domain, [*before, added], progress)
        await self.read_back(service, has=[added])

    async def change_aliases(self, service: Service, count: int) -> None:
        """So many addresses beside the main one: more are given, the last ones go back."""
        server, progress = bound(service), _progress(service)
        domain = (await self._client.server(server)).hostname
        given = await self._addresses.give_aliases(service, domain, count, progress)
        surplus = given[count:]

        async def delete() -> None:
            for row in await self._client.addresses(server):
                if row.ip in surplus:
                    await self._addresses.delete(server, row)

        if surplus:
            await progress.step("IP-", "delete addresses", delete)
        await self.read_back(service, has=given[:count], lacks=surplus)

    async def delete_address(self, service: Service, address: str) -> None:
        """Give an address back (B5-13). Raises NotInPanel when neither the server nor the service has it."""
        server, progress = bound(service), _progress(service)
        row = await self._addresses.row(server, address)
        if row is None and not progress.begun("IP-") and address not in service.addresses:
            raise NotInPanel(f"server {service.server_name} has no address {address}")

        async def delete() -> None:
            if row is not None:
                await self._addresses.delete(server, row)

        await progress.step("IP-", "delete an address", delete)
        await self.read_back(service, lacks=[address])

    async def change_password(self, service: Service, password: str) -> None:
        """Change the password of the panel's user who owns the server (B5-14)."""
        server = await self._client.server(bound(service))
        owner = await self._user(server.owner) if server.owner else None
        if owner is None or not owner.client:
            raise OperationFailed(f"server {server} is not owned by a client: its owner is {server.owner or 'nobody'}")
        change = self._client.change_password
        await _progress(service).step("PW", "change the password", lambda: change(owner, password))
        await self.read_back(service)

    async def read_back(
        self, service: Service, *, has: Sequence[str] = (), lacks: Sequence[str] = (), owner: str | None = None
    ) -> Properties:
        """Save the server's configuration as the panel has it now (B5-15). A list may be older than the answers by which
        the server `has` or `lacks` addresses and has this `owner`: it is asked for again for a while, and then they count.
        """
        number, deadline = bound(service), self._clock.now() + STALE_SECONDS
        while True:
            server = await self._client.server(number)
            addresses = [row.ip for row in await self._client.addresses(number)]
            shown = not set(has) - set(addresses) and not set(lacks) & set(addresses) and owner in (None, server.owner)
            if shown or self._clock.now() >= deadline:
                break
            await self._clock.sleep(STALE_POLL_SECONDS)
        server = server if owner is None else replace(server, owner=owner)
        addresses = [ip for ip in addresses if ip not in lacks] + [ip for ip in has if ip not in addresses]
        addresses.sort(key=lambda ip: ip != server.ip)  # the main one first, the others as the panel has them
        found = Properties(
            service.name,
            server.id,
            server.name,
            server.rack,
            server.ip,
            server.hostname,
            server.os,
            server.owner,
            tuple(addresses),
        )
        self._store.write(found)
        self.properties[service.name] = found
        # What a freed server keeps is its own, and no longer the client's.
        service.addresses = tuple(found.addresses) if server.owner else ()
        service.server_name = server.name
        return found

    # steps

    async def _user(self, name: str) -> User5 | None:
        return next((user for user in await self._client.users() if user.name == name), None)

    async def _find_client(self, service: Service, progress: Progress) -> tuple[int, str, str]:
        """Id and name of the panel's user, and the password if it was created for this order. That nobody had the name
        is kept first: who has it after a lost answer was created by us.
        """
        name = username_of(service.client.email)

        async def look() -> list[Any] | None:
            user = await self._user(name)
            if user is not None and not user.client:
                raise NameTaken(
                    f"the user {name} of DCImanager 5, made of {service.client.email!r}, is no client there"
                )
            return None if user is None else [user.id]

        async def create() -> int:
            return await self._client.create_user(name, password)

        async def created(_: Any) -> int | NotDone:
            user = await self._user(name)
            return NOT_DONE if user is None else user.id

        known = await progress.step("1", "look for the user", look, part="look")
        if known is not None:
            return known[0], name, ""
        password = progress.before("1/create") or generate_password(self.chance)
        made = await progress.step(
            "1", "create the user", create, part="create", before=password, look=created, secret=True
        )
        return made, name, password

    async def _intact(self, service: Service, user: str, domain: str) -> bool:
        """Whether the server that an earlier try bound the service to lacks nothing but addresses."""
        servers = await self._client.servers()
        return any(
            (each.id, each.owner, each.hostname) == (service.server, user, domain) and not each.disabled
            for each in servers
        )

    async def _available(
        self, service: Service, user: str, configuration: str, progress: Progress
    ) -> list[tuple[int, str]]:
        """First the server that an earlier try was at when the panel fell silent, if it is still ours."""
        left = [*self._left(progress), service.server]
        servers = await self._client.servers()
        ours = [each for each in servers if each.id in left and each.owner in (self._client.username, user)]
        free = [each for each in servers if each.available and each not in ours]
        return [
            (server.id, server.name)
            for server in (*ours, *free)
            if configuration in server.configurations and service.requested_server in (None, server.id)
        ]

    async def _left_over(self, service: Service, progress: Progress) -> int | None:
        """The server that the last try of a failed order was at, if it is still ours; None when it was at none."""
        left = self._left(progress)
        if not left:
            return None
        ours = (self._client.username, username_of(service.client.email))
        return next((each.id for each in await self._client.servers() if each.id in left and each.owner in ours), None)

    def _left(self, progress: Progress) -> list[int]:
        """Servers that earlier tries began with and neither finished nor gave up."""
        return [int(part) for part in progress.unfinished("3a", ("3h", "3x")) if part.isdecimal()]

    async def _first_that_works(
        self, servers: Sequence[tuple[int, str]], goal: Goal, progress: Progress
    ) -> tuple[int, str] | None:
        for server, name in servers:
            reason = progress.before(f"3x/{server}")
            if reason is None:
                try:
                    await self._servers.make_ready(server, name, goal, progress)
                except (PanelError, OperationFailed) as exc:  # a silent panel fails the order, not its servers
                    reason = str(exc)
                else:
                    return server, name
            await self._give_up(server, name, reason, progress)
        return None

    async def _give_up(self, server: int, name: str, reason: str, progress: Progress) -> None:
        work = self._servers.give_up
        await progress.step(
            "3x", "give the server up", lambda: work(server, name, reason, progress), part=str(server), before=reason
        )

    async def _disowned(self, server: int, before: str) -> NotDone | None:
        """Whether the server is no longer whose it was: who has it by now may be the next client."""
        return NOT_DONE if (await self._client.server(server)).owner == before else None

    def _switch(
        self, service: Service, change: Callable[[int, list[int]], Awaitable[None]]
    ) -> Callable[[], Awaitable[None]]:
        async def switch() -> None:
            server = bound(service)
            ports = await self._client.switch_ports(server)
            if not ports:
                raise NoSwitchPorts(service.server_name or str(server))
            await change(server, ports)

        return switch

    async def _save(self, service: Service, user: str, domain: str, given: Sequence[str], progress: Progress) -> None:
        """Read back, without what came beyond the addresses that the server had, the main one and the aliases."""
        server = bound(service)
        key = f"3c/{server}"
        if progress.done(key):  # else its main address is an earlier try's
            had = progress.before(key)
            await self._addresses.take_surplus(
                server, domain, [*had, *([] if had else [progress.result(key)]), *given], progress
            )
        await self.read_back(service, has=given, owner=user)

    async def _welcome(self, service: Service, user: str, password: str) -> None:
        """The user's own password only when the user is new: nobody knows an old one."""
        saved = self.properties[service.name]
        lines = [
            f"Server: {saved.label}, {saved.domain}",
            f"IP addresses: {', '.join(saved.addresses)}",
            f"Operating system: {saved.os}",
            f"Password of the server's administrator: {service.password}",
            f"DCImanager user: {user}" + (f", password: {password}" if password else ""),
        ]
        secrets = (service.password, password)
        self._office.write([service.client.email], _subject(service), "\n".join(lines), secrets=secrets)

    async def _welcomed(self, service: Service, progress: Progress) -> NotDone | None:
        sent = [each for each in self._office.messages if each.time >= progress.action.began]
        return None if any(each.subject == _subject(service) for each in sent) else NOT_DONE


def _subject(service: Service) -> str:
    return f"Welcome: {service.name} is ready"


def _quiet(_: object) -> str:
    return ""


def _progress(service: Service) -> Progress:
    assert service.progress is not None, "the billing core runs a module's actions"
    return service.progress

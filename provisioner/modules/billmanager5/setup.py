"""The third step of setting up a dedicated server with DCImanager 5: one server made ready, or given up (B5-6 to B5-9).

Every step is kept with the server in its name, so that an interrupted order goes on with the server that it was at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from provisioner.clients.coremanager import CoreError
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci5_records import FREE_DOMAIN, Server5
from provisioner.clock import MOMENT, Clock
from provisioner.errors import InstallTimeout, NotInPanel, OperationFailed, PanelError
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5.settings import BillManager5Settings
from provisioner.ping import Ping
from provisioner.progress import NOT_DONE, NotDone, Progress

__all__ = ["Goal", "PowerTimeout", "SetUp"]

POLL_SECONDS: Final = 30.0
"""How often an installation is looked at, as the vendor's WHMCS module does."""
SHORT_POLL_SECONDS: Final = 5.0
"""How often the panel is asked about the things that take seconds: power, a server being enabled, an echo."""
LISTS_SECONDS: Final = 60.0
"""How old a list may be that a proxy or the panel's own cache answers with; ours, a little above the 45 s that were observed."""
ENABLE_SECONDS: Final = 50.0
"""How long a server may stay blocked after it was enabled (observed in the vendor's WHMCS module)."""


class PowerTimeout(OperationFailed):
    """The server was not seen powered on in the time given."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a server is made ready for."""

    user: int
    domain: str
    os: str
    template: str
    """What the panel calls it."""
    password: str


class SetUp:
    """Of servers of one panel."""

    def __init__(
        self, client: Dci5Client, settings: BillManager5Settings, clock: Clock, log: ModuleLog, ping: Ping
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._log = log
        self._ping = ping

    async def make_ready(self, server: int, name: str, goal: Goal, progress: Progress) -> None:
        """Steps 3a to 3h. Raises PanelError and OperationFailed for what is the server's fault."""
        client = self._client

        async def step(number: str, words: str, work: Callable[[], Awaitable[Any]], **more: Any) -> Any:
            part = f"{server}{more.pop('of', '')}"
            return await progress.step(number, words, work, part=part, log=True, show=_detail, **more)

        progress.reserve(server)
        await step("3a", f"administrator owns {name}", lambda: self._own(server))
        await step("3b", "assign the domain name", self.domain(server, goal.domain))
        had = progress.before(f"3c/{server}") if progress.begun(f"3c/{server}") else await self._ips(server)
        await step(
            "3c",
            "assign an address if needed",
            lambda: self._main_address(server, goal.domain, had),
            before=had,
            look=lambda before: self.new_address(server, before),
        )
        await step("3d", "switch port on", lambda: self._enable(server, name), final=OperationFailed)
        await step("3e", "power on", lambda: self._power_on(server, name), final=PowerTimeout)
        if not progress.begun(f"3f/{server}"):
            before = _installation(await client.server(server))
        else:
            before = progress.before(f"3f/{server}")
        await step(
            "3f",
            "install",
            lambda: self._install(server, goal, before, progress),
            before=before,
            look=lambda before: self._begun(server, before),
            twice=False,
        )
        await step(
            "3f",
            "wait for the installation",
            lambda: self._wait(server, name, goal.os, progress.begun_at(f"3f/{server}/end"), before),
            of="/end",
            final=OperationFailed,
        )
        await step("3g", "ping", lambda: self._wait_for_ping(server, name), final=OperationFailed)
        await step("3h", "client owns the server", lambda: client.set_owner(server, goal.user))

    async def give_up(self, server: int, name: str, reason: str, progress: Progress) -> None:
        """The owner stays, the domain name goes back, the notes tell why, the server is disabled (B5-9).

        What of this fails as well is written down and does not keep the rest from being done.
        """
        work: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("free the domain name", self.domain(server, FREE_DOMAIN)),
            ("note the reason", lambda: self._client.set_notes(server, reason)),
            ("disable the server", lambda: self._client.disable(server)),
        ]
        for words, do in work:
            try:
                await progress.step("3x", words, do, part=f"{server}/{words}", log=True)
            except PanelError as exc:
                self._log.note(f"server {name}: {words}: {exc}")
        self._log.note(f"server {name} is given up: {reason}")

    def domain(self, server: int, domain: str) -> Callable[[], Awaitable[None]]:
        """Names the server and each of its addresses: a list may take the host name from either. Tried again after a
        lost answer, it goes on from there.
        """
        named = False

        async def name() -> None:
            nonlocal named
            if not named:
                await self._client.set_hostname(server, domain)
                named = True
            for address in await self._client.addresses(server):
                if address.domain != domain:
                    try:
                        await self._client.set_domain(server, address.id, domain)
                    except CoreError as exc:  # an old list: the address is gone
                        if exc.type != "missed":
                            raise

        return name

    # the steps

    async def _own(self, server: int) -> None:
        users = await self._client.users()
        administrator = next((user for user in users if user.name == self._client.username), None)
        if administrator is None:
            raise OperationFailed(f"the panel does not list its user {self._client.username}")
        await self._client.set_owner(server, administrator.id)

    async def _ips(self, server: int) -> list[str]:
        return [row.ip for row in await self._client.addresses(server)]

    async def _main_address(self, server: int, domain: str, had: Sequence[str]) -> str:
        if had:
            return f"it has {had[0]}"
        return await self._client.add_address(server, domain, iptype=self._settings.iptype)

    async def new_address(self, server: int, before: Collection[str]) -> str | NotDone:
        """An address that the server has got since; NOT_DONE when it has got none."""
        return next((ip for ip in await self._ips(server) if ip not in before), NOT_DONE)

    async def _enable(self, server: int, name: str) -> str:
        """A server that was sold before is disabled. `server.enable` may take its time (observed)."""
        if (await self._client.server(server)).disabled:
            await self._client.enable(server)
            if not await self._seen(lambda: self._enabled(server), ENABLE_SECONDS):
                raise OperationFailed(f"The attempt to enable the server {name} failed.")
        ports = await self._client.switch_ports(server)
        if not ports:
            return "the server has no switch ports"
        await self._client.ports_on(server, ports)
        return ""

    async def _enabled(self, server: int) -> bool:
        return not (await self._client.server(server)).disabled

    async def _power_on(self, server: int, name: str) -> str:
        if await self._powered(server):
            return "it is on"
        await self._client.power_on(server)
        if not await self._seen(lambda: self._powered(server), self._settings.power_timeout):
            raise PowerTimeout(f"Can not power on server {name}!")
        return ""

    async def _powered(self, server: int) -> bool:
        return "poweron" in (await self._client.server(server)).flags

    async def _install(self, server: int, goal: Goal, before: list[Any], progress: Progress) -> None:
        """A refusal may be that of the order's second copy. So it is taken when an installation has begun meanwhile, and no
        other order of this billing system is at the server: the document keeps none from being.
        """
        try:
            await self._client.install(server, goal.template, goal.domain, goal.password)
        except PanelError:
            if not progress.reserve(server) or await self._begun(server, before) == NOT_DONE:
                raise

    async def _begun(self, server: int, before: list[Any]) -> NotDone | None:
        """Whether an installation whose order was not answered runs, or has ended. The panel says no more than this: one
        of the same system that has ended well meanwhile cannot be told from none, and is begun again.
        """
        seen = await self._client.server(server)
        return None if "install_in_progress" in seen.flags or _installation(seen) != before else NOT_DONE

    async def template(self, os: str) -> str:
        """The panel's id of a template: it may be named in full or without its repository. Raises NotInPanel."""
        for template in await self._client.templates():
            if os in (template.id, template.name, template.id.rpartition("__")[2]):
                return template.id if "__" in template.id or not template.name else template.name
        raise NotInPanel(f"There is no OS template {os!r} in DCImanager 5")

    async def _wait(self, server: int, name: str, os: str, began: float, before: list[Any]) -> None:
        """That the flag is not there is the end only when it was there, when something else has changed, or when no list can
        be from before the order any more: proxies and the panel itself keep lists for a while.
        """
        limit = self._settings.install_timeout
        running = False
        while True:
            seen = await self._client.server(server)
            running = running or "install_in_progress" in seen.flags
            old = not running and _installation(seen) == before and self._clock.now() < began + LISTS_SECONDS
            if "install_in_progress" not in seen.flags and not old:
                if "operation_failed" in seen.flags:
                    raise OperationFailed(f"Can not install server {name}: {os} failed")
                return
            left = began + limit - self._clock.now()
            if left < MOMENT:
                raise InstallTimeout(f"{os} was not installed on server {name} in {limit / 60:g} minutes")
            await self._clock.sleep(min(POLL_SECONDS, left))

    async def _wait_for_ping(self, server: int, name: str) -> str:
        addresses = await self._client.addresses(server)
        main = (await self._client.server(server)).ip or (addresses[0].ip if addresses else "")
        if not main:
            raise OperationFailed(f"Can not get main ip of server {name}!")
        if not await self._seen(lambda: self._ping.alive(main), self._settings.ping_timeout):
            raise OperationFailed(f"server {name} does not answer a ping at {main}")
        return main

    async def _seen(self, look: Callable[[], Awaitable[bool]], limit: float) -> bool:
        """Whether `look` was true within `limit` seconds, with a last look at the end."""
        deadline = self._clock.now() + limit
        while not await look():
            left = deadline - self._clock.now()
            if left < MOMENT:
                return False
            await self._clock.sleep(min(SHORT_POLL_SECONDS, left))
        return True


def _detail(result: Any) -> str:
    return result if isinstance(result, str) else ""


def _installation(server: Server5) -> list[Any]:
    """By what one sees that an installation has ended."""
    return [server.os, "operation_failed" in server.flags]

"""A hall with a small billing view, whose services a test moves by hand: for what no bundled module does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from provisioner.services import Client, Service, State
from simulator.dcim.people.roles import USER_ROLE
from simulator.faults import CATALOGUE
from simulator.invariants.base import Holding
from simulator.invariants.watch import Violation, Watch
from simulator.kernel import run
from simulator.kernel.flow import own_flow
from simulator.lab import Lab, Run

__all__ = ["ALICE", "BOB", "Hall", "in_hall"]

ALICE, BOB = "alice@example.com", "bob@example.com"
T = TypeVar("T")
PAIR = Lab.load(
    {
        "lab": "pair",
        "racks": [
            {
                "name": "A1",
                "switches": [{"name": "sw-a1", "ports": 8}],
                "pdus": [{"name": "pdu-a1", "outlets": 8}],
                "servers": [
                    {
                        "name": f"srv-0{n}",
                        "configuration": "E3-1230-16Gb-40SSD",
                        "cables": {"nic1": f"sw-a1/{n}", "psu1": f"pdu-a1/{n}"},
                    }
                    for n in (1, 2)
                ],
            }
        ],
        "panel": {
            "pools": [
                {"name": "public", "range": "192.0.2.10-192.0.2.99", "gateway": "192.0.2.1"},
                {
                    "name": "diag",
                    "range": "198.51.100.10-198.51.100.19",
                    "gateway": "198.51.100.1",
                    "deallocation": True,
                },
            ],
            "templates": [
                {"name": "debian-12", "type": "os", "image": "90 MB", "work": "2m"},
                {"name": "Diag6", "type": "diagnostic", "image": "70 MB", "work": "2m"},
            ],
        },
    }
)
"""Two servers whose installation takes minutes."""


class View:
    """What billing believes: services, of which nothing is meant to stay."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        return False, 0


class Hall:
    """A lab in virtual time, watched. Orders are what a test says they are; the panel and the hall are the real ones."""

    def __init__(self, lab: Run) -> None:
        self.lab = lab
        self.panel = lab.panel
        self.view = View()
        self.watch = Watch(lab, self.view)

    def number(self, server: str) -> int:
        return next(each.id for each in self.panel.inventory.servers if each.name == server)

    def user(self, email: str) -> int:
        found = self.panel.users.by_email(email)
        return (found or self.panel.users.create(email, "A-password-1", roles=(USER_ROLE,))).id

    def call(self) -> own_flow:
        """What the body asks of the panel is asked now, as if by a call from outside."""
        return own_flow(len(self.lab.journal))

    def own(self, server: str, email: str | None) -> None:
        self.panel.set_owner(self.number(server), self.user(email) if email else None)

    def allocate(self, server: str, pool: str = "public") -> str:
        panel = self.panel
        (address,) = panel.addresses.allocate(panel.addresses.pool(pool), self.number(server), family=4, subject=server)
        return address.name

    def release(self, server: str) -> None:
        for each in self.panel.addresses.of_server(self.number(server)):
            self.panel.addresses.release(each.id, subject=server)

    # billing

    def begin(self, name: str, action: str = "Create", email: str = ALICE, server: str = "") -> Service:
        """An action of a service begins; `server` is what it is bound to already."""
        service = self.view.services.get(name)
        if service is None:
            service = self.view.services[name] = Service(name, Client(email), "x", state=State.PROCESSING)
        service.busy = action
        if server:
            self.bind(service, server)
        self.lab.journal.write("scenario", name, f"{action.lower()} begins")
        return service

    def bind(self, service: Service, server: str) -> None:
        service.server_name, service.server = server, self.number(server)

    def end(self, service: Service, state: State, error: str = "") -> None:
        """Its action has ended, and left it so."""
        action, service.state = service.busy, state
        self.lab.journal.write("billing", service.name, f"{action} ended", **({"error": error} if error else {}))
        service.busy = ""

    def act(self, service: Service, action: str, state: State) -> None:
        self.begin(service.name, action)
        self.end(service, state)

    async def install(self, server: str, seconds: float = 600.0) -> None:
        self.panel.operations.install(self.number(server), "debian-12")
        await self.lab.clock.sleep(seconds)

    async def wiped(self, server: str, seconds: float = 900.0) -> None:
        """Diagnostics clear the disks."""
        pool = self.panel.addresses.pool("diag")
        self.panel.operations.diagnose(self.number(server), "Diag6", clear_disks=True, pool=pool)
        await self.lab.clock.sleep(seconds)

    async def ports(self, server: str, up: bool) -> None:
        await self.panel.ports.set(self.number(server), up)

    async def set_up(self, name: str, email: str = ALICE, server: str = "srv-01") -> Service:
        """An order, as a module should do it, but for its end."""
        service = self.begin(name, email=email)
        self.own(server, email)
        self.bind(service, server)
        await self.ports(server, up=True)
        service.addresses = (self.allocate(server),)
        await self.install(server)
        return service

    async def sold(self, name: str, email: str = ALICE, server: str = "srv-01") -> Service:
        """The whole order of a service."""
        service = await self.set_up(name, email, server)
        self.end(service, State.ACTIVE)
        return service

    async def closed(self, service: Service, *, wiped: bool = True, off: bool = True) -> None:
        """The whole deletion of a service."""
        server = service.server_name
        self.begin(service.name, "Terminate")
        await self.ports(server, up=False)
        self.release(server)
        self.own(server, None)
        if wiped:
            await self.ports(server, up=True)
            await self.wiped(server)
            await self.ports(server, up=False)
        if off:
            await self.panel.power.off(self.number(server))
        service.addresses = ()
        self.end(service, State.CLOSED)

    def bend(self, kind: str, **values: Any) -> None:
        self.lab.faults.inject(kind, CATALOGUE[kind].params.model_validate(values))

    async def wait(self, seconds: float) -> None:
        await self.lab.clock.sleep(seconds)

    def seen(self) -> list[Violation]:
        return list(self.watch.finish())


def in_hall(scene: Callable[[Hall], Awaitable[T]], lab: Lab = PAIR) -> T:
    """What `scene` returns of a fresh hall that has stood for half a minute."""

    async def main() -> T:
        async with lab.simulated() as here:
            await here.clock.sleep(30)
            return await scene(Hall(here))

    return run(main())

"""A console and a BMC joined by a wire that a test can cut, with a clock that a test holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from simulator.bmc import Bmc, load_personality
from simulator.ipmi.channel import Channel, User, user
from simulator.ipmi.client import DEFAULT_SUITES, Client, Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.crypto import SUITES, CipherSuite
from simulator.ipmi.errors import CompletionError
from tests.bmc.support import FakeChassis

__all__ = ["PEER", "USERS", "Wire", "client", "code", "console", "device"]

PEER = ("10.0.0.1", 50000)
ALL_SUITES = tuple(SUITES.values())

USERS = (user(2, "ADMIN", "secret"), user(3, "guest", "look", Privilege.USER))


def device(users: Sequence[User] = USERS, seed: int = 1, **limits: object) -> tuple[Bmc, FakeChassis]:
    """A BMC that speaks every suite. `limits`: fields of Channel."""
    model = load_personality("generic")
    channel: Channel = replace(model.channel, **{"suites": ALL_SUITES, **limits})  # type: ignore[arg-type]
    chassis = FakeChassis()
    return Bmc(chassis, users, replace(model, channel=channel), random.Random(seed).randbytes), chassis


def client(
    name: str = "ADMIN",
    password: str = "secret",
    *,
    suites: Sequence[CipherSuite] = DEFAULT_SUITES,
    privilege: Privilege = Privilege.OPERATOR,
    seed: int = 2,
) -> Client:
    return Client(name, password, random.Random(seed).randbytes, privilege=privilege, suites=suites)


class Wire:
    """Carries datagrams both ways at once, as far as `there` and `back` let them: each says how many copies arrive."""

    def __init__(self, bmc: Bmc, console: Client, peer: tuple[str, int] = PEER) -> None:
        self.bmc = bmc
        self.console = console
        self.peer = peer
        self.now = 0.0
        self.sent: list[bytes] = []
        self.answers: list[bytes] = []
        self.there: Callable[[bytes], int] = lambda data: 1
        self.back: Callable[[bytes], int] = lambda data: 1

    def run(self, *requests: Request, close: bool = True) -> None:
        """From log-in to log-out, or to failure; time jumps to the console's next deadline when the wire is still."""
        pending = self.console.start(self.now)
        for request in requests:
            pending += self.console.request(request, self.now)
        if close:
            pending += self.console.close(self.now)
        self.carry(pending)
        self.settle()

    def ask(self, request: Request) -> bytes:
        """One more command of a session that is up."""
        self.carry(self.console.request(request, self.now))
        self.settle()
        return request.result()

    def settle(self) -> None:
        while not self.console.settled:
            deadline = self.console.next_deadline
            assert deadline is not None, "the console waits for nothing"
            self.now = deadline
            self.carry(self.console.on_time(self.now))

    def carry(self, pending: Sequence[bytes]) -> None:
        queue = list(pending)
        while queue:
            data = queue.pop(0)
            self.sent.append(data)
            for _ in range(self.there(data)):
                for answer in self.answers_to(data):
                    self.answers.append(answer)
                    for _ in range(self.back(answer)):
                        queue += self.console.receive(answer, self.now)

    def answers_to(self, data: bytes) -> list[bytes]:
        """What the BMC sends back, through the rules of faults where there are any; nothing is late here."""
        rules = self.bmc.interference
        if rules is None:
            return self.bmc.receive(data, self.peer, self.now)
        return [leaving for _, leaving in rules.carry(data, lambda asked: self.bmc.receive(asked, self.peer, self.now))]


def console(bmc: Bmc, seed: int = 2) -> Wire:
    """An administrator who is logged in."""
    wire = Wire(bmc, client(privilege=Privilege.ADMINISTRATOR, seed=seed))
    wire.run(close=False)
    return wire


def code(wire: Wire, request: Request) -> int:
    """The completion code of one more command."""
    try:
        wire.ask(request)
    except CompletionError as error:
        return error.code
    return 0

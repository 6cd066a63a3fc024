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
from simulator.ipmi.framing import Sessionless, decode
from simulator.ipmi.lan15 import Packet15, encode15, password16, verify15
from simulator.ipmi.message import decode_message, encode_request
from tests.bmc.support import FakeChassis

__all__ = ["PEER", "USERS", "Console15", "Wire", "client", "code", "console", "device"]

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


class Console15:
    """A console of IPMI 1.5, as small as can be."""

    def __init__(self, bmc: Bmc, kind: int, password: str = "secret", name: str = "ADMIN") -> None:
        self.bmc, self.kind, self.name = bmc, kind, name.encode().ljust(16, b"\0")
        self.key = password16(password.encode())
        self.session = self.sequence = 0
        self.rq = 0
        self.peer = PEER
        self.last = b""
        self.heard: Packet15 | None = None

    def ask(
        self,
        netfn: int,
        command: int,
        data: bytes = b"",
        *,
        kind: int | None = None,
        session: int | None = None,
        sequence: int | None = None,
    ) -> bytes | None:
        """Completion code and data, or None when nobody answers."""
        self.rq += 1
        message = encode_request(netfn, command, self.rq & 0x3F, data)
        number = self.session if session is None else session
        sent = encode15(
            self.kind if kind is None else kind,
            self.sequence if sequence is None else sequence,
            number,
            message,
            self.key,
        )
        self.last = sent
        if sequence is None and self.sequence:
            self.sequence += 1
        return self.deliver(sent)

    def deliver(self, sent: bytes, now: float = 0.0) -> bytes | None:
        rules = self.bmc.interference
        if rules is None:
            answers = self.bmc.receive(sent, self.peer, now)
        else:
            answers = [each for _, each in rules.carry(sent, lambda data: self.bmc.receive(data, self.peer, now))]
        if not answers:
            return None
        packet = decode(answers[0])
        assert isinstance(packet, Packet15 | Sessionless)
        if isinstance(packet, Packet15):
            verify15(packet, self.key)
            self.heard = packet
        return decode_message(packet.message).data

    def login(self, level: int = Privilege.ADMINISTRATOR) -> bytes | None:
        answer = self.ask(6, 0x39, bytes((self.kind,)) + self.name, kind=0, session=0)
        if answer is None or answer[0]:
            return answer
        self.session = int.from_bytes(answer[1:5], "little")
        data = bytes((self.kind, level)) + answer[5:21] + (7).to_bytes(4, "little")
        answer = self.ask(6, 0x3A, data, sequence=0)
        if answer and not answer[0]:
            self.sequence = int.from_bytes(answer[6:10], "little")
            assert self.heard is not None
            assert self.heard.sequence == 7
        return answer


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

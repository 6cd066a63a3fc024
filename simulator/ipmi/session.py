"""One session as the BMC keeps it: its lifecycle as a table, its keys, what it was last asked."""

from __future__ import annotations

from enum import Enum
from typing import Final

from simulator.ipmi.channel import User
from simulator.ipmi.codes import Privilege
from simulator.ipmi.crypto import CipherSuite, SessionKeys
from simulator.ipmi.setup import Exchange
from simulator.ipmi.window import Window
from simulator.kernel import Machine, Table

__all__ = ["SESSION", "Event", "Peer", "Phase", "Session"]

Peer = tuple[str, int]
"""Where a console is: host and UDP port."""

_NEVER: Final = float("inf")


class Phase(Enum):
    OPENED = "opened"
    CHALLENGED = "challenged"
    ACTIVE = "active"
    REFUSED = "refused"
    GONE = "gone"


class Event(Enum):
    RAKP1 = "RAKP 1"
    RAKP3 = "RAKP 3"
    ACTIVATE = "Activate Session"
    REFUSE = "refuse"
    ABANDON = "console gave up"
    CLOSE = "close"
    EXPIRE = "expire"
    EVICT = "evict"
    POWER_LOST = "power lost"
    LOSE = "lost"


_HALF_OPEN = (Phase.OPENED, Phase.CHALLENGED, Phase.REFUSED)

SESSION: Table[Phase, Event] = Table(
    "BMC session",
    [
        ((Phase.OPENED, Phase.CHALLENGED), Event.RAKP1, Phase.CHALLENGED),
        (Phase.CHALLENGED, Event.RAKP3, Phase.ACTIVE),
        (Phase.OPENED, Event.ACTIVATE, Phase.ACTIVE),
        ((Phase.OPENED, Phase.CHALLENGED), Event.REFUSE, Phase.REFUSED),
        (Phase.CHALLENGED, Event.ABANDON, Phase.GONE),
        (Phase.ACTIVE, Event.CLOSE, Phase.GONE),
        ((*_HALF_OPEN, Phase.ACTIVE), Event.EXPIRE, Phase.GONE),
        (_HALF_OPEN, Event.EVICT, Phase.GONE),
        ((*_HALF_OPEN, Phase.ACTIVE), Event.POWER_LOST, Phase.GONE),
        (Phase.ACTIVE, Event.LOSE, Phase.GONE),
    ],
)


class Session(Machine[Phase, Event]):
    """One session. The ids are each end's own choice; `privilege` is the present level, `limit` the highest."""

    __slots__ = (
        "authentication",
        "bmc_id",
        "challenge",
        "closing",
        "console_id",
        "deadline",
        "exchange",
        "handle",
        "keys",
        "limit",
        "open_request",
        "open_response",
        "peer",
        "privilege",
        "reply",
        "reply_until",
        "request",
        "sequence",
        "setup_request",
        "setup_response",
        "skew",
        "suite",
        "user",
        "window",
    )

    def __init__(
        self, peer: Peer, console_id: int, bmc_id: int, suite: CipherSuite | None, limit: int, handle: int
    ) -> None:
        super().__init__(SESSION, Phase.OPENED)
        self.peer = peer
        self.console_id = console_id
        self.bmc_id = bmc_id
        self.suite = suite
        """None in a session of IPMI 1.5."""
        self.authentication: int | None = None
        """Of an IPMI 1.5 session: its type (`lan15.AuthType`)."""
        self.challenge = b""
        """What IPMI 1.5's Activate Session has to bring back, 16 octets."""
        self.limit = limit
        self.handle = handle
        self.privilege: int = Privilege.NONE
        self.deadline = _NEVER
        self.user: User | None = None
        self.keys: SessionKeys | None = None
        self.exchange: Exchange | None = None
        self.sequence = 0
        """Of the last packet to the console."""
        self.skew = 0
        """A fault's hand: bits of the next sequence number that shall be wrong."""
        self.window: Window | None = None
        self.closing = False
        # The last set-up packets and their answers: a resent one is answered alike.
        self.open_request = self.open_response = b""
        self.setup_request = self.setup_response = b""
        # The last request and its answer: a repeated one is not run twice.
        self.request = self.reply = b""
        self.reply_until = 0.0

    def next_sequence(self) -> int:
        """The sequence number of the next packet to the console; 0 is none."""
        self.sequence = self.sequence % 0xFFFFFFFF + 1
        number, self.skew = self.sequence ^ self.skew, 0
        return number

"""IPMI messages as the BMC takes them: decoded, run once, answered. Sessions of either version put them in packets."""

from __future__ import annotations

from typing import Final, Generic, Protocol, TypeVar

from simulator.ipmi.codes import BMC_ADDRESS
from simulator.ipmi.message import Message, decode_message, encode_answer
from simulator.ipmi.session import Peer, Session
from simulator.ipmi.sessions import Call, SessionTable

__all__ = ["Executor", "Requests"]

_REPEAT_SECONDS: Final = 5.0
"""How long the same rqSeq and body count as the same request; longer than the gaps between ipmitool's tries (4 s)."""


class Executor(Protocol):
    """What runs commands."""

    def execute(self, request: Message, call: Call) -> bytes:
        """Completion code and data; nothing at all is silence."""

    def repeat(self, request: Message, call: Call) -> bool:
        """The request was run already and came again: whether it gets the same answer."""


E = TypeVar("E", bound=Executor)


class Requests(Generic[E]):
    """Every method takes a message's octets and returns those of its answer, or b"" when it gets none. All raise
    Malformed.
    """

    __slots__ = ("executor", "table")

    def __init__(self, table: SessionTable, executor: E) -> None:
        self.table = table
        self.executor = executor

    def answer(self, payload: bytes, session: Session | None, peer: Peer, now: float, *, trusted: bool = True) -> bytes:
        """Run a request from outside of a session, or from one that is being set up. As `answer_once`."""
        request = decode_message(payload)
        if request.netfn & 1 or request.target != BMC_ADDRESS:
            return b""
        call = Call(self.table, session, now, peer, trusted=trusted)
        result = self.executor.execute(request, call)
        if not result:
            return b""
        answer = encode_answer(request, result)
        if call.corrupt or (session is not None and "nochecksumcheck" in self.table.channel.quirks):
            return answer[:-1] + bytes((answer[-1] ^ 0xFF,))
        return answer

    def answer_once(self, payload: bytes, session: Session, now: float, *, trusted: bool = True) -> bytes:
        """Run a request of an active session. A repeated one gets the same answer and is not run again. What is not
        `trusted` (it came without a code) may do what users may.
        """
        if payload == session.request and now <= session.reply_until:
            session.reply_until = now + _REPEAT_SECONDS
            call = Call(self.table, session, now, session.peer, trusted=trusted)
            return session.reply if self.executor.repeat(decode_message(payload), call) else b""
        answer = self.answer(payload, session, session.peer, now, trusted=trusted)
        if answer:
            session.request, session.reply = payload, answer
            session.reply_until = now + _REPEAT_SECONDS
            self.table.end_closing()
        return answer

"""Sessions of IPMI 1.5 at the BMC's end: Get Session Challenge, Activate Session, packets (IPMI 2.0, 22.16, 22.17)."""

from __future__ import annotations

from typing import Any, Final

from simulator.ipmi.channel import NAME_OCTETS
from simulator.ipmi.codes import Completion, NetFn, Privilege
from simulator.ipmi.dispatch import Command, CommandTable, key
from simulator.ipmi.errors import BadIntegrity, CompletionError
from simulator.ipmi.lan15 import AuthType, Packet15, encode15, password16, verify15
from simulator.ipmi.message import decode_message
from simulator.ipmi.requests import Requests
from simulator.ipmi.session import Event, Peer, Phase, Session
from simulator.ipmi.sessions import Call, SessionTable
from simulator.ipmi.window import Window

__all__ = ["SESSION15_COMMANDS", "receive15"]

_ACTIVATE: Final = 0x3A
_INVALID_USER: Final = 0x81
_NULL_USER_DISABLED: Final = 0x82
_NO_SLOT: Final = 0x81
_NO_SLOT_FOR_USER: Final = 0x82
_INVALID_SESSION: Final = 0x85
_ABOVE_LIMIT: Final = 0x86


def receive15(requests: Requests[Any], packet: Packet15, peer: Peer, now: float) -> list[bytes]:
    """Take a packet that names a session. Raises Malformed; what does not prove itself gets no answer."""
    table = requests.table
    session = table.find(packet.session_id)
    if session is None or session.user is None:
        return []
    if session.authentication != packet.authentication:
        return _bare(requests, session, packet, peer, now)
    key16 = password16(session.user.key)
    try:
        verify15(packet, key16)
    except BadIntegrity:
        if session.state is not Phase.ACTIVE and session.setup_request != packet.code:
            session.setup_request = packet.code  # a resend is no second try
            table.logins.failed(session.user.name, now)
        raise
    if session.state is Phase.ACTIVE:
        return _in_session(requests, session, packet, peer, now)
    request = decode_message(packet.message)
    if not table.channel.enabled or (request.netfn, request.command) != (NetFn.APP, _ACTIVATE):
        return []
    answer = requests.answer(packet.message, session, session.peer, now)
    if table.session(session.bmc_id) is session:
        session.setup_request, session.setup_response = packet.message, answer
        session.deadline = now + table.channel.inactivity
        table.logins.succeeded(session.user.name)
    return [_seal(table, session, answer)] if answer else []


def _bare(requests: Requests[Any], session: Session, packet: Packet15, peer: Peer, now: float) -> list[bytes]:
    """A packet without a code in a session that has them: taken where the channel does not ask for one in every packet,
    or not for what users may do (6.11.4).
    """
    channel = requests.table.channel
    if packet.authentication != AuthType.NONE or session.state is not Phase.ACTIVE:
        return []
    if channel.per_message and channel.user_level:
        return []
    return _in_session(requests, session, packet, peer, now, trusted=not channel.per_message)


def _in_session(
    requests: Requests[Any], session: Session, packet: Packet15, peer: Peer, now: float, *, trusted: bool = True
) -> list[bytes]:
    """`trusted`: may run what the session's privilege is enough for; else what users may run."""
    table = requests.table
    if packet.message == session.setup_request and packet.sequence == 0:
        # Activate Session once more: its answer was lost.
        again = requests.executor.repeat(decode_message(packet.message), Call(table, session, now, session.peer))
        return [_seal(table, session, session.setup_response)] if again else []
    assert session.window is not None
    if not session.window.admit(packet.sequence):
        return []
    session.peer = peer
    session.deadline = now + table.channel.inactivity
    answer = requests.answer_once(packet.message, session, now, trusted=trusted)
    return [_seal(table, session, answer, packet.authentication)] if answer else []


def _seal(table: SessionTable, session: Session, answer: bytes, kind: int | None = None) -> bytes:
    """A packet of the session, of its own authentication type or another."""
    kind = session.authentication if kind is None else kind
    assert kind is not None
    assert session.user is not None
    number = 0 if "idzero" in table.channel.quirks else session.bmc_id
    return encode15(kind, session.next_sequence(), number, answer, password16(session.user.key))


def _get_session_challenge(device: object, call: Call, data: bytes) -> bytes:
    """22.16: a temporary session id and 16 octets to bring back. It stays the session's id."""
    table = call.table
    kind, name = data[0] & 0x0F, data[1:].rstrip(b"\0")
    if not any(kind in table.channel.authentication_at(level) for level in Privilege if level):
        raise CompletionError(Completion.INVALID_FIELD)
    user = table.logins.find(name, call.now)
    if user is None:
        raise CompletionError(_INVALID_USER if name else _NULL_USER_DISABLED)
    for other in table.half_open:
        if other.open_request == data and other.peer == call.peer:
            return other.open_response  # asked again
    session = table.open_slot(call.peer, 0, None, Privilege.NONE, call.now)
    if session is None:
        raise CompletionError(Completion.NODE_BUSY)
    session.user = user
    session.authentication = kind
    session.challenge = table.octets(16)
    session.open_request = data
    session.open_response = session.bmc_id.to_bytes(4, "little") + session.challenge
    return session.open_response


def _activate_session(device: object, call: Call, data: bytes) -> bytes:
    """22.17."""
    session = call.session
    if session is None or session.state is not Phase.OPENED or session.user is None:
        raise CompletionError(_INVALID_SESSION)
    level = data[1] & 0x0F
    if data[0] & 0x0F != session.authentication or data[2:18] != session.challenge:
        raise CompletionError(Completion.INVALID_FIELD)
    if not Privilege.CALLBACK <= level <= Privilege.ADMINISTRATOR:
        raise CompletionError(Completion.INVALID_FIELD)
    channel = call.table.channel
    if level > min(session.user.limit, channel.limit):
        raise CompletionError(_ABOVE_LIMIT)
    if session.authentication not in channel.authentication_at(level):
        raise CompletionError(Completion.INVALID_FIELD)
    if call.table.exhausted(session.user):
        raise CompletionError(_NO_SLOT_FOR_USER)
    if call.table.host.refuse():
        raise CompletionError(_NO_SLOT)
    first = int.from_bytes(call.table.octets(4), "little") or 1
    session.fire(Event.ACTIVATE)
    session.limit = level
    session.privilege = min(level, Privilege.USER)
    session.window = Window(first)
    session.sequence = (int.from_bytes(data[18:22], "little") - 1) & 0xFFFFFFFF
    return b"%c%b%b%c" % (
        data[0] & 0x0F if channel.per_message else AuthType.NONE,  # of the packets to come
        session.bmc_id.to_bytes(4, "little"),
        first.to_bytes(4, "little"),
        level,
    )


SESSION15_COMMANDS: CommandTable = {
    key(NetFn.APP, 0x39): Command(
        "Get Session Challenge", Privilege.NONE, 1 + NAME_OCTETS, 1 + NAME_OCTETS, _get_session_challenge
    ),
    key(NetFn.APP, _ACTIVATE): Command("Activate Session", Privilege.NONE, 22, 22, _activate_session),
}

"""The BMC's end of IPMI over LAN: datagrams in, datagrams out. Which sessions there are is in `sessions`."""

from __future__ import annotations

from typing import Protocol

from simulator.ipmi.codes import PayloadType
from simulator.ipmi.errors import Malformed
from simulator.ipmi.framing import Packet, Ping, Sessionless, decode, encode_pong, encode_sessionless, seal, unseal
from simulator.ipmi.handshake import answer_rakp1, answer_rakp3, open_session
from simulator.ipmi.lan15 import Packet15
from simulator.ipmi.requests import Executor, Requests
from simulator.ipmi.server15 import receive15
from simulator.ipmi.session import Peer, Session

__all__ = ["Device", "LanServer"]


class Device(Executor, Protocol):
    """The device behind the server."""

    def receive_sol(self, session: Session, payload: bytes, now: float) -> list[bytes]:
        """A Serial over LAN packet of a session; returns those to send back. Raises Malformed."""


class LanServer(Requests[Device]):
    """Takes datagrams apart, hands what is in them to the session that it belongs to, and packs the answers."""

    __slots__ = ()

    def receive(self, data: bytes, peer: Peer, now: float) -> list[bytes]:
        """Take a datagram; returns those to send back. Whatever the octets are, nothing is raised."""
        self.table.expire(now)
        try:
            packet = decode(data)
            if type(packet) is Packet:
                if packet.session_id and packet.payload_type in (PayloadType.IPMI, PayloadType.SOL):
                    return self._in_session(packet, peer, now)
                return self._outside(packet, peer, now)
            if type(packet) is Sessionless and self.table.channel.enabled:
                answer = self.answer(packet.message, None, peer, now)
                return [encode_sessionless(answer)] if answer else []
            if type(packet) is Packet15:
                return receive15(self, packet, peer, now)
        except Malformed:
            return []
        pongs = type(packet) is Ping and "ipmiping" not in self.table.channel.quirks
        return [encode_pong(packet.tag)] if pongs and type(packet) is Ping else []

    def _in_session(self, packet: Packet, peer: Peer, now: float) -> list[bytes]:
        table = self.table
        session = table.session(packet.session_id)
        if session is None:
            return []
        keys, window = session.keys, session.window
        assert keys is not None
        assert window is not None
        payload = unseal(packet, keys)
        if not window.admit(packet.sequence):
            return []
        session.peer = peer
        session.deadline = now + table.channel.inactivity
        if packet.payload_type == PayloadType.SOL:
            sent = self.executor.receive_sol(session, payload, now)
            return [table.seal(session, PayloadType.SOL, each) for each in sent]
        answer = self.answer_once(payload, session, now)
        return [table.seal(session, PayloadType.IPMI, answer)] if answer else []

    def _outside(self, packet: Packet, peer: Peer, now: float) -> list[bytes]:
        """Requests that need no session, and the steps that set one up."""
        if packet.session_id or packet.encrypted or packet.authenticated or not self.table.channel.enabled:
            return []
        table, payload = self.table, packet.payload
        match packet.payload_type:
            case PayloadType.IPMI:
                kind, answer = PayloadType.IPMI, self.answer(payload, None, peer, now)
            case PayloadType.OPEN_REQUEST:
                kind, answer = PayloadType.OPEN_RESPONSE, open_session(table, payload, peer, now)
            case PayloadType.RAKP1:
                kind, answer = PayloadType.RAKP2, answer_rakp1(table, payload, now)
            case PayloadType.RAKP3:
                kind, answer = PayloadType.RAKP4, answer_rakp3(table, payload, now)
            case _:
                return []
        return [seal(kind, 0, 0, answer)] if answer else []

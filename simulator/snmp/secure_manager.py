"""The manager's end of SNMPv3 (RFC 3414): learns an engine's identity and time from its Reports, and asks again.

The first request to an engine costs two exchanges more: its identity, which anybody may tell, and then its boots and
time, believed only when they are authenticated (RFC 3414, 4). Time comes in as a callable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.snmp.engine import TIME_WINDOW, Stat
from simulator.snmp.errors import DecodeError
from simulator.snmp.manager import Asker, Report, Request, Response, as_response
from simulator.snmp.message import GET, REPORT, Message
from simulator.snmp.oid import dotted, oid
from simulator.snmp.usm import Keys, User
from simulator.snmp.v3 import AUTH, PRIV, REPORTABLE, Header, decode_header, decode_scoped, encode, scoped

__all__ = ["SecureManager"]

_LARGEST = 65507
_LAST_BOOT = 2**31 - 1
_RESENDS = 3
"""How often one request is put anew because of a Report: identity, time, and once more should either have changed."""
_COUNTER = {oid(f"1.3.6.1.6.3.15.1.1.{stat}.0"): stat for stat in Stat}


@dataclass(slots=True)
class _Pending:
    pdu: int
    first: int
    second: int
    varbinds: list[bytes]
    resent: int = 0


class SecureManager(Asker):
    """A manager that asks one engine as one user, at the highest level of security that the user has."""

    def __init__(self, user: User, now: Callable[[], float], *, first_id: int = 1, salt: int = 0) -> None:
        """`now`: seconds, by which the engine's time is reckoned on; `salt`: where the ciphers' salts begin."""
        super().__init__(first_id)
        self._user = user
        self._level = (AUTH if user.auth else 0) | (PRIV if user.priv else 0)
        self._now = now
        self._salt = salt
        self._pending: dict[int, _Pending] = {}
        self._adopt(b"")

    def _adopt(self, engine_id: bytes) -> None:
        """Another engine, of whose time nothing is known yet."""
        self.engine_id = engine_id
        self._keys = Keys(self._user, engine_id)
        self._boots = self._latest = 0
        self._offset: float | None = None

    def engine_time(self) -> tuple[int, int]:
        """The engine's boots and time as they should stand now; zeros before it has told them."""
        if self._offset is None:
            return 0, 0
        return self._boots, max(0, int(self._now() + self._offset))

    # requests

    def _request(self, number: int, pdu: int, first: int, second: int, varbinds: list[bytes]) -> Request:
        self._pending[number] = _Pending(pdu, first, second, varbinds)
        return self._sealed(number)

    def again(self, request: Request) -> Request:
        return self._sealed(request.id) if request.id in self._pending else request

    def done(self, request: Request) -> None:
        self._pending.pop(request.id, None)

    def _sealed(self, number: int) -> Request:
        if not self.engine_id:
            probe = scoped(b"", b"", GET, number, 0, 0, ())
            return Request(number, encode(Header(number, _LARGEST, REPORTABLE, b"", 0, 0, b"", b"", 0, b"", probe))[0])
        asked, keys, level = self._pending[number], self._keys, self._level
        boots, time = self.engine_time()
        body = scoped(self.engine_id, b"", asked.pdu, number, asked.first, asked.second, asked.varbinds)
        salt = b""
        if level & PRIV:
            self._salt += 1
            body, salt = keys.encrypt(body, boots, time, self._salt)
        message, at = encode(
            Header(
                number, _LARGEST, level | REPORTABLE, self.engine_id, boots, time, keys.name, keys.blank, 0, salt, body
            )
        )
        return Request(number, keys.signed(message, at) if level & AUTH else message)

    # answers

    def take(self, data: bytes) -> Response | Report | Request | None:
        """What a datagram is to the requests that wait: their answer, a Report, the same request to be sent again once the
        engine has introduced itself, or nothing.
        """
        try:
            header = decode_header(data)
            if header.message_id not in self._pending:
                return None
            if header.engine_id != self.engine_id:
                return self._introduced(header)
            if header.flags & AUTH and not (self._genuine(header, data) and self._timely(header)):
                return None
            body = header.data
            if header.flags & PRIV:
                body = self._keys.decrypt(body, header.boots, header.time, header.salt)
            message = decode_scoped(body).request
        except DecodeError:
            return None
        if message.pdu == REPORT:
            return self._reported(header, message)
        if header.flags & self._level != self._level or message.request_id != header.message_id:
            return None
        return as_response(message)

    def _genuine(self, header: Header, data: bytes) -> bool:
        if not self._level & AUTH or header.user != self._keys.name:
            return False
        return self._keys.genuine(data, header.digest, header.digest_at)

    def _timely(self, header: Header) -> bool:
        """RFC 3414, 3.2 step 7b: what is newer sets our notion of the engine's time, what is too old is not taken."""
        boots, time = self.engine_time()
        if self._offset is None or header.boots > boots or (header.boots == boots and header.time > self._latest):
            self._boots, self._latest = header.boots, header.time
            self._offset = header.time - self._now()
            boots, time = self.engine_time()
        return boots != _LAST_BOOT and header.boots == boots and header.time >= time - TIME_WINDOW

    def _introduced(self, header: Header) -> Request | None:
        """An engine tells who it is, or that it is another one than before: its card was changed."""
        if header.flags & (AUTH | PRIV) or not header.engine_id:
            return None
        message = decode_scoped(header.data).request
        if message.pdu != REPORT or _stat(message) != Stat.UNKNOWN_ENGINE:
            return None
        self._adopt(header.engine_id)
        return self._resend(header.message_id)

    def _reported(self, header: Header, message: Message) -> Request | Report | None:
        stat = _stat(message)
        if not message.varbinds or stat == Stat.UNKNOWN_ENGINE:
            return None  # an introduction that came twice
        if stat == Stat.NOT_IN_TIME_WINDOW:
            # Its time has been learnt on the way, when the Report was genuine; another's is no news.
            return self._resend(header.message_id) if header.flags & AUTH else None
        return Report(header.message_id, dotted(message.varbinds[0].name))

    def _resend(self, number: int) -> Request | None:
        asked = self._pending[number]
        asked.resent += 1
        return self._sealed(number) if asked.resent <= _RESENDS else None


def _stat(message: Message) -> Stat | None:
    return _COUNTER.get(message.varbinds[0].name) if message.varbinds else None

"""The authoritative end of SNMPv3 (RFC 3414 section 3.2): opens requests, seals answers, reports what is wrong.

Reports are how a manager learns the engine's identity and time. It keeps no clock: the engine's boots and time are
asked for when a message comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import NamedTuple

from simulator.snmp.ber import counter32
from simulator.snmp.errors import Malformed
from simulator.snmp.message import INFORM, REPORT, RESPONSE, TRAP2, Message, Status, encode_varbind
from simulator.snmp.oid import oid
from simulator.snmp.usm import Keys, User
from simulator.snmp.v3 import AUTH, PRIV, REPORTABLE, Header, decode_header, decode_scoped, encode, scoped

__all__ = ["TIME_WINDOW", "Answer", "Engine", "Opened", "Stat"]

TIME_WINDOW = 150
"""Seconds (RFC 3414, 2.2.3)."""
_LAST_BOOT = 2**31 - 1
_LARGEST = 65507
"""msgMaxSize: what a datagram can hold."""


class Stat(IntEnum):
    """The counters usmStats, by their number in SNMP-USER-BASED-SM-MIB."""

    UNSUPPORTED_LEVEL = 1
    NOT_IN_TIME_WINDOW = 2
    UNKNOWN_USER = 3
    UNKNOWN_ENGINE = 4
    WRONG_DIGEST = 5
    DECRYPTION_ERROR = 6


_STAT_NAMES = {stat: oid(f"1.3.6.1.6.3.15.1.1.{stat}.0") for stat in Stat}
_UNKNOWN_CONTEXT = oid("1.3.6.1.6.3.12.1.5.0")


class Answer(NamedTuple):
    """What a request is answered with: encoded bindings, or an error and the binding it speaks of."""

    status: Status
    blamed: int
    varbinds: Iterable[bytes]
    request_id: int | None = None
    """Another than the request's, where something is wrong."""


class Opened(NamedTuple):
    """A request that may be answered."""

    header: Header
    context_engine: bytes
    context: bytes
    request: Message
    user: User
    keys: Keys


class Engine:
    """One engine with its users. `clock` gives boots, and seconds since the last of them."""

    __slots__ = ("_advertised", "_clock", "_keys", "_salt", "_users", "engine_id", "stats", "unknown_contexts")

    def __init__(
        self,
        engine_id: bytes,
        users: Iterable[User],
        clock: Callable[[], tuple[int, int]],
        advertised: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        """`engine_id`: 5 to 32 octets. `advertised`: the boots and time that its messages carry, when something is wrong with
        them. Raises ValueError for another length.
        """
        if not 5 <= len(engine_id) <= 32:
            raise ValueError("an engine ID has 5 to 32 octets (RFC 3411)")
        self.engine_id = engine_id
        self._users = {user.name.encode(): user for user in users}
        self._keys = {name: Keys(user, engine_id) for name, user in self._users.items()}
        self._clock = clock
        self._advertised = advertised or clock
        self._salt = 0
        self.stats = dict.fromkeys(Stat, 0)
        self.unknown_contexts = 0

    def open(self, data: bytes) -> Opened | bytes | None:
        """A request, a Report that refuses it, or nothing. Raises DecodeError."""
        header = decode_header(data)
        if header.engine_id != self.engine_id:
            return self._report(header, Stat.UNKNOWN_ENGINE)
        user = self._users.get(header.user)
        if user is None:
            return self._report(header, Stat.UNKNOWN_USER)
        if (header.flags & AUTH and user.auth is None) or (header.flags & PRIV and user.priv is None):
            return self._report(header, Stat.UNSUPPORTED_LEVEL)
        keys = self._keys[header.user]
        if header.flags & AUTH:
            if not keys.genuine(data, header.digest, header.digest_at):
                return self._report(header, Stat.WRONG_DIGEST)
            boots, time = self._clock()
            if boots == _LAST_BOOT or header.boots != boots or abs(header.time - time) > TIME_WINDOW:
                return self._report(header, Stat.NOT_IN_TIME_WINDOW, keys)
        body = header.data
        if header.flags & PRIV:
            try:
                body = keys.decrypt(body, header.boots, header.time, header.salt)
            except Malformed:
                return self._report(header, Stat.DECRYPTION_ERROR)
        try:
            part = decode_scoped(body)
        except Malformed:
            # A wrong key gives octets that are no PDU; nothing else tells of it.
            return self._report(header, Stat.DECRYPTION_ERROR) if header.flags & PRIV else None
        opened = Opened(header, part.engine_id, part.context, part.request, user, keys)
        needed = (AUTH if user.auth else 0) | (PRIV if user.priv else 0)
        if header.flags & needed != needed:
            # Access is granted at the user's own level only (RFC 3415, 3.2 step 4).
            return self.seal(opened, Answer(Status.AUTHORIZATION_ERROR, 0, (part.request.listed,)))
        return opened

    def seal(self, opened: Opened, answer: Answer) -> bytes:
        """The response's octets, at the request's level of security."""
        request = opened.request
        body = scoped(
            opened.context_engine or self.engine_id,
            opened.context,
            RESPONSE,
            request.request_id if answer.request_id is None else answer.request_id,
            answer.status,
            answer.blamed,
            answer.varbinds,
        )
        return self._message(opened.header.message_id, opened.header.flags & (AUTH | PRIV), opened.keys, body)

    def notification(
        self, user: User, message_id: int, context: bytes, varbinds: Iterable[bytes], *, inform_to: bytes = b""
    ) -> bytes:
        """An SNMPv2-Trap of this engine's, at the user's level (RFC 3414: the sender of a trap is authoritative)."""
        level = (AUTH if user.auth else 0) | (PRIV if user.priv else 0)
        kind = INFORM if inform_to else TRAP2
        body = scoped(inform_to or self.engine_id, context, kind, message_id, 0, 0, varbinds)
        return self._message(message_id, level, self._keys.get(user.name.encode()) or Keys(user, self.engine_id), body)

    def unknown_context(self, opened: Opened) -> bytes:
        """The Report for a context that is not there (RFC 3413, 3.2)."""
        self.unknown_contexts += 1
        name, value = _UNKNOWN_CONTEXT, self.unknown_contexts
        flags = opened.header.flags & (AUTH | PRIV)
        body = self._report_body(opened.request.request_id, name, value)
        return self._message(opened.header.message_id, flags, opened.keys, body)

    def overhead(self, opened: Opened) -> int:
        """Octets at most around the bindings of an answer."""
        return 116 + 2 * len(self.engine_id) + len(opened.context) + len(opened.header.user) + opened.keys.digest_size

    def _report_body(self, request_id: int, name: bytes, value: int) -> bytes:
        return scoped(self.engine_id, b"", REPORT, request_id, 0, 0, (encode_varbind(name, counter32(value)),))

    def _report(self, header: Header, stat: Stat, keys: Keys | None = None) -> bytes | None:
        """A Report; authenticated when `keys` are given, as that of a time outside the window must be."""
        self.stats[stat] += 1
        if not header.flags & REPORTABLE:
            return None
        request_id = 0
        if not header.flags & PRIV:
            try:
                request_id = decode_scoped(header.data).request.request_id
            except Malformed:
                request_id = 0
        body = self._report_body(request_id, _STAT_NAMES[stat], self.stats[stat])
        if keys is not None:
            return self._message(header.message_id, AUTH, keys, body)
        boots, time = self._advertised()
        plain = Header(header.message_id, _LARGEST, 0, self.engine_id, boots, time, header.user, b"", 0, b"", body)
        return encode(plain)[0]

    def _message(self, message_id: int, flags: int, keys: Keys, body: bytes) -> bytes:
        boots, time = self._advertised()
        salt = b""
        if flags & PRIV:
            self._salt += 1
            body, salt = keys.encrypt(body, boots, time, self._salt)
        blank = keys.blank if flags & AUTH else b""
        message, at = encode(
            Header(message_id, _LARGEST, flags, self.engine_id, boots, time, keys.name, blank, 0, salt, body)
        )
        return keys.signed(message, at) if flags & AUTH else message

"""The manager's end: makes requests, and knows the answer to each when it sees it. It resends nothing; its user does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simulator.snmp.errors import DecodeError
from simulator.snmp.message import (
    GET,
    GET_BULK,
    GET_NEXT,
    RESPONSE,
    SET,
    Status,
    Varbind,
    Version,
    decode_message,
    encode_message,
    encode_varbind,
)

__all__ = ["Manager", "Request", "Response"]

_NULL = b"\x05\x00"


class Request(NamedTuple):
    """What to send, and the number by which its answer is known."""

    id: int
    octets: bytes


class Response(NamedTuple):
    """An answer. `error_index` is the binding that `status` speaks of, from 1; 0 for none in particular."""

    id: int
    status: Status
    error_index: int
    varbinds: tuple[Varbind, ...]


class Manager:
    """A manager with one community and version. Names are content octets, values whole encoded values."""

    __slots__ = ("_community", "_next_id", "_version")

    def __init__(self, community: str, *, version: Version = Version.V2C, first_id: int = 1) -> None:
        self._community = community.encode()
        self._version = int(version)
        self._next_id = first_id

    def _request(self, pdu: int, first: int, second: int, varbinds: Iterable[bytes]) -> Request:
        number = self._next_id
        self._next_id = number + 1 if number < 0x7FFFFFFF else 1
        return Request(number, encode_message(self._version, self._community, pdu, number, first, second, varbinds))

    def get(self, names: Iterable[bytes]) -> Request:
        return self._request(GET, 0, 0, [encode_varbind(name, _NULL) for name in names])

    def get_next(self, names: Iterable[bytes]) -> Request:
        return self._request(GET_NEXT, 0, 0, [encode_varbind(name, _NULL) for name in names])

    def get_bulk(self, names: Iterable[bytes], *, max_repetitions: int, non_repeaters: int = 0) -> Request:
        """v2c only."""
        listed = [encode_varbind(name, _NULL) for name in names]
        return self._request(GET_BULK, non_repeaters, max_repetitions, listed)

    def set(self, values: Iterable[tuple[bytes, bytes]]) -> Request:
        """`values`: names and whole encoded values."""
        return self._request(SET, 0, 0, [encode_varbind(name, value) for name, value in values])

    def response(self, data: bytes) -> Response | None:
        """The response in a datagram; None for anything else, as if it had never come."""
        try:
            message = decode_message(data)
            status = Status(message.error_status)
        except (DecodeError, ValueError):
            return None
        if message.pdu != RESPONSE or message.version != self._version or message.community != self._community:
            return None
        return Response(message.request_id, status, message.error_index, message.varbinds)

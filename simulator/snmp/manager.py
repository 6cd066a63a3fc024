"""The manager's end: makes requests, and knows the answer to each when it sees it. It resends nothing; its user does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

from simulator.snmp.errors import DecodeError
from simulator.snmp.message import (
    GET,
    GET_BULK,
    GET_NEXT,
    RESPONSE,
    SET,
    Message,
    Status,
    Varbind,
    Version,
    decode_message,
    encode_message,
    encode_varbind,
)

__all__ = ["Asker", "Manager", "Report", "Request", "Response", "as_response"]

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


class Report(NamedTuple):
    """SNMPv3: the agent's engine would not look at the request. `counter` is the one that it has raised, dotted."""

    id: int
    counter: str


class Asker(ABC):
    """What managers of all versions can do. Names are content octets, values whole encoded values."""

    def __init__(self, first_id: int) -> None:
        self._next_id = first_id

    @abstractmethod
    def _request(self, number: int, pdu: int, first: int, second: int, varbinds: list[bytes]) -> Request: ...

    @abstractmethod
    def take(self, data: bytes) -> Response | Report | Request | None:
        """What a datagram is: the answer to a request; a request that has to be sent again in another form; or nothing
        for us, as if it had never come.
        """

    def again(self, request: Request) -> Request:
        """A request that was not answered, as it is to be sent now."""
        return request

    def done(self, request: Request) -> None:  # noqa: B027 - only some have anything to forget
        """Nobody waits for its answer any more."""

    def _make(self, pdu: int, first: int, second: int, varbinds: list[bytes]) -> Request:
        number = self._next_id
        self._next_id = number + 1 if number < 0x7FFFFFFF else 1
        return self._request(number, pdu, first, second, varbinds)

    def get(self, names: Iterable[bytes]) -> Request:
        return self._make(GET, 0, 0, [encode_varbind(name, _NULL) for name in names])

    def get_next(self, names: Iterable[bytes]) -> Request:
        return self._make(GET_NEXT, 0, 0, [encode_varbind(name, _NULL) for name in names])

    def get_bulk(self, names: Iterable[bytes], *, max_repetitions: int, non_repeaters: int = 0) -> Request:
        """Not in v1."""
        listed = [encode_varbind(name, _NULL) for name in names]
        return self._make(GET_BULK, non_repeaters, max_repetitions, listed)

    def set(self, values: Iterable[tuple[bytes, bytes]]) -> Request:
        """`values`: names and whole encoded values."""
        return self._make(SET, 0, 0, [encode_varbind(name, value) for name, value in values])


def as_response(message: Message) -> Response | None:
    """The response that a message is; None for anything else, an unknown error-status included."""
    if message.pdu != RESPONSE:
        return None
    try:
        status = Status(message.error_status)
    except ValueError:
        return None
    return Response(message.request_id, status, message.error_index, message.varbinds)


class Manager(Asker):
    """A manager with one community, of v1 or v2c."""

    def __init__(self, community: str, *, version: Version = Version.V2C, first_id: int = 1) -> None:
        super().__init__(first_id)
        self._community = community.encode()
        self._version = int(version)

    def _request(self, number: int, pdu: int, first: int, second: int, varbinds: list[bytes]) -> Request:
        return Request(number, encode_message(self._version, self._community, pdu, number, first, second, varbinds))

    def take(self, data: bytes) -> Response | None:
        return self.response(data)

    def response(self, data: bytes) -> Response | None:
        """The response in a datagram; None for anything else, as if it had never come."""
        try:
            message = decode_message(data)
        except DecodeError:
            return None
        if message.version != self._version or message.community != self._community:
            return None
        return as_response(message)

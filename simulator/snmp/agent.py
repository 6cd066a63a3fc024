"""The agent's end: a request's octets go in, the response's octets come out, or nothing (RFC 3416 section 4.2).

It keeps no time and no counters of its own, and does nothing between requests. v1 is answered as RFC 3584 section 4
maps it: errors by `noSuchName` and `badValue`, and no Counter64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Generic, TypeVar

from simulator.snmp.ber import COUNTER64, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, SEQUENCE, read, tlv
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
from simulator.snmp.mib import Template, Writer

__all__ = ["Access", "Agent"]

S = TypeVar("S")


class Access(IntEnum):
    """What a community may do."""

    READ = 1
    WRITE = 2
    """Read and write."""


_NO_SUCH_OBJECT = bytes((NO_SUCH_OBJECT, 0))
_NO_SUCH_INSTANCE = bytes((NO_SUCH_INSTANCE, 0))
_END_OF_MIB_VIEW = b"\x82\x00"
_FRAME = 4 + 3 + 4 + 4 + 6 + 3 + 3 + 4
"""Octets around community and bindings at most: SEQUENCE, version, community's header, PDU, id, status, index, list."""
_HEADERS = tuple(bytes((SEQUENCE, length)) for length in range(0x80))

_V1_STATUS = {
    Status.WRONG_TYPE: Status.BAD_VALUE,
    Status.WRONG_LENGTH: Status.BAD_VALUE,
    Status.WRONG_ENCODING: Status.BAD_VALUE,
    Status.WRONG_VALUE: Status.BAD_VALUE,
    Status.INCONSISTENT_VALUE: Status.BAD_VALUE,
    Status.NO_ACCESS: Status.NO_SUCH_NAME,
    Status.NOT_WRITABLE: Status.NO_SUCH_NAME,
    Status.NO_CREATION: Status.NO_SUCH_NAME,
    Status.INCONSISTENT_NAME: Status.NO_SUCH_NAME,
    Status.AUTHORIZATION_ERROR: Status.NO_SUCH_NAME,
    Status.RESOURCE_UNAVAILABLE: Status.GEN_ERR,
    Status.COMMIT_FAILED: Status.GEN_ERR,
    Status.UNDO_FAILED: Status.GEN_ERR,
}
"""RFC 3584, 4.4."""


class _Refusal(Exception):
    """A request as a whole is answered with an error: its status, and which binding is to blame (from 1, or 0)."""

    def __init__(self, status: Status, index: int) -> None:
        self.status = status
        self.index = index


def _is_counter64(binding: bytes) -> bool:
    """v1 has no Counter64 and must not meet one (RFC 3584, 4.2.2.1)."""
    _, start, end = read(binding, 0, len(binding))
    return binding[read(binding, start, end)[2]] == COUNTER64


class Agent(Generic[S]):
    """One agent: a template shared with its like, a state of its own, and who may ask."""

    __slots__ = ("communities", "max_size", "state", "template")

    def __init__(
        self, template: Template[S], state: S, communities: Mapping[bytes, Access], max_size: int = 1472
    ) -> None:
        """`max_size`: octets of the longest response it sends; 1472 fit an Ethernet frame (RFC 3417, 3.2)."""
        self.template = template
        self.state = state
        self.communities = communities
        self.max_size = max_size

    def handle(self, data: bytes) -> bytes | None:
        """Answer one datagram; None where an agent is silent: no SNMP, no request, or a community it does not know."""
        try:
            request = decode_message(data)
        except DecodeError:
            return None
        operation = _OPERATIONS.get(request.pdu)
        access = self.communities.get(request.community)
        if operation is None or access is None:
            return None
        try:
            varbinds = operation(self, request, access)
        except _Refusal as refusal:
            return self._refuse(request, refusal)
        answer = encode_message(request.version, request.community, RESPONSE, request.request_id, 0, 0, varbinds)
        if len(answer) > self.max_size:
            return self._refuse(request, _Refusal(Status.TOO_BIG, 0))
        return answer

    def _refuse(self, request: Message, refusal: _Refusal) -> bytes | None:
        status, listed = refusal.status, request.listed
        if request.version == Version.V1:
            status = _V1_STATUS.get(status, status)
        elif status == Status.TOO_BIG:
            listed = b""  # RFC 3416, 4.2.1: the alternate response has no bindings
        answer = encode_message(
            request.version, request.community, RESPONSE, request.request_id, status, refusal.index, (listed,)
        )
        return answer if len(answer) <= self.max_size else None

    # reading

    def _binding(self, place: int) -> bytes:
        template = self.template
        fixed = template.bindings[place]
        if fixed is not None:
            return fixed
        reader = template.readers[place]
        assert reader is not None  # a template's instance is fixed or read
        body = template.heads[place] + reader(self.state, template.rows[place])
        size = len(body)
        return _HEADERS[size] + body if size < 0x80 else tlv(SEQUENCE, body)

    def _get(self, request: Message, access: Access) -> list[bytes]:
        out = []
        template = self.template
        v1 = request.version == Version.V1
        for number, varbind in enumerate(request.varbinds, 1):
            place = template.index.get(varbind.name)
            if place is not None:
                binding = self._binding(place)
                if not (v1 and _is_counter64(binding)):
                    out.append(binding)
                    continue
            if v1:
                raise _Refusal(Status.NO_SUCH_NAME, number)
            missing = _NO_SUCH_OBJECT if template.object_of(varbind.name) is None else _NO_SUCH_INSTANCE
            out.append(encode_varbind(varbind.name, missing))
        return out

    def _get_next(self, request: Message, access: Access) -> list[bytes]:
        out = []
        v1 = request.version == Version.V1
        end = len(self.template)
        for number, varbind in enumerate(request.varbinds, 1):
            place = self.template.after(varbind.name)
            while v1 and place < end and _is_counter64(self._binding(place)):
                place += 1
            if place < end:
                out.append(self._binding(place))
            elif v1:
                raise _Refusal(Status.NO_SUCH_NAME, number)
            else:
                out.append(encode_varbind(varbind.name, _END_OF_MIB_VIEW))
        return out

    def _get_bulk(self, request: Message, access: Access) -> list[bytes]:
        """RFC 3416, 4.2.3; as many bindings as fit, and an end as soon as all repeaters have reached theirs."""
        template, binding, end = self.template, self._binding, len(self.template)
        single = min(max(request.error_status, 0), len(request.varbinds))
        out: list[bytes] = []
        room = self.max_size - len(request.community) - _FRAME
        for varbind in request.varbinds[:single]:
            place = template.after(varbind.name)
            item = binding(place) if place < end else encode_varbind(varbind.name, _END_OF_MIB_VIEW)
            room -= len(item)
            if room < 0:
                return out
            out.append(item)
        cursors = []
        for varbind in request.varbinds[single:]:
            place = template.after(varbind.name)
            # The end is told under the last name given: the request's own when there is nothing after it.
            cursors.append((place, varbind.name if place == end else template.names[-1]))
        if not cursors:
            return out
        for repetition in range(max(request.error_index, 0)):
            alive = False
            for place, name in cursors:
                place += repetition
                if place < end:
                    alive = True
                    item = binding(place)
                else:
                    item = encode_varbind(name, _END_OF_MIB_VIEW)
                room -= len(item)
                if room < 0:
                    return out
                out.append(item)
            if not alive:
                break
        return out

    # setting

    def _set(self, request: Message, access: Access) -> tuple[bytes]:
        """Two phases over all bindings: nothing is set unless all can be (RFC 3416, 4.2.5)."""
        commits = [self._test(varbind, number, access) for number, varbind in enumerate(request.varbinds, 1)]
        if len(request.listed) + len(request.community) + _FRAME > self.max_size:
            raise _Refusal(Status.TOO_BIG, 0)
        for writer, row, content in commits:
            writer.commit(self.state, row, content)
        return (request.listed,)

    def _test(self, varbind: Varbind, number: int, access: Access) -> tuple[Writer[S], int, bytes]:
        template = self.template
        if access < Access.WRITE:
            raise _Refusal(Status.NO_ACCESS, number)
        kind = template.object_of(varbind.name)
        writer = None if kind is None else template.objects[kind]
        if writer is None:
            raise _Refusal(Status.NOT_WRITABLE, number)
        if varbind.tag != writer.tag:
            raise _Refusal(Status.WRONG_TYPE, number)
        status = writer.syntax(varbind.content)
        if status:
            raise _Refusal(status, number)
        place = template.index.get(varbind.name)
        if place is None:
            raise _Refusal(Status.NO_CREATION, number)
        row = template.rows[place]
        status = writer.admit(self.state, row, varbind.content)
        if status:
            raise _Refusal(status, number)
        return writer, row, varbind.content


_OPERATIONS: dict[int, Callable[..., list[bytes] | tuple[bytes]]] = {
    GET: Agent._get,
    GET_NEXT: Agent._get_next,
    GET_BULK: Agent._get_bulk,
    SET: Agent._set,
}

"""The IPMI message: what is asked and answered inside a packet (IPMI 2.0, 13.8)."""

from __future__ import annotations

from typing import NamedTuple

from simulator.ipmi.codes import BMC_ADDRESS, CONSOLE_ADDRESS
from simulator.ipmi.errors import BadChecksum, Malformed

__all__ = ["Message", "checksum", "decode_message", "encode_answer", "encode_request"]


class Message(NamedTuple):
    """A request or an answer. In an answer `data` opens with the completion code."""

    target: int
    """Address of the one spoken to."""
    netfn: int
    target_lun: int
    source: int
    sequence: int
    """rqSeq, 0 to 63."""
    source_lun: int
    command: int
    data: bytes


def checksum(data: bytes) -> int:
    """Two's complement checksum: with it, all octets sum up to 0 modulo 256."""
    return -sum(data) & 0xFF


def decode_message(payload: bytes) -> Message:
    """Raises Malformed (too short), BadChecksum."""
    if len(payload) < 7:
        raise Malformed("an IPMI message has at least 7 octets")
    if (payload[0] + payload[1] + payload[2]) & 0xFF:
        raise BadChecksum("the header's checksum does not hold")
    if sum(payload[3:]) & 0xFF:
        raise BadChecksum("the body's checksum does not hold")
    netfn, sequence = payload[1], payload[4]
    return Message(
        payload[0], netfn >> 2, netfn & 3, payload[3], sequence >> 2, sequence & 3, payload[5], payload[6:-1]
    )


def encode_request(netfn: int, command: int, sequence: int, data: bytes = b"") -> bytes:
    """A console's request to LUN 0 of the BMC."""
    first = netfn << 2
    body = bytes((CONSOLE_ADDRESS, sequence << 2, command)) + data
    return b"%c%c%c%b%c" % (BMC_ADDRESS, first, -(BMC_ADDRESS + first) & 0xFF, body, -sum(body) & 0xFF)


def encode_answer(request: Message, data: bytes) -> bytes:
    """The answer to `request`; `data` opens with the completion code. The two addresses change places."""
    first = ((request.netfn | 1) << 2) | request.source_lun
    body = bytes((request.target, (request.sequence << 2) | request.target_lun, request.command)) + data
    return b"%c%c%c%b%c" % (request.source, first, -(request.source + first) & 0xFF, body, -sum(body) & 0xFF)

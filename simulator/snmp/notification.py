"""Notifications: v1's traps (RFC 1157), v2's traps and informs (RFC 3416), both made from one event (RFC 3584, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from simulator.snmp.ber import (
    INTEGER,
    IP_ADDRESS,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    TIME_TICKS,
    integer,
    object_identifier,
    read,
    time_ticks,
    tlv,
)
from simulator.snmp.errors import DecodeError, Malformed
from simulator.snmp.message import (
    INFORM,
    TRAP,
    TRAP2,
    Message,
    Varbind,
    decode_message,
    decode_varbinds,
    encode_message,
    encode_varbind,
)
from simulator.snmp.oid import dotted, oid

__all__ = [
    "AUTHENTICATION_FAILURE",
    "COLD_START",
    "LINK_DOWN",
    "LINK_UP",
    "Event",
    "Notification",
    "decode_notification",
    "encode_v1",
    "encode_v2",
    "v2_varbinds",
]

_TRAPS = "1.3.6.1.6.3.1.1.5"
COLD_START = f"{_TRAPS}.1"
LINK_DOWN = f"{_TRAPS}.3"
LINK_UP = f"{_TRAPS}.4"
AUTHENTICATION_FAILURE = f"{_TRAPS}.5"
_GENERIC = {f"{_TRAPS}.{number + 1}": number for number in range(6)}
_SPECIFIC = 6
_UPTIME = oid("1.3.6.1.2.1.1.3.0")
_TRAP_ADDRESS = oid("1.3.6.1.6.3.18.1.3.0")
_TRAP_OID = oid("1.3.6.1.6.3.1.1.4.1.0")


@dataclass(frozen=True, slots=True)
class Event:
    """What a device has to tell: which notification, and its variables, encoded."""

    trap: str
    """Dotted."""
    varbinds: tuple[bytes, ...] = ()


class Notification(NamedTuple):
    """What a listener has received, whatever the version; `inform` wants an answer."""

    version: int
    community: bytes
    trap: str
    varbinds: tuple[Varbind, ...]
    inform: Message | None
    agent: str = ""
    """The address that it says it is from: agent-addr of a v1 trap, or snmpTrapAddress.0 (RFC 3584); empty for none."""


def v2_varbinds(event: Event, uptime: int) -> tuple[bytes, ...]:
    """sysUpTime.0 and snmpTrapOID.0, then the event's own (RFC 3416, 4.2.6)."""
    return (
        encode_varbind(_UPTIME, time_ticks(uptime)),
        encode_varbind(_TRAP_OID, object_identifier(event.trap)),
        *event.varbinds,
    )


def encode_v2(event: Event, uptime: int, community: bytes, request_id: int, *, inform: bool) -> bytes:
    return encode_message(1, community, INFORM if inform else TRAP2, request_id, 0, 0, v2_varbinds(event, uptime))


def encode_v1(event: Event, uptime: int, community: bytes, enterprise: str, address: bytes) -> bytes:
    """`enterprise`: the sender's sysObjectID, for the generic traps; `address`: its four octets."""
    generic = _GENERIC.get(event.trap, _SPECIFIC)
    specific = 0
    if generic == _SPECIFIC:
        enterprise, _, last = event.trap.rpartition(".")
        specific, enterprise = int(last), enterprise.removesuffix(".0")
    body = (
        object_identifier(enterprise)
        + tlv(IP_ADDRESS, address)
        + integer(generic)
        + integer(specific)
        + time_ticks(uptime)
        + tlv(SEQUENCE, b"".join(event.varbinds))
    )
    return tlv(SEQUENCE, integer(0) + tlv(OCTET_STRING, community) + tlv(TRAP, body))


def decode_notification(data: bytes) -> Notification:
    """A trap or an inform of v1 or v2c. Raises DecodeError for anything else."""
    try:
        message = decode_message(data)
    except DecodeError:
        return _decode_v1(data)
    if message.pdu not in (TRAP2, INFORM):
        raise Malformed("no notification")
    if len(message.varbinds) < 2 or message.varbinds[1].name != _TRAP_OID:
        raise Malformed("a notification without snmpTrapOID.0")
    trap = message.varbinds[1].value()
    if not isinstance(trap, str):
        raise Malformed("snmpTrapOID.0 is no object identifier")
    inform = message if message.pdu == INFORM else None
    said = next((item.content for item in message.varbinds[2:] if item.name == _TRAP_ADDRESS), b"")
    return Notification(message.version, message.community, trap, message.varbinds[2:], inform, _address(said))


def _address(content: bytes) -> str:
    """Dotted; empty for none and for 0.0.0.0."""
    return ".".join(map(str, content)) if len(content) == 4 and any(content) else ""


def _part(data: bytes, position: int, end: int, kind: int) -> tuple[bytes, int]:
    tag, start, stop = read(data, position, end)
    if tag != kind:
        raise Malformed("a part of the trap is missing")
    return data[start:stop], stop


def _decode_v1(data: bytes) -> Notification:
    """A Trap-PDU (RFC 1157, 4.1.6), whose notification is told by three of its parts (RFC 3584, 3.1)."""
    tag, position, end = read(data, 0, len(data))
    version, position = _part(data, position, end, INTEGER)
    community, position = _part(data, position, end, OCTET_STRING)
    if tag != SEQUENCE or version != b"\x00":
        raise Malformed("no trap")
    tag, position, stop = read(data, position, end)
    if tag != TRAP or stop != end:
        raise Malformed("no trap")
    enterprise, position = _part(data, position, end, OBJECT_IDENTIFIER)
    agent, position = _part(data, position, end, IP_ADDRESS)
    generic, position = _part(data, position, end, INTEGER)
    specific, position = _part(data, position, end, INTEGER)
    _, position = _part(data, position, end, TIME_TICKS)
    listed, position = _part(data, position, end, SEQUENCE)
    kind = int.from_bytes(generic, "big", signed=True)
    if kind == _SPECIFIC:
        trap = f"{dotted(enterprise)}.0.{int.from_bytes(specific, 'big', signed=True)}"
    else:
        trap = f"{_TRAPS}.{kind + 1}"
    varbinds = decode_varbinds(listed)
    # A proxy that has made a v1 trap of a v2 one leaves agent-addr empty and says the address in a variable.
    said = next((item.content for item in varbinds if item.name == _TRAP_ADDRESS), b"")
    return Notification(0, community, trap, varbinds, None, _address(agent) or _address(said))

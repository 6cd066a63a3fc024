"""Exchanges with devices taken apart for people: IPMI commands and SNMP datagrams as JSON values.

Passwords that a command carries are not shown; communities are left to whoever masks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.ipmi.codes import completion_text
from simulator.snmp.errors import DecodeError
from simulator.snmp.message import (
    GET,
    GET_BULK,
    GET_NEXT,
    INFORM,
    RESPONSE,
    SET,
    TRAP2,
    Message,
    Status,
    decode_message,
)
from simulator.snmp.names import name_of

__all__ = ["ipmi_exchange", "is_routine_pdu", "snmp_exchange"]

_HIDDEN = ("Set User Password", "Set Channel Security Keys")
"""Commands whose data are secrets."""
_PDUS = {
    GET: "GET",
    GET_NEXT: "GETNEXT",
    GET_BULK: "GETBULK",
    SET: "SET",
    RESPONSE: "RESPONSE",
    INFORM: "INFORM",
    TRAP2: "TRAP",
}
_ACTIONS = ("power off", "power on", "power cycle", "hard reset", "diagnostic interrupt", "soft shutdown")
_DEVICES = {0: "none", 1: "network", 2: "disk", 3: "disk, safe mode", 5: "CD or DVD", 6: "BIOS set-up", 15: "floppy"}


def ipmi_exchange(detail: Mapping[str, Any]) -> dict[str, Any]:
    """What a BMC's observer was told of a command: `user`, `command`, `data`, `code`, `answer`; both octets as hex."""
    name, code = str(detail["command"]), int(detail["code"])
    asked, answered = bytes.fromhex(detail["data"]), bytes.fromhex(detail.get("answer", ""))
    secret = name in _HIDDEN
    fields = {} if secret else _fields(name, asked, answered)
    return {
        "command": name,
        "user": detail["user"],
        **fields,
        "completion": f"{code:02X}h {completion_text(code)}",
        "request data": "********" if secret and asked else asked.hex(" "),
        "answer data": answered.hex(" "),
    }


def _fields(name: str, asked: bytes, answered: bytes) -> dict[str, Any]:
    read = _READ.get(name)
    try:
        return read(asked, answered) if read else {}
    except IndexError:  # shorter than the command wants
        return {}


def _chassis_status(_asked: bytes, answered: bytes) -> dict[str, Any]:
    return {"power": "on" if answered[0] & 1 else "off"} if answered else {}


def _boot_options(asked: bytes, _answered: bytes) -> dict[str, Any]:
    if asked[0] & 0x7F != 5:
        return {"parameter": asked[0] & 0x7F}
    return {
        "boot device": _DEVICES.get(asked[2] >> 2 & 0x0F, f"{asked[2] >> 2 & 0x0F}"),
        "persistent": bool(asked[1] & 0x40),
        "EFI": bool(asked[1] & 0x20),
    }


_READ: Mapping[str, Callable[[bytes, bytes], dict[str, Any]]] = {
    "Chassis Control": lambda asked, _: {"action": _ACTIONS[asked[0] & 0x0F]},
    "Get Chassis Status": _chassis_status,
    "Set System Boot Options": _boot_options,
}


def is_routine_pdu(message: Message) -> bool:
    """It reads, and changes nothing."""
    return message.pdu in (GET, GET_NEXT, GET_BULK)


def snmp_exchange(asked: bytes, answer: bytes | None) -> dict[str, Any]:
    """A request and its answer; None where there was none. What cannot be read here (SNMPv3 is sealed) says so."""
    shown: dict[str, Any] = {"request": _message(asked)}
    shown["answer"] = "none" if answer is None else _message(answer)
    return shown


def _message(octets: bytes) -> dict[str, Any] | str:
    try:
        message = decode_message(octets)
    except DecodeError as error:
        return f"{len(octets)} octets that are sealed or not understood ({error})"
    return {
        "version": "1" if message.version == 0 else "2c",
        "community": message.community.decode(errors="replace"),
        "PDU": _PDUS.get(message.pdu, f"{message.pdu:02X}h"),
        "request-id": message.request_id,
        **_status(message),
        "bindings": {
            name_of(each.oid): _value(each.tag, each.content, each.value) for each in message.varbinds[:_SHOWN]
        },
        **({"more bindings": len(message.varbinds) - _SHOWN} if len(message.varbinds) > _SHOWN else {}),
        "octets": octets[:_OCTETS].hex(" ") + (" ..." if len(octets) > _OCTETS else ""),
    }


_SHOWN = 24
_OCTETS = 96


def _status(message: Message) -> dict[str, Any]:
    if message.pdu == GET_BULK:
        return {"non-repeaters": message.error_status, "max-repetitions": message.error_index}
    if message.pdu != RESPONSE:
        return {}
    known = message.error_status in Status.__members__.values()
    word = Status(message.error_status).word if known else str(message.error_status)
    return {"error-status": word} | ({"error-index": message.error_index} if message.error_index else {})


def _value(tag: int, content: bytes, read: Callable[[], Any]) -> Any:
    try:
        value = read()
    except DecodeError:
        return f"{tag:02X}h {content.hex(' ')}"
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        return text if text.isprintable() and "\ufffd" not in text else value.hex(":")
    return value

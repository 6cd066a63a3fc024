"""Names of the objects that panels and people speak of most (RFC 1213, IF-MIB, Q-BRIDGE-MIB, CISCO-VLAN-MEMBERSHIP-MIB, CISCO-STACK-MIB,
PowerNet-MIB): to say a fault by them, and to tell what a request asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.snmp.message import GET, GET_BULK, GET_NEXT, SET, Message
from simulator.snmp.oid import dotted

__all__ = ["OBJECTS", "asked", "name_of"]

OBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "sysDescr": "1.3.6.1.2.1.1.1",
        "sysObjectID": "1.3.6.1.2.1.1.2",
        "sysUpTime": "1.3.6.1.2.1.1.3",
        "ifDescr": "1.3.6.1.2.1.2.2.1.2",
        "ifSpeed": "1.3.6.1.2.1.2.2.1.5",
        "ifAdminStatus": "1.3.6.1.2.1.2.2.1.7",
        "ifOperStatus": "1.3.6.1.2.1.2.2.1.8",
        "ifInOctets": "1.3.6.1.2.1.2.2.1.10",
        "ifOutOctets": "1.3.6.1.2.1.2.2.1.16",
        "ifName": "1.3.6.1.2.1.31.1.1.1.1",
        "ifHCInOctets": "1.3.6.1.2.1.31.1.1.1.6",
        "ifHCOutOctets": "1.3.6.1.2.1.31.1.1.1.10",
        "ifAlias": "1.3.6.1.2.1.31.1.1.1.18",
        "dot1qPvid": "1.3.6.1.2.1.17.7.1.4.5.1.1",
        "dot1qVlanStaticEgressPorts": "1.3.6.1.2.1.17.7.1.4.3.1.2",
        "vmVlan": "1.3.6.1.4.1.9.9.68.1.2.2.1.2",
        "portDuplex": "1.3.6.1.4.1.9.5.1.4.1.1.10",
        "sPDUOutletCtl": "1.3.6.1.4.1.318.1.1.4.4.2.1.3",
        "rPDUOutletControlOutletCommand": "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4",
    }
)
"""Dotted, without an instance."""
_NAMES = {tuple(number.split(".")): name for name, number in OBJECTS.items()}
_OPERATIONS = {GET: "GET", GET_NEXT: "GETNEXT", GET_BULK: "GETBULK", SET: "SET"}


def asked(request: Message) -> str:
    """What a request asks, of its first object: `SET ifAdminStatus`; one without a name here by its dotted name."""
    operation = _OPERATIONS.get(request.pdu, "PDU")
    if not request.varbinds:
        return operation
    number = dotted(request.varbinds[0].name)
    return f"{operation} {_known(number)[0] or number}"


def name_of(number: str) -> str:
    """An object and its instance by name, `ifAdminStatus.7`; the dotted number where there is none here."""
    name, instance = _known(number)
    return f"{name}.{instance}" if name else number


def _known(number: str) -> tuple[str, str]:
    """The name of the longest known object that this dotted number begins with, and the rest; empty where none is known."""
    parts = tuple(number.split("."))
    for length in range(len(parts), 6, -1):
        if name := _NAMES.get(parts[:length]):
            return name, ".".join(parts[length:])
    return "", ""

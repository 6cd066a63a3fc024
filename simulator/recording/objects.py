"""Which MIB an object is of, as people look it up: the IETF's modules and those of makers whose equipment is recorded."""

from __future__ import annotations

from functools import lru_cache

from simulator.snmp.names import OBJECTS

__all__ = ["described"]

_MODULES = {
    "1.0.8802.1.1.2": "LLDP-MIB",
    "1.2.840.10006.300.43": "IEEE8023-LAG-MIB",
    "1.3.6.1.2.1.1": "SNMPv2-MIB",
    "1.3.6.1.2.1.2": "IF-MIB",
    "1.3.6.1.2.1.3": "RFC1213-MIB",
    "1.3.6.1.2.1.4": "IP-MIB",
    "1.3.6.1.2.1.5": "IP-MIB",
    "1.3.6.1.2.1.6": "TCP-MIB",
    "1.3.6.1.2.1.7": "UDP-MIB",
    "1.3.6.1.2.1.10.7": "EtherLike-MIB",
    "1.3.6.1.2.1.11": "SNMPv2-MIB",
    "1.3.6.1.2.1.16": "RMON-MIB",
    "1.3.6.1.2.1.17": "BRIDGE-MIB",
    "1.3.6.1.2.1.17.6": "P-BRIDGE-MIB",
    "1.3.6.1.2.1.17.7": "Q-BRIDGE-MIB",
    "1.3.6.1.2.1.25": "HOST-RESOURCES-MIB",
    "1.3.6.1.2.1.26": "MAU-MIB",
    "1.3.6.1.2.1.31": "IF-MIB",
    "1.3.6.1.2.1.33": "UPS-MIB",
    "1.3.6.1.2.1.47": "ENTITY-MIB",
    "1.3.6.1.2.1.48": "IP-MIB",
    "1.3.6.1.2.1.55": "IPV6-MIB",
    "1.3.6.1.2.1.88": "DISMAN-EVENT-MIB",
    "1.3.6.1.2.1.92": "NOTIFICATION-LOG-MIB",
    "1.3.6.1.2.1.99": "ENTITY-SENSOR-MIB",
    "1.3.6.1.2.1.105": "POWER-ETHERNET-MIB",
    "1.3.6.1.4.1.2.6.223": "IBM-IPDU-MIB",
    "1.3.6.1.4.1.9": "CISCO",
    "1.3.6.1.4.1.9.2": "OLD-CISCO",
    "1.3.6.1.4.1.9.5": "CISCO-STACK-MIB",
    "1.3.6.1.4.1.9.9.46": "CISCO-VTP-MIB",
    "1.3.6.1.4.1.9.9.68": "CISCO-VLAN-MEMBERSHIP-MIB",
    "1.3.6.1.4.1.11": "HP-ICF",
    "1.3.6.1.4.1.171": "DLINK",
    "1.3.6.1.4.1.318": "PowerNet-MIB",
    "1.3.6.1.4.1.476.1.42": "LIEBERT-GP",
    "1.3.6.1.4.1.534": "EATON",
    "1.3.6.1.4.1.534.6.6.7": "EATON-EPDU-MIB",
    "1.3.6.1.4.1.850": "TRIPPLITE",
    "1.3.6.1.4.1.1718.3": "Sentry3-MIB",
    "1.3.6.1.4.1.1718.4": "Sentry4-MIB",
    "1.3.6.1.4.1.1991": "FOUNDRY",
    "1.3.6.1.4.1.2011": "HUAWEI",
    "1.3.6.1.4.1.2021": "UCD-SNMP-MIB",
    "1.3.6.1.4.1.3808": "CPS-MIB",
    "1.3.6.1.4.1.8072": "NET-SNMP",
    "1.3.6.1.4.1.13742.4": "PDU-MIB",
    "1.3.6.1.4.1.13742.6": "PDU2-MIB",
    "1.3.6.1.4.1.21317": "ATEN-PE",
    "1.3.6.1.4.1.25506": "H3C",
    "1.3.6.1.4.1.30065": "ARISTA",
    "1.3.6.1.6.3.1": "SNMPv2-MIB",
    "1.3.6.1.6.3.10": "SNMP-FRAMEWORK-MIB",
    "1.3.6.1.6.3.11": "SNMP-MPD-MIB",
    "1.3.6.1.6.3.15": "SNMP-USER-BASED-SM-MIB",
}
_BY_PARTS = {tuple(number.split(".")): module for number, module in _MODULES.items()}
_NAMES = {tuple(number.split(".")): name for name, number in OBJECTS.items()}


@lru_cache(maxsize=4096)
def described(name: str) -> tuple[str, str]:
    """The module, empty where none is known, and the object: `ifAdminStatus.10101`, else the dotted name."""
    parts = tuple(name.split("."))
    module = next((_BY_PARTS[parts[:n]] for n in range(len(parts), 2, -1) if parts[:n] in _BY_PARTS), "")
    for length in range(len(parts), 6, -1):
        if found := _NAMES.get(parts[:length]):
            return module, ".".join((found, *parts[length:]))
    return module, name

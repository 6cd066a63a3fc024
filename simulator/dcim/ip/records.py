"""What IPmanager keeps: userspaces, networks, pools, ranges and addresses; and how their texts are read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.dcim.errors import Invalid

__all__ = [
    "BITS",
    "Address",
    "AddressEvent",
    "AddressStatus",
    "Dnsbl",
    "IPNetwork",
    "Network",
    "Pool",
    "Range",
    "Userspace",
    "address_text",
    "parse_address",
    "parse_network",
    "parse_range",
    "parse_zone",
]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

BITS = {4: 32, 6: 128}
_ZONE = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


class AddressStatus(StrEnum):
    """IPmanager 6, `status` of an address; `check` can be read only."""

    BUSY = "busy"
    SPECIAL = "special"
    LOCKED = "locked"
    PROBLEM = "problem"
    SERVICE = "service"
    EXTENDED = "extended"
    DNSBL = "dnsbl"
    DELETED = "deleted"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Userspace:
    """A world of addresses of its own. The first is the public one."""

    id: int
    is_public: bool
    note: str


@dataclass(frozen=True, slots=True)
class Network:
    id: int
    userspace: int
    name: str
    """In CIDR form."""
    family: int
    """4 or 6."""
    first: int
    last: int
    prefix: int
    gateway: str
    """Empty when it has none."""
    vlan: str = ""
    note: str = ""
    need_reserve: bool = False
    """Its addresses that end in .0 and .255 are not handed out: some systems take them for a network's own."""


@dataclass(frozen=True, slots=True)
class Pool:
    id: int
    userspace: int
    name: str
    note: str = ""
    deallocation: bool = False
    """Marked as a pool for the deallocation of servers: diagnostics take their address from it."""


@dataclass(frozen=True, slots=True)
class Range:
    id: int
    pool: int
    name: str
    """As it was written: `a-b`, one address, or a network."""
    family: int
    first: int
    last: int
    network: int | None = None
    """The network that was set up together with it; where networks overlap, its addresses are of this one."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address, or a subnet, that is in use."""

    id: int
    userspace: int
    pool: int | None
    network: int | None
    family: int
    first: int
    prefix: int
    server: int | None
    domain: str
    since: float
    status: AddressStatus = AddressStatus.BUSY
    note: str = ""
    locked: bool = False

    @property
    def size(self) -> int:
        return 1 << (BITS[self.family] - self.prefix)

    @property
    def last(self) -> int:
        return self.first + self.size - 1

    @property
    def name(self) -> str:
        """`192.0.2.10`, or `2001:db8:0:1::/64` for a subnet."""
        text = address_text(self.family, self.first)
        return text if self.size == 1 else f"{text}/{self.prefix}"

    @property
    def host(self) -> str:
        """The address a machine would use: of a subnet, its second one."""
        return address_text(self.family, self.first if self.size == 1 else self.first + 1)


@dataclass(frozen=True, slots=True)
class AddressEvent:
    id: int
    userspace: int
    address: str
    reference: int
    """The address' id."""
    what: str
    """`allocated`, `edited` or `released`."""
    server: int | None
    time: float
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dnsbl:
    """A list of addresses with a bad name, as a zone of the DNS."""

    id: int
    name: str


def address_text(family: int, number: int) -> str:
    return str(ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number))


def parse_address(name: str, text: str) -> IPAddress:
    """`name` is the field that an Invalid names. Zones (`fe80::1%eth0`) are no part of an address here."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise Invalid(name, f"{text!r} is not an IP address") from None
    if "%" in text:
        raise Invalid(name, f"{text!r} has a zone")
    return address


def parse_network(name: str, text: str) -> IPNetwork:
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError as error:
        raise Invalid(name, str(error)) from None
    if "%" in text:
        raise Invalid(name, f"{text!r} has a zone")
    return network


def parse_range(name: str, text: str) -> tuple[int, int, int]:
    """Family, first and last number of `a-b`, one address, or a network. Raises Invalid."""
    if "/" in text:
        network = parse_network(name, text)
        return network.version, int(network[0]), int(network[-1])
    low, _, high = text.partition("-")
    first = parse_address(name, low)
    last = parse_address(name, high) if high else first
    if first.version != last.version or int(first) > int(last):
        raise Invalid(name, f"{text} does not run from a lower to a higher address")
    return first.version, int(first), int(last)


def parse_zone(name: str, text: str) -> str:
    zone = text.strip().lower()
    if not _ZONE.fullmatch(zone):
        raise Invalid(name, f"{text!r} is not a domain name")
    return zone

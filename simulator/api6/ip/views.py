"""How IPmanager's things look. Its oddities are the product's: counters are strings, families are 2 and 10."""

from __future__ import annotations

from typing import Any

from simulator.api6.lists.columns import attributes, columns, moment
from simulator.api6.lists.listing import Listing
from simulator.dcim import Panel
from simulator.dcim.ip.addresses import Address, AddressEvent, Network, Pool, Range
from simulator.dcim.ip.records import Dnsbl, Userspace, address_text

__all__ = ["DNSBLS", "HISTORY", "IPS", "NETWORKS", "POOLS", "RANGES", "USERSPACES"]

FAMILY = {4: 2, 6: 10}
"""AF_INET and AF_INET6 of Linux."""


# pools


def _pool(panel: Panel, pool: Pool) -> dict[str, Any]:
    """Counts are text, as in the vendor's own answers."""
    book = panel.addresses
    using = {family: book.using(pool, family) for family in (4, 6)}
    total = {family: book.total(pool, family) for family in (4, 6)}
    return {
        "id": pool.id,
        "name": pool.name,
        "userspace": pool.userspace,
        "note": pool.note,
        "is_public": _is_public(panel, pool),
        "using_ip": str(using[4] + using[6]),
        "using_ipv4": str(using[4]),
        "using_ipv6": str(using[6]),
        "total_ip": str(total[4] + total[6]),
        "total_ipv4": str(total[4]),
        "total_ipv6": str(total[6]),
        "ipnets": [
            {"id": network.id, "name": network.name, "gateway": network.gateway}
            for network in book.plan.networks_of(pool)
        ],
        "deallocation": pool.deallocation,
    }


def _is_public(panel: Panel, thing: Pool) -> str:
    return "true" if panel.addresses.plan.userspaces.get(thing.userspace).is_public else "false"


POOLS: Listing[Pool] = Listing(
    {
        **attributes("int", "id", "userspace"),
        **attributes("text", "name", "note"),
        **attributes("bool", "deallocation"),
        **columns("bool", is_public=lambda panel, pool: _is_public(panel, pool) == "true"),
        **columns(
            "int",
            using_ip=lambda panel, pool: panel.addresses.using(pool),
            using_ipv4=lambda panel, pool: panel.addresses.using(pool, 4),
            using_ipv6=lambda panel, pool: panel.addresses.using(pool, 6),
            total_ip=lambda panel, pool: panel.addresses.total(pool),
            total_ipv4=lambda panel, pool: panel.addresses.total(pool, 4),
            total_ipv6=lambda panel, pool: panel.addresses.total(pool, 6),
        ),
    },
    _pool,
)


# ranges and networks

_COUNTS = columns(
    "int",
    family=lambda panel, thing: FAMILY[thing.family],
    using_ip=lambda panel, thing: panel.addresses.using(thing),
    total_ip=lambda panel, thing: panel.addresses.total(thing),
)
_ENDS = columns(
    "text",
    first=lambda panel, thing: address_text(thing.family, thing.first),
    last=lambda panel, thing: address_text(thing.family, thing.last),
)


def _locked(panel: Panel, range_: Range) -> bool:
    """With a locked address in it, a range cannot go either."""
    return any(address.locked for address in panel.addresses.plan.held(range_))


RANGES: Listing[Range] = Listing(
    {
        **attributes("int", "id"),
        **columns("int", ippool=lambda panel, range_: range_.pool),
        **attributes("text", "name"),
        **_COUNTS,
        **_ENDS,
        **columns("bool", locked=_locked),
    },
    lambda panel, range_: {
        "id": range_.id,
        "family": FAMILY[range_.family],
        "ippool": range_.pool,
        "name": range_.name,
        "using_ip": str(panel.addresses.using(range_)),
        "total_ip": str(panel.addresses.total(range_)),
        "first": address_text(range_.family, range_.first),
        "last": address_text(range_.family, range_.last),
        "locked": _locked(panel, range_),
    },
)


def _pools_of(panel: Panel, network: Network) -> list[int]:
    plan = panel.addresses.plan
    return [pool.id for pool in plan.pools if any(each.id == network.id for each in plan.networks_of(pool))]


NETWORKS: Listing[Network] = Listing(
    {
        **attributes("int", "id", "userspace"),
        **attributes("text", "name", "gateway", "vlan", "note"),
        **attributes("bool", "need_reserve"),
        **_COUNTS,
        **_ENDS,
        **columns(
            "int",
            mask=lambda panel, network: network.prefix,
            size=lambda panel, network: network.last - network.first + 1,
        ),
    },
    lambda panel, network: {
        "id": network.id,
        "name": network.name,
        "first": address_text(network.family, network.first),
        "last": address_text(network.family, network.last),
        "family": FAMILY[network.family],
        "mask": network.prefix,
        "gateway": network.gateway,
        "userspace": network.userspace,
        "vlan": network.vlan,
        "note": network.note,
        "size": str(network.last - network.first + 1),
        "using_ip": str(panel.addresses.using(network)),
        "total_ip": str(panel.addresses.total(network)),
        "need_reserve": network.need_reserve,
        "ippools": _pools_of(panel, network),
    },
)


# addresses


def _network_name(panel: Panel, address: Address) -> str:
    network = panel.addresses.network(address)
    return network.name if network else ""


def _ip(panel: Panel, address: Address) -> dict[str, Any]:
    return {
        "id": address.id,
        "name": address.name,
        "ip_addr": address.name,
        "domain": address.domain,
        "ipnet": address.network or 0,
        "ipnet_name": _network_name(panel, address),
        "ippool": address.pool or 0,
        "parent": 0,
        "size": address.size,
        "status": address.status.value,
        "note": address.note,
        "userspace": address.userspace,
        "locked": address.locked,
        "first": address_text(address.family, address.first),
        "server": address.server,
    }


IPS: Listing[Address] = Listing(
    {
        **attributes("int", "id", "server", "size", "userspace"),
        **attributes("text", "domain", "note", "status"),
        **attributes("bool", "locked"),
        **columns(
            "text",
            name=lambda panel, address: address.name,
            ip_addr=lambda panel, address: address.name,
            first=lambda panel, address: address_text(address.family, address.first),
            ipnet_name=_network_name,
        ),
        **columns(
            "int",
            ipnet=lambda panel, address: address.network or 0,
            ippool=lambda panel, address: address.pool or 0,
            parent=lambda panel, address: 0,
        ),
    },
    _ip,
)


# the rest

HISTORY: Listing[AddressEvent] = Listing(
    {
        **attributes("int", "id", "reference"),
        **columns(
            "text",
            name=lambda panel, event: event.address,
            date_time=lambda panel, event: moment(panel, event.time),
        ),
    },
    lambda panel, event: {
        "id": event.id,
        "name": event.address,
        "reference": event.reference,
        "date_time": moment(panel, event.time),
        "data": {"old": dict(event.old), "new": dict(event.new)},
    },
)

USERSPACES: Listing[Userspace] = Listing(
    {**attributes("int", "id"), **attributes("bool", "is_public"), **attributes("text", "note")},
    lambda panel, userspace: {"id": userspace.id, "is_public": userspace.is_public, "note": userspace.note},
)

DNSBLS: Listing[Dnsbl] = Listing(
    {**attributes("int", "id"), **attributes("text", "name")},
    lambda panel, dnsbl: {"id": dnsbl.id, "name": dnsbl.name},
)

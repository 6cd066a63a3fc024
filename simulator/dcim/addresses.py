"""Pools of addresses, and who has which. No address is ever given twice, and what is given back can be given again.

A network's first address, an IPv4 network's broadcast address and the gateway are never handed out.
"""

from __future__ import annotations

import bisect
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simulator.dcim.config import PoolSetup
from simulator.dcim.errors import Invalid, NoAddress, NotFound
from simulator.dcim.records import Register
from simulator.kernel import Clock, Journal

__all__ = ["Address", "AddressEvent", "Addresses", "Network", "Pool"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Network:
    id: int
    name: str
    """In CIDR form."""
    gateway: str


@dataclass(frozen=True, slots=True)
class Pool:
    id: int
    name: str
    range: str
    family: int
    """4 or 6."""
    first: int
    last: int
    network: int | None
    gateway: str
    deallocation: bool
    """Marked as a pool for the deallocation of servers: diagnostics take their address from it."""
    total: int
    """Addresses that can be handed out."""
    reserved: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """An address, or with IPv6 a subnet, that is in use."""

    id: int
    pool: int
    family: int
    first: int
    prefix: int
    server: int | None
    domain: str
    since: float

    @property
    def size(self) -> int:
        return 1 << ((32 if self.family == 4 else 128) - self.prefix)

    @property
    def name(self) -> str:
        """`192.0.2.10`, or `2001:db8:0:1::/64` for a subnet."""
        text = str(_address(self.family, self.first))
        return text if self.size == 1 else f"{text}/{self.prefix}"

    @property
    def host(self) -> str:
        """The address a machine would use: of a subnet, its second one."""
        return str(_address(self.family, self.first if self.size == 1 else self.first + 1))


@dataclass(frozen=True, slots=True)
class AddressEvent:
    id: int
    address: str
    what: str
    """`allocated` or `released`."""
    server: int | None
    time: float


class Addresses:
    """All pools of one panel. Pools may overlap: an address in use is in use in all of them."""

    def __init__(self, pools: Iterable[PoolSetup], clock: Clock, journal: Journal) -> None:
        """Raises Invalid for a range, network or gateway that cannot be."""
        self.pools: Register[Pool] = Register("IP pool")
        self.networks: Register[Network] = Register("network")
        self.used: Register[Address] = Register("IP address")
        self.history: Register[AddressEvent] = Register("history entry")
        self._clock = clock
        self._journal = journal
        self._taken = {4: _Blocks(), 6: _Blocks()}
        self._of_server: dict[int, list[int]] = {}
        self._hints: dict[tuple[int, int], int] = {}
        for setup in pools:
            self._add(setup)

    # look-ups

    def of_server(self, server: int) -> list[Address]:
        """In the order in which they were given."""
        return [self.used.get(number) for number in self._of_server.get(server, ())]

    def pool(self, key: int | str) -> Pool:
        """By id or by name; raises NotFound."""
        for pool in self.pools:
            if key in (pool.id, pool.name):
                return pool
        raise NotFound(self.pools.kind, key)

    def using(self, pool: Pool) -> int:
        """How many addresses of the pool are in use."""
        held = self._taken[pool.family].within(pool.first, pool.last)
        return sum(min(last, pool.last) - max(first, pool.first) + 1 for first, last in held) - _count(
            pool, held, pool.reserved
        )

    def deallocation_pool(self) -> Pool:
        """The first pool that is marked for deallocation; raises NoAddress without one."""
        for pool in self.pools:
            if pool.deallocation:
                return pool
        raise NoAddress("no pool is marked for the deallocation of servers")

    def usual_pool(self, family: int) -> Pool:
        """Where an address comes from when nobody names a pool: the first whose name contains `public`."""
        for pool in self.pools:
            if pool.family == family and "public" in pool.name.lower():
                return pool
        raise NoAddress(f"no pool is named, and no IPv{family} pool has `public` in its name")

    # giving and taking back

    def allocate(
        self,
        pool: Pool,
        server: int | None,
        *,
        count: int = 1,
        prefix: int | None = None,
        domain: str = "",
        subject: str = "",
    ) -> list[Address]:
        """Give the pool's lowest free addresses, or with `prefix` IPv6 subnets: all `count` of them, or none.

        Raises NoAddress when there are not so many left.
        """
        bits = 32 if pool.family == 4 else 128
        prefix = bits if prefix is None else prefix
        if not (prefix == bits or (pool.family == 6 and 64 <= prefix <= 128)):
            raise Invalid("ip_prefix", f"an IPv{pool.family} address cannot have the prefix /{prefix}")
        size = 1 << (bits - prefix)
        taken, found = self._taken[pool.family], list[int]()
        start = self._hints.get((pool.id, size), pool.first)
        for _ in range(count):
            free = taken.find(start, pool.last, size, pool.reserved)
            if free is None:
                raise NoAddress(f"pool {pool.name} has not {count} free {_things(count, size, prefix)}")
            found.append(free)
            start = free + size
        self._hints[pool.id, size] = start
        return [self._give(pool, first, prefix, server, domain, subject) for first in found]

    def take(self, name: str, server: int | None, *, pool: Pool | None = None, domain: str = "") -> Address:
        """Give this very address. Raises Invalid, NotFound when no pool has it, NoAddress when it is in use."""
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            raise Invalid("name", f"{name!r} is not an IP address") from None
        number = int(address)
        for candidate in self.pools if pool is None else (pool,):
            if candidate.family == address.version and candidate.first <= number <= candidate.last:
                if number in candidate.reserved:
                    raise NoAddress(f"{address} is its network's own address, broadcast address or gateway")
                if not self._taken[candidate.family].free(number, number):
                    raise NoAddress(f"{address} is in use")
                return self._give(candidate, number, address.max_prefixlen, server, domain, "")
        raise NotFound("pool with the address" if pool is None else f"address in pool {pool.name}:", address)

    def release(self, number: int, *, subject: str = "") -> Address:
        """Give an address back to its pool; raises NotFound."""
        address = self.used.remove(number)
        self._taken[address.family].remove(address.first)
        if address.server is not None:
            self._of_server[address.server].remove(number)
        for key, hint in self._hints.items():
            pool = self.pools.get(key[0])
            if pool.family == address.family and address.first < hint:
                self._hints[key] = max(pool.first, address.first - key[1] + 1)
        self._remember(address, "released", subject)
        return address

    def gateway(self, address: Address) -> str:
        return self.pools.get(address.pool).gateway

    def network(self, address: Address) -> Network | None:
        return self.networks.find(self.pools.get(address.pool).network)

    def _give(
        self,
        pool: Pool,
        first: int,
        prefix: int,
        server: int | None,
        domain: str,
        subject: str,
    ) -> Address:
        address = self.used.add(
            lambda number: Address(number, pool.id, pool.family, first, prefix, server, domain, self._clock.now())
        )
        self._taken[pool.family].add(first, first + address.size - 1)
        if server is not None:
            self._of_server.setdefault(server, []).append(address.id)
        self._remember(address, "allocated", subject)
        return address

    def _remember(self, address: Address, what: str, subject: str) -> None:
        self.history.add(lambda number: AddressEvent(number, address.name, what, address.server, self._clock.now()))
        self._journal.write(
            "panel",
            subject or address.name,
            f"address {what}",
            address=address.name,
            pool=self.pools.get(address.pool).name,
            server=address.server,
        )

    def _add(self, setup: PoolSetup) -> None:
        first, last = _range(setup)
        network = _network(setup)
        gateway = _parse("gateway", setup.gateway) if setup.gateway else None
        reserved: set[int] = set()
        for address in (gateway,):
            if address is not None and address.version != first.version:
                raise Invalid("gateway", f"pool {setup.name}: {address} is of another family than the range")
        if network is not None:
            if first not in network or last not in network:
                raise Invalid("range", f"pool {setup.name}: {setup.range} is not within the network {network}")
            if gateway is not None and gateway not in network:
                raise Invalid("gateway", f"pool {setup.name}: {gateway} is not within the network {network}")
            if network.prefixlen < network.max_prefixlen - 1:
                reserved.add(int(network.network_address))
                if network.version == 4:
                    reserved.add(int(network.broadcast_address))
        if gateway is not None:
            reserved.add(int(gateway))
        kept = tuple(sorted(number for number in reserved if int(first) <= number <= int(last)))
        self.pools.add(
            lambda number: Pool(
                id=number,
                name=setup.name,
                range=setup.range,
                family=first.version,
                first=int(first),
                last=int(last),
                network=None if network is None else self._network_id(str(network), setup.gateway),
                gateway=setup.gateway,
                deallocation=setup.deallocation,
                total=int(last) - int(first) + 1 - len(kept),
                reserved=kept,
            )
        )

    def _network_id(self, name: str, gateway: str) -> int:
        for network in self.networks:
            if (network.name, network.gateway) == (name, gateway):
                return network.id
        return self.networks.add(lambda number: Network(number, name, gateway)).id


class _Blocks:
    """Disjoint runs of numbers that are taken, in order."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, first: int, last: int) -> None:
        place = bisect.bisect_left(self._firsts, first)
        self._firsts.insert(place, first)
        self._lasts.insert(place, last)

    def remove(self, first: int) -> None:
        place = bisect.bisect_left(self._firsts, first)
        del self._firsts[place], self._lasts[place]

    def free(self, first: int, last: int) -> bool:
        place = bisect.bisect_left(self._lasts, first)
        return place == len(self._firsts) or self._firsts[place] > last

    def within(self, first: int, last: int) -> list[tuple[int, int]]:
        """The taken runs that touch this one."""
        return list(self._overlapping(first, last))

    def find(self, start: int, end: int, size: int, reserved: Sequence[int]) -> int | None:
        """The lowest free run of `size` numbers at a multiple of `size`, within start..end."""
        candidate = -(-start // size) * size
        place = bisect.bisect_left(self._lasts, candidate)
        while candidate + size - 1 <= end:
            last = candidate + size - 1
            in_the_way = next((number for number in reversed(reserved) if candidate <= number <= last), None)
            if place < len(self._firsts) and self._firsts[place] <= last:
                in_the_way = max(in_the_way or 0, self._lasts[place])
                place += 1
            if in_the_way is None:
                return candidate
            candidate = -(-(in_the_way + 1) // size) * size
            while place < len(self._lasts) and self._lasts[place] < candidate:
                place += 1
        return None

    def _overlapping(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        place = bisect.bisect_left(self._lasts, first)
        while place < len(self._firsts) and self._firsts[place] <= last:
            yield self._firsts[place], self._lasts[place]
            place += 1


def _address(family: int, number: int) -> IPAddress:
    return ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number)


def _parse(field: str, text: str) -> IPAddress:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        raise Invalid(field, f"{text!r} is not an IP address") from None


def _range(setup: PoolSetup) -> tuple[IPAddress, IPAddress]:
    text = setup.range.strip()
    if "/" in text:
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise Invalid("range", f"pool {setup.name}: {error}") from None
        return network[0], network[-1]
    low, _, high = text.partition("-")
    first = _parse("range", low)
    last = _parse("range", high) if high else first
    if first.version != last.version or int(first) > int(last):
        raise Invalid("range", f"pool {setup.name}: {text} does not run from a lower to a higher address")
    return first, last


def _network(setup: PoolSetup) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if not setup.network:
        return None
    try:
        return ipaddress.ip_network(setup.network)
    except ValueError as error:
        raise Invalid("network", f"pool {setup.name}: {error}") from None


def _count(pool: Pool, held: Iterable[tuple[int, int]], reserved: Sequence[int]) -> int:
    """Reserved numbers inside taken runs (another pool may see them as ordinary)."""
    return sum(1 for first, last in held for number in reserved if first <= number <= last)


def _things(count: int, size: int, prefix: int) -> str:
    word = "address" if size == 1 else f"/{prefix} subnet"
    return word if count == 1 else word + ("es" if size == 1 else "s")

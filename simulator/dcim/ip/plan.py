"""Userspaces, networks, pools and ranges: what there is to hand out, and what never is.

A network's first address, an IPv4 network's broadcast address and every gateway are reserved in the whole userspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from simulator.dcim.config import PoolSetup
from simulator.dcim.errors import AlreadyThere, InUse, Invalid, NotFound
from simulator.dcim.ip.records import (
    BITS,
    Address,
    IPNetwork,
    Network,
    Pool,
    Range,
    Userspace,
    address_text,
    parse_address,
    parse_network,
    parse_range,
)
from simulator.dcim.ip.space import Space
from simulator.dcim.records import Register

__all__ = ["PUBLIC", "IpPlan"]

PUBLIC = 1
"""The id of the public userspace."""


class IpPlan:
    """Every change is checked whole before anything moves. Raises Invalid, NotFound, AlreadyThere, InUse."""

    def __init__(self, setups: Iterable[PoolSetup]) -> None:
        self.userspaces: Register[Userspace] = Register("userspace")
        self.networks: Register[Network] = Register("network")
        self.pools: Register[Pool] = Register("IP pool")
        self.ranges: Register[Range] = Register("range")
        self.used: Register[Address] = Register("IP address")
        self.allow_foreign_gateway = False
        """Networks may have a gateway outside themselves (`settings/gateway`)."""
        self.version = 0
        """Counts the changes of what can be handed out."""
        self._spaces: dict[tuple[int, int], Space] = {}
        self.userspaces.add(lambda number: Userspace(number, is_public=True, note=""))
        for setup in setups:
            self._set_up(setup)

    # look-ups

    def space(self, userspace: int, family: int) -> Space:
        return self._spaces.setdefault((userspace, family), Space())

    def userspace(self, key: str) -> Userspace:
        """By id, or `public`."""
        if key == "public":
            return self.userspaces.get(PUBLIC)
        if key.isascii() and key.isdigit() and len(key) < 19:
            return self.userspaces.get(int(key))
        raise NotFound(self.userspaces.kind, key)

    def pool(self, key: int | str) -> Pool:
        """By id or by name."""
        for pool in self.pools:
            if key in (pool.id, pool.name):
                return pool
        raise NotFound(self.pools.kind, key)

    def ranges_of(self, pool: Pool, family: int | None = None) -> list[Range]:
        return [each for each in self.ranges if each.pool == pool.id and family in (None, each.family)]

    def families(self, pool: Pool) -> list[int]:
        """4, 6, both or none, by the pool's ranges."""
        return sorted({each.family for each in self.ranges_of(pool)})

    def networks_of(self, pool: Pool) -> list[Network]:
        """Those that its ranges lie in."""
        ranges = self.ranges_of(pool)
        return [
            network
            for network in self.networks
            if network.userspace == pool.userspace
            and any(
                each.family == network.family
                and (
                    each.network == network.id
                    or (each.network is None and each.first <= network.last and network.first <= each.last)
                )
                for each in ranges
            )
        ]

    def home(self, userspace: int, family: int, first: int, last: int, within: Range | None = None) -> Network | None:
        """The network that an address is of: its range's, else the smallest that holds it."""
        network = self.networks.find(within.network) if within else None
        if network is not None and network.first <= first and last <= network.last:
            return network
        holding = [
            each
            for each in self.networks
            if (each.userspace, each.family) == (userspace, family) and each.first <= first and last <= each.last
        ]
        return max(holding, key=lambda each: each.prefix, default=None)

    def addresses_of(self, pool: Pool) -> Iterator[Address]:
        return (address for address in self.used if address.pool == pool.id)

    # userspaces

    def add_userspace(self, note: str) -> Userspace:
        return self.userspaces.add(lambda number: Userspace(number, is_public=False, note=note))

    def remove_userspace(self, userspace: Userspace) -> None:
        number = userspace.id
        if userspace.is_public:
            raise InUse("the public userspace stays")
        for things in (self.pools, self.networks, self.used):
            if any(each.userspace == number for each in things):
                raise InUse(f"userspace {number} still has things of the kind {things.kind}")
        self.userspaces.remove(number)

    # networks

    def add_network(
        self,
        userspace: int,
        name: str,
        gateway: str | None,
        *,
        vlan: str = "",
        note: str = "",
        need_reserve: bool = True,
    ) -> Network:
        parsed = parse_network("name", name)
        self._check_overlap(userspace, parsed, None)
        network = self._network(0, userspace, parsed, gateway or "")
        network = replace(network, vlan=vlan, note=note, need_reserve=need_reserve)
        self._check_reservable(network)
        added = self.networks.add(lambda number: replace(network, id=number))
        self._changed(userspace, added.family)
        return added

    def edit_network(
        self,
        number: int,
        *,
        name: str | None = None,
        gateway: str | None = None,
        vlan: str | None = None,
        note: str | None = None,
        need_reserve: bool | None = None,
    ) -> Network:
        """None leaves as it is; a gateway of "" takes it away."""
        old = self.networks.get(number)
        parsed = parse_network("name", old.name if name is None else name)
        if parsed.version != old.family:
            raise Invalid("name", f"{parsed} is of another family than {old.name}")
        if name is not None and str(parsed) != old.name:
            self._check_overlap(old.userspace, parsed, number)
            for address in self.used:
                inside = int(parsed[0]) <= address.first and address.last <= int(parsed[-1])
                if address.network == number and not inside:
                    raise InUse(f"{address.name} is in use, and would not be in the network any more")
        new = self._network(number, old.userspace, parsed, old.gateway if gateway is None else gateway)
        new = replace(
            new,
            vlan=old.vlan if vlan is None else vlan,
            note=old.note if note is None else note,
            need_reserve=old.need_reserve if need_reserve is None else need_reserve,
        )
        self._check_reservable(new)
        self.networks.put(new)
        self._changed(old.userspace, old.family)
        return new

    def remove_network(self, number: int) -> None:
        network = self.networks.get(number)
        inside = next((address for address in self.used if address.network == number), None)
        if inside is not None:
            raise InUse(f"{inside.name} of the network {network.name} is in use")
        self.networks.remove(number)
        for each in list(self.ranges):
            if each.network == number:
                self.ranges.change(each.id, network=None)
        self._changed(network.userspace, network.family)

    # pools and ranges

    def add_pool(self, userspace: int, name: str, note: str = "", *, deallocation: bool = False) -> Pool:
        name = self._pool_name(userspace, name, None)
        return self.pools.add(lambda number: Pool(number, userspace, name, note, deallocation))

    def edit_pool(
        self, number: int, *, name: str | None = None, note: str | None = None, deallocation: bool | None = None
    ) -> Pool:
        """What is None stays. `deallocation`: whether diagnostics take addresses from it."""
        pool = self.pools.get(number)
        name = pool.name if name is None else self._pool_name(pool.userspace, name, number)
        return self.pools.change(
            number,
            name=name,
            note=pool.note if note is None else note,
            deallocation=pool.deallocation if deallocation is None else deallocation,
        )

    def remove_pool(self, number: int) -> None:
        """Its ranges go with it."""
        pool = self.pools.get(number)
        busy = next(self.addresses_of(pool), None)
        if busy is not None:
            raise InUse(f"{busy.name} of pool {pool.name} is in use")
        for each in self.ranges_of(pool):
            self.ranges.remove(each.id)
        self.pools.remove(number)
        self.version += 1

    def add_range(self, pool: Pool, name: str) -> Range:
        family, first, last = parse_range("name", name)
        self._check_range(pool, family, first, last, None)
        added = self.ranges.add(lambda number: Range(number, pool.id, name.strip(), family, first, last))
        self.version += 1
        return added

    def edit_range(self, number: int, name: str) -> Range:
        """Addresses that are in use stay in it."""
        old = self.ranges.get(number)
        family, first, last = parse_range("name", name)
        self._check_range(self.pools.get(old.pool), family, first, last, number)
        for address in self.held(old):
            if family != address.family or not (first <= address.first and address.last <= last):
                raise InUse(f"{address.name} is in use, and would not be in the range any more")
        home = self.networks.find(old.network)
        keeps = home is not None and home.family == family and home.first <= first and last <= home.last
        self.version += 1
        return self.ranges.change(
            number,
            name=name.strip(),
            family=family,
            first=first,
            last=last,
            network=old.network if keeps else None,
        )

    def remove_range(self, number: int) -> None:
        each = self.ranges.get(number)
        busy = next(self.held(each), None)
        if busy is not None:
            raise InUse(f"{busy.name} of the range {each.name} is in use")
        self.ranges.remove(number)
        self.version += 1

    def held(self, within: Range) -> Iterator[Address]:
        """The addresses in use that came out of this range."""
        return (
            address
            for address in self.used
            if address.pool == within.pool
            and address.family == within.family
            and within.first <= address.first
            and address.last <= within.last
        )

    # checks

    def _pool_name(self, userspace: int, name: str, number: int | None) -> str:
        if not name.strip():
            raise Invalid("name", "a pool has a name")
        if any((pool.userspace, pool.name) == (userspace, name) and pool.id != number for pool in self.pools):
            raise AlreadyThere(f"there is a pool {name} already", name)
        return name

    def _check_range(self, pool: Pool, family: int, first: int, last: int, number: int | None) -> None:
        for each in self.ranges_of(pool, family):
            if each.id != number and each.first <= last and first <= each.last:
                raise AlreadyThere(f"it overlaps the range {each.name} of the same pool", each.name)

    def _check_overlap(self, userspace: int, parsed: IPNetwork, number: int | None) -> None:
        first, last = int(parsed[0]), int(parsed[-1])
        for each in self.networks:
            here = (each.userspace, each.family) == (userspace, parsed.version) and each.id != number
            if here and each.first <= last and first <= each.last:
                raise AlreadyThere(f"{parsed} overlaps the network {each.name}", each.name)

    def _network(self, number: int, userspace: int, parsed: IPNetwork, gateway: str) -> Network:
        if gateway:
            router = parse_address("gateway", gateway)
            if router.version != parsed.version:
                raise Invalid("gateway", f"{router} is of another family than {parsed}")
            if router not in parsed and not self.allow_foreign_gateway:
                raise Invalid("gateway", f"{router} is not within the network {parsed}")
            gateway = str(router)
        return Network(
            id=number,
            userspace=userspace,
            name=str(parsed),
            family=parsed.version,
            first=int(parsed[0]),
            last=int(parsed[-1]),
            prefix=parsed.prefixlen,
            gateway=gateway,
        )

    def _check_reservable(self, network: Network) -> None:
        """Nothing that is in use may become a network's own, a gateway or the like."""
        trial = Space()
        trial.reserve(_special(network), _odd(network))
        for address in self.used:
            here = (address.userspace, address.family) == (network.userspace, network.family)
            if here and trial.reserved(address.first, address.last) is not None:
                raise InUse(f"{address.name} is in use, and would be reserved for the network {network.name}")

    def _changed(self, userspace: int, family: int) -> None:
        networks = [each for each in self.networks if (each.userspace, each.family) == (userspace, family)]
        self.space(userspace, family).reserve(
            (number for each in networks for number in _special(each)), (run for each in networks for run in _odd(each))
        )
        for address in list(self.used):
            if (address.userspace, address.family) == (userspace, family):
                home = self.home(userspace, family, address.first, address.last, self.range_of(address))
                if address.network != (home.id if home else None):
                    self.used.change(address.id, network=home.id if home else None)
        self.version += 1

    def range_of(self, address: Address) -> Range | None:
        for each in self.ranges:
            here = (each.pool, each.family) == (address.pool, address.family)
            if here and each.first <= address.first and address.last <= each.last:
                return each
        return None

    # set-up

    def _set_up(self, setup: PoolSetup) -> None:
        """A pool of a lab: networks of a lab may overlap each other."""
        try:
            family, first, last = parse_range("range", setup.range)
            parsed = _around(setup, family)
            network = None if parsed is None else self._same(self._network(0, PUBLIC, parsed, setup.gateway))
        except Invalid as error:
            raise Invalid("pools", f"{setup.name}: {error}") from None
        if network is not None:
            if network.family != family or not (network.first <= first and last <= network.last):
                raise Invalid("pools", f"{setup.name}: {setup.range} is not within the network {network.name}")
            if network.id == 0:
                found = network
                network = self.networks.add(lambda number: replace(found, id=number))
                self._changed(PUBLIC, family)
        pool = self.pools.add(lambda number: Pool(number, PUBLIC, setup.name, "", setup.deallocation))
        home = network.id if network else None
        self.ranges.add(lambda number: Range(number, pool.id, setup.range.strip(), family, first, last, home))

    def _same(self, network: Network) -> Network:
        """The network that is there already, of the same addresses and the same gateway."""
        return next(
            (
                each
                for each in self.networks
                if (each.userspace, each.name, each.gateway) == (network.userspace, network.name, network.gateway)
            ),
            network,
        )


def _around(setup: PoolSetup, family: int) -> IPNetwork | None:
    """The network of a pool of a lab: by default the /24 or /64 around its gateway."""
    if setup.network:
        return parse_network("network", setup.network)
    if not setup.gateway:
        return None
    gateway = parse_address("gateway", setup.gateway)
    if gateway.version != family:
        raise Invalid("gateway", f"{gateway} is of another family than {setup.range}")
    prefix = 24 if family == 4 else 64
    low = BITS[family] - prefix
    return parse_network("network", f"{address_text(family, int(gateway) >> low << low)}/{prefix}")


def _special(network: Network) -> list[int]:
    """Its own address, its broadcast address and its gateway, as far as it has them."""
    numbers = []
    if network.prefix < BITS[network.family] - 1:
        numbers.append(network.first)
        if network.family == 4:
            numbers.append(network.last)
    if network.gateway:
        numbers.append(int(parse_address("gateway", network.gateway)))
    return numbers


def _odd(network: Network) -> list[tuple[int, int]]:
    return [(network.first, network.last)] if network.need_reserve and network.family == 4 else []

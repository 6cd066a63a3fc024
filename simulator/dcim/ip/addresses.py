"""Who has which address. No address is ever given twice, and what is given back can be given again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from simulator.dcim.config import FREE_DOMAIN, PoolSetup
from simulator.dcim.errors import InUse, Invalid, NoAddress, NotFound
from simulator.dcim.hostnames import host_name
from simulator.dcim.ip.plan import PUBLIC, IpPlan
from simulator.dcim.ip.records import (
    BITS,
    Address,
    AddressEvent,
    AddressStatus,
    Network,
    Pool,
    Range,
    address_text,
    parse_address,
)
from simulator.dcim.records import Register
from simulator.kernel import Clock, Journal

__all__ = ["Address", "AddressEvent", "AddressStatus", "Addresses", "Network", "Pool", "Range"]

KEPT = 2000
"""Entries of the history of one address; the oldest go first."""

SMALLEST_PREFIX = {4: 8, 6: 64}
MOST = 1024
"""Addresses in one call."""


class Addresses:
    """All addresses of one panel. Pools may overlap: an address in use is in use in all of them."""

    def __init__(self, pools: Iterable[PoolSetup], clock: Clock, journal: Journal) -> None:
        """Raises Invalid for a range, network or gateway that cannot be."""
        self.plan = IpPlan(pools)
        self.pools = self.plan.pools
        self.networks = self.plan.networks
        self.used = self.plan.used
        self.history: Register[AddressEvent] = Register("history entry")
        self.ipv6_prefix = 128
        """Of IPv6 addresses that are asked for without a prefix (`settings/ipv6_prefix`)."""
        self._clock = clock
        self._journal = journal
        self._of_server: dict[int, list[int]] = {}
        self._of_name: dict[tuple[int, str], list[int]] = {}
        self._hints: dict[tuple[int, int], int] = {}
        self._version = self.plan.version

    # look-ups

    def of_server(self, server: int) -> list[Address]:
        """In the order in which they were given."""
        return [self.used.get(number) for number in self._of_server.get(server, ())]

    def in_stock(self, server: int) -> Address | None:
        """The main address that the server has as a free one, if it has one."""
        return next((each for each in self.of_server(server) if each.domain == FREE_DOMAIN), None)

    def pool(self, key: int | str) -> Pool:
        """By id or by name; raises NotFound."""
        return self.plan.pool(key)

    def using(self, thing: Pool | Range | Network, family: int | None = None) -> int:
        """How many of its addresses are in use, of one family or of both."""
        return sum(space.count_taken(first, last) for space, first, last in self._runs(thing, family))

    def total(self, thing: Pool | Range | Network, family: int | None = None) -> int:
        """How many addresses it can hand out, those in use included."""
        return sum(
            last - first + 1 - space.count_reserved(first, last) for space, first, last in self._runs(thing, family)
        )

    def _runs(self, thing: Pool | Range | Network, family: int | None) -> Iterator[tuple[Any, int, int]]:
        plan = self.plan
        parts: Iterable[Range | Network] = plan.ranges_of(thing) if isinstance(thing, Pool) else (thing,)
        for part in parts:
            if family in (None, part.family):
                userspace = plan.pools.get(part.pool).userspace if isinstance(part, Range) else part.userspace
                yield plan.space(userspace, part.family), part.first, part.last

    def has_gateway(self, pool: Pool, family: int) -> bool:
        """Whether a network with a gateway is behind the pool."""
        return any(network.family == family and network.gateway for network in self.plan.networks_of(pool))

    def deallocation_pool(self) -> Pool:
        """The first pool that is marked for deallocation; raises NoAddress without one."""
        for pool in self.pools:
            if pool.deallocation:
                return pool
        raise NoAddress("no pool is marked for the deallocation of servers")

    def usual_pool(self, family: int) -> Pool:
        """Where an address comes from when nobody names a pool: the first whose name contains `public`."""
        for pool in self.pools:
            if "public" in pool.name.lower() and family in self.plan.families(pool):
                return pool
        raise NoAddress(f"no pool is named, and no IPv{family} pool has `public` in its name")

    def gateway(self, address: Address) -> str:
        network = self.network(address)
        return network.gateway if network else ""

    def network(self, address: Address) -> Network | None:
        return self.networks.find(address.network)

    def events_of(self, userspace: int, name: str) -> list[AddressEvent]:
        """What has happened to an address or subnet, oldest first."""
        return [self.history.get(number) for number in self._of_name.get((userspace, name), ())]

    # giving and taking back

    def allocate(
        self,
        pool: Pool,
        server: int | None,
        *,
        family: int | None = None,
        count: int = 1,
        prefix: int | None = None,
        singly: bool = False,
        preferred: Network | None = None,
        gateway_needed: bool = False,
        domain: str = "",
        note: str = "",
        subject: str = "",
    ) -> list[Address]:
        """Give the pool's lowest free addresses, or with `prefix` subnets: all `count` of them, or none.

        `family`: by default the pool's, IPv4 where it has both. `singly`: a subnet's addresses one by one.
        `preferred`: a network to look in first. `gateway_needed`: pass over networks that have no gateway.
        Raises NoAddress when there are not so many left, Invalid for a prefix that cannot be.
        """
        family = self._family(pool) if family is None else family
        bits = BITS[family]
        prefix = (bits if family == 4 else self.ipv6_prefix) if prefix is None else prefix
        domain = host_name(domain)
        if not (prefix == bits or SMALLEST_PREFIX[family] <= prefix <= bits):
            raise Invalid("ip_prefix", f"an IPv{family} address cannot have the prefix /{prefix}")
        size = 1 << (bits - prefix)
        if singly and size * count > MOST:
            raise Invalid("ip_prefix", f"/{prefix} has more than {MOST} addresses: too many to give one by one")
        found, hints = self._find(pool, family, size, count, preferred, gateway_needed=gateway_needed)
        if len(found) < count:
            raise NoAddress(f"pool {pool.name} has not {count} free {_things(count, size, prefix)}")
        self._hints.update(hints)
        if singly:
            found = [(first + step, within) for first, within in found for step in range(size)]
            prefix = bits
        return [
            self._give(pool.userspace, pool, within, family, first, prefix, server, domain, note, subject)
            for first, within in found
        ]

    def take(
        self,
        name: str,
        server: int | None,
        *,
        pool: Pool | None = None,
        userspace: int = PUBLIC,
        status: AddressStatus = AddressStatus.BUSY,
        domain: str = "",
        note: str = "",
        subject: str = "",
        main: bool = False,
    ) -> Address:
        """Give this very address; `main`: of a server that is in stock. Raises Invalid, NotFound when no pool has it, NoAddress
        when it is in use.
        """
        address = parse_address("name", name)
        number, family = int(address), address.version
        pools = [each for each in self.pools if each.userspace == userspace] if pool is None else [pool]
        place = self._place(pools, family, number)
        if place is None:
            raise NotFound("pool with the address" if pool is None else f"address in pool {pool.name}:", address)
        self._check_free(place[0].userspace, family, number)
        bits = BITS[family]
        return self._give(
            place[0].userspace, *place, family, number, bits, server, domain, note, subject, status, main=main
        )

    def stock(self, name: str, server: int, subject: str) -> Address:
        """The main address that a free server has from the start. Raises as `take` does."""
        return self.take(name, server, domain=FREE_DOMAIN, subject=subject, main=True)

    def take_from_network(
        self,
        network: Network,
        name: str,
        *,
        pool: Pool | None = None,
        status: AddressStatus = AddressStatus.BUSY,
        domain: str = "",
        note: str = "",
    ) -> Address:
        """Give this address of a network: out of `pool`, or else out of the first pool that has it, or of none."""
        address = parse_address("name", name)
        number, family = int(address), address.version
        if family != network.family or not network.first <= number <= network.last:
            raise Invalid("name", f"{address} is not within the network {network.name}")
        if pool is not None and pool.userspace != network.userspace:
            raise NotFound("pool of the network's userspace with the id", pool.id)
        pools = [each for each in self.pools if each.userspace == network.userspace] if pool is None else [pool]
        place = self._place(pools, family, number)
        if place is None and pool is not None:
            raise NotFound(f"address in pool {pool.name}:", address)
        self._check_free(network.userspace, family, number)
        found, within = place or (None, None)
        bits = BITS[family]
        return self._give(network.userspace, found, within, family, number, bits, None, domain, note, "", status)

    def edit(self, number: int, *, subject: str = "", **fields: Any) -> Address:
        """Change `domain`, `note`, `status` or `locked`. Raises Invalid for the status `check`, which is IPmanager's."""
        old = self.used.get(number)
        if "domain" in fields:
            fields["domain"] = host_name(fields["domain"])
        if fields.get("status") is AddressStatus.CHECK:
            raise Invalid("status", "`check` can be read only")
        changes = {name: value for name, value in fields.items() if getattr(old, name) != value}
        if not changes:
            return old
        new = self.used.change(number, **changes)
        self._remember(new, "edited", subject, {name: getattr(old, name) for name in changes}, changes)
        return new

    def move(self, number: int, server: int, *, subject: str = "") -> Address:
        """To another server, as its last. Raises NotFound, InUse for a locked one."""
        old = self.used.get(number)
        if old.locked:
            raise InUse(f"{old.name} is locked")
        if old.server is not None:
            self._of_server[old.server].remove(number)
        new = self.used.change(number, server=server)
        self._of_server.setdefault(server, []).append(number)
        self._remember(new, "edited", subject, {"server": old.server}, {"server": server})
        return new

    def release(self, number: int, *, subject: str = "", even_locked: bool = False) -> Address:
        """Give an address back to its pool. Raises NotFound, InUse for a locked one."""
        address = self.used.get(number)
        if address.locked and not even_locked:
            raise InUse(f"{address.name} is locked")
        self.used.remove(number)
        self.plan.space(address.userspace, address.family).remove(address.first)
        if address.server is not None:
            self._of_server[address.server].remove(number)
        for (ranged, size), hint in self._hints.items():
            within = self.plan.ranges.find(ranged)
            if within is not None and within.family == address.family and address.first < hint:
                self._hints[ranged, size] = max(within.first, address.first - size + 1)
        self._remember(address, "released", subject, _shown(address), {})
        return address

    def _family(self, pool: Pool) -> int:
        families = self.plan.families(pool)
        if not families:
            raise NoAddress(f"pool {pool.name} has no range")
        return families[0]

    def _place(self, pools: Iterable[Pool], family: int, number: int) -> tuple[Pool, Range] | None:
        """The first of these pools that has the number, and the range."""
        for pool in pools:
            for within in self.plan.ranges_of(pool, family):
                if within.first <= number <= within.last:
                    return pool, within
        return None

    def _check_free(self, userspace: int, family: int, number: int) -> None:
        space = self.plan.space(userspace, family)
        if space.reserved(number, number) is not None:
            text = address_text(family, number)
            raise NoAddress(f"{text} is reserved: its network's own address, broadcast address or gateway")
        if space.taken(number, number):
            raise NoAddress(f"{address_text(family, number)} is in use")

    def _find(
        self, pool: Pool, family: int, size: int, count: int, preferred: Network | None, *, gateway_needed: bool
    ) -> tuple[list[tuple[int, Range]], dict[tuple[int, int], int]]:
        """The lowest free runs, with the ranges that they are in: as many as there are, up to `count`. And from where
        to look next time, by range and size, when all of them are given.
        """
        if self._version != self.plan.version:
            self._version = self.plan.version
            self._hints.clear()
        space = self.plan.space(pool.userspace, family)
        found: list[tuple[int, Range]] = []
        hints: dict[tuple[int, int], int] = {}
        mine: list[tuple[int, int]] = []
        for within, first, last, whole in self._windows(pool, family, preferred, gateway_needed=gateway_needed):
            start = self._hints.get((within.id, size), first) if whole else first
            while len(found) < count:
                free = space.find(start, last, size)
                if free is None:
                    break
                clash = next((run for run in mine if run[0] <= free + size - 1 and free <= run[1]), None)
                if clash is not None:  # given a moment ago, out of a window before this one
                    start = clash[1] + 1
                    continue
                found.append((free, within))
                start = free + size
                if whole:
                    hints[within.id, size] = start
            if preferred is not None:
                mine.extend((free, free + size - 1) for free, each in found[len(mine) :])
            if len(found) == count:
                break
        return found, hints

    def _windows(
        self, pool: Pool, family: int, preferred: Network | None, *, gateway_needed: bool
    ) -> Iterator[tuple[Range, int, int, bool]]:
        """Where to look, in order: a range, from, to, and whether that is all of the range."""
        ranges = self.plan.ranges_of(pool, family)
        if preferred is not None:
            for each in ranges:
                first, last = max(each.first, preferred.first), min(each.last, preferred.last)
                if preferred.family == family and first <= last and (preferred.gateway or not gateway_needed):
                    yield each, first, last, False
        bare = [
            network
            for network in self.networks
            if gateway_needed
            and not network.gateway
            and (network.userspace, network.family) == (pool.userspace, family)
        ]
        for each in ranges:
            start = each.first
            whole = True
            for network in sorted(bare, key=lambda network: network.first):
                if network.last < start or each.last < network.first:
                    continue
                whole = False
                if start < network.first:
                    yield each, start, network.first - 1, False
                start = network.last + 1
            if start <= each.last:
                yield each, start, each.last, whole

    def _give(
        self,
        userspace: int,
        pool: Pool | None,
        within: Range | None,
        family: int,
        first: int,
        prefix: int,
        server: int | None,
        domain: str,
        note: str,
        subject: str,
        status: AddressStatus = AddressStatus.BUSY,
        *,
        main: bool = False,
    ) -> Address:
        """The one place where an address comes to be: its record, the numbers that it takes of its space, whose it is, and its history.

        `first` and `prefix` say which numbers (a whole block of IPv6, too). What may be refused is refused before anything has
        changed; the network that it belongs to follows from its numbers, and `within`, when the caller has chosen a range.
        """
        if status is AddressStatus.CHECK:
            raise Invalid("status", "`check` can be read only")
        domain = host_name(domain)
        size = 1 << (BITS[family] - prefix)
        home = self.plan.home(userspace, family, first, first + size - 1, within)
        address = self.used.add(
            lambda number: Address(
                id=number,
                userspace=userspace,
                pool=pool.id if pool else None,
                network=home.id if home else None,
                family=family,
                first=first,
                prefix=prefix,
                server=server,
                domain=domain,
                since=self._clock.now(),
                status=status,
                note=note,
            )
        )
        self.plan.space(userspace, family).add(first, first + size - 1)
        if server is not None:
            self._of_server.setdefault(server, []).append(address.id)
        self._remember(address, "allocated", subject, {}, _shown(address), **({"main": True} if main else {}))
        return address

    def _remember(
        self, address: Address, what: str, subject: str, old: dict[str, Any], new: dict[str, Any], **more: Any
    ) -> None:
        """An event of the address's life: in its history, which outlives it, under its name too, and in the journal."""
        event = self.history.add(
            lambda number: AddressEvent(
                id=number,
                userspace=address.userspace,
                address=address.name,
                reference=address.id,
                what=what,
                server=address.server,
                time=self._clock.now(),
                old=old,
                new=new,
            )
        )
        events = self._of_name.setdefault((address.userspace, address.name), [])
        events.append(event.id)
        if len(events) > KEPT + KEPT // 10:
            gone = self.history.forget(events, KEPT)
            self._journal.write("panel", address.name, "history forgotten", oldest=len(gone), kept=KEPT)
        pool = self.pools.find(address.pool)
        self._journal.write(
            "panel",
            subject or address.name,
            f"address {what}",
            address=address.name,
            pool=pool.name if pool else None,
            server=address.server,
            **more,
        )


def _shown(address: Address) -> dict[str, Any]:
    """What of an address its history tells."""
    return {
        "domain": address.domain,
        "status": address.status,
        "note": address.note,
        "locked": address.locked,
        "ippool": address.pool,
        "ipnet": address.network,
    }


def _things(count: int, size: int, prefix: int) -> str:
    word = "address" if size == 1 else f"/{prefix} subnet"
    return word if count == 1 else word + ("es" if size == 1 else "s")

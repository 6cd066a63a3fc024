"""Main addresses that free servers have in the panel: each server's `address:`, written out or the next of a pool."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from simulator.files.plan import PoolPlan
from simulator.files.problems import did_you_mean

__all__ = ["Wanted", "main_addresses"]

Way = tuple[str | int, ...]
Say = Callable[[Way, str, str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the file says of one server: an address, or a pool's name."""

    server: str
    text: str
    way: Way


def main_addresses(wanted: list[Wanted], pools: Mapping[str, PoolPlan], say: Say) -> dict[str, str]:
    """The address of each server by name. Those that are written out come first: no pool gives them to another."""
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    from_pools = []
    for each in wanted:
        try:
            address = str(ipaddress.ip_address(each.text))
        except ValueError:
            from_pools.append(each)
            continue
        if not any(_holds(pool, address) for pool in pools.values()):
            say(each.way, f"{address} is in no pool that servers are sold with", "")
        elif address in taken:
            say(each.way, f"{address} is the main address of {taken[address]} already", "")
        else:
            found[each.server] = address
            taken[address] = each.server
    free: dict[str, Iterator[str]] = {}
    for each in from_pools:
        pool = pools.get(each.text)
        if pool is None:
            say(each.way, f"{each.text!r} is neither an address nor a pool", did_you_mean(each.text, pools, "pools"))
            continue
        if pool.deallocation:
            say(each.way, f"the pool {pool.name} is for deallocation: no server is sold with its addresses", "")
            continue
        address = next((one for one in free.setdefault(pool.name, _numbers(pool)) if one not in taken), "")
        if not address:
            say(each.way, f"the pool {pool.name} has no address left for {each.server}", "")
            continue
        found[each.server] = address
        taken[address] = each.server
    return found


def _holds(pool: PoolPlan, text: str) -> bool:
    address = ipaddress.ip_address(text)
    first, last = ipaddress.ip_address(pool.first), ipaddress.ip_address(pool.last)
    within = address.version == first.version and int(first) <= int(address) <= int(last)
    return within and not pool.deallocation and not _reserved(pool, text)


def _numbers(pool: PoolPlan) -> Iterator[str]:
    first, last = ipaddress.ip_address(pool.first), ipaddress.ip_address(pool.last)
    kind = type(first)
    return (text for number in range(int(first), int(last) + 1) if not _reserved(pool, text := str(kind(number))))


def _reserved(pool: PoolPlan, text: str) -> bool:
    """The gateway's, and the ends of a network of version 4."""
    network = ipaddress.ip_network(pool.network)
    ends = {str(network.network_address), str(network.broadcast_address)} if network.version == 4 else set()
    return text in {pool.gateway, *ends}

"""Access control lists: from which addresses a user may call (auth v4, `acl`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from simulator.dcim.errors import AddressRefused, AlreadyThere, Invalid, NotFound
from simulator.dcim.records import Register

__all__ = ["AccessList", "AccessLists"]

Span = tuple[int, int, int]
"""IP version, first and last address as numbers."""


@dataclass(frozen=True, slots=True)
class AccessList:
    id: int
    name: str
    ranges: tuple[str, ...]
    members: tuple[int, ...]
    """Ids of users."""


class AccessLists:
    """Each user's own ranges, and named lists with members. Who is in none of them may call from everywhere; else the
    address must be in one of the ranges that concern him.
    """

    def __init__(self) -> None:
        self.named: Register[AccessList] = Register("access list")
        self._own: dict[int, tuple[str, ...]] = {}

    def check(self, user: int, address: str) -> None:
        """Raises AddressRefused."""
        if not self.allows(user, address):
            raise AddressRefused(f"you may not call from {address or 'there'}")

    def allows(self, user: int, address: str) -> bool:
        if not self._own and not len(self.named):
            return True
        ranges = [*self._own.get(user, ())]
        for each in self.named:
            if user in each.members:
                ranges += each.ranges
        return not ranges or any(_within(address, each) for each in ranges)

    def own(self, user: int) -> tuple[str, ...]:
        return self._own.get(user, ())

    def set_own(self, user: int, ranges: Sequence[str]) -> None:
        """An empty list lifts the limit. Raises Invalid."""
        checked = _checked(ranges)
        if checked:
            self._own[user] = checked
        else:
            self._own.pop(user, None)

    def by_key(self, key: str) -> AccessList:
        """By id or name; raises NotFound."""
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else None
        found = self.named.find(number) or next((each for each in self.named if each.name == key), None)
        if found is None:
            raise NotFound("access list", key)
        return found

    def create(self, name: str, ranges: Sequence[str], members: Iterable[int]) -> AccessList:
        """Raises Invalid, and AlreadyThere for a name in use."""
        self._check_name(name, None)
        checked, people = _checked(ranges), tuple(dict.fromkeys(members))
        return self.named.add(lambda number: AccessList(number, name, checked, people))

    def edit(
        self,
        this: AccessList,
        name: str | None = None,
        ranges: Sequence[str] | None = None,
        members: Iterable[int] | None = None,
    ) -> AccessList:
        """What is None stays. Raises Invalid and AlreadyThere."""
        if name is not None:
            self._check_name(name, this)
        return self.named.change(
            this.id,
            name=this.name if name is None else name,
            ranges=this.ranges if ranges is None else _checked(ranges),
            members=this.members if members is None else tuple(dict.fromkeys(members)),
        )

    def forget(self, user: int) -> None:
        """The user is gone."""
        self._own.pop(user, None)
        for each in list(self._with(user)):
            self.named.change(each.id, members=tuple(member for member in each.members if member != user))

    def _with(self, user: int) -> Iterator[AccessList]:
        return (each for each in self.named if user in each.members)

    def _check_name(self, name: str, this: AccessList | None) -> None:
        if not name.strip():
            raise Invalid("name", "an access list has a name")
        if any(each.name == name for each in self.named if this is None or each.id != this.id):
            raise AlreadyThere(f"there is an access list {name} already", name)


def _checked(ranges: Sequence[str]) -> tuple[str, ...]:
    for each in ranges:
        _span(each)
    return tuple(ranges)


def _within(address: str, text: str) -> bool:
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    version, first, last = _span(text)
    return caller.version == version and first <= int(caller) <= last


@lru_cache(maxsize=1024)
def _span(text: str) -> Span:
    """Of one address, a network, or `first-last`. Raises Invalid."""
    try:
        if "/" in text:
            network = ip_network(text, strict=False)
            return network.version, int(network.network_address), int(network.broadcast_address)
        low, dash, high = text.partition("-")
        first: IPv4Address | IPv6Address = ip_address(low.strip())
        last = ip_address(high.strip()) if dash else first
    except ValueError:
        raise Invalid("ip_list", f"{text!r} is no address, network or range of addresses") from None
    if first.version != last.version or int(first) > int(last):
        raise Invalid("ip_list", f"{text!r} ends before it begins")
    return first.version, int(first), int(last)

"""The numbers of one family in one userspace: which are in use, and which are never handed out."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["Space"]


@dataclass(slots=True)
class Space:
    """Disjoint runs of numbers that are taken, in order; and numbers that are reserved. No number is both."""

    _firsts: list[int] = field(default_factory=list)
    _lasts: list[int] = field(default_factory=list)
    _special: list[int] = field(default_factory=list)
    _odd: list[tuple[int, int]] = field(default_factory=list)

    # what is taken

    def add(self, first: int, last: int) -> None:
        place = bisect.bisect_left(self._firsts, first)
        self._firsts.insert(place, first)
        self._lasts.insert(place, last)

    def remove(self, first: int) -> None:
        place = bisect.bisect_left(self._firsts, first)
        del self._firsts[place], self._lasts[place]

    def taken(self, first: int, last: int) -> bool:
        """Whether any number of the run is."""
        place = bisect.bisect_left(self._lasts, first)
        return place < len(self._firsts) and self._firsts[place] <= last

    def count_taken(self, first: int, last: int) -> int:
        return sum(min(high, last) - max(low, first) + 1 for low, high in self._within(first, last))

    def _within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        place = bisect.bisect_left(self._lasts, first)
        while place < len(self._firsts) and self._firsts[place] <= last:
            yield self._firsts[place], self._lasts[place]
            place += 1

    # what is reserved

    def reserve(self, special: Iterable[int], odd: Iterable[tuple[int, int]]) -> None:
        """Set anew what is reserved: `special` numbers, and in the runs `odd` all that end in .0 or .255."""
        self._special = sorted(set(special))
        self._odd = []
        for first, last in sorted(odd):
            if self._odd and first <= self._odd[-1][1]:
                self._odd[-1] = self._odd[-1][0], max(last, self._odd[-1][1])
            else:
                self._odd.append((first, last))

    def reserved(self, first: int, last: int) -> int | None:
        """The highest reserved number of the run, None when it has none."""
        place = bisect.bisect_right(self._special, last) - 1
        highest = self._special[place] if place >= 0 and self._special[place] >= first else None
        for low, high in self._odd:
            bottom, top = max(first, low), min(last, high)
            number = top if top & 255 == 255 else top & ~255
            if bottom <= number <= top and (highest is None or number > highest):
                highest = number
        return highest

    def count_reserved(self, first: int, last: int) -> int:
        special = self._special[bisect.bisect_left(self._special, first) : bisect.bisect_right(self._special, last)]
        count = len(special)
        for low, high in self._odd:
            bottom, top = max(first, low), min(last, high)
            if bottom <= top:
                count += top // 256 - (bottom - 1) // 256 + (top + 1) // 256 - bottom // 256
                count -= sum(1 for number in special if bottom <= number <= top and number & 255 in (0, 255))
        return count

    def reserved_and_taken(self) -> int | None:
        """A number that is both, which must not be."""
        for first, last in zip(self._firsts, self._lasts, strict=True):
            number = self.reserved(first, last)
            if number is not None:
                return number
        return None

    # finding room

    def find(self, start: int, end: int, size: int) -> int | None:
        """The lowest free run of `size` numbers at a multiple of `size`, within start..end."""
        candidate = -(-start // size) * size
        place = bisect.bisect_left(self._lasts, candidate)
        while (last := candidate + size - 1) <= end:
            in_the_way = self.reserved(candidate, last)
            if place < len(self._firsts) and self._firsts[place] <= last:
                in_the_way = max(in_the_way or 0, self._lasts[place])
                place += 1
            if in_the_way is None:
                return candidate
            candidate = -(-(in_the_way + 1) // size) * size
            while place < len(self._lasts) and self._lasts[place] < candidate:
                place += 1
        return None

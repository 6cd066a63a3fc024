"""The System Event Log and its clock, as a BMC keeps them through a loss of power (IPMI 2.0, 31)."""

from __future__ import annotations

from typing import Final

from simulator.ipmi.codes import Completion
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sel import ENTRY_OCTETS

__all__ = ["EventLog"]

_LAST: Final = 0xFFFF


class EventLog:
    """Entries of 16 octets by record id, the oldest first. A full log takes no more and remembers that it did not."""

    __slots__ = ("_next", "added_at", "capacity", "clock_offset", "entries", "erased_at", "overflowed", "utc_offset")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.entries: dict[int, bytes] = {}
        self._next = 1
        self.added_at = self.erased_at = 0
        """Seconds since 1970, of the last addition and the last erasure."""
        self.overflowed = False
        self.clock_offset = 0
        """How far the log's clock is ahead of the lab's, seconds."""
        self.utc_offset = 0x07FF
        """Minutes; 07FFh: not said."""

    @property
    def free(self) -> int:
        return self.capacity - len(self.entries)

    def append(self, body: bytes, at: int) -> int:
        """`body`: the entry without its record id. Returns the id. Raises CompletionError C4h when full."""
        if not self.free:
            self.overflowed = True
            raise CompletionError(Completion.OUT_OF_SPACE)
        number = self._next
        self._next = number % (_LAST - 1) + 1
        self.entries[number] = number.to_bytes(2, "little") + body[: ENTRY_OCTETS - 2]
        self.added_at = at
        return number

    def find(self, number: int) -> tuple[int, int]:
        """A record's id and its follower's; 0 is the first, FFFFh the last. Raises CompletionError CBh."""
        ids = list(self.entries)
        if not ids:
            raise CompletionError(Completion.NOT_PRESENT)
        number = ids[0] if number == 0 else ids[-1] if number == _LAST else number
        if number not in self.entries:
            raise CompletionError(Completion.NOT_PRESENT)
        place = ids.index(number) + 1
        return number, ids[place] if place < len(ids) else _LAST

    def delete(self, number: int, at: int) -> int:
        number, _ = self.find(number)
        del self.entries[number]
        self.erased_at = at
        return number

    def clear(self, at: int) -> None:
        self.entries.clear()
        self._next = 1
        self.overflowed = False
        self.erased_at = at

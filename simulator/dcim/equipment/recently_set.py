"""What the panel has set on a device while it was reading it."""

from __future__ import annotations

__all__ = ["RecentlySet"]


class RecentlySet:
    """Ports or outlets that were set, or told of by a trap, in order. A reading takes several exchanges: one that was under way when a port was
    set may have seen it as it was before, and must not undo what is known of it by now. The next reading tells.
    """

    def __init__(self) -> None:
        self.count = 0
        """So many have been made; what a reading notes before it begins."""
        self._last: dict[int, int] = {}

    def made(self, number: int) -> None:
        """The device has agreed to it, or has told it by itself."""
        self.count += 1
        self._last[number] = self.count

    def since(self, count: int | None, number: int) -> bool:
        """Whether the thing with this number was set after so many had been made; never for None."""
        return count is not None and self._last.get(number, 0) > count

"""The window of session sequence numbers: what is new, and what was seen (IPMI 2.0, 6.12.13)."""

from __future__ import annotations

from typing import Final

__all__ = ["Window"]

_AHEAD: Final = 15
_BEHIND: Final = 16


class Window:
    """Admits each number once, from 16 behind to 15 ahead of the highest seen. Numbers wrap at 32 bits; 0 is none."""

    __slots__ = ("_highest", "_seen")

    def __init__(self, first: int = 1) -> None:
        """`first`: the number that is due."""
        self._highest = (first - 1) & 0xFFFFFFFF
        self._seen = 1
        """Bit n: the number n below the highest was seen."""

    def admit(self, number: int) -> bool:
        if not number:
            return False
        ahead = (number - self._highest) & 0xFFFFFFFF
        if 0 < ahead <= _AHEAD:
            self._highest = number
            self._seen = (self._seen << ahead | 1) & (1 << _BEHIND + 1) - 1
            return True
        behind = -ahead & 0xFFFFFFFF
        if behind > _BEHIND or self._seen >> behind & 1:
            return False
        self._seen |= 1 << behind
        return True

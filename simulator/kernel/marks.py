"""What stands in somebody's way right now, and who touched what last: the numbers of the records that say so.

Absence has no record of its own. Who waits in vain, or reads something new, finds here what withheld or changed it: each subject (a
server, a switch, a PDU, a service, `panel`) has *aspects*, and each aspect the record that speaks of it, until it is freed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

__all__ = ["Marks"]

_REMEMBERED = 64
"""Past marks of one subject; a lab that is up for weeks forgets the older ones."""


class Marks:
    """By subject and aspect the number of a journal record; 0 is none."""

    __slots__ = ("_now", "_past")

    def __init__(self) -> None:
        self._now: dict[str, dict[tuple[str, str], int]] = {}
        self._past: dict[str, deque[int]] = {}

    def set(self, subject: str, aspect: str, number: int, by: str = "") -> None:
        """From now on this record speaks of the aspect. `by` tells apart those who do so side by side, as two faults. No
        number: nothing is known, and nothing changes.
        """
        if not number or not subject:
            return
        self._now.setdefault(subject, {})[aspect, by] = number
        past = self._past.setdefault(subject, deque(maxlen=_REMEMBERED))
        if not past or past[-1] != number:
            past.append(number)

    def free(self, subject: str, *aspects: str, by: str = "") -> None:
        """Nothing stands in the way any more, in these respects."""
        held = self._now.get(subject)
        if held:
            for aspect in aspects:
                held.pop((aspect, by), None)

    def latest(self, subject: str, *preferred: Collection[str]) -> int:
        """The latest record of any of these aspects; where there is none, of the next collection, and so on."""
        held = self._now.get(subject)
        if held:
            for aspects in preferred:
                found = max([number for (aspect, _), number in held.items() if aspect in aspects], default=0)
                if found:
                    return found
        return 0

    def past(self, subject: str) -> Sequence[int]:
        """Records that ever spoke of it, oldest first, as far as they are remembered."""
        return self._past.get(subject, ())

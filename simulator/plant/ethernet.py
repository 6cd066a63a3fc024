"""Speed and duplex of a link: what each end can do, how it is set, and what the two thus come to.

As IEEE 802.3 has it for copper. Two ends that negotiate take the best mode that both advertise (28B.3). An end whose speed and
duplex are both set does not negotiate at 10 and 100 Mbit/s; one that does then senses the speed and, since nobody told it the
duplex, is half duplex (28.2.3.1, parallel detection): the duplex mismatch. From 1 Gbit/s on every end negotiates (40.5.1), and a
setting only narrows what it advertises.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["AUTO", "Link", "LinkSetting", "Mode", "can_be_set", "modes", "negotiated", "negotiates"]

_SPEEDS = tuple(megabits * 10**6 for megabits in (10, 100, 1000, 2500, 5000, 10_000, 25_000, 40_000, 100_000))
_NEGOTIATING = 10**9
"""From this speed on there is no link without negotiation, and no half duplex."""

_HALF_SHARE = 0.9
"""Of a half-duplex link's speed, what a transfer gets: its acknowledgements and collisions take the rest."""
_MISMATCH_SHARE = 0.02
"""The same where one end is half duplex and the other full: nearly every burst ends in a late collision, and TCP takes that
for congestion (Shalunov and Carlson, Detecting Duplex Mismatch on Ethernet, PAM 2005). A round figure of the order they saw.
"""


class Mode(NamedTuple):
    """The better of two is the greater."""

    speed: int
    """Bits per second."""
    full: bool
    """Full duplex."""


class LinkSetting(NamedTuple):
    """What an administrator set; None is left to negotiation."""

    speed: int | None = None
    full: bool | None = None


AUTO = LinkSetting()


class Link(NamedTuple):
    """What two ends came to. The speed is the same at both, the duplex need not be."""

    speed: int
    full: tuple[bool, bool]
    """Of the first end and of the second."""

    @property
    def mismatch(self) -> bool:
        return self.full[0] is not self.full[1]

    @property
    def rate(self) -> float:
        """Bits per second that a large transfer gets."""
        if self.mismatch:
            return self.speed * _MISMATCH_SHARE
        return self.speed if self.full[0] else self.speed * _HALF_SHARE


@lru_cache(maxsize=64)
def modes(top: int) -> frozenset[Mode]:
    """What hardware with this top speed can do: every speed up to it, and half duplex too below 1 Gbit/s."""
    speeds = {speed for speed in _SPEEDS if speed < top} | {top}
    return frozenset(Mode(speed, full) for speed in speeds for full in (True, False) if full or speed < _NEGOTIATING)


def can_be_set(top: int, setting: LinkSetting) -> bool:
    """Whether hardware with this top speed has any mode that the setting leaves."""
    return bool(_advertised(top, setting))


@lru_cache(maxsize=1024)
def negotiated(top: int, setting: LinkSetting, other_top: int, other: LinkSetting) -> Link | None:
    """What two live ends with a sound cable come to; None: no link."""
    one, two = _advertised(top, setting), _advertised(other_top, other)
    if not negotiates(setting) and not negotiates(other):
        return (
            Link(setting.speed or 0, (bool(setting.full), bool(other.full))) if setting.speed == other.speed else None
        )
    if not negotiates(setting):
        return _sensed(setting, two)
    if not negotiates(other):
        found = _sensed(other, one)
        return Link(found.speed, (found.full[1], found.full[0])) if found else None
    common = one & two
    if not common:
        return None
    best = max(common)
    return Link(best.speed, (best.full, best.full))


def _advertised(top: int, setting: LinkSetting) -> frozenset[Mode]:
    if setting == AUTO:
        return modes(top)
    return frozenset(
        mode for mode in modes(top) if setting.speed in (None, mode.speed) and setting.full in (None, mode.full)
    )


def negotiates(setting: LinkSetting) -> bool:
    """Whether an end so set does: unless both speed and duplex are fixed, and always from 1 Gbit/s on."""
    return setting.speed is None or setting.full is None or setting.speed >= _NEGOTIATING


def _sensed(forced: LinkSetting, advertised: frozenset[Mode]) -> Link | None:
    """By parallel detection, of an end that could be half duplex at that speed."""
    speed = forced.speed or 0
    return Link(speed, (bool(forced.full), False)) if Mode(speed, full=False) in advertised else None

"""Messages that are laid out like one that was read before: taken apart at once instead of element by element.

A manager sends the same kind of message all day; only the contents of a few elements differ, seldom their lengths. Where
all tags, lengths and constants are the octets that they were, the rest stands where it stood.

The idea: read both as one big number each. Of a message read before, a mask has ones where octets must be the same, and
`data & mask == constant` compares all tags, lengths and constants in one step, whatever their number; one compiled `Struct`
then cuts out what lies in the mask's holes. A message of the same length that was nested otherwise differs in a tag or a length,
which are never in a hole, so it fails the comparison and is read element by element.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Generic, TypeVar

__all__ = ["Layout", "Layouts"]

K = TypeVar("K")
_MOST = 1024


class Layout(Generic[K]):
    """Of messages of one length. `known`: what its reader found in the octets that stay the same."""

    __slots__ = ("_constant", "_mask", "_size", "_unpack", "known")

    def __init__(
        self, data: bytes, places: tuple[int, ...], size: int, known: K, unsigned: tuple[int, ...] = ()
    ) -> None:
        """`places`: start and stop of each content that may differ, in order, within the first `size` octets but for the
        last, which is not looked at from there on; `unsigned`: starts of those that are numbers and not negative.
        """
        self.known = known
        self._size = size
        self._mask, self._unpack = _holes(places, size, unsigned)
        self._constant = int.from_bytes(data[:size], "big") & self._mask

    def take(self, data: bytes) -> tuple[bytes, ...] | None:
        """The contents that may differ, of a message of this length; None when it is laid out otherwise."""
        if int.from_bytes(data[: self._size], "big") & self._mask != self._constant:
            return None
        return self._unpack(data)


@lru_cache(maxsize=1024)
def _holes(
    places: tuple[int, ...], size: int, unsigned: tuple[int, ...]
) -> tuple[int, Callable[[bytes], tuple[bytes, ...]]]:
    """A mask of what stays the same in the first octets, and what takes out the rest. A number that must not be negative
    keeps its first bit in the mask: its sign is then compared as a constant.
    """
    mask, fields, last = bytearray(b"\xff" * size), "", 0
    for at, stop in zip(places[::2], places[1::2], strict=True):
        fields += f"{at - last}x{stop - at}s"
        last = stop
        if stop < size:
            mask[at:stop] = bytes(stop - at)
    for at in unsigned:
        mask[at] = 0x80  # the sign
    return int.from_bytes(mask, "big"), Struct(fields).unpack


class Layouts(dict[int, Layout[K]]):
    """The last layout seen of each length."""

    def remember(
        self, data: bytes, places: tuple[int, ...], size: int, known: K, unsigned: tuple[int, ...] = ()
    ) -> None:
        """The message was read with success; arguments as of `Layout`. `places` end where the message does."""
        if len(self) >= _MOST:
            self.clear()
        self[len(data)] = Layout(data, places, size, known, unsigned)

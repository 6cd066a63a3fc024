"""Two devices that were asked the same, answer by answer: what is equal, what only moves, and what is found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.recording.objects import described
from simulator.snmp.ber import COUNTER32, COUNTER64, TIME_TICKS
from simulator.snmp.oid import dotted, subids
from simulator.snmp.snmprec import Instance

__all__ = ["Comparison", "Difference", "compare_walks"]

Kind = Literal["value", "not here", "only here", "type", "moves"]
_NAMED = 4
_COUNTING = frozenset((COUNTER32, COUNTER64, TIME_TICKS))


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that is not the same. `moves` is none that counts: the value changes by itself, or with what the device does."""

    what: str
    """The object, or the command."""
    source: str
    """Its MIB module, or the clause; empty where none is known."""
    kind: Kind
    real: str
    here: str
    sure: Literal["sure", "likely"]
    """`sure`: the real one said the same when it was asked again."""

    def __str__(self) -> str:
        return f"{self.sure:<7} {self.kind:<9} {self.source:<18} {self.what}: {self.real} there, {self.here} here"


@dataclass(frozen=True, slots=True)
class Comparison:
    asked: int
    differences: Sequence[Difference]
    noun: str = "objects"

    @property
    def findings(self) -> list[Difference]:
        return [each for each in self.differences if each.kind != "moves"]

    def summary(self) -> str:
        """In one line, as in `612 objects asked of both: 609 equal, 3 differ in value only, 0 in kind`."""
        moving, found = len(self.differences) - len(self.findings), len(self.findings)
        words = [each.what.split(".")[0].split(",")[0] for each in self.differences if each.kind == "moves"]
        names = list(dict.fromkeys(word for word in words if not word.isdigit()))
        said = f" ({', '.join(names[:_NAMED])}{', ...' if len(names) > _NAMED else ''})" if names else ""
        equal = self.asked - moving - found
        return f"{self.asked} {self.noun} asked of both: {equal} equal, {moving} differ in value only{said}, {found} in kind"


def compare_walks(
    real: Sequence[Instance],
    again: Mapping[bytes, Instance | None],
    here: Sequence[Instance],
    living: Collection[bytes] = frozenset(),
) -> Comparison:
    """`again`: what of `real` was asked once more, later. `living`: names that the emulated device reads from its hardware."""
    ours = {item.name: item for item in here}
    theirs = {item.name: item for item in real}
    differences = []
    for name in sorted(theirs.keys() | ours.keys(), key=subids):
        one, other = theirs.get(name), ours.get(name)
        if one is not None and other is not None and (one.tag, one.content) == (other.tag, other.content):
            continue
        second = again.get(name, one)
        steady = one is not None and second is not None and second.content == one.content
        differences.append(_difference(name, one, other, living=name in living, steady=steady))
    return Comparison(len(theirs.keys() | ours.keys()), differences)


def _difference(name: bytes, one: Instance | None, other: Instance | None, *, living: bool, steady: bool) -> Difference:
    module, what = described(dotted(name))
    kind: Kind
    if one is None or other is None:
        kind = "only here" if one is None else "not here"
    elif one.tag != other.tag:
        kind = "type"
    else:
        kind = "moves" if living or not steady or one.tag in _COUNTING else "value"
    return Difference(
        what,
        module,
        kind,
        "nothing" if one is None else _short(str(one)),
        "nothing" if other is None else _short(str(other)),
        "sure" if steady or one is None else "likely",
    )


def _short(text: str) -> str:
    return text if len(text) <= 48 else f"{text[:45]}..."

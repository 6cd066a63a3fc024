"""Snapshots as rows: whatever is done to a whole, the rows that were told of it make the snapshot that `save` gives."""

import json
from collections import deque
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.records import Register
from simulator.kernel.rows import Tracked, assembled
from simulator.kernel.snapshot import BadSnapshot, register, save


@dataclass(frozen=True)
class Thing:
    id: int
    text: str = ""


@dataclass
class Heap:
    """One that changes in itself."""

    numbers: list[int] = field(default_factory=list)


register({"thing of a test": Thing, "heap of a test": Heap})
PARTS = {"": ("register", "mapping", "nested", "kept", "heap", "number"), "inner": ("series", "names")}


class Inner:
    def __init__(self):
        self.series = []
        self.names = set()


class Whole:
    def __init__(self):
        self.register = Register("thing")
        self.mapping = {}
        self.nested = {}
        self.kept = deque(maxlen=4)
        self.heap = Heap()
        self.number = 0
        self.inner = Inner()


class Kept:
    """What a database would hold."""

    def __init__(self, whole):
        self.tracked = Tracked("whole", whole, PARTS)
        self.rows = {}

    def take(self):
        out = {}
        self.tracked.take(out)
        for key, row in out.items():
            if row is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = row
        return out

    def read(self):
        parts = {}
        for (part, item), (place, value) in self.rows.items():
            parts.setdefault(part, []).append((part, item, place, value))
        return assembled("whole", parts)


def _add(whole, number):
    whole.register.add(lambda id_: Thing(id_, str(number)))


def _change(whole, number):
    if whole.register.find(number):
        whole.register.put(replace(whole.register.get(number), text="changed"))


def _remove(whole, number):
    if whole.register.find(number):
        whole.register.remove(number)


DEEDS = {
    "add": _add,
    "many": lambda whole, number: [_add(whole, each) for each in range(number * 80)],
    "change": _change,
    "remove": _remove,
    "map": lambda whole, number: whole.mapping.__setitem__(f"~{number}" if number % 2 else number, Thing(number)),
    "unmap": lambda whole, number: whole.mapping.pop(number, None),
    "nest": lambda whole, number: whole.nested.setdefault(str(number % 3), []).append(number),
    "keep": lambda whole, number: whole.kept.append(number % 3),
    "append": lambda whole, number: whole.inner.series.append({"n": number}),
    "inside": lambda whole, number: whole.inner.series and whole.inner.series[-1].update(n=number),
    "drop": lambda whole, number: whole.inner.series.clear() if number == 7 else whole.inner.series[:1].clear(),
    "pop": lambda whole, number: whole.inner.series and whole.inner.series.pop(0),
    "heap": lambda whole, number: whole.heap.numbers.append(number),
    "name": lambda whole, number: whole.inner.names.add(number),
    "number": lambda whole, number: setattr(whole, "number", number),
}
deeds = st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.integers(0, 9), st.booleans()), max_size=30)


@settings(max_examples=50)
@given(deeds)
def test_rows_told_at_any_moments_make_the_snapshot_of_now(done):
    whole = Whole()
    kept = Kept(whole)
    for deed, number, look in done:
        DEEDS[deed](whole, number)
        if look:
            kept.take()
    kept.take()
    assert json.loads(json.dumps(kept.read())) == json.loads(json.dumps(save(whole, PARTS)))
    assert kept.take() == {}


def test_one_change_of_many_records_is_one_row_and_a_head():
    whole = Whole()
    kept = Kept(whole)
    for number in range(1000):
        _add(whole, number)
        whole.mapping[number] = Thing(number)
    kept.take()
    _change(whole, 500)
    whole.mapping[7] = Thing(8)
    assert set(kept.take()) == {
        ("whole", "register"),
        ("whole/register", "500"),
        ("whole", "mapping"),
        ("whole/mapping", "7"),
    }


def test_rows_that_are_missing_are_told():
    whole = Whole()
    kept = Kept(whole)
    _add(whole, 1)
    kept.take()
    del kept.rows["whole/register", "1"]
    with pytest.raises(BadSnapshot, match="register of the whole has 0 of 1 rows"):
        kept.read()

"""Saved state: whatever a record holds comes back equal; what is not a record is never made from a file."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator.dcim.snapshot
import simulator.plant.snapshot  # noqa: F401 - both give their records names
from simulator.dcim.records import Location, PowerStatus
from simulator.kernel.snapshot import BadSnapshot, pack, register, restore, save, unpack
from simulator.plant.server import BootOverride

plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(), st.dates(),
    st.datetimes(timezones=st.just(UTC)), st.ip_addresses(), st.sampled_from(PowerStatus),
    st.builds(Location, id=st.integers(), name=st.text()),
    st.builds(BootOverride, device=st.text(), persistent=st.booleans(), efi=st.booleans()),
)  # fmt: skip
keys = st.one_of(st.text(), st.integers(), st.tuples(st.integers(), st.text()), st.sampled_from(PowerStatus))
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(keys, inner), st.frozensets(keys), st.sets(keys)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(values)
def test_what_was_kept_comes_back_equal_and_of_the_same_type(value: object) -> None:
    again = unpack(json.loads(json.dumps(pack(value), allow_nan=False)))
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "data",
    [
        {"~": "os.system", "value": "true"},
        {"~": "simulator.kernel.snapshot.unpack", "value": "1"},
        {"~": "nobody"},
        {"~": "location", "id": 1},
        {"~": "location", "id": 1, "name": "x", "odd": 2},
        {"~": "power status", "value": "sideways"},
        {"~": "simulator.dcim.panel.Panel"},
        {"~": "simulator.dcim.records.Location", "id": 1, "name": "of format 1"},
        {"~": "bytes", "value": "no hex"},
        {"~": 5},
    ],
)
def test_what_is_no_record_of_ours_is_not_made(data: Any) -> None:
    with pytest.raises(BadSnapshot):
        unpack(data)


@settings(deadline=None)
@given(
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text()),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.sampled_from(["~", "value", "id", "name"]), inner)),
        max_leaves=8,
    )
)
def test_any_json_is_understood_or_refused_with_the_declared_error(data: Any) -> None:
    with suppress(BadSnapshot):
        unpack(data)


@pytest.mark.parametrize("value", [object(), print, 1j])
def test_what_has_a_life_of_its_own_cannot_be_kept(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be saved"):
        pack(value)


def test_a_name_is_for_one_kind_and_a_kind_has_one_name() -> None:
    with pytest.raises(ValueError, match="'location' is the name of another kind"):
        register({"location": BootOverride})
    with pytest.raises(ValueError, match="Location has another name"):
        register({"place": Location})
    with pytest.raises(ValueError, match="'tuple'"):
        register({"tuple": BootOverride})
    with pytest.raises(TypeError, match="no record"):
        register({"path": str})
    register({"location": Location})


class Part:
    def __init__(self) -> None:
        self.days = {date(2026, 1, 1): 5}
        self.host = IPv4Address("192.0.2.1")
        self.names = ["a"]


class Whole:
    def __init__(self) -> None:
        self.part = Part()
        self.count = 3


PARTS = {"": ("count",), "part": ("days", "host", "names")}


def test_containers_stay_the_same_objects_and_get_the_kept_content() -> None:
    old, new = Whole(), Whole()
    old.count, old.part.days, old.part.names, old.part.host = 7, {date(2026, 2, 2): 1}, ["b", "c"], IPv4Address(5)
    days = new.part.days
    restore(new, json.loads(json.dumps(save(old, PARTS))), PARTS)
    assert (new.count, new.part.names, new.part.host) == (7, ["b", "c"], ip_address(5))
    assert new.part.days is days == {date(2026, 2, 2): 1}


@pytest.mark.parametrize("change", [{"part.odd": 1}, {"count": {"~": "nobody"}}])
def test_what_does_not_fit_changes_nothing(change: dict[str, Any]) -> None:
    old, new = Whole(), Whole()
    old.count = old.part.days[date(2026, 3, 3)] = 9
    with pytest.raises(BadSnapshot):
        restore(new, save(old, PARTS) | change, PARTS)
    with pytest.raises(BadSnapshot, match=r"part\.names is missing"):
        restore(new, {key: value for key, value in save(old, PARTS).items() if key != "part.names"}, PARTS)
    assert (new.count, new.part.days) == (3, {date(2026, 1, 1): 5})


class Mixed:
    def __init__(self) -> None:
        self.number = 1.0
        self.by_name: dict[str, int] = {"a": 1}
        self.flags = BootOverride("pxe", persistent=False, efi=False)
        self.nothing: object = None


MIXED = {"": ("number", "by_name", "flags", "nothing")}


@settings(deadline=None)
@given(st.sampled_from(MIXED[""]), values)
def test_what_cannot_stand_in_a_place_is_refused_and_changes_nothing(name: str, value: object) -> None:
    whole, data = Mixed(), save(Mixed(), MIXED)
    data["number"] = 2
    data[name] = pack(value)
    before = vars(Mixed())
    try:
        restore(whole, data, MIXED)
    except BadSnapshot as error:
        assert name in str(error)  # noqa: PT017 - either outcome is right
        assert vars(whole) == before
    else:
        kinds = (int, float) if name == "number" else object if name == "nothing" else type(before[name])
        assert isinstance(getattr(whole, name), kinds)
        assert getattr(whole, name) == value

"""Configuration strings, as diagnostics write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.files.configuration import DISK_TYPES, Configuration, DiskGroup, parse_configuration


@pytest.mark.parametrize(
    ("text", "cpus", "cpu", "ram", "disks"),
    [
        ("E3-1230-16Gb-2x1000SSD", 1, "E3-1230", 16, [(2, 1000, "SSD")]),
        ("2xE5-2620-64Gb-2x480SSD", 2, "E5-2620", 64, [(2, 480, "SSD")]),
        ("i9-9900K-64Gb-2x1024NVMe", 1, "i9-9900K", 64, [(2, 1024, "NVMe")]),
        ("E-2146G-64Gb-1920SSD-3840SSD", 1, "E-2146G", 64, [(1, 1920, "SSD"), (1, 3840, "SSD")]),
    ],
)
def test_real_configurations_are_read(text: str, cpus: int, cpu: str, ram: int, disks: list) -> None:
    found = parse_configuration(text)
    assert found == Configuration(text, cpus, cpu, ram, tuple(DiskGroup(*disk) for disk in disks))


def test_a_raid_controller_is_no_disk() -> None:
    found = parse_configuration("E3-1230-16Gb-lsi-4x2000HDD")
    assert (found.controller, found.disks) == ("lsi", (DiskGroup(4, 2000, "HDD"),))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "not understood"),
        ("E3-1230", "not understood"),
        ("E3-1230-16Gb", "names no disk"),
        ("E3-1230-16Gb-lsi", "names no disk"),
        ("E3-1230-16Gb-2x1000SDD", "disk '2x1000SDD'"),
        ("E3-1230-16Gb-0x1000SSD", "disk '0x1000SSD'"),
        ("E3-1230-16GB-2x1000SSD", "not understood"),
    ],
)
def test_what_is_wrong_is_named(text: str, part: str) -> None:
    with pytest.raises(ValueError, match="write it as") as caught:
        parse_configuration(text)
    assert part in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="E3-x16Gb2SDNVMe.lsi ", max_size=40))
def test_any_text_is_a_configuration_or_a_value_error(text: str) -> None:
    try:
        found = parse_configuration(text)
    except ValueError:
        return
    assert found.disks
    assert all(disk.count and disk.size_gb and disk.type in DISK_TYPES for disk in found.disks)

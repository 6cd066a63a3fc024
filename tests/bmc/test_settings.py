"""Every setting that a command can make acts, or is refused; the table of them is complete, and the docs' page is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.ipmi.client import Request
from simulator.ipmi.errors import CompletionError
from tests.bmc.settings_table import NUMBERS, ROWS, Rig, Row, page

_READERS = {
    "Set LAN Configuration Parameters": ("Get LAN Configuration Parameters", b"\x01%c\x01\x01", range(256)),
    "Set SOL Configuration Parameters": ("Get SOL Configuration Parameters", b"\x01%c\x00\x00", range(256)),
    "Set PEF Configuration Parameters": ("Get PEF Configuration Parameters", b"%c\x01\x01", range(128)),
    "Set System Boot Options": ("Get System Boot Options", b"%c\x00\x00", range(128)),
    "Set System Info Parameters": ("Get System Info Parameters", b"\x00%c\x00\x00", range(256)),
}
_SETTERS = ("Set ", "Write ", "Arm ", "DCMI Set ", "DCMI Activate ")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.command}, {row.setting}".strip(" ,"))
def test_a_setting_acts_or_is_refused(row: Row) -> None:
    row.shows(Rig())


def test_every_command_that_sets_something_is_in_the_table() -> None:
    assert {name for name in NUMBERS if name.startswith(_SETTERS)} == {row.command for row in ROWS}


@pytest.mark.parametrize("setter", _READERS)
def test_every_parameter_there_is_is_in_the_table(setter: str) -> None:
    rig = Rig()
    reader, data, numbers = _READERS[setter]
    there = set()
    for number in numbers:
        try:
            rig.admin.ask(Request(*NUMBERS[reader], data % number))
        except CompletionError as error:
            assert error.code == 0x80, number  # noqa: PT017 - the others are there
            continue
        there.add(number)
    assert {row.at for row in ROWS if row.command == setter} == there


def test_the_page_is_current() -> None:
    file = Path(__file__).parents[2] / "docs" / "bmc-settings.md"
    assert file.read_text(encoding="utf-8") == page(), "python -m tests.bmc.settings_table > docs/bmc-settings.md"

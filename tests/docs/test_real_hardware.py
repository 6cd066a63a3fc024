"""What docs/real-hardware.md shows can be typed: its lab file loads, its commands and options are there."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from simulator import Lab
from simulator.cli import app
from simulator.kernel import yaml12
from simulator.lab.real_equipment import real_devices

PAGE = (Path(__file__).parents[2] / "docs" / "real-hardware.md").read_text()
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_lab_file_of_the_page_loads_and_says_what_may_be_written() -> None:
    (text,) = [each for each in YAML if each.startswith("lab:")]
    lab = Lab.load(yaml12.load(text))  # type: ignore[arg-type]
    assert lab.plan.real == ["BMC of iron", "switch sw-real", "PDU pdu-real"]
    said = [(str(each), sorted(each.allow), sorted(each.cabled), each.address[1]) for each in real_devices(lab.plan)]
    assert said == [
        ("BMC of iron", ["boot", "power"], [], 623),
        ("switch sw-real", ["ports"], [7], 161),
        ("PDU pdu-real", ["power"], [24], 161),
    ]


def test_the_twin_of_the_page_is_one() -> None:
    (text,) = [each for each in YAML if each.startswith("twin:")]
    lab = {"lab": "x", "racks": [{"name": "A1", "pdus": [{"name": "pdu-a1"}]}], **yaml12.load(text)}  # type: ignore[dict-item]
    (twin,) = Lab.load(lab).plan.twins
    assert (twin.of, twin.kind, twin.host, twin.port, twin.community) == ("pdu-a1", "PDU", "10.1.2.3", 161, "public")


def test_the_options_of_the_page_are_there() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = [line for line in re.findall(r"rackloop [^\n`]+", PAGE) if line.split()[1] in commands]
    assert len(lines) > 6
    for line in lines:
        words = line.partition(" #")[0].split()
        known = {option for parameter in commands[words[1]].params for option in parameter.opts}
        assert {word for word in words[2:] if word.startswith("-") and word != "->"} <= known, line

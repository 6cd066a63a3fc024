"""Models of BMCs as pages of data."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.bmc import BadPersonality, UnknownPersonality, load_personality, personality_names, read_personality


def test_every_page_is_readable_and_shared() -> None:
    assert {"generic", "supermicro-x10", "dell-idrac8"} <= set(personality_names())
    for name in personality_names():
        assert load_personality(name) is load_personality(name)
        assert load_personality(name).name == name


def test_makers_differ_where_a_console_can_see_it() -> None:
    assert load_personality("supermicro-x10").device_id.manufacturer == 10876
    assert load_personality("dell-idrac8").device_id.manufacturer == 674
    assert [suite.id for suite in load_personality("generic").channel.suites] == [3, 17]


def test_an_unknown_model_names_the_nearest() -> None:
    with pytest.raises(UnknownPersonality, match="did you mean 'supermicro-x10'"):
        load_personality("supermicro-x1")
    with pytest.raises(
        UnknownPersonality, match=r"There are: asus-asmb8, dell-idrac8, generic, hpe-ilo4, .*, supermicro-x10"
    ):
        load_personality("qqq")


PAGE = """\
source: inferred
device: 32
revision: 1
provides_sdrs: false
firmware: "1.00"
supports: [chassis]
manufacturer: 1
product: 1
suites: [3]
soft_power: true
sessions: 4
users: 2
"""


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("suites: [3]", "suites: [99]", "cipher suite 99"),
        ("users: 2", "users: 2\nuser: 3", "user"),
        ("users: 2", "users: 2\nsensors: [{name: X, reads: humidity}]", "no sensor reads 'humidity'"),
        ("users: 2", "users: 2\nlacks: [everything]", "lacks"),
        ('"1.00"', '"one"', "firmware"),
        ("device: 32", "device: [", "page.yaml"),
        ("sessions: 4", "sessions: 1", "sessions"),
    ],
)
def test_a_bad_page_says_what_is_wrong(tmp_path: Path, old: str, new: str, text: str) -> None:
    file = tmp_path / "page.yaml"
    file.write_text(PAGE.replace(old, new))
    with pytest.raises(BadPersonality, match=text):
        read_personality(file)
    file.write_text(PAGE)
    assert read_personality(file).name == "page"

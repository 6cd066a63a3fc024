"""What is shown of a test that fails with a lab."""

from __future__ import annotations

import re

import pytest

from tests.pytest_plugin.suites import run_suite

SUITE = """
import asyncio

import pytest


@pytest.mark.rackloop(lab="small", seed=7)
def test_scene(rackloop):
    async def scene(lab):
        lab.faults.inject("bmc.dead", server="srv-03", at="8m")
        await lab.clock.sleep(3600)
        assert lab.plant.servers["srv-03"].bmc_alive

    rackloop(scene)


async def deeper(lab):
    await lab.clock.sleep("an hour")


def test_an_error_in_our_code(rackloop):
    async def scene(lab):
        await deeper(lab)

    rackloop(scene)


MISTAKES = [
    ("bmc.deed", {"server": "srv-03"}),
    ("bmc.dead", {"sever": "srv-03"}),
    ("bmc.dead", {"server": "srv-3"}),
    ("bmc.dead", {"server": "srv-03", "at": "8 moons"}),
    ("disk.fails", {"server": "srv-03", "disk": 9}),
]


@pytest.mark.parametrize("kind, given", MISTAKES)
def test_mistake(rackloop, kind, given):
    async def scene(lab):
        lab.faults.inject(kind, **given)

    rackloop(scene)


def test_mistakes_on_a_lab_that_is_up(rackloop_faults):
    said = []
    for kind, given in MISTAKES[:3]:
        with pytest.raises(ValueError) as refused:
            rackloop_faults.inject(kind, **given)
        said.append(str(refused.value))
    pytest.fail(" / ".join(said))


@pytest.mark.rackloop(clock="stepped")
def test_up(rackloop_up, rackloop_clock):
    rackloop_up.faults.inject("bmc.dead", server="srv-03")
    rackloop_clock.advance("1s")
    assert rackloop_up.server("srv-03")["bmc_alive"], "the BMC of srv-03"


def test_in_a_loop(rackloop):
    async def main():
        rackloop(None)

    asyncio.run(main())
"""
MARKERS = """

@pytest.mark.rackloop("small")
def test_position():
    pass


@pytest.mark.rackloop(sed=7)
def test_word(): pass


@pytest.mark.rackloop(seed="7")
def test_seed(): pass


@pytest.mark.rackloop(clock="scaled")
def test_clock(): pass


@pytest.mark.rackloop(known={"violates": "owned"})
def test_known(): pass


@pytest.mark.rackloop(lab="smal")
def test_lab(rackloop): pass


@pytest.mark.rackloop(lab="smal")
def test_lab_up(rackloop_up): pass


@pytest.mark.rackloop(seed=3)
class TestNearest:
    @pytest.mark.rackloop(lab="one")
    def test_both_count(self, rackloop):
        async def scene(lab):
            return lab.plan.name, lab.seed

        assert rackloop(scene) == ("one", 3)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What pytest says of each test of the suite, by name."""
    whole = run_suite(tmp_path_factory.mktemp("suite"), SUITE + MARKERS)
    body, _, last = whole.partition("short test summary info")
    parts = re.split(r"^_+ (?:ERROR at setup of )?(test_\S+) _+$", body, flags=re.MULTILINE)
    return {"": last, **dict(zip(parts[1::2], parts[2::2], strict=True))}


def test_cause_seed_journal_and_the_command_that_repeats_it(told: dict[str, str]) -> None:
    said = told["test_scene"]
    assert "Rackloop: lab small, seed 7" in said
    why = said.partition("why ")[2].splitlines()
    assert why[0].split() == ["8:00", "fault", "srv-03", "bmc.dead"]
    assert "no answer from" in why[1]
    assert re.search(r"lab time  3600.000 s, \d+ records; the last about srv-03", said)
    assert re.search(r"^ +480.000  fault +srv-03 +bmc.dead$", said, re.MULTILINE)
    assert "repeat    pytest test_suite.py::test_scene" in said


@pytest.mark.parametrize(
    "name", ["test_scene", "test_an_error_in_our_code", "test_up", "test_mistake[bmc.deed-given0]"]
)
def test_no_frame_is_ours(told: dict[str, str], name: str) -> None:
    frames = re.findall(r"^(\S+\.py):\d+: ", told[name], re.MULTILINE)
    assert frames
    assert set(frames) == {"test_suite.py"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_mistake[bmc.deed-given0]", "there is no kind of fault `bmc.deed`; did you mean `bmc.dead`?"),
        ("test_mistake[bmc.dead-given1]", "bmc.dead: sever: unknown key `sever`; did you mean `server`?"),
        ("test_mistake[bmc.dead-given2]", "bmc.dead: server: there is no server `srv-3`; did you mean `srv-03`?"),
        ("test_mistake[bmc.dead-given3]", "bmc.dead: at: '8 moons' is not understood; write it as 90s, 25m or 1h"),
        ("test_mistake[disk.fails-given4]", "srv-03 has 2 disks, no disk 9"),
        ("test_mistakes_on_a_lab_that_is_up", "there is no fault 'bmc.deed'; did you mean `bmc.dead`?"),
        (
            "test_mistakes_on_a_lab_that_is_up",
            "server: it is missing; sever: there is no such key; did you mean `server`?",
        ),
        ("test_mistakes_on_a_lab_that_is_up", "there is no server 'srv-3'; did you mean `srv-03`?"),
        ("test_in_a_loop", "call it from a plain `def test_...`, or take `rackloop_up` in an `async def`"),
    ],
)
def test_a_mistake_is_told_with_the_nearest_word(told: dict[str, str], name: str, words: str) -> None:
    assert words in told[name]


def test_a_lab_that_is_up_explains_itself_too(told: dict[str, str]) -> None:
    said = told["test_up"]
    assert "AssertionError: the BMC of srv-03" in said
    assert "Rackloop: lab small, seed 1" in said
    assert re.search(r"^why +0:00  fault +srv-03 +bmc.dead$", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("test_position", "not understood: 'small': it takes words only, as in rackloop(lab='small')"),
        ("test_word", "not understood: sed; did you mean `seed`?"),
        ("test_seed", "seed='7': a whole number from 0 up"),
        ("test_clock", "clock='scaled': write real, stepped, or scaled:N (N seconds pass in one)"),
        ("test_known", """a list, as in known=[{"violates": "idle-power", "because": "..."}]"""),
        ("test_lab", "there is no lab `smal`; did you mean `small`?"),
        ("test_lab_up", "there is no lab `smal`; did you mean `small`?"),
    ],
)
def test_markers_are_checked(told: dict[str, str], name: str, words: str) -> None:
    assert told[name].strip().startswith("@pytest.mark.rackloop: ")
    assert words in told[name]


def test_of_several_markers_each_word_counts(told: dict[str, str]) -> None:
    assert "10 failed, 1 passed, 7 errors" in told[""]

"""Every requirement is shown by a scenario or a test, and the page says by which."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from simulator.files.problems import FileProblems

DOCS = Path(__file__).parents[2] / "docs"
PAGE = runpy.run_path(str(DOCS / "requirements.py"))

SOURCE = """\
not_yet_shown: [X-3, X-4]
groups:
  - {group: X, title: An example, document: "", requirements: {X-1: One., X-2: Two., X-3: Three., X-4: Four., X-11: Eleven.}}
"""
SCENARIO = """\
scenario: Shows one
source: [X-1, X-4]
steps: [{wait: 1m}]
"""
TESTS = """\
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.requirement("X-11")]


@pytest.mark.requirement("X-1", "X-12")
@pytest.mark.parametrize("each", [pytest.param(1, marks=pytest.mark.requirement("X-2"))])
async def test_one(each):
    pass
"""


def small_tree(root: Path, tests: str = TESTS) -> list[str]:
    """What the check says of it, without paths of this machine."""
    for name, text in (("docs/r.yaml", SOURCE), ("scenarios/a/b.yaml", SCENARIO), ("tests/c/test_d.py", tests)):
        file = root / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    found = PAGE["problems"](PAGE["source"](root / "docs/r.yaml"), PAGE["namings"](root))
    return [str(problem) for problem in found]


def test_every_number_is_shown_and_the_page_is_current():
    try:
        text = PAGE["text"]()
    except FileProblems as wrong:
        pytest.fail(str(wrong))
    command = "python -m docs.requirements > docs/requirements.md"
    assert (DOCS / "requirements.md").read_text(encoding="utf-8") == text, f"run: {command}"


def test_a_number_that_there_is_not_is_told_with_its_place_and_the_nearest_there_is(tmp_path: Path):
    found = small_tree(tmp_path)
    assert "tests/c/test_d.py:6:33: there is no requirement X-12; did you mean `X-11`?" in found


def test_a_number_that_is_shown_by_now_must_leave_the_list_of_those_that_are_not(tmp_path: Path):
    found = small_tree(tmp_path)
    shown = "docs/requirements.yaml: X-4 is shown by now (scenarios/a/b.yaml): take it off `not_yet_shown`"
    assert [each for each in found if "X-3" in each or "X-4" in each] == [shown]


def test_a_number_that_nothing_shows_is_told_and_marks_count_wherever_they_stand(tmp_path: Path):
    silent = TESTS.replace('"X-2"', '"X-1"')
    assert "docs/requirements.yaml: no scenario and no test shows X-2" in small_tree(tmp_path / "without", silent)
    assert not [each for each in small_tree(tmp_path / "with") if "no test shows" in each]


def test_a_number_in_a_test_is_written_out_so_that_it_can_be_found(tmp_path: Path):
    hidden = TESTS.replace('"X-1", "X-12"', "NUMBER")
    with pytest.raises(FileProblems, match=r"test_d\.py:6:\d+: the number of a requirement is written out here"):
        small_tree(tmp_path, hidden)

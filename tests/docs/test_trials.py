"""Each requirement's scenario or test fails when what it shows is switched off."""

from __future__ import annotations

import runpy
from functools import lru_cache
from pathlib import Path

import pytest

from tests.docs.trial_table import TRIALS
from tests.docs.trials import Trial

PAGE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "requirements.py"))


@lru_cache
def whole(shown_by: str) -> str:
    return next(trial for trial in TRIALS if trial.shown_by == shown_by).whole()


def test_every_number_is_tried_and_each_trial_runs_what_names_its_number():
    named = {(each.number, each.file) for each in PAGE["namings"]()}
    assert [str(trial) for trial in TRIALS if (trial.number, trial.file) not in named] == []
    tried = {trial.number for trial in TRIALS}
    assert [number for number in PAGE["source"]().numbers if number not in tried] == []


@pytest.mark.slow
@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_without_the_thing_that_it_shows_it_fails(trial: Trial, capsys: pytest.CaptureFixture[str]):
    assert whole(trial.shown_by) == ""
    seen = trial.without()
    with capsys.disabled():
        print(f"\n{trial}: {seen}")  # noqa: T201
    assert seen, "it passes all the same: it does not show what it names"

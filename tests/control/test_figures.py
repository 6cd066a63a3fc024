"""The scripts that print figures of trust run, and find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "last"),
    [
        (["benchmarks/foreign_user.py"], "what came of it: 0\n"),
        (["benchmarks/seeds_twice.py", "20"], "pairs: 20, differing: 0; not passed: 0\n"),
    ],
)
def test_a_script_s_figures_are_as_they_should_be(words, last):
    done = subprocess.run([sys.executable, *words], check=False, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(last)

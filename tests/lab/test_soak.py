"""Two years of a small lab with an order a day: nothing grows for ever, and no order fails."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_after_the_first_months_of_two_years_memory_is_flat(capsys):
    done = subprocess.run(
        [sys.executable, "benchmarks/soak.py"], check=False, cwd=ROOT, capture_output=True, text=True, timeout=3600
    )
    with capsys.disabled():
        print(f"\n{done.stdout}")  # noqa: T201
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 months, 720 orders: flat" in done.stdout

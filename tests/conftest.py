"""What all tests share."""

from __future__ import annotations

import os
import signal

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors; these are pysnmp's, which calls pysmi (a test's dependency) by names of its past."""
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # as in a shell's background: what tests start would never hear Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):  # what tests run is no step of the job that runs them
        os.environ.pop(name, None)
    config.addinivalue_line("filterwarnings", "ignore:[A-Za-z0-9]+ is deprecated. Please use:DeprecationWarning")

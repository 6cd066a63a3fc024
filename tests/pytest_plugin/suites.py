"""A project of somebody else, with its tests, and what pytest prints of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from simulator.files.lab_file import data_directory

ROOT = data_directory("scenarios").parent
PLUGIN = ["-p", "rackloop_pytest.plugin"]


def run_pytest(folder: Path, *options: str, program: tuple[str, ...] = ("-m", "pytest"), **env: str) -> str:
    """What pytest prints in this folder, with nobody's plugins but ours, and warnings as errors."""
    words = [*PLUGIN, "-q", "-p", "no:cacheprovider", "--strict-markers", "-W", "error", *options]
    done = subprocess.run(
        [sys.executable, *program, *words],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "120", **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def run_suite(folder: Path, suite: str, *options: str) -> str:
    """The same of one file with tests."""
    (folder / "test_suite.py").write_text(suite)
    return run_pytest(folder, *options)

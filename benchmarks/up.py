"""A lab that is up in a process of its own, for what is measured of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["up"]


@contextmanager
def up(lab: str, folder: Path, *options: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Its process, and where everything answers, once it does; it is stopped at the end. Ends the program when it does not come up."""
    places = folder / "endpoints.json"
    words = [sys.executable, "-m", "simulator.cli", "up", lab, "--endpoints", str(places), *options]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    try:
        while not places.exists():
            if process.poll() is not None:
                raise SystemExit(f"{lab} did not come up")
            time.sleep(0.05)
        yield process.pid, json.loads(places.read_text(encoding="utf-8"))
    finally:
        process.terminate()
        process.wait()

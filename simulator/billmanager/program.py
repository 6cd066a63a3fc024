"""The program `mgrctl` in front of the stand-in; `sbin/mgrctl` of its directory calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from simulator.billmanager.manager import BillManager

__all__ = ["main"]


def main(home: str, words: list[str]) -> int:
    """The exit status; the answer is on stdout, and an error in it is no other status."""
    sys.stdout.write(BillManager(Path(home)).answer(words, os.environ))
    return 0

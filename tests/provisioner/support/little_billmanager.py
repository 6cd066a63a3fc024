"""The stand-in for BILLmanager (`simulator.billmanager`) with what tests of the bundled modules need beside it: a key that is
quickly made, a program that kills its caller at a call, and one try of the queue with the environment of a test.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulator.billmanager.manager import BillManager
from simulator.billmanager.schema import ACTIVE, DELETED, ORDERED, PROCESSING, SUSPENDED
from simulator.billmanager.secrets import new_key as _new_key

__all__ = ["ACTIVE", "DELETED", "ORDERED", "PROCESSING", "SUSPENDED", "LittleBillManager", "main", "new_key", "serve"]

ROOT = Path(__file__).parents[3]


def new_key() -> bytes:
    """Short, so that tests do not wait for it."""
    return _new_key(1024)


_same_key = functools.cache(new_key)


class LittleBillManager(BillManager):
    def install(self, key: bytes = b"", *, database: str = "") -> LittleBillManager:
        """`key`: a PEM of its own; else all have the same, since one takes a while to make."""
        super().install(key or _same_key(), database=database)
        call = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom tests.provisioner.support.little_billmanager import main\n"
        self.program.write_text(f"#!{sys.executable}\n{call}sys.exit(main({str(self.home)!r}, sys.argv[1:]))\n")
        return self


def main(home: str, words: list[str]) -> int:
    """The program. A file `var/kill` with a number, and `before` or `after`, ends the caller at that call."""
    here, order = LittleBillManager(Path(home)), Path(home) / "var" / "kill"
    when = ""
    if order.exists():
        number, when = order.read_text().split()
        order.write_text(f"{int(number) - 1} {when}")
        when = when if number == "0" else ""
    if when != "before":
        sys.stdout.write(here.answer(words, os.environ))
    if when:
        order.unlink()
        os.kill(os.getppid(), signal.SIGKILL)
    return 0


def serve(
    here: LittleBillManager, executable: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """One try of the oldest operation, by an executable that is in no `processing/`."""
    row = here.begin_try()
    assert row is not None
    words = ["--command", row["intname"], "--item", str(row["item"]), "--runningoperation", str(row["id"])]
    return subprocess.run(
        [*executable, *words], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip

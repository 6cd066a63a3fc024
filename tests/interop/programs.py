"""Programs that we did not write: finding them, and running them beside our loop."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import NamedTuple

import pytest

__all__ = ["Outcome", "execute", "need"]


class Outcome(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def need(program: str) -> str:
    """The program's path. Without it the test is skipped; in CI, where it must be, the test fails."""
    path = shutil.which(program)
    if path is None:
        reason = f"{program} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


async def execute(*command: str) -> Outcome:
    """Run a program to its end without holding up the loop that our devices answer on."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Outcome(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

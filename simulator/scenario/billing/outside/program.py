"""A program of somebody else's, run once: what it is given on stdin, what it said, how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.scenario.billing.outside.contract import SHOWN, ModuleBroke
from simulator.scenario.billing.outside.time import LabTime

__all__ = ["Ended", "Programs", "clipped"]

MOST = 1 << 20
"""Octets that are read of what a program prints."""
LOOK = 0.2
"""Real seconds between looks at whether it hangs."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. `status` is negative for the signal that killed it."""

    status: int
    out: str
    err: str

    def __str__(self) -> str:
        return "\n".join(filter(None, [how(self.status), said("printed", self.out), said("said on stderr", self.err)]))


def how(status: int) -> str:
    """`status` in words."""
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"it was killed ({signal.Signals(-status).name})"
        return f"it was killed (signal {-status})"
    return f"it ended with status {status}"


def said(verb: str, text: str) -> str:
    return f"it {verb}: {clipped(text)}" if text.strip() else ""


def clipped(text: str) -> str:
    """The last of it, without what a terminal would obey."""
    plain = "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text.strip())
    return plain if len(plain) <= SHOWN else "..." + plain[-SHOWN:]


class Programs:
    """Runs programs in process groups of their own; what they leave running ends with `close`.

    Their output goes to files, not to pipes: a child that outlives its parent must not keep us waiting.
    """

    def __init__(self, folder: Path, time: LabTime, patience: float) -> None:
        self._folder = folder
        self._time = time
        self._patience = patience
        self._groups: list[int] = []
        self._count = 0

    async def run(self, words: Sequence[str], question: bytes, env: Mapping[str, str], cwd: Path) -> Ended:
        """Raises ModuleBroke when it cannot be started or hangs; it is killed then, as when this is cancelled."""
        self._count += 1
        given, out, err = (self._folder / f"{self._count}.{name}" for name in ("in", "out", "err"))
        given.write_bytes(question)
        with given.open("rb") as stdin, out.open("wb") as stdout, err.open("wb") as stderr:
            try:
                process = await asyncio.create_subprocess_exec(
                    *words, stdin=stdin, stdout=stdout, stderr=stderr, env=dict(env), cwd=cwd, start_new_session=True
                )
            except OSError as error:
                raise ModuleBroke(f"the module cannot be started: {words[0]}: {error.strerror or error}") from None
        self._groups.append(process.pid)
        try:
            hung = await self._watch(process)
        finally:
            if process.returncode is None:
                _kill(process.pid)
                await process.wait()
        status = process.returncode
        assert status is not None
        ended = Ended(status, _read(out), _read(err))
        if hung:
            lab = self._time.view()["now"]
            hangs = f"the module hangs: for {self._patience:g} s of real time it has not ended, called no panel and moved no clock"
            lines = [
                f"{hangs} (lab time {lab:.0f} s)",
                said("had printed", ended.out),
                said("had said on stderr", ended.err),
            ]
            raise ModuleBroke("\n".join(filter(None, lines)))
        return ended

    async def _watch(self, process: asyncio.subprocess.Process) -> bool:
        """Until it ends, or (True) nothing has been heard of it for too long."""
        end = asyncio.ensure_future(process.wait())
        try:
            while not end.done():
                await asyncio.wait((end,), timeout=LOOK)
                if not end.done() and self._time.quiet > self._patience:
                    return True
            return False
        finally:
            end.cancel()

    def close(self) -> None:
        """End what was left running."""
        for group in self._groups:
            _kill(group)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _read(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(MOST).decode("utf-8", "replace")

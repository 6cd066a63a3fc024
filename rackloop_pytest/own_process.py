"""Processes of Rackloop's own, beside the one that runs the tests: its packages never meet those of the project."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["CHILD", "ChildFailed", "Helper", "JobFailed", "close_all", "helper"]

CHILD = Path(__file__).with_name("child.py")
_PATIENCE = 30.0
"""Real seconds that a process has to end after its stdin has."""


class ChildFailed(RuntimeError):
    """The process ended, or could not be started; with what it said last."""


class JobFailed(ValueError):
    """A job cannot be done: a lab that there is not, a clock that there is not. The text says what and why."""


class Helper:
    """One such process. It does a job at a time; what a terminal sends with Ctrl-C is not for it."""

    def __init__(self) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def ask(self, do: str, **job: Any) -> dict[str, Any]:
        """The answer to a job. Raises JobFailed, ChildFailed."""
        __tracebackhide__ = True
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **job}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except (BrokenPipeError, ValueError):
            line = ""
        except BaseException:  # its answer would be taken for that to the next question
            self._process.kill()
            raise
        if not line:
            self._end()
            self._said.seek(0)
            said = self._said.read().decode(errors="replace").strip()
            status = self._process.returncode
            self._said.close()
            raise ChildFailed(f"Rackloop's own process ended with status {status}" + (f":\n{said}" if said else ""))
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise JobFailed(answer["error"])
        return answer

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        """End it, and wait for that."""
        self._end()
        self._said.close()

    def _end(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


_idle: list[Helper] = []


@contextmanager
def helper() -> Iterator[Helper]:
    """One that has nothing to do; it is used again, for to start one takes a second or two. One that a job has left is closed."""
    found = _idle.pop() if _idle else Helper()
    try:
        yield found
    except JobFailed:
        _idle.append(found)
        raise
    except BaseException:
        found.close()
        raise
    if not found.ended:
        _idle.append(found)


def close_all() -> None:
    """At the end of the test session."""
    while _idle:
        _idle.pop().close()

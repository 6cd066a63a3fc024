"""Scenario files as tests: those that are named, and with `--rackloop-scenarios` all that are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rackloop_pytest.own_process import ChildFailed, helper

__all__ = ["ScenarioFile", "is_scenario"]

_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s*(?:#[^\n]*|---[^\n]*)?\n)*scenario\s*:")
_LOOKED_AT = 65_536
"""Octets at the head of a file in which its first key stands."""


def is_scenario(file: Path) -> bool:
    """Its first key is `scenario`."""
    if file.suffix not in (".yaml", ".yml"):
        return False
    try:
        with file.open("rb") as opened:
            return _BEGINS.match(opened.read(_LOOKED_AT).replace(b"\r\n", b"\n")) is not None
    except OSError:
        return False


class ScenarioFailed(Exception):
    """The text says all that is to be said."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


class ScenarioFile(pytest.File):
    """A file with one scenario."""

    def collect(self) -> Iterator[pytest.Item]:
        yield ScenarioItem.from_parent(self, name="scenario")


class ScenarioItem(pytest.Item):
    """Played in virtual time, in a process of Rackloop's own."""

    def runtest(self) -> None:
        file = _shown(self.path, self.config.invocation_params.dir)
        with helper() as process:
            told = process.ask("scenario", file=file, seed=self.config.getoption("rackloop_seed"))
        if told["verdict"] != "passed":
            raise ScenarioFailed(told["text"], told["line"])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed | ChildFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.nodeid


def _shown(file: Path, folder: Path) -> str:
    """As somebody would write it who stands where pytest was started: it is in the command that repeats it."""
    return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)

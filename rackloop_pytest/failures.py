"""What pytest shows of a test that failed with a lab: none of our frames, and how it came to it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pytest

__all__ = ["STORIES", "Story", "told", "without_our_frames"]

_ROOT = Path(__file__).resolve().parent.parent
_FOREIGN = tuple(
    f"{folder}/"
    for folder in (
        _ROOT / "simulator",
        _ROOT / "provisioner",
        _ROOT / "rackloop_pytest",
        Path(os.__file__).resolve().parent / "asyncio",
    )
)


@dataclass(slots=True)
class Story:
    """A lab of a test, and who can say how it came to a failure with a certain text."""

    lab: str
    seed: int
    explain: Callable[[str], list[str]]


STORIES = pytest.StashKey[list[Story]]()


def told(story: Story, item: pytest.Item, failure: str) -> tuple[str, str]:
    """Title and text of a section of the report."""
    repeat = ["pytest", item.nodeid]
    if item.config.getoption("rackloop_seed", default=None) is not None:
        repeat += ["--rackloop-seed", str(story.seed)]
    lines = [*story.explain(failure), f"{'repeat':<9} {shlex.join(repeat)}"]
    return f"Rackloop: lab {story.lab}, seed {story.seed}", "\n".join(lines)


def without_our_frames(error: BaseException, seen: frozenset[int] = frozenset()) -> None:
    """Take frames of ours, and of the loop that runs them, out of a traceback and of those that it came from. Where there is no other
    frame, all stay.
    """
    error.__traceback__ = _trimmed(error.__traceback__) or error.__traceback__
    for other in (error.__cause__, error.__context__):
        if other is not None and id(other) not in seen:
            without_our_frames(other, seen | {id(error), id(other)})


def _trimmed(trace: TracebackType | None) -> TracebackType | None:
    frames: list[TracebackType] = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for each in reversed(frames):
        if not each.tb_frame.f_code.co_filename.startswith(_FOREIGN):
            kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept

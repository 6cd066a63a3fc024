"""How reports write times, counts and places: the same on every machine, whatever its locale."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.scenario.result import Failure, Result

__all__ = ["ended", "lab_time", "place", "wall_time"]


def lab_time(seconds: float) -> str:
    """`1:34:05`, hours without limit."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def wall_time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def place(result: Result, failure: Failure) -> str:
    """`file:line`, or the file where no line is to blame."""
    return f"{result.file}:{failure.line}" if failure.line else result.file


def ended(results: Sequence[Result]) -> str:
    """`12 passed, 1 failed`."""
    counts = [
        (verdict, sum(result.verdict == verdict for result in results)) for verdict in ("passed", "failed", "error")
    ]
    shown = [f"{count} {verdict}" for verdict, count in counts if count or verdict == "passed"]
    return ", ".join(shown)

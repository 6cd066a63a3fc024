"""Levels of a certificate: what a module that has one can be trusted with. Each asks for those below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["LEVELS", "Level", "missing_for"]


@dataclass(frozen=True, slots=True)
class Level:
    """`themes`: folders of the library of which every scenario must pass. `report`: whether the report may have no errors. `sweep`: whether
    a sweep of its life must have found nothing.
    """

    name: str
    means: str
    themes: Sequence[str]
    report: bool = False
    sweep: bool = False


LEVELS: Sequence[Level] = (
    Level("sells", "sells servers, cuts clients off, takes servers back", ("stock", "clients", "addresses", "life")),
    Level(
        "cleans up",
        "gives back what an order took that failed, and bills what there is",
        ("installation", "hardware", "network", "money"),
    ),
    Level("survives", "survives a panel that restarts and messages that get lost", ("panel", "messages"), report=True),
    Level("proven by sweep", "a sweep of every fate of every message of its life found nothing", (), sweep=True),
)


def missing_for(
    level: Level,
    failed: Mapping[str, Sequence[str]],
    played: Mapping[str, int],
    errors: Sequence[str],
    sweep: bool | None,
) -> list[str]:
    """What stands against a level by itself. `failed`: scenarios by theme; `played`: how many by theme; `errors` of the report; `sweep`:
    whether it found nothing, None where none was made.
    """
    missing = [name for theme in level.themes for name in failed.get(theme, ())]
    missing += [f"no scenario of {theme} was played" for theme in level.themes if not played.get(theme)]
    if level.report:
        missing += [f"report: {error}" for error in errors]
    if level.sweep and sweep is None:
        missing.append("no sweep was made")
    elif level.sweep and not sweep:
        missing.append("the sweep has findings")
    return missing

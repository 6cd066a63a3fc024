"""A comparison for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulator.scenario.versions.comparing import Comparison, Difference, Played, Side, StepCompared

__all__ = ["as_json", "print_comparison"]


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Step by step what is different since it, then what could not be told to a version."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("step", "where", "what", "DCImanager 5", "DCImanager 6"):
        table.add_column(name, overflow="fold")
    for number, step in enumerate(comparison.steps, start=1):
        _step(table, number, step)
    console.print(Text(f"{comparison.scenario.name} (seed {comparison.seed})", style="bold"), soft_wrap=True)
    console.print(table)
    for side in comparison.sides:
        _side(side, console)
    count = len({each for step in comparison.steps for each in step.new})
    console.print(Text(f"{count} differences" if count != 1 else "1 difference", style="bold"))


def _step(table: Table, number: int, step: StepCompared) -> None:
    five, six = (_played(each) for each in step.played)
    table.add_row(Text(f"{number} {step.step}", "bold"), "", "", Text(five, _style(five)), Text(six, _style(six)))
    for each in step.new:
        what = f"{each.subject}: {each.aspect}"
        table.add_row("", Text(each.place, "dim"), Text(what), Text(each.values[0]), Text(each.values[1]))
    gone = len(step.differences) - len(step.new)
    if gone:
        table.add_row("", Text(f"and {gone} as before", "dim"), "", "", "")


def _played(played: Played | None) -> str:
    if played is None:
        return "not reached"
    ends = dict.fromkeys(played.ends.values())
    how = " / ".join(ends) if ends else "done"
    calls = f", {played.calls} call{'' if played.calls == 1 else 's'}" if played.calls else ""
    return f"{how} in {_minutes(played.seconds)}{calls}"


def _style(text: str) -> str:
    return "" if text.startswith("done") else "red"


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _side(side: Side, console: Console) -> None:
    name = f"DCImanager {side.translated.version} ({side.translated.scenario.module})"
    for title, lines in (
        ("was not told", side.translated.left_out),
        ("was told besides", side.translated.assumed),
        ("met no message of the fault", side.unmet),
        ("ended early", [f"{each.what}: {each.seen.strip().rpartition(chr(10))[2]}" for each in side.broken]),
    ):
        for line in lines:
            console.print(Text(f"{name} {title}: {line}"), soft_wrap=True)


def as_json(comparison: Comparison) -> str:
    """Every step with how it ended and all that is different after it."""
    document = {
        "format": "rackloop version comparison 1",
        "scenario": comparison.scenario.name,
        "file": comparison.scenario.file,
        "seed": comparison.seed,
        "versions": {str(side.translated.version): _side_as_dict(side) for side in comparison.sides},
        "steps": [
            {
                "step": step.step,
                "5": _played_as_dict(step.played[0]),
                "6": _played_as_dict(step.played[1]),
                "differences": _as_dicts(step.differences),
                "new": _as_dicts(step.new),
            }
            for step in comparison.steps
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _side_as_dict(side: Side) -> dict[str, Any]:
    return {
        "module": side.translated.scenario.module,
        "settings": dict(side.translated.scenario.settings),
        "left_out": list(side.translated.left_out),
        "assumed": list(side.translated.assumed),
        "faults_unmet": list(side.unmet),
        "broken": [{"what": each.what, "seen": each.seen} for each in side.broken],
        "journal_hash": side.journal_hash,
    }


def _played_as_dict(played: Played | None) -> dict[str, Any] | None:
    if played is None:
        return None
    return {
        "ends": dict(played.ends),
        "seconds": round(played.seconds, 3),
        "calls": played.calls,
        "servers": dict(played.servers),
    }


def _as_dicts(differences: Sequence[Difference]) -> list[dict[str, str]]:
    return [
        {"place": each.place, "of": each.subject, "aspect": each.aspect, "5": each.values[0], "6": each.values[1]}
        for each in differences
    ]

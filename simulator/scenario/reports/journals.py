"""`--journal`: every record of every run, a JSON object a line, with the number of the record that it came from."""

from __future__ import annotations

import json
from collections.abc import Sequence

from simulator.scenario.result import Result

__all__ = ["journals"]


def journals(results: Sequence[Result]) -> str:
    """The lines. Before the records of each scenario stands a line with its file, seed, mode and verdict."""
    lines: list[str] = []
    for result in results:
        head = {"scenario": result.file, "seed": result.seed, "mode": result.mode, "verdict": result.verdict}
        lines += [json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=False), *result.journal]
    return "".join(f"{line}\n" for line in lines)

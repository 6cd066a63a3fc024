"""`--markdown`: what a CI service shows of a run, e.g. as GitHub's summary of a step."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.scenario.reports.failure import failure_lines, printable
from simulator.scenario.reports.formatting import billed, ended
from simulator.scenario.result import Result

__all__ = ["markdown"]

MOST = 50
"""Failures that are told in full: GitHub takes a mebibyte for a step."""


def markdown(results: Sequence[Result], *, of: int | None = None) -> str:
    """The text. `of`: how many there would have been, had nobody called it off."""
    head = ended(results) if of is None else f"called off: {len(results)} of {of} were played, {ended(results)}"
    lines = [f"### Rackloop: {head}", ""]
    failed = [result for result in results if result.verdict != "passed"]
    if failed:
        lines += ["| verdict | scenario | file |", "| --- | --- | --- |"]
        lines += [f"| {each.verdict} | {_cell(each.name)} | `{_cell(each.file)}` |" for each in failed]
        lines.append("")
    for each in failed[:MOST]:
        text = "\n".join(line.text for line in failure_lines(each))
        fence = "`" * max(3, _longest(text) + 1)
        title = _cell(each.name).replace("<", "&lt;")
        lines += [f"<details><summary>{title}</summary>", "", f"{fence}text", text, fence, "", "</details>", ""]
    if len(failed) > MOST:
        lines += [f"... and {len(failed) - MOST} more", ""]
    if money := billed(results):
        lines += ["```text", "Ledger", *(f"  {printable(line)}" for line in money), "```", ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(printable(text).split()).replace("|", "\\|")


def _longest(text: str) -> int:
    """The longest run of backticks."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest

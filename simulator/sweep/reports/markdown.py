"""A sweep as Markdown, for the summary of a CI job."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.sweep.reports.report import Report

__all__ = ["as_markdown"]


def as_markdown(reports: Sequence[Report]) -> str:
    """A section for each scenario: findings with their chain and command, and the matrix."""
    lines: list[str] = []
    for report in reports:
        lines += [
            f"## Sweep of {_plain(report.what.scenario.name)}",
            "",
            _counted(report),
            "",
        ]
        for finding in report.new:
            found = finding.found
            lines += [f"{finding.number}. **{found.harm.name}** `{found.name}`: {_plain(found.text)}  "]
            lines += [f"   cause: {_plain(finding.cause)} ({len(finding.outcomes)} trials)", ""]
            lines += ["   ```", *(f"   {line}" for line in (*found.why, finding.example.trial.command)), "   ```", ""]
        if report.matrix.rows:
            fates = report.matrix.fates
            lines += ["<details><summary>Matrix</summary>", ""]
            lines += [f"| step | message | {' | '.join(fates)} |", f"| --- | --- |{' :-: |' * len(fates)}"]
            for row in report.matrix.rows:
                cells = " | ".join(row.cells.get(fate, "") for fate in fates)
                lines += [f"| {_plain(row.step)} | `{row.message}` | {cells} |"]
            lines += ["", "</details>", ""]
    return "\n".join(lines) + "\n"


def _counted(report: Report) -> str:
    counts = report.counts
    return (
        f"{len(report.outcomes)} trials: {counts['same']} end as if nothing had happened, {counts['told']} after a failure "
        f"that was told, {counts['found']} with something wrong. {len(report.new)} new, {len(report.known)} known."
    )


def _plain(text: str) -> str:
    """No sign of it means anything in Markdown."""
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|~" else sign for sign in text.replace("\n", " "))

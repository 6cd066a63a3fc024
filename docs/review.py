"""Writes the page on what the review of clients looks for: `python docs/review.py > docs/review.md`."""

from __future__ import annotations

from simulator.review import RULES, Severity

HEAD = """# What `rackloop report` looks for

Point a billing module at the panels of `rackloop up`, let it sell a server or two, break something meanwhile, and ask `rackloop report`
(or `GET /__lab/report`) what it did wrong. Every call is seen whole; the rules below hold what the client did, the panel's records
and the plant's truth against what the vendors' documents ask of a client. `--restart` forgets what was seen, for the next trial.

The bundled modules pass their own whole lives without a finding, but for what their documents leave behind themselves.

Written from the code by `python docs/review.py`.
"""
_TITLES = {
    Severity.ERROR: "Errors: they cost money, a client's data or a client",
    Severity.WARNING: "Warnings: they go wrong one day",
    Severity.NOTE: "Notes: manners",
}


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    for severity in sorted(Severity, reverse=True):
        parts += [f"## {_TITLES[severity]}", "", "| rule | advice | asked for by |", "| --- | --- | --- |"]
        parts += [
            f"| `{rule.name}` | {rule.advice} | {rule.source} |" for rule in RULES.values() if rule.severity is severity
        ]
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    print(text(), end="")

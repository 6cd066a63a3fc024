"""Writes the page on what the review of clients looks for: `python docs/review.py > docs/review.md`."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.review import RULES, Severity
from simulator.review.action_tables import WITHOUT_5, WITHOUT_6, WITHOUT_HOSTING

HEAD = """# What `rackloop report` looks for

Point a billing module at the panels of `rackloop up`, let it sell a server or two, or a few hosting accounts, break something
meanwhile, and ask `rackloop report` (or `GET /__lab/report`) what it did wrong. Every call to DCImanager 6, DCImanager 5 and
ispmanager is seen whole; the rules below hold what the client did, the panel's records and the plant's truth against what the
vendors' documents ask of a client. `--restart` forgets what was seen, for the next trial.

The bundled modules (WHMCS, BILLmanager with DCImanager 5, with DCImanager 6 and with ispmanager) pass their own whole lives
without a finding, with free servers that have main addresses or none, but for what their documents leave behind themselves: `data-left-on-disks` of BILLmanager with DCImanager 5,
whose deletion (B5-11) clears no disks, and `owner-left-behind` of WHMCS, whose document ends where an installation fails.

Calls that the real panel has and Rackloop has not stand apart, under "Not emulated here": they are no findings. Operations that still
run are counted, since what becomes of them is not seen yet. The last line is for programs:
`summary errors=1 warnings=0 notes=0 not_emulated=2 unfinished=0 calls=41 clients=1`; the exit status is 1 when there is a finding.

Written from the code by `python docs/review.py`.

<!-- run: slow -->
```console
$ rackloop exec one -- true
rackloop report: the program has not called a panel
```
"""
_TITLES = {
    Severity.ERROR: "Errors: they cost money, a client's data or a client",
    Severity.WARNING: "Warnings: they go wrong one day",
    Severity.NOTE: "Notes: manners",
}

NO_RULE = """Each call that changes something is either an act that rules know or one of these. Of these it is only seen whether they
are refused, come with a session that has ended, and the like."""


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    for severity in sorted(Severity, reverse=True):
        parts += [f"## {_TITLES[severity]}", "", "| rule | advice | asked for by |", "| --- | --- | --- |"]
        parts += [
            f"| `{rule.name}` | {rule.advice} | {rule.source} |" for rule in RULES.values() if rule.severity is severity
        ]
        parts.append("")
    parts += ["## Calls that no rule asks for", "", NO_RULE, "", "| panel | calls | why |", "| --- | --- | --- |"]
    tables = {"DCImanager 6": WITHOUT_6, "DCImanager 5": WITHOUT_5, "ispmanager": WITHOUT_HOSTING}
    parts += [row for panel, table in tables.items() for row in _reasons(panel, table)]
    return "\n".join([*parts, ""])


def _reasons(panel: str, table: Mapping[str, str]) -> list[str]:
    calls: dict[str, list[str]] = {}
    for name, reason in table.items():
        calls.setdefault(reason, []).append(f"`{name}`")
    return [f"| {panel} | {', '.join(names)} | {reason} |" for reason, names in calls.items()]


if __name__ == "__main__":
    print(text(), end="")

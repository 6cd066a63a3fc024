"""Giving up at 503, which comes before any effect while a service starts."""

from __future__ import annotations

from simulator.review.actions import Action
from simulator.review.findings import Evidence, Found, Severity, rule

WHILE_503 = 59.0
"""Seconds that 503 has to be put up with: the vendor's library does for 60, in steps of half a second."""


@rule(
    "gave-up-at-503",
    Severity.ERROR,
    advice="503 comes before any effect, while a service starts: send the same call again, half a second later, for a minute.",
    source="vendor's client library: 503 repeated every 500 ms for 60 s",
)
def gave_up(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        same: dict[tuple[str, str, str, bytes], list[Action]] = {}
        for action in actions:
            same.setdefault((action.call.method, action.call.path, action.call.query, action.call.body), []).append(
                action
            )
        for tries in same.values():
            row: list[Action] = []
            for action in tries:
                row = [*row, action] if action.call.status == 503 else []
            lasted = row[-1].call.at - row[0].call.at if row else 0.0
            if row and lasted < WHILE_503:
                times = f"{len(row)} times in {lasted:.1f} s" if len(row) > 1 else "once"
                yield str(row[0]), f"was answered with 503, sent {times}, and given up", row

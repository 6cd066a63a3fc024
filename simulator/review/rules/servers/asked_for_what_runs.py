"""An operation asked for again while the one that was begun runs."""

from __future__ import annotations

from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.rules.servers.shared import STARTS, started


@rule(
    "asked-for-what-runs",
    Severity.WARNING,
    advice="An operation that has begun goes on when its answer is lost: look before starting it again.",
    source="good practice: every call idempotent or guarded",
)
def asked_again(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        starts = [action for action in actions if action.kind in STARTS and action.server]
        for action in starts:
            running = action.call.operation
            if action.done or running is None or running.status.ended:
                continue
            first = [each for each in starts if (begun := started(evidence, each)) and begun.id == running.id]
            if first:
                yield (
                    action.server,
                    f"{action} came while the {running.kind.value} that it had begun was running",
                    [*first, action],
                )

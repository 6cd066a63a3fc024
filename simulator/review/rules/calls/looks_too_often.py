"""Looking at something that takes minutes more than once a second."""

from __future__ import annotations

from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule

MANY_LOOKS = 20


SOONEST = 1.0
"""Seconds between two looks at the same thing."""


@rule(
    "looks-too-often",
    Severity.NOTE,
    advice="Look at a running operation every 10 to 30 seconds: it takes many minutes.",
    source="vendor's modules: every 12 s and every 30 s",
)
def too_often(evidence: Evidence) -> Found:
    if not evidence.paced:
        return
    for client, actions in evidence.clients.items():
        looks: dict[tuple[str, str, bytes], list[Action]] = {}
        for action in actions:
            if (
                action.kind is ActionKind.LOOK and action.call.status != 503
            ):  # which is to be put up with, every half second
                looks.setdefault((action.call.path, action.call.query, action.call.body), []).append(action)
        for same in looks.values():
            times = [action.call.at for action in same]
            # The densest row of looks: a module that looks twice each time it wakes up is not to be taken for one.
            rows = zip(times, times[MANY_LOOKS - 1 :], strict=False)
            gap = min(((last - first) / (MANY_LOOKS - 1) for first, last in rows), default=SOONEST)
            if gap < SOONEST:
                yield client, f"asked {same[0]} {len(same)} times, {gap:.2g} s apart", same[:2]

"""A refusal about an account, and the client went on."""

from __future__ import annotations

from itertools import pairwise

from simulator.review.actions import ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.rules.accounts.shared import kind_of_refusal

_REMEDIES = (ActionKind.ACCOUNT, ActionKind.ACCOUNT_OFF, ActionKind.NO_ACCOUNT)
"""What may follow a refusal: the missing account is made, or the client gives up."""


@rule(
    "account-refusal-ignored",
    Severity.ERROR,
    advice="COREmanager answers an error with status 200: read the element error of every answer; a refused step has not happened.",
    source="COREmanager: errors come with status 200 in the answer's document",
)
def refusal_ignored(evidence: Evidence) -> Found:
    for name, actions in evidence.accounts():
        for refused, following in pairwise(actions):
            passing = kind_of_refusal(refused) in ("auth", "503", "exists") or refused.unknown
            if (
                not refused.failed(name)
                or passing
                or following.failed(name)
                or following.kind in (refused.kind, *_REMEDIES)
            ):
                continue
            text = f"{refused} was refused ({refused.refused}), and the client went on: {following.kind.value}"
            yield name, text, [refused, following]

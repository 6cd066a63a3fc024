"""A review as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.review.actions import deed_of
from simulator.review.findings import RULES, Finding
from simulator.review.parsing import masked
from simulator.review.recorder import HttpCall, Recorder

__all__ = ["as_dict"]

SHOWN = 6
"""Calls shown of a finding."""


def as_dict(recorder: Recorder, findings: Sequence[Finding]) -> dict[str, Any]:
    """`{"calls", "since", "clients", "findings": [{"rule", "severity", "where", "text", "advice", "source", "calls"}]}`."""
    calls = {call.number: call for call in recorder}
    clients = list(dict.fromkeys(call.client for call in recorder))
    return {
        "since": recorder.since,
        "now": recorder.run.clock.now(),
        "calls": len(recorder),
        "forgotten": recorder.forgotten,
        "clients": clients,
        "rules": sorted(RULES),
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity.name.lower(),
                "where": finding.where,
                "text": finding.text,
                "advice": finding.advice,
                "source": finding.source,
                "calls": [_call(calls[number]) for number in finding.calls[:SHOWN] if number in calls],
            }
            for finding in findings
        ],
    }


def _call(call: HttpCall) -> dict[str, Any]:
    deed = deed_of(call)
    return {
        "number": call.number,
        "at": round(call.at, 3),
        "call": f"{call.method} {call.path}",
        "action": call.words.action,
        "values": masked(call.words.values),
        "status": call.status,
        "refused": deed.refused,
    }

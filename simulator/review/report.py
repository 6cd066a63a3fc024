"""A review as programs read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.review.actions import action_of
from simulator.review.findings import RULES, Finding
from simulator.review.masking import masked, masked_body, masked_path, masked_query, writable
from simulator.review.recorder import HttpCall, Recorder

__all__ = ["as_dict", "shown_call"]

SHOWN = 6
"""Calls shown of a finding."""


def as_dict(recorder: Recorder, findings: Sequence[Finding]) -> dict[str, Any]:
    """`{"calls", "since", "clients", "findings": [{"rule", "severity", "where", "text", "advice", "source", "calls"}]}`."""
    calls = {call.number: call for call in recorder}
    clients = list(dict.fromkeys(call.client for call in recorder))
    report: dict[str, Any] = {
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
    found: dict[str, Any] = _writable(report)
    return found


def _call(call: HttpCall) -> dict[str, Any]:
    action = action_of(call)
    return {
        "number": call.number,
        "at": round(call.at, 3),
        "call": f"{call.method} {masked_path(call.path)}",
        "action": call.parsed.action,
        "values": masked(call.parsed.values),
        "status": call.status,
        "refused": action.refused,
    }


def shown_call(call: HttpCall) -> dict[str, Any]:
    """A call whole: who, when, what, and the answer. Secrets are masked."""
    shown = {
        **_call(call),
        "ended": round(call.ended, 3),
        "panel": str(call.panel),
        "client": call.client,
        "query": masked_query(call.query),
        "body": masked_body(call.body, form=call.panel != 6),
        "answer": masked_body(call.answer),
        "malformed": call.parsed.malformed,
    }
    del shown["values"]
    found: dict[str, Any] = _writable(shown)
    return found


def _writable(value: Any) -> Any:
    """Whatever clients put into it: names, paths and errors are theirs, too."""
    if isinstance(value, dict):
        return {str(writable(key)): _writable(each) for key, each in value.items()}
    return [_writable(each) for each in value] if isinstance(value, list) else writable(value)

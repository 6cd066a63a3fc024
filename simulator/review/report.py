"""A review as programs read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.kernel import SteppedClock
from simulator.review.actions import action_of
from simulator.review.findings import RULES, Finding, Severity
from simulator.review.masking import masked, masked_body, masked_path, masked_query, writable
from simulator.review.near_misses import near_miss
from simulator.review.parsing import PanelName
from simulator.review.recorder import HttpCall, Recorder

__all__ = ["as_dict", "shown_call"]

_NAMES: Mapping[PanelName, str] = {6: "DCImanager 6", 5: "DCImanager 5", "ispmanager": "ispmanager"}
SHOWN = 6
"""Calls shown of a finding."""


def as_dict(recorder: Recorder, findings: Sequence[Finding]) -> dict[str, Any]:
    """`{"calls", "since", "clients", "findings": [{"rule", "severity", "where", "text", "advice", "source", "calls"}],
    "not_emulated": [{"panel", "call", "times"}], "unfinished", "stepped", "summary"}`.
    """
    absent = _not_emulated(recorder)
    unfinished = sum(not operation.status.ended for operation in recorder.run.panel.operations.all)
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
        "not_emulated": absent,
        "unfinished": unfinished,
        "stepped": isinstance(recorder.run.clock, SteppedClock),
        "summary": {
            **{
                f"{word}s": sum(finding.severity is severity for finding in findings)
                for severity, word in (
                    (Severity.ERROR, "error"),
                    (Severity.WARNING, "warning"),
                    (Severity.NOTE, "note"),
                )
            },
            "not_emulated": len(absent),
            "unfinished": unfinished,
            "calls": len(recorder),
            "clients": len(clients),
        },
    }
    found: dict[str, Any] = _writable(report)
    return found


def _not_emulated(recorder: Recorder) -> list[dict[str, Any]]:
    """Calls that the real product has and Rackloop has not: nobody's fault, and whether they were right cannot be seen."""
    counts: dict[tuple[str, str], int] = {}
    for call in recorder:
        if action_of(call).absent:
            what = masked_path(call.path) if call.panel == 6 else f"func={call.parsed.action}"
            key = _NAMES[call.panel], f"{call.method} {what}"
            counts[key] = counts.get(key, 0) + 1
    return [{"panel": panel, "call": call, "times": times} for (panel, call), times in counts.items()]


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
    """A call whole: who, when, what, and the answer. Secrets are masked. `malformed`: what keeps its body from being JSON; `near_miss`:
    what the panel has not of it, with the nearest that it has.
    """
    shown = {
        **_call(call),
        "ended": round(call.ended, 3),
        "panel": str(call.panel),
        "client": call.client,
        "query": masked_query(call.query),
        "body": masked_body(call.body, form=call.panel != 6),
        "answer": masked_body(call.answer),
        "malformed": call.parsed.malformed,
        "near_miss": near_miss(action_of(call)),
    }
    del shown["values"]
    found: dict[str, Any] = _writable(shown)
    return found


def _writable(value: Any) -> Any:
    """Whatever clients put into it: names, paths and errors are theirs, too."""
    if isinstance(value, dict):
        return {str(writable(key)): _writable(each) for key, each in value.items()}
    return [_writable(each) for each in value] if isinstance(value, list) else writable(value)

"""A review as programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.kernel import SteppedClock
from simulator.review.actions import action_of
from simulator.review.findings import RULES, Finding, Severity
from simulator.review.masking import masked, masked_body, masked_path, masked_query, writable
from simulator.review.near_misses import near_miss
from simulator.review.parsing import PanelName
from simulator.review.recorder import HttpCall, Recorder

__all__ = ["as_dict", "report_in_steps", "shown_call"]

_NAMES: Mapping[PanelName, str] = {6: "DCImanager 6", 5: "DCImanager 5", "ispmanager": "ispmanager"}
SHOWN = 6
"""Calls shown of a finding."""
STEP = 100
"""Calls that are read at a stretch."""


def as_dict(recorder: Recorder, findings: Sequence[Finding]) -> dict[str, Any]:
    """`{"calls", "since", "clients", "findings": [{"rule", "severity", "where", "text", "advice", "source", "calls"}],
    "not_emulated": [{"panel", "call", "times"}], "unfinished", "stepped", "summary"}`.
    """
    report: dict[str, Any] = {}
    for _ in report_in_steps(recorder, findings, report):
        pass
    return report


def report_in_steps(recorder: Recorder, findings: Sequence[Finding], report: dict[str, Any]) -> Iterator[None]:
    """The same into `report`, for those who let others have their turn between two steps."""
    wanted = {number for finding in findings for number in finding.calls[:SHOWN]}
    calls: dict[int, HttpCall] = {}
    clients: dict[str, None] = {}
    absent: dict[tuple[str, str], int] = {}
    for number, call in enumerate(list(recorder), 1):
        clients[call.client] = None
        if call.number in wanted:
            calls[call.number] = call
        if action_of(call).absent:  # nobody's fault, and whether it was right cannot be seen
            what = masked_path(call.path) if call.panel == 6 else f"func={call.parsed.action}"
            key = _NAMES[call.panel], f"{call.method} {what}"
            absent[key] = absent.get(key, 0) + 1
        if number % STEP == 0:
            yield
    shown = []
    for finding in findings:
        shown.append(_finding(finding, calls))
        yield
    unfinished = sum(not operation.status.ended for operation in recorder.run.panel.operations.all)
    counts = {
        f"{severity.name.lower()}s": sum(finding.severity is severity for finding in findings)
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    }
    found: dict[str, Any] = _writable(
        {
            "since": recorder.since,
            "now": recorder.run.clock.now(),
            "calls": len(recorder),
            "forgotten": recorder.forgotten,
            "clients": list(clients),
            "rules": sorted(RULES),
            "findings": [],
            "not_emulated": [{"panel": panel, "call": text, "times": times} for (panel, text), times in absent.items()],
            "unfinished": unfinished,
            "stepped": isinstance(recorder.run.clock, SteppedClock),
            "summary": {
                **counts,
                "not_emulated": len(absent),
                "unfinished": unfinished,
                "calls": len(recorder),
                "clients": len(clients),
            },
        }
    )
    report |= found | {"findings": shown}


def _finding(finding: Finding, calls: Mapping[int, HttpCall]) -> dict[str, Any]:
    found: dict[str, Any] = _writable(
        {
            "rule": finding.rule,
            "severity": finding.severity.name.lower(),
            "where": finding.where,
            "text": finding.text,
            "advice": finding.advice,
            "source": finding.source,
            "calls": [_call(calls[number]) for number in finding.calls[:SHOWN] if number in calls],
        }
    )
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

"""A run as a timeline has it: its records, the exchanges with its devices, and the bodies of the calls to its panels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from simulator.bmc import Bmc
from simulator.kernel import Clock, Journal, Record
from simulator.lab import Run
from simulator.review import Recorder, shown_call
from simulator.review.masking import masked, masked_path
from simulator.snmp.station import Station
from simulator.timeline.lanes import is_bad, lane_of
from simulator.timeline.traffic import Exchange, Traffic

__all__ = ["Recording", "TimelineMark", "shown_exchange", "shown_record"]

TimelineMark = dict[str, Any]
"""JSON values: `time` (seconds of lab time), `lane`, `subject`, `what`, `bad`, `cause`, `detail`; of a record `number` and `layer`, of a call
`call`. Secrets are masked.
"""
MOST = 4000
"""Exchanges of a run that are kept: the last."""
LONGEST = 6000
"""Characters of a body."""


class Recorded(Protocol):
    """A lab that runs, as far as it is looked at here."""

    clock: Clock

    @property
    def bmc_devices(self) -> Mapping[str, Bmc]: ...

    @property
    def stations(self) -> Mapping[str, Station[Any]]: ...


class Recording:
    """From now on, until `close`."""

    def __init__(self, run: Recorded) -> None:
        self._traffic = Traffic(run.clock, run.bmc_devices, run.stations, most=MOST, routine=True)
        self._traffic.attach()
        self._calls = Recorder(run) if isinstance(run, Run) else None
        if self._calls is not None:
            self._calls.watch()

    def close(self) -> None:
        self._traffic.detach()

    def marks(self, journal: Journal) -> list[TimelineMark]:
        """All of it, in order."""
        calls = [(call.record, _short(shown_call(call))) for call in self._calls or ()]
        bodies = {number: shown for number, shown in calls if number}
        marks = []
        for record in journal:
            mark = shown_record(record)
            if record.number in bodies:
                mark["call"] = bodies[record.number]
            marks.append(mark)
        marks += [shown_exchange(each) for each in self._traffic.exchanges]
        marks += [_alone(shown) for number, shown in calls if not number]
        return sorted(marks, key=lambda each: (each["time"], each.get("number", 0)))


def _short(call: TimelineMark) -> TimelineMark:
    """Its bodies as text where they are long, and not all of them."""
    for key in ("body", "answer"):
        text = json.dumps(call[key], ensure_ascii=False)
        if len(text) > LONGEST:
            call[key] = f"{text[:LONGEST]} ... {len(text) - LONGEST} characters more"
    return call


def _alone(call: TimelineMark) -> TimelineMark:
    """A call that no panel has a record of: it never came to its services."""
    status = call["status"]
    return {
        "time": call["ended"],
        "lane": "billing",
        "subject": call["call"],
        "what": "request" if status else "request without an answer",
        "bad": not status or status >= 400,
        "cause": 0,
        "call": call,
    }


def shown_record(record: Record) -> TimelineMark:
    shown: TimelineMark = masked(record.as_dict())
    return {
        **shown,
        "subject": masked_path(record.subject),
        "cause": record.cause,
        "lane": lane_of(record),
        "bad": is_bad(record),
    }


def shown_exchange(exchange: Exchange) -> TimelineMark:
    return {
        "time": round(exchange.time, 6),
        "lane": exchange.network,
        "subject": exchange.device,
        "what": exchange.what,
        "bad": exchange.bad,
        "cause": exchange.cause,
        "detail": masked(exchange.detail),
    }

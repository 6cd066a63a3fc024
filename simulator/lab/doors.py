"""The doors of the panels: each dialect's application behind its gateway, with what may happen to messages on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp

from simulator.api5 import create_app as create_app5
from simulator.api6 import create_app, create_gateway
from simulator.api6.dialect import read_file
from simulator.api6.errors import refuse
from simulator.dcim.panel import Panel
from simulator.files.plan import LabPlan
from simulator.ispmanager import Hosting
from simulator.ispmanager import create_app as create_ispmanager
from simulator.kernel import Activity, Clock, Journal, Streams
from simulator.kernel.wire import Wire
from simulator.lab.welcome import welcome5, welcome6, welcome_hosting
from simulator.web.gateway import Gateway
from simulator.web.interference import HttpInterference, Refuse

__all__ = ["Doors", "Surroundings", "open_doors"]

NOT_WRITTEN = "internal error: the panel's database cannot be written"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every door of a run shares."""

    clock: Clock
    streams: Streams
    journal: Journal
    activity: Activity
    wire: Wire


@dataclass(frozen=True, slots=True)
class Doors:
    dci6: Gateway
    dci5: Gateway
    ispmanager: Gateway | None
    """None where the lab has none."""
    interferences: Mapping[str, HttpInterference]
    """What faults do to HTTP messages, by panel: `dci6`, `dci5`, `ispmanager`."""
    not_written: Mapping[str, ASGIApp]
    """By panel, what says in its dialect's words that the host's disk takes nothing."""


def open_doors(plan: LabPlan, panel: Panel, hosting: Hosting | None, around: Surroundings) -> Doors:
    """Put every API of a lab behind its gateway. The first tap of each, nearest to the client, is what bends messages."""
    journal, activity = around.journal, around.activity
    app6 = create_app(panel, read_file(plan.dialect) if plan.dialect else None)
    dci6 = create_gateway(welcome6(app6), journal=journal, activity=activity)
    app5 = create_app5(panel, around.streams.secret("panel/sessions5").randbytes, journal=journal, activity=activity)
    dci5 = Gateway(welcome5(app5), app5.unavailable)
    refusals: list[tuple[str, Gateway, Refuse]] = [("dci6", dci6, refuse), ("dci5", dci5, app5.refuse)]
    ispmanager = None
    if hosting is not None:
        accounts = create_ispmanager(hosting, journal=journal, activity=activity)
        ispmanager = Gateway(welcome_hosting(accounts), accounts.unavailable)
        refusals.append(("ispmanager", ispmanager, accounts.refuse))
    interferences: dict[str, HttpInterference] = {}
    for name, gateway, words in refusals:
        interferences[name] = HttpInterference(name, around.wire, around.clock, around.streams, activity, words)
        gateway.taps.append(interferences[name])
    broken = {name: words({"status": 500, "type": "internal", "message": NOT_WRITTEN}) for name, _, words in refusals}
    return Doors(dci6, dci5, ispmanager, interferences, broken)

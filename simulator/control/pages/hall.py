"""The page of a lab that is up: the hall, a timeline, the clock, faults, calls, findings; each part is made when it is looked at."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from simulator.control.api.clock import view_of
from simulator.control.api.lab import ControlledLab
from simulator.control.pages.device import device_page, time
from simulator.control.pages.live import Live
from simulator.control.pages.racks import RACKS, racks_of
from simulator.control.pages.templates import template
from simulator.faults import CATALOGUE
from simulator.timeline.lanes import LANES

__all__ = ["found", "page", "racks", "services"]

LAST_EVENTS = 40
FOUND = 60
"""Devices shown of a search."""
_COMMON = frozenset({"at", "for"})
FILTERS = {
    "on": "run",
    "busy": "at work",
    "off": "off",
    "dead": "dead or halted",
    "struck": "with a fault",
    "silent": "BMC silent",
    "wrong": "believed otherwise",
}
"""What devices can be looked for by, and how it is said."""


async def page(lab: ControlledLab, live: Live, number: int = 1, device: str = "") -> str:
    """The page as HTML, with so many racks that it is made at once; `number` from 1."""
    run = lab.run
    since = len(run.journal)
    counts = await live.survey()
    pages = max(-(-len(run.plan.racks) // RACKS), 1)
    number = min(max(number, 1), pages)
    return template("hall.html.j2").render(
        lab=run.plan.name,
        mode=run.mode,
        seed=run.seed,
        since=since,
        clock=view_of(lab),
        shown_time=time(run.clock.now()),
        counts=counts,
        filters=FILTERS,
        sizes=(len(run.plan.servers), len(run.plan.switches), len(run.plan.pdus), len(run.plan.racks)),
        state=live.state(),
        racks=racks_of(run, live.marks, number),
        number=number,
        pages=pages,
        device=device,
        drawer=device_page(run, live.marks, device) if device else None,
        kinds=_kinds(),
        targets=_groups(),
        lanes=LANES,
        events=[str(record) for record in islice(reversed(run.journal), LAST_EVENTS)],
        hosting=run.ispmanager_url,
        dci6=run.dci6_url,
        dci5=run.dci5_url,
    )


def racks(lab: ControlledLab, live: Live, number: int) -> str:
    """The racks of one page, for a page that is open; empty behind the last."""
    return template("racks.html.j2").render(racks=racks_of(lab.run, live.marks, number))


async def found(lab: ControlledLab, live: Live, text: str, flag: str) -> str:
    """Devices whose name contains a text, or with whom something is so."""
    await live.survey()
    rows: list[dict[str, Any]] = []
    word = text.casefold()
    order = {name: place // RACKS + 1 for place, name in enumerate(lab.run.plan.racks)}
    plans: dict[str, Any] = {**lab.run.plan.servers, **lab.run.plan.switches, **lab.run.plan.pdus}
    total = 0
    for name, mark in live.known.items():
        fits = flag in live.flags(mark) if flag else word in name.casefold() or word in mark.get("owner", "").casefold()
        total += fits
        if fits and len(rows) < FOUND:
            rows.append({"name": name, "rack": plans[name].rack, "page": order[plans[name].rack], "mark": mark})
    return template("found.html.j2").render(rows=rows, total=total)


def services(lab: ControlledLab) -> str:
    """Who has which server; what clients of a lab call their services nobody here knows."""
    known = lab.watch.world.billing.services
    accounts = None if lab.run.hosting is None else list(lab.run.hosting)
    return template("services.html.j2").render(services=list(known.values()), accounts=accounts)


def _groups() -> list[tuple[str, list[str]]]:
    """Kinds of faults by their first word, as the catalogue has them."""
    groups: dict[str, list[str]] = {}
    for kind in CATALOGUE.values():
        groups.setdefault(kind.target, []).append(kind.name)
    return list(groups.items())


def _kinds() -> dict[str, Any]:
    """What the palette asks for each kind of fault: its summary, and its parameters as JSON Schema has them."""
    global _KINDS  # noqa: PLW0603 - the catalogue does not change
    if _KINDS is None:
        _KINDS = {
            kind.name: {"summary": kind.summary, "target": kind.target, "fields": list(_fields(kind.params))}
            for kind in CATALOGUE.values()
        }
    return _KINDS


_KINDS: dict[str, Any] | None = None


def _fields(params: Any) -> Any:
    schema = params.model_json_schema()
    needed = schema.get("required", [])
    ordered = sorted(schema["properties"].items(), key=lambda item: (item[0] not in needed, item[0] in _COMMON))
    for name, each in ordered:
        forms = [form for form in each.get("anyOf", [each]) if form.get("type") != "null"]
        words: list[Any] = next((form["enum"] for form in forms if "enum" in form), [])
        default = each.get("default")
        yield {
            "name": name,
            "required": name in needed,
            "type": forms[0].get("type", "string") if len(forms) == 1 else "string",
            "enum": words,
            "default": "" if default is None else default if isinstance(default, str) else json.dumps(default),
            "about": each.get("description", ""),
        }

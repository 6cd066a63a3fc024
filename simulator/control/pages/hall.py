"""The page of a lab that is up: the hall, a timeline, the clock, faults, calls, findings; each part is made when it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from simulator.control.api.clock import view_of
from simulator.control.api.lab import ControlledLab
from simulator.control.pages.device import device_page, time
from simulator.control.pages.live import Live
from simulator.control.pages.racks import RACKS
from simulator.control.pages.templates import rendered, template
from simulator.faults import CATALOGUE
from simulator.faults.kinds import FaultParams
from simulator.timeline.lanes import LANES

__all__ = ["found", "load", "page", "rack", "services"]

LAST_EVENTS = 40
NAMES = 300
"""Of each kind of device, that are proposed where a fault asks for one."""
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
    names = live.racks.names()
    pages = max(-(-len(names) // RACKS), 1)
    number = min(max(number, 1), pages)
    chosen = names[(number - 1) * RACKS : number * RACKS]
    drawn = [await rack(live, name) for name in chosen]
    page_of = set(chosen)
    return await rendered(
        "hall.html.j2",
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
        racks="".join(drawn),
        others=[live.racks.outline(name) for name in names if name not in page_of],
        number=number,
        pages=pages,
        device=device,
        drawer=device_page(run, live.marks, device) if device else None,
        kinds=_kinds(),
        names_of={
            kind: list(plans)[:NAMES]
            for kind, plans in (("server", run.plan.servers), ("switch", run.plan.switches), ("pdu", run.plan.pdus))
        },
        targets=_groups(),
        lanes=LANES,
        events=[str(record) for record in islice(reversed(run.journal), LAST_EVENTS)],
        hosting=run.ispmanager_url,
        dci6=run.dci6_url,
        dci5=run.dci5_url,
    )


async def rack(live: Live, name: str) -> str:
    """One rack as HTML. Raises KeyError."""
    return await rendered("rack.html.j2", rack=live.racks.one(name))


_TEMPLATES = ("hall", "rack", "server", "switch", "pdu", "found", "services")


def load() -> None:
    """Have everything at hand that is made once for all pages."""
    for name in _TEMPLATES:
        template(f"{name}.html.j2")
    _kinds()


@cache
def _kinds() -> dict[str, dict[str, Any]]:
    """What the palette asks for each kind of fault: its summary, and its parameters. The catalogue does not change."""
    return {
        kind.name: {"summary": kind.summary, "target": kind.target, "fields": list(_fields(kind.params))}
        for kind in CATALOGUE.values()
    }


async def found(lab: ControlledLab, live: Live, text: str, flag: str) -> str:
    """Devices whose name contains a text, or with whom something is so."""
    await live.survey()
    rows: list[dict[str, Any]] = []
    word = text.casefold()
    order = {name: place // RACKS + 1 for place, name in enumerate(live.racks.names())}
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


def _fields(params: type[FaultParams]) -> Iterator[dict[str, Any]]:
    """Those that are needed first, those that all kinds have last. `text`: what is typed is a text, though it looks like a number."""
    fields = {field.alias or name: field for name, field in params.model_fields.items()}
    for name, field in sorted(fields.items(), key=lambda item: (not item[1].is_required(), item[0] in _COMMON)):
        parts = list(_parts(field.annotation))
        default = None if field.is_required() else field.default
        yield {
            "name": name,
            "required": field.is_required(),
            "text": str in parts,
            "enum": [word for part in parts if get_origin(part) is Literal for word in get_args(part)],
            "default": "" if default is None else str(default),
            "about": field.description or "",
        }


def _parts(annotation: Any) -> Iterator[Any]:
    """What a value may be: the members of unions, without what is annotated to them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for each in get_args(annotation):
            yield from _parts(each)
    else:
        yield annotation

"""Reports on what the panel has counted and measured: traffic by server, and power.

Octets are those of the switch ports as the panel polls them, so a report is as old as the last poll. GiB and Mbit/s are
META's units. Where META names a report and not its columns, they are ours, and named like those of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from simulator.api5.calls import Call, function
from simulator.api5.errors import Refusal
from simulator.api5.server_rows import hostname, main_address
from simulator.coremanager.document import Document, Element, report, rows
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Server

__all__: list[str] = []

GIB = 1 << 30
PERIODS = ("today", "yesterday", "week", "month", "year")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_OURS = "META-5.21.4; element names are ours"


def _period(call: Call) -> tuple[date, date]:
    """Both ends included. The words are ours: what META's field takes is not known."""
    today = call.panel.local().date()
    text = call.get("period") or "month"
    if text == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if text in PERIODS:
        since = {"today": today, "week": today - timedelta(days=6), "month": today.replace(day=1)}
        return since.get(text, today.replace(month=1, day=1)), today
    year, month = _month(text, "period")
    first = date(year, month, 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _month(text: str, field: str) -> tuple[int, int]:
    """`YYYY-MM`; raises Refusal."""
    found = _MONTH.fullmatch(text)
    if not found or not 1 <= int(found[1]) < 9999:
        raise Refusal("value", field, text, f"{text!r} is no month")
    return int(found[1]), int(found[2])


def _common(call: Call, server: Server) -> dict[str, Any]:
    address = main_address(call, server)
    return {"server": server.name, "hostname": hostname(server), "ip": address.name if address else ""}


def _gib(octets: int) -> str:
    return f"{octets / GIB:.3f}"


def _form(call: Call) -> dict[str, Any]:
    return {"period": call.get("period") or "month"}


@function("traffic", Level.OPERATOR)
async def traffic(call: Call) -> Document:
    """What each server received and sent, GiB."""
    since, until = _period(call)
    shown = []
    for server in call.panel.inventory.servers:
        whole = call.panel.meters.total(server, since, until)
        shown.append({**_common(call, server), "rx": _gib(whole.received), "tx": _gib(whole.sent)})
    return report(_form(call), "traff", shown)


@function("trafficburstable", Level.OPERATOR, source="META-5.21.4, WHMCS")
async def burstable(call: Call) -> Document:
    """The rate that each server is billed by: that which 95 % of the month's intervals stay under, Mbit/s."""
    today = call.panel.local().date()
    year, month = _month(call.get("date"), "date") if call.get("date") else (today.year, today.month)
    shown = (
        {
            "id": server.id,
            **_common(call, server),
            "burst": f"{call.panel.meters.burst(server, year, month):.3f}",
        }
        for server in call.panel.inventory.servers
    )
    return report({"date": f"{year:04}-{month:02}"}, "traff", shown)


def _pie(call: Call) -> list[Element]:
    """Each server's share of this month's traffic, by host name, GiB."""
    since, until = _period(call)
    found = [
        (hostname(server), call.panel.meters.total(server, since, until)) for server in call.panel.inventory.servers
    ]
    return rows({"hostname": name, "traff": _gib(whole.received + whole.sent)} for name, whole in found)


@function("trafficpie", Level.OPERATOR, "observed", "NODE: no parameters, host names and shares two lists deep")
async def pie(call: Call) -> Document:
    inner = Element("elem", children=[Element("traff", children=_pie(call))], alone=True)
    return Document("report", [Element("reportdata", children=[Element("trafficpie", children=[inner])])])


@function("trafficburstable_pie", Level.OPERATOR, "observed", "NODE: no parameters, host names and shares")
async def burstable_pie(call: Call) -> Document:
    """Each server's share by the rate that it is billed by, Mbit/s."""
    today = call.panel.local().date()
    shares = (
        {"hostname": hostname(server), "traff": f"{call.panel.meters.burst(server, today.year, today.month):.3f}"}
        for server in call.panel.inventory.servers
    )
    return report({}, "traff", shares)


@function("currentdetails", Level.USER, "observed", "NODE has name and parameters; band and columns are ours")
async def current(call: Call) -> Document:
    """What a server receives and sends now, Mbit/s, and takes, W, as of the last poll; what of it is not measured is absent."""
    server = call.server(call.need("elid"))
    _period(call)
    received, sent = call.panel.meters.rate(server)
    watts = call.panel.meters.watts(server)
    row = {
        "hostname": hostname(server),
        "rx": f"{received / 1e6:.3f}",
        "tx": f"{sent / 1e6:.3f}",
        "power": None if watts is None else round(watts),
    }
    return report({"elid": server.id, **_form(call)}, "current", [row])


@function("trafficdetails", Level.USER, source=_OURS)
async def details(call: Call) -> Document:
    """One server's days."""
    server = call.server(call.need("elid"))
    since, until = _period(call)
    shown = (
        {"date": day.isoformat(), "rx": _gib(one.received), "tx": _gib(one.sent)}
        for day, one in call.panel.meters.days(server, since, until)
        if one.received or one.sent
    )
    return report({"elid": server.id, **_form(call)}, "traff", shown)


@function("overalltraffic", Level.OPERATOR, source=_OURS)
async def overall(call: Call) -> Document:
    """The hall's days."""
    since, until = _period(call)
    shown = ({"date": day, "rx": _gib(one[0]), "tx": _gib(one[1])} for day, one in _days(call, since, until))
    return report(_form(call), "traff", shown)


def _days(call: Call, since: date, until: date) -> Iterator[tuple[str, tuple[int, int, float]]]:
    whole: dict[date, tuple[int, int, float]] = {}
    for server in call.panel.inventory.servers:
        for day, one in call.panel.meters.days(server, since, until):
            received, sent, energy = whole.get(day, (0, 0, 0.0))
            whole[day] = received + one.received, sent + one.sent, energy + one.watt_hours
    return ((day.isoformat(), whole[day]) for day in sorted(whole))


@function("power", Level.OPERATOR, source=_OURS)
async def power(call: Call) -> Document:
    """What each server that hangs on measured outlets draws now, W, and has taken in the period, kWh."""
    since, until = _period(call)
    shown = []
    for server in call.panel.inventory.servers:
        watts = call.panel.meters.watts(server)
        if watts is not None:
            taken = call.panel.meters.total(server, since, until).watt_hours / 1000
            shown.append({**_common(call, server), "power": round(watts), "energy": f"{taken:.3f}"})
    return report(_form(call), "power", shown)


@function("powerdetails", Level.OPERATOR, source=_OURS)
async def power_details(call: Call) -> Document:
    """One server's days, kWh."""
    server = call.server(call.need("elid"))
    since, until = _period(call)
    shown = (
        {"date": day.isoformat(), "energy": f"{one.watt_hours / 1000:.3f}"}
        for day, one in call.panel.meters.days(server, since, until)
        if one.watt_hours
    )
    return report({"elid": server.id, **_form(call)}, "power", shown)


@function("overallpower", Level.OPERATOR, source=_OURS)
async def overall_power(call: Call) -> Document:
    since, until = _period(call)
    shown = ({"date": day, "energy": f"{one[2] / 1000:.3f}"} for day, one in _days(call, since, until) if one[2])
    return report(_form(call), "power", shown)

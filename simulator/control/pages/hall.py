"""The hall at a glance: one page, nothing fetched, made anew at each look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from simulator.control.pages.templates import template
from simulator.dcim.records import Server as Record
from simulator.lab import Run
from simulator.plant import BootState, Server

__all__ = ["page"]

LAST_EVENTS = 25
RACKS = 12
"""Of one page."""


@dataclass(frozen=True, slots=True)
class Row:
    """A machine of a rack. `led`: "on", "busy", "bad" or "" for off; `belief`: what the panel has on record."""

    led: str
    name: str
    what: str
    doing: str
    belief: str = ""


def page(run: Run, number: int = 1) -> str:
    """The page as HTML, with so many racks that it is made at once; `number` from 1."""
    racks = list(run.plan.racks)
    pages = max(-(-len(racks) // RACKS), 1)
    number = min(max(number, 1), pages)
    shown = dict.fromkeys(racks[(number - 1) * RACKS : number * RACKS])
    events = list(islice(reversed(run.journal), LAST_EVENTS))[::-1]
    return template("hall.html.j2").render(
        lab=run.plan.name,
        now=run.clock.now(),
        calendar=run.clock.calendar(),
        mode=run.mode,
        seed=run.seed,
        racks=_racks(run, shown),
        number=number,
        pages=pages,
        events=[str(record) for record in events],
    )


def _racks(run: Run, shown: Iterable[str]) -> list[dict[str, object]]:
    """What stands in these racks: servers, then switches, then PDUs."""
    rows: dict[str, list[Row]] = {rack: [] for rack in shown}
    known = {server.name: server for server in run.panel.inventory.servers}
    for plan in run.plan.servers.values():
        if plan.rack in rows:
            server, record = run.plant.servers[plan.name], known.get(plan.name)
            believed = _belief(run, record) if record else ""
            rows[plan.rack].append(Row(_led(server), plan.name, plan.configuration.text, _doing(server), believed))
    for group, word in ((run.plan.switches, "ports up"), (run.plan.pdus, "outlets on")):
        for name, device in group.items():
            if device.rack in rows:
                alive, count, total = _equipment(run, name)
                rows[device.rack].append(
                    Row("on" if alive else "bad", name, device.model, f"{count} of {total} {word}")
                )
    return [{"name": rack, "rows": rows[rack]} for rack in rows]


def _equipment(run: Run, name: str) -> tuple[bool, int, int]:
    if name in run.plant.switches:
        switch = run.plant.switches[name]
        return switch.alive, sum(port.link_up for port in switch.ports), len(switch.ports)
    pdu = run.plant.pdus[name]
    return pdu.alive, sum(outlet.live for outlet in pdu.outlets), len(pdu.outlets)


def _belief(run: Run, server: Record) -> str:
    """What the panel has on record, which may not be so."""
    owner = run.panel.users.all.find(server.owner)
    operation = run.panel.operations.last(server)
    words = [owner.email if owner else "", f"power {server.bmc_power.value}"]
    if operation is not None:
        done = f" {operation.progress[-1].stage}" if operation.progress and not operation.status.ended else ""
        words.append(f"{operation.kind.value} {operation.status.value}{done}")
    return ", ".join(word for word in words if word)


def _led(server: Server) -> str:
    if not server.bmc_alive or server.frozen:
        return "bad"
    if server.state is BootState.RUNNING:
        return "on"
    return "busy" if server.powered else ""


def _doing(server: Server) -> str:
    doing = server.state.value.replace("_", " ")
    if server.state in (BootState.INSTALLING, BootState.DIAGNOSING):
        doing += f" {server.progress} %"
    if not server.bmc_alive:
        doing += ", BMC silent"
    if server.frozen:
        doing += ", stands still"
    if server.hint:
        doing += f" ({server.hint})"
    if server.os and server.state is BootState.RUNNING:
        doing += f" {server.os.name}"
    return doing

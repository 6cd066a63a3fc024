"""The drawer of one device: what it is in truth, beside what the panel believes, and what can be done to it by hand."""

from __future__ import annotations

from itertools import islice
from typing import Any

from simulator.control.pages.marks import Marks, doing
from simulator.control.pages.templates import template
from simulator.kernel import Record
from simulator.kernel.causes import explain, told
from simulator.lab import Run
from simulator.plant import Server
from simulator.review.masking import masked_path

__all__ = ["device_page"]

LOOKED_AT = 20_000
"""Records among which its own are looked for."""
SHOWN = 40


def device_page(run: Run, marks: Marks, name: str) -> str | None:
    """The drawer as HTML; None for what is no device of this lab."""
    plan, plant = run.plan, run.plant
    common = {
        "name": name,
        "faults": [each for each in run.faults.active() if each.params.target == name],
        "records": _records(run, name),
        "why": told(_troubled(run, name)),
    }
    if name in plant.servers:
        return template("server.html.j2").render(common | _server(run, marks, plant.servers[name]))
    if name in plant.switches:
        return template("switch.html.j2").render(
            common
            | {
                "plan": plan.switches[name],
                "switch": plant.switches[name],
                "place": run.switches.get(name),
                "seen": _seen_ports(run, name),
                "error": _error(run.panel.inventory.switches, name),
            }
        )
    if name in plant.pdus:
        consumers = _consumers(run, name)
        return template("pdu.html.j2").render(
            common
            | {
                "plan": plan.pdus[name],
                "pdu": plant.pdus[name],
                "place": run.pdus.get(name),
                "consumers": consumers,
                "seen": _seen_outlets(run, name),
                "error": _error(run.panel.inventory.pdus, name),
            }
        )
    return None


def _records(run: Run, name: str) -> list[str]:
    """Its last records, the newest first."""
    own = (each for each in islice(reversed(run.journal), LOOKED_AT) if each.subject == name)
    return [line(each) for each in islice(own, SHOWN)]


def line(record: Record) -> str:
    """A record in one line; secrets are not in journals, but in paths they may be."""
    detail = ", ".join(f"{key} {value}" for key, value in record.detail.items())
    return f"{time(record.time):>9}  {record.layer:<8} {record.what}{f': {masked_path(detail)}' if detail else ''}"


def time(seconds: float) -> str:
    """`1:02:03`."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _troubled(run: Run, name: str) -> list[Record]:
    """How it came to what is wrong with it now, where a fault or a message's fate did."""
    if not any(each.params.target == name for each in run.faults.active()) and not run.journal.marks.past(name):
        return []
    chain = explain(run.journal, name)
    return chain if chain and chain[0].layer in ("fault", "wire", "lab") else []


def _error(register: Any, name: str) -> str:
    found = next((each for each in register if each.name == name), None)
    return (found.error or "") if found is not None else "the panel does not know it"


def _server(run: Run, marks: Marks, server: Server) -> dict[str, Any]:
    plan, panel = run.plan.servers[server.name], run.panel
    record = marks.record(server.name)
    owner = panel.users.all.find(record.owner) if record is not None else None
    operation = panel.operations.last(record) if record is not None else None
    ports = panel.inventory.ports_of(record) if record is not None else []
    switches = {each.id: each.name for each in panel.inventory.switches}
    believed = {(switches.get(port.switch, ""), port.number): port for port in ports}
    cables = [
        {
            "nic": nic,
            "port": nic.cable.port if nic.cable else None,
            "believed": believed.get((nic.cable.port.switch, nic.cable.port.number))
            if nic.cable and nic.cable.port
            else None,
        }
        for nic in server.nics
    ]
    os = server.os
    return {
        "server": server,
        "doing": doing(server),
        "plan": plan,
        "record": record,
        "power": panel.inventory.power_status(record).value if record is not None else "unknown",
        "owner": owner.email if owner is not None else "",
        "addresses": [each.name for each in panel.addresses.of_server(record.id)] if record is not None else [],
        "configured": list(os.addresses) if os else [],
        "answering": [each for each in os.addresses if server.answers_ping(each)] if os else [],
        "operation": operation,
        "cables": cables,
        "supplies": list(zip(server.psus, plan.psus, strict=False)),
        "outlets": {
            psu.outlet: run.plant.pdus[psu.outlet.pdu].outlets[psu.outlet.outlet - 1] for psu in plan.psus if psu.outlet
        },
        "place": run.bmcs.get(server.name),
    }


def _seen_ports(run: Run, name: str) -> dict[int, Any]:
    switch = next((each for each in run.panel.inventory.switches if each.name == name), None)
    return {port.number: port for port in run.panel.inventory.ports_of_switch(switch.id)} if switch else {}


def _seen_outlets(run: Run, name: str) -> dict[int, Any]:
    pdu = next((each for each in run.panel.inventory.pdus if each.name == name), None)
    return {outlet.number: outlet for outlet in run.panel.inventory.outlets_of_pdu(pdu.id)} if pdu else {}


def _consumers(run: Run, name: str) -> dict[int, str]:
    """What is plugged in where, by the lab's plan."""
    found = {
        psu.outlet.outlet: server.name
        for server in run.plan.servers.values()
        for psu in server.psus
        if psu.outlet is not None and psu.outlet.pdu == name
    }
    return found | {
        switch.power.outlet: switch.name
        for switch in run.plan.switches.values()
        if switch.power is not None and switch.power.pdu == name
    }

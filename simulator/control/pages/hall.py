"""The hall at a glance: one page, nothing fetched, made anew at each look."""

from __future__ import annotations

from html import escape

from simulator.dcim.records import Server as Record
from simulator.lab import Run
from simulator.plant import BootState, Server

__all__ = ["page"]

STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem;background:#f6f7f9;color:#1c2430}
h1{font-size:1.3rem;margin:0 0 .2rem} p{margin:.2rem 0 1rem;color:#5a6675}
.racks{display:flex;gap:1.2rem;flex-wrap:wrap;align-items:flex-start}
.rack{background:#fff;border:1px solid #d5dae1;border-radius:6px;padding:.8rem;min-width:22rem}
.rack h2{font-size:1rem;margin:0 0 .5rem}
table{border-collapse:collapse;width:100%} td{padding:.15rem .45rem;border-top:1px solid #edf0f3;white-space:nowrap}
th{text-align:left;font-weight:normal;color:#8a94a2;font-size:12px;padding:.1rem .45rem} .belief{color:#5a6675}
.led{display:inline-block;width:.65rem;height:.65rem;border-radius:50%;background:#c3cad3}
.on{background:#2aa84a}.busy{background:#e0a100}.bad{background:#cf2e2e}
pre{background:#fff;border:1px solid #d5dae1;border-radius:6px;padding:.8rem;overflow:auto;font-size:12px}
"""


HEAD = "<tr><th></th><th></th><th></th><th>is</th><th>the panel believes</th></tr>"


def page(run: Run) -> str:
    """The whole page as HTML."""
    racks = "".join(_rack(run, rack) for rack in run.plan.racks)
    last = "\n".join(escape(str(record)) for record in list(run.journal)[-25:])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rackloop: {escape(run.plan.name)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(run.plan.name)}</h1>"
        f"<p>lab time {run.clock.now():.0f} s ({run.clock.calendar():%Y-%m-%d %H:%M:%S} UTC), {run.mode}, seed "
        f'{run.seed}. As JSON: <a href="/__lab/state">state</a>, <a href="/__lab/journal">journal</a>, '
        f'<a href="/__lab/faults">faults</a>, <a href="/__lab/report">report on clients</a>, <a href="/__lab/clock">clock</a>.</p>'
        f'<div class="racks">{racks}</div><h2>Last events</h2><pre>{last or "nothing yet"}</pre></body></html>'
    )


def _rack(run: Run, rack: str) -> str:
    believed = {server.name: _belief(run, server) for server in run.panel.inventory.servers}
    rows = [
        _server(run.plant.servers[plan.name], plan.configuration.text, believed.get(plan.name, ""))
        for plan in run.plan.servers.values()
        if plan.rack == rack
    ]
    for group, word in ((run.plan.switches, "ports up"), (run.plan.pdus, "outlets on")):
        for name, device in group.items():
            if device.rack != rack:
                continue
            alive, count, total = _equipment(run, name)
            rows.append(
                f'<tr><td><span class="led {"on" if alive else "bad"}"></span></td><td>{escape(name)}</td>'
                f"<td>{escape(device.model)}</td><td>{count} of {total} {word}</td><td></td></tr>"
            )
    return f'<div class="rack"><h2>Rack {escape(rack)}</h2><table>{HEAD}{"".join(rows)}</table></div>'


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


def _server(server: Server, configuration: str, believed: str) -> str:
    if not server.bmc_alive or server.frozen:
        led = "bad"
    elif server.state is BootState.RUNNING:
        led = "on"
    else:
        led = "busy" if server.powered else ""
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
    return (
        f'<tr><td><span class="led {led}"></span></td><td>{escape(server.name)}</td><td>{escape(configuration)}</td>'
        f"<td>{escape(doing)}</td><td class=belief>{escape(believed)}</td></tr>"
    )

"""What a look at a device tells, in a few words: the marks in its rack, which an open page is sent when they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.dcim.records import Server as Record
from simulator.lab import Run
from simulator.plant import BootState, Server

__all__ = ["Marks"]

Mark = dict[str, Any]
"""JSON values: `lamp` (`on`, `busy`, `off`, `dead`), `text`, `faults`; of servers `progress`, `nics`, `bmc`, `owner`, `belief`, `wrong` too; of
switches and PDUs `units`, a letter for each port or outlet: `u` link or power, `n` none, `d` switched off, `b` broken; of NICs `x` no cable.
"""

_STATES = {
    BootState.NO_AC: "no power",
    BootState.OFF: "off",
    BootState.POST: "POST",
    BootState.SELECT: "boot device",
    BootState.DHCP: "PXE, DHCP",
    BootState.LOADER: "PXE, loader",
    BootState.OS_BOOT: "boots",
    BootState.STOPPING: "shuts down",
    BootState.HALTED: "halted",
}
_WORKING = (BootState.INSTALLING, BootState.DIAGNOSING)


class Marks:
    """Of one run. Nothing is kept but where the panel's records are."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._numbers: dict[str, int] = {}
        self._enrolled = -1

    def struck(self) -> dict[str, list[str]]:
        """The faults that hold now, by what they hit."""
        struck: dict[str, list[str]] = {}
        for fault in self._run.faults.active():
            struck.setdefault(fault.params.target, []).append(fault.kind)
        return struck

    def of(self, name: str, struck: Mapping[str, list[str]]) -> Mark | None:
        """None for what is no device of this lab."""
        plant = self._run.plant
        faults = struck.get(name, [])
        if (server := plant.servers.get(name)) is not None:
            return self._server(server, faults)
        if (switch := plant.switches.get(name)) is not None:
            ports = "".join(
                "b" if port.broken else "u" if port.link_up else "d" if not port.admin_up else "n"
                for port in switch.ports
            )
            text = f"{ports.count('u')} of {len(ports)} up" if switch.alive else "dead"
            return {"lamp": "on" if switch.alive else "dead", "text": text, "units": ports, "faults": faults}
        if (pdu := plant.pdus.get(name)) is not None:
            outlets = "".join("u" if each.live else "n" if each.on else "d" for each in pdu.outlets)
            text = f"{outlets.count('u')} of {len(outlets)} on" if pdu.alive else "dead"
            return {"lamp": "on" if pdu.alive else "dead", "text": text, "units": outlets, "faults": faults}
        return None

    def record(self, name: str) -> Record | None:
        """What the panel has of this server."""
        servers = self._run.panel.inventory.servers
        found = servers.find(self._numbers.get(name))
        if (found is None or found.name != name) and self._enrolled != servers.version:
            self._numbers, self._enrolled = {each.name: each.id for each in servers}, servers.version
            found = servers.find(self._numbers.get(name))
        return found if found is not None and found.name == name else None

    def _server(self, server: Server, faults: list[str]) -> Mark:
        record = self.record(server.name)
        owner = self._run.panel.users.all.find(record.owner) if record is not None else None
        belief = self._run.panel.inventory.power_status(record).value if record is not None else "unknown"
        return {
            "lamp": _lamp(server),
            "text": doing(server),
            "progress": server.progress if server.state in _WORKING else 0,
            "nics": "".join(
                "u" if nic.link_up else "n" if nic.cable and nic.cable.plugged else "x" for nic in server.nics
            ),
            "bmc": server.bmc_alive,
            "faults": faults,
            "owner": owner.email if owner is not None else "",
            "belief": belief,
            "wrong": belief not in ("unknown", "on" if server.powered else "off"),
        }


def _lamp(server: Server) -> str:
    if server.state is BootState.NO_AC or server.frozen or server.state is BootState.HALTED:
        return "dead"
    if server.state in (BootState.RUNNING, BootState.RESCUE):
        return "on"
    return "busy" if server.powered else "off"


def doing(server: Server) -> str:
    """`installing 40 %`, `runs debian-12`, `off`."""
    state = server.state
    if state is BootState.RUNNING:
        text = f"runs {server.os.name}" if server.os else "runs"
    elif state is BootState.RESCUE:
        text = "rescue system"
    elif state in _WORKING:
        text = f"{'installs' if state is BootState.INSTALLING else 'diagnosis'} {server.progress} %"
    else:
        text = _STATES[state]
    return f"{text}, stands still" if server.frozen else text

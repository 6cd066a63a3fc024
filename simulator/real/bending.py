"""Which faults would bend what is real: they are refused by name, before anything runs.

Real in a lab are a server's BMC with its chassis, a switch with its ports, a PDU with its outlets. A server's disks, NICs and what
runs on it, and the data network, are emulated also where those are real, and may be bent.
"""

from __future__ import annotations

from typing import Any

from simulator.files.plan import LabPlan

__all__ = ["why_not"]

_CHASSIS = ("bmc.", "ipmi.", "link.lossy", "psu.", "fan.", "inlet.", "board.")
_LINK = ("cable.unplugged", "nic.dead", "nic.speed")
_FEED = ("feed.lost", "outlet.off", "bank.tripped")


def why_not(kind: str, params: Any, plan: LabPlan) -> str:
    """Why this lab cannot have this fault, in a sentence that names the device; empty where it can. `params`: the fault's."""
    if (pdu := getattr(params, "pdu", None)) in plan.pdus:
        return _of_pdu(kind, str(pdu), getattr(params, "outlet", None), plan)
    switch = getattr(params, "switch", None)
    if switch in plan.switches and plan.switches[str(switch)].driver:
        return f"{kind} would bend switch {switch}, which is real"
    return _of_server(kind, params, plan)


def _of_pdu(kind: str, name: str, outlet: int | None, plan: LabPlan) -> str:
    pdu = plan.pdus[name]
    if pdu.driver:
        if kind != "outlet.off":
            return f"{kind} would bend PDU {name}, which is real"
        if "power" not in pdu.allow:
            return f"{kind} would bend PDU {name}, which is real: `allow: [power]` lets its outlets be switched"
        return ""
    if not kind.startswith(_FEED):
        return ""
    for server in plan.servers.values():
        if server.bmc.driver and any(
            psu.outlet and psu.outlet.pdu == name and outlet in (None, psu.outlet.outlet) for psu in server.psus
        ):
            return f"{kind} would take the power of {server.name}, whose BMC is real and would go on"
    return ""


def _of_server(kind: str, params: Any, plan: LabPlan) -> str:
    for name in (getattr(params, "server", None), getattr(params, "other", None)):
        server = plan.servers.get(name) if isinstance(name, str) else None
        if server is None:
            continue
        if server.bmc.driver and kind.startswith(_CHASSIS):
            return f"{kind} would bend the BMC of {name}, which is a real one"
        if kind in _LINK:
            nic = next((nic for nic in server.nics if nic.name == getattr(params, "nic", "nic1")), None)
            if nic is not None and nic.port and plan.switches[nic.port.switch].driver:
                return f"{kind} would bend the link of port {nic.port.port} of switch {nic.port.switch}, which is real"
    return ""

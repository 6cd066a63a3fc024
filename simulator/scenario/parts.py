"""What a fault takes hold of, against the lab: has it such a part? Said before anything runs, with the nearest word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.bmc.personality import load_personality as bmc_personality
from simulator.bmc.sensors import KINDS
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import FaultParams, Progress
from simulator.files.link_speed import link_setting
from simulator.files.plan import LabPlan, PduPlan, ServerPlan, SwitchPlan
from simulator.files.problems import did_you_mean, listed
from simulator.files.reader import Reporter
from simulator.pdu.personality import personality as pdu_personality
from simulator.plant.ethernet import can_be_set
from simulator.plant.thermal import FANS
from simulator.real.bending import why_not

__all__ = ["check_parts"]


def check_parts(kind: str, params: FaultParams, plan: LabPlan, report: Reporter) -> None:
    """Every number and word of a fault's parameters that is not the name of a machine. `report`: of the parameters."""
    given = {name: getattr(params, name) for name in type(params).model_fields}
    if isinstance(params.at, Progress) and CATALOGUE[kind].target != "server":
        target = CATALOGUE[kind].target
        message = f"a share of the work is that of a server's image, and {kind} is on a {target}"
        report.at(("at",), message, "say a time, e.g. 10m")
    if plan.real and (reason := why_not(kind, params, plan)):
        report.at((), reason)
        return
    if (server := plan.servers.get(given.get("server", ""))) is not None:
        _of_server(kind, given, server, plan, report)
    if (switch := plan.switches.get(given.get("switch") or "")) is not None:
        _number("port", given.get("port"), switch.name, switch.ports, report, "port")
        _speed(given, switch.port_speed, report)
        _agent(kind, switch, report)
    if (pdu := plan.pdus.get(given.get("pdu") or "")) is not None:
        for name in ("outlet", "other"):
            _number("outlet", given.get(name), pdu.name, pdu.outlets, report, name)
        _number("bank", given.get("bank"), pdu.name, pdu_personality(pdu.model).banks, report, "bank")
        _agent(kind, pdu, report)
    _of_panel(given, plan, report)
    if given.get("ifindex") == "reshuffled":
        if pdu is not None:
            report.at(("ifindex",), f"{pdu.name} is a PDU: it has no ports that could change their ifIndexes")
        elif switch is not None and switch.ports < 2:
            report.at(("ifindex",), f"{switch.name} has one port: there is none to change with")


def _of_server(kind: str, given: Mapping[str, Any], server: ServerPlan, plan: LabPlan, report: Reporter) -> None:
    nics = {nic.name: nic for nic in server.nics}
    if (nic := given.get("nic")) is not None:
        if nic not in nics:
            report.at(("nic",), f"{server.name} has no NIC `{nic}`", f"it has {listed(list(nics))}")
        else:
            _speed(given, nics[nic].speed, report)
            if kind == "cable.unplugged" and nics[nic].port is None and not nics[nic].unmanaged:
                report.at(("nic",), f"{nic} of {server.name} has no cable", "the lab file's `cables` names none")
    disks = sum(group.count for group in server.configuration.disks)
    _number("disk", given.get("disk"), server.name, disks, report, "disk")
    _number("power supply", given.get("psu"), server.name, len(server.psus), report, "psu")
    _number("fan", given.get("fan"), server.name, FANS, report, "fan")
    if given.get("sensor") is not None:
        _sensor(given["sensor"], server, report, measuring=kind == "bmc.sensor_frozen")
    if (user := given.get("user")) is not None and user != server.bmc.username:
        report.at(("user",), f"the BMC of {server.name} has no user `{user}`", f"it has `{server.bmc.username}`")
    other = plan.servers.get(given["other"]) if isinstance(given.get("other"), str) else None
    if other is server:
        report.at(("with",), f"{server.name} is the same server", "name another one")
    for each, key in ((server, "server"), (other, "with")):
        if other is not None and each is not None and each.bmc.shares_nic:
            report.at((key,), f"the BMC of {each.name} has no cable of its own", "it shares nic1")


def _sensor(name: str, server: ServerPlan, report: Reporter, *, measuring: bool) -> None:
    counts = {"fan": FANS, "supply": len(server.psus), "redundancy": int(len(server.psus) > 1)}
    counts["drive"] = sum(group.count for group in server.configuration.disks)
    known: dict[str, bool] = {}
    for line in bmc_personality(server.model).sensors:
        for n in range(counts.get(line.reads, 1)):
            known[line.name.replace("{n}", str(n + 1))] = KINDS[line.reads].state is None
    if name not in known:
        hint = did_you_mean(name, known, "it has")
        report.at(("sensor",), f"the BMC of {server.name} has no sensor `{name}`", hint)
    elif measuring and not known[name]:
        values = listed([each for each, has_value in known.items() if has_value])
        report.at(("sensor",), f"`{name}` has states, and no value to stay at", f"with a value: {values}")


def _speed(given: Mapping[str, Any], top: int, report: Reporter) -> None:
    if "speed" in given and not can_be_set(top, link_setting(given["speed"], given["duplex"])):
        words = f"{given['speed']}, {given['duplex']} duplex"
        report.at(("speed",), f"hardware of {top // 10**6} Mbit/s cannot do {words}")


def _agent(kind: str, device: SwitchPlan | PduPlan, report: Reporter) -> None:
    """Faults of one version of SNMP."""
    version, way = device.snmp.version, "switch" if isinstance(device, SwitchPlan) else "pdu"
    if kind == "snmp.community" and version == "3":
        report.at((way,), f"{device.name} speaks SNMPv3 with its users only: it has no community")
    if kind == "snmp.stale" and version != "3":
        report.at((way,), f"{device.name} speaks SNMP {version}: boots are of SNMPv3")


def _of_panel(given: Mapping[str, Any], plan: LabPlan, report: Reporter) -> None:
    for name in ("panel", "of"):
        if given.get(name) == "ispmanager" and plan.ispmanager is None:
            report.at((name,), "the lab has no ispmanager", "give it one: `ispmanager: {users: [...]}`")
    if given.get("panel") == "dci6" and given.get("func") is not None:
        report.at(("func",), "calls to DCImanager 6 have no `func`", "say `call: POST */os_install`, or `panel: dci5`")


def _number(what: str, number: Any, owner: str, most: int, report: Reporter, key: str) -> None:
    if isinstance(number, int) and number > most:
        report.at((key,), f"{owner} has no {what} {number}", f"it has {most}")

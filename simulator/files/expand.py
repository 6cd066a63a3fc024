"""A lab file's groups multiplied, its cables resolved, its addresses given: LabSpec in, LabPlan out.

Equipment is numbered in the order of the file, so the same file always gives the same addresses, MACs and serials.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from simulator.files.configuration import Configuration, parse_configuration
from simulator.files.hosting import check_hosting
from simulator.files.lab_schema import HandlerSpec, LabSpec, PduSpec, RackSpec, ServerSpec, SnmpSpec, SwitchSpec
from simulator.files.link_settings import bonded, classic_ports, nic_settings, port_settings, supplies_in_order
from simulator.files.main_addresses import Wanted, main_addresses
from simulator.files.models import model_file
from simulator.files.pattern import WORDS, Pattern, PatternError
from simulator.files.places import bmc_plan, snmp_place, twin_plans
from simulator.files.plan import (
    LabPlan,
    NicPlan,
    OutletPlace,
    PduPlan,
    PortPlace,
    PsuPlan,
    RackPlan,
    ServerPlan,
    SwitchPlan,
)
from simulator.files.pools import expand_pools
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.kernel.pages import is_file
from simulator.pdu.personality import recorded_outlets
from simulator.plant.ethernet import AUTO, LinkSetting

__all__ = ["MOST_MEMBERS", "expand"]

MOST_MEMBERS = 200_000
"""Servers, switches and PDUs of one lab; far above any hall, far below what would fill the memory."""

_BMC_NET = int(ipaddress.IPv4Address("127.16.0.0"))
_SWITCH_NET = int(ipaddress.IPv4Address("127.32.0.0"))
_PDU_NET = int(ipaddress.IPv4Address("127.48.0.0"))
_SERVER_MAC = 0x002590_000000
_SWITCH_MAC = 0x001B0D_000000
_MACS_PER_SERVER = 8
_COMMUNITY = SnmpSpec()
_NIC = re.compile(r"nic([1-8])")
_PSU = re.compile(r"psu([1-4])")
_PLACE = re.compile(r"(.+)/(\d{1,4})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]*")

Way = tuple[str | int, ...]
P = TypeVar("P", PortPlace, OutletPlace)


def expand(spec: LabSpec, report: Reporter) -> LabPlan | None:
    """The plan, or None when there are problems; they are on the reporter. 10,000 servers take well under 1 s."""
    return _Expansion(spec, report).run()


@dataclass(frozen=True, slots=True)
class _Rack:
    name: str
    number: int
    spec: RackSpec
    way: Way


class _Expansion:
    def __init__(self, spec: LabSpec, report: Reporter) -> None:
        self.spec = spec
        self.report = report
        self.said: set[tuple[Way, str]] = set()
        self.counted = 0
        self.names: dict[str, str] = {}
        self.racks: dict[str, RackPlan] = {}
        self.servers: dict[str, ServerPlan] = {}
        self.switches: dict[str, SwitchPlan] = {}
        self.pdus: dict[str, PduPlan] = {}
        self.taken: dict[PortPlace | OutletPlace, str] = {}
        self.hosts: dict[str, str] = {}
        self.configurations: dict[str, Configuration | None] = {}
        self.places: dict[tuple[str, type], Any] = {}
        self.wanted: list[Wanted] = []

    def run(self) -> LabPlan | None:
        """The plan, or None with all that is wrong reported. PDUs and switches come first: cables name them, from any rack."""
        racks = list(self.each_rack())
        members = sum(
            sum(switch.count for switch in rack.spec.switches)
            + sum(pdu.count for pdu in rack.spec.pdus)
            + sum(server.count for server in rack.spec.servers)
            for rack in racks
        )
        if members > MOST_MEMBERS:
            self.say(("racks",), f"the lab has {members} pieces of equipment; {MOST_MEMBERS} are the most")
            return None
        for rack in racks:
            self.add_pdus(rack)
        for rack in racks:
            self.add_switches(rack)
        for rack in racks:
            self.add_servers(rack)
        pools = expand_pools(self.spec.panel, self.report.under("panel"))
        given = main_addresses(self.wanted, pools, self.say)
        if self.spec.ispmanager is not None:
            check_hosting(self.spec.ispmanager, self.report.under("ispmanager"))
        twins = twin_plans(self.spec.twin, self.servers, self.switches, self.pdus, self.say)
        if self.report.problems:
            return None
        servers = (
            {name: replace(plan, address=given.get(name, "")) for name, plan in self.servers.items()}
            if given
            else self.servers
        )
        return LabPlan(
            self.spec.lab, self.racks, servers, self.switches, self.pdus, pools, self.spec.panel, self.spec.timings,
            ispmanager=self.spec.ispmanager, epoch=self.spec.epoch, twins=twins,
        )  # fmt: skip

    def say(self, way: Way, message: str, hint: str = "", *, key: bool = False) -> None:
        """Once for a place and message, however many members of a group share the mistake."""
        if (way, message) not in self.said:
            self.said.add((way, message))
            self.report.at(way, message, hint, key=key)

    # groups

    def each_rack(self) -> Iterator[_Rack]:
        for index, spec in enumerate(self.spec.racks):
            way: Way = ("racks", index)
            pattern = self.pattern(spec.name, (*way, "name"))
            if pattern is None or not self.can_multiply(pattern, spec.count, way):
                continue
            if spec.count > MOST_MEMBERS:
                self.say((*way, "count"), f"{spec.count} racks are too many; {MOST_MEMBERS} are the most")
                continue
            for i in range(1, spec.count + 1):
                n = spec.first + i - 1
                name = pattern(n, i, n, "")
                if name in self.racks:
                    self.say((*way, "name"), f"there are two racks of the name `{name}`")
                    continue
                self.racks[name] = RackPlan(name)
                yield _Rack(name, n, spec, way)

    def members(self, rack: _Rack, kind: str, index: int) -> Iterator[tuple[str, int, int]]:
        """Name, n and i of each member of one group."""
        group: ServerSpec | SwitchSpec | PduSpec = getattr(rack.spec, kind)[index]
        way = (*rack.way, kind, index)
        pattern = self.pattern(group.name, (*way, "name"))
        if pattern is None or not self.can_multiply(pattern, group.count, way):
            return
        if rack.spec.count > 1 and not pattern.words & {"r", "rack"}:
            self.say((*way, "name"), f"the rack stands {rack.spec.count} times: the name needs {{rack}} or {{r}}")
            return
        for i in range(1, group.count + 1):
            n = group.first + i - 1
            name = pattern(n, i, rack.number, rack.name)
            what = {"servers": "server", "switches": "switch", "pdus": "PDU"}[kind]
            if _NAME.fullmatch(name) is None:
                self.say((*way, "name"), f"{name!r} is not a valid name")
            elif name in self.names:
                self.say((*way, "name"), f"the name `{name}` is taken by another {self.names[name]}")
            else:
                self.names[name] = what
                yield name, n, i

    def can_multiply(self, pattern: Pattern, count: int, way: Way) -> bool:
        if count > 1 and not pattern.varies:
            self.say((*way, "name"), f"with `count: {count}` the name needs {{n}}", "e.g. srv-{n:02}")
            return False
        return True

    def pattern(self, text: str, way: Way) -> Pattern | None:
        try:
            return Pattern(text)
        except PatternError as error:
            self.say(way, str(error), did_you_mean(error.word, WORDS, "known") if error.word else "")
            return None

    # equipment

    def add_pdus(self, rack: _Rack) -> None:
        for index, spec in enumerate(rack.spec.pdus):
            for name, _, _ in self.members(rack, "pdus", index):
                number, snmp = len(self.pdus) + 1, spec.snmp or rack.spec.snmp or _COMMUNITY
                host, port = snmp_place(
                    spec, name, _address(_PDU_NET, number), (*rack.way, "pdus", index), self.hosts, self.say
                )
                handler, program = self.handler(spec)
                model = model_file(spec.model, self.report)
                most = (recorded_outlets(model) if is_file(model) else None) or spec.outlets
                outlets = spec.outlets if "outlets" in spec.model_fields_set else most
                self.pdus[name] = PduPlan(
                    name, rack.name, model, outlets, _community(spec, snmp), handler, host, port,
                    f"PDU{number:07d}", snmp, program, spec.driver, tuple(spec.allow),
                )  # fmt: skip

    def add_switches(self, rack: _Rack) -> None:
        for index, spec in enumerate(rack.spec.switches):
            way = (*rack.way, "switches", index)
            power = self.pattern(spec.power, (*way, "power")) if spec.power else None
            settings = port_settings(spec, way, self.say)
            classic = classic_ports(spec)
            for name, n, i in self.members(rack, "switches", index):
                number, snmp = len(self.switches) + 1, spec.snmp or rack.spec.snmp or _COMMUNITY
                outlet = power and self.outlet(power(n, i, rack.number, rack.name), name, (*way, "power"))
                host, port = snmp_place(spec, name, _address(_SWITCH_NET, number), way, self.hosts, self.say)
                # 1024 addresses of its own for each switch: its ports have MACs too
                mac = _mac(_SWITCH_MAC + number * 1024)
                handler, program = self.handler(spec)
                self.switches[name] = SwitchPlan(
                    name, rack.name, model_file(spec.model, self.report), spec.ports, spec.port_speed, _community(spec, snmp), handler,
                    outlet or None, host, port, mac, f"SW{number:08d}",
                    snmp, program, settings, classic, spec.driver, tuple(spec.allow),
                )  # fmt: skip

    def handler(self, spec: SwitchSpec | PduSpec) -> tuple[str | None, str]:
        """The name of a handler's page, and the path of a program that is one."""
        if not isinstance(spec.handler, HandlerSpec):
            return spec.handler, ""
        return None, str((Path(self.report.document.file).parent / spec.handler.executable).resolve())

    def add_servers(self, rack: _Rack) -> None:
        """Every member of every group, with its place, ends of cables, and names by the group's patterns."""
        units: dict[int, str] = {}
        free = 1
        for index, spec in enumerate(rack.spec.servers):
            way = (*rack.way, "servers", index)
            configuration = self.configuration(spec.configuration, (*way, "configuration"))
            cables = self.cable_patterns(spec.cables, (*way, "cables"))
            names = [f"nic{n}" for n in range(1, _nic_count(spec.cables) + 1)]
            settings = nic_settings(spec, names, way, self.say)
            bond = bonded(spec, names, way, self.say)
            address = self.pattern(spec.address, (*way, "address")) if spec.address else None
            for name, n, i in self.members(rack, "servers", index):
                if spec.unit is None:
                    while free in units:
                        free += 1
                    unit = free
                else:
                    unit = spec.unit + i - 1
                if unit in units:
                    self.say((*way, "unit"), f"unit {unit} of rack {rack.name} is taken by {units[unit]}")
                units[unit] = name
                self.counted += 1
                number = self.counted
                ends = {key: cable(n, i, rack.number, rack.name) for key, cable in cables.items()}
                nics = self.nics(ends, name, number, spec.nic_speed, settings, (*way, "cables"))
                psus = self.psus(ends, name, (*way, "cables"))
                bmc = bmc_plan(spec, name, _address(_BMC_NET, number), (*way, "bmc"), self.hosts, self.say)
                if address is not None:
                    self.wanted.append(Wanted(name, address(n, i, rack.number, rack.name), (*way, "address")))
                if configuration is None:
                    continue
                self.servers[name] = ServerPlan(
                    name, rack.name, unit, model_file(spec.model, self.report), configuration, nics, psus, bmc, f"S{number:08d}",
                    _guid(self.spec.lab, name),
                    spec.power == "on", bond,
                )  # fmt: skip

    def configuration(self, text: str, way: Way) -> Configuration | None:
        if text not in self.configurations:
            try:
                self.configurations[text] = parse_configuration(text)
            except ValueError as error:
                self.say(way, str(error))
                self.configurations[text] = None
        elif self.configurations[text] is None:
            self.say(way, f"configuration {text!r} is not understood")
        return self.configurations[text]

    # cables

    def cable_patterns(self, cables: Mapping[str, str], way: Way) -> dict[str, Pattern]:
        found: dict[str, Pattern] = {}
        supplies_in_order([int(match[1]) for key in cables if (match := _PSU.fullmatch(key))], way, self.say)
        for key, text in cables.items():
            if _NIC.fullmatch(key) is None and _PSU.fullmatch(key) is None:
                known = [*(f"nic{k}" for k in range(1, 9)), *(f"psu{k}" for k in range(1, 5))]
                self.say((*way, key), f"unknown end of a cable `{key}`", did_you_mean(key, known), key=True)
            elif (pattern := self.pattern(text, (*way, key))) is not None:
                found[key] = pattern
        return found

    def nics(
        self,
        ends: Mapping[str, str],
        name: str,
        number: int,
        speed: int,
        settings: Mapping[str, LinkSetting],
        way: Way,
    ) -> tuple[NicPlan, ...]:
        nics = []
        for nic in range(1, _nic_count(ends) + 1):
            key = f"nic{nic}"
            end = ends.get(key)
            port = None if end in (None, "unmanaged") else self.port(str(end), f"{key} of {name}", (*way, key))
            mac = _mac(_SERVER_MAC + (number - 1) * _MACS_PER_SERVER + nic)
            nics.append(NicPlan(key, mac, speed, port, end == "unmanaged", settings.get(key, AUTO)))
        return tuple(nics)

    def psus(self, ends: Mapping[str, str], name: str, way: Way) -> tuple[PsuPlan, ...]:
        keys = sorted(key for key in ends if _PSU.fullmatch(key))
        if not keys:
            return (PsuPlan("psu1", None),)
        return tuple(
            PsuPlan(key, None if ends[key] == "mains" else self.outlet(ends[key], f"{key} of {name}", (*way, key)))
            for key in keys
        )

    def port(self, text: str, who: str, way: Way) -> PortPlace | None:
        match = _PLACE.fullmatch(text)
        if match is None:
            near = did_you_mean(text, ["unmanaged"], "write it as sw-a1/3, or")
            self.say(way, f"{text!r} is not a switch port", near)
            return None
        switch = self.switches.get(match[1])
        if switch is None:
            self.unknown("switch", match[1], self.switches, "PDU", self.pdus, way)
            return None
        if not 1 <= int(match[2]) <= switch.ports:
            self.say(way, f"switch {switch.name} has ports 1 to {switch.ports}, not {match[2]}")
            return None
        return self.plug(PortPlace(switch.name, int(match[2])), f"port {match[2]} of {switch.name}", who, way)

    def outlet(self, text: str, who: str, way: Way) -> OutletPlace | None:
        match = _PLACE.fullmatch(text)
        if match is None:
            self.say(way, f"{text!r} is not an outlet", did_you_mean(text, ["mains"], "write it as pdu-a1/3, or"))
            return None
        pdu = self.pdus.get(match[1])
        if pdu is None:
            self.unknown("PDU", match[1], self.pdus, "switch", self.switches, way)
            return None
        if not 1 <= int(match[2]) <= pdu.outlets:
            self.say(way, f"PDU {pdu.name} has outlets 1 to {pdu.outlets}, not {match[2]}")
            return None
        return self.plug(OutletPlace(pdu.name, int(match[2])), f"outlet {match[2]} of {pdu.name}", who, way)

    def unknown(self, what: str, name: str, known: Iterable[str], other: str, others: Iterable[str], way: Way) -> None:
        """Equipment that there is not, or that is of the other kind."""
        text = f"`{name}` is a {other}, not a {what}" if name in others else f"there is no {what} `{name}`"
        self.say(way, text, did_you_mean(name, known, {"switch": "switches", "PDU": "PDUs"}[what]))

    def plug(self, place: P, shown: str, who: str, way: Way) -> P:
        if place in self.taken:
            self.say(way, f"two cables in {shown}: {self.taken[place]} and {who}")
        self.taken[place] = who
        return place


def _nic_count(cables: Iterable[str]) -> int:
    """How many NICs a server with such cables has: without gaps, and one at least."""
    return max((int(match[1]) for key in cables if (match := _NIC.fullmatch(key))), default=1)


def _community(spec: SwitchSpec | PduSpec, snmp: SnmpSpec) -> str:
    """The panel's: what the device says, else the first of those that may write."""
    return snmp.write[0] if snmp.write and "community" not in spec.model_fields_set else spec.community


def _address(network: int, number: int) -> str:
    """The number-th host from 1, without .0 and .255: people read them as network and broadcast."""
    block, host = divmod(number - 1, 254)
    return str(ipaddress.IPv4Address(network + block * 256 + host + 1))


def _mac(value: int) -> str:
    return ":".join(f"{octet:02x}" for octet in value.to_bytes(6, "big"))


def _guid(lab: str, name: str) -> bytes:
    return hashlib.sha256(f"guid/{lab}/{name}".encode()).digest()[:16]

"""Names in a scenario against its lab: servers, switches, PDUs, templates, pools, services, kinds of faults."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import FaultParams
from simulator.files.plan import LabPlan
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter

__all__ = ["Names"]

Way = tuple[str | int, ...]
_CALL = re.compile(r"(?P<method>\S+) +(?P<path>\S+)")
_METHODS = ("GET", "POST", "DELETE", "*")


class Names:
    """Looks names up; what is unknown goes to the reporter with its nearest neighbour."""

    def __init__(self, plan: LabPlan, report: Reporter, services: Iterable[str]) -> None:
        self.plan = plan
        self.report = report
        self.services = list(dict.fromkeys(services))

    def _known(self, what: str, name: str, known: Collection[str], way: Way, plural: str, *, key: bool = False) -> bool:
        if name in known:
            return True
        self.report.at(way, f"there is no {what} `{name}`", did_you_mean(name, known, plural), key=key)
        return False

    def server(self, name: str, way: Way) -> bool:
        return self._known("server", name, self.plan.servers.keys(), way, "servers")

    def switch(self, name: str, way: Way) -> bool:
        return self._known("switch", name, self.plan.switches.keys(), way, "switches")

    def pdu(self, name: str, way: Way) -> bool:
        return self._known("PDU", name, self.plan.pdus.keys(), way, "PDUs")

    def pool(self, name: str, way: Way) -> bool:
        return self._known("pool", name, self.plan.pools.keys(), way, "pools")

    def template(self, name: str, kind: str, way: Way) -> bool:
        """`kind`: `os` or `diagnostic`."""
        known = [template.name for template in self.plan.panel.templates if template.type == kind]
        return self._known(f"{kind} template", name, known, way, "templates")

    def service(self, name: str, way: Way) -> bool:
        return self._known("service", name, self.services, way, "services")

    def service_or_server(self, name: str, way: Way) -> bool:
        return self._known("service or server", name, [*self.services, *self.plan.servers], way, "known")

    def hosting(self, way: Way) -> bool:
        """There is an ispmanager at all; names of its users are checked when they are looked for."""
        if self.plan.ispmanager is None:
            self.report.at(way, "the lab has no ispmanager", "give it one: `ispmanager: {users: [...]}`")
        return self.plan.ispmanager is not None

    def fault(self, name: str, way: Way) -> bool:
        return self._known("kind of fault", name, CATALOGUE, way, "kinds", key=True)

    def fault_or_target(self, name: str, way: Way) -> bool:
        known = ["all", "panel", *CATALOGUE, *self.plan.servers, *self.plan.switches, *self.plan.pdus]
        return self._known("kind of fault, server, switch or PDU", name, known, way, "known")

    def call(self, text: str, way: Way) -> bool:
        """`POST */os_install`."""
        match = _CALL.fullmatch(text)
        if match is None:
            self.report.at(way, f"{text!r} is not a call", "write it as POST */os_install")
            return False
        return self._known("method", match["method"], _METHODS, way, "methods")

    def fault_params(self, params: FaultParams, way: Way) -> None:
        """Every name and number of a fault's parameters: does the lab have such a part?"""
        given = {name: getattr(params, name) for name in type(params).model_fields}
        if (server := given.get("server")) is not None and self.server(server, (*way, "server")):
            plan = self.plan.servers[server]
            self._nic(given.get("nic"), server, [nic.name for nic in plan.nics], (*way, "nic"))
            disks = sum(group.count for group in plan.configuration.disks)
            self._number("disk", given.get("disk"), server, disks, (*way, "disk"))
            self._number("supply", given.get("psu"), server, len(plan.psus), (*way, "psu"))
        if isinstance(other := given.get("other"), str):
            self.server(other, (*way, "with"))
        if (switch := given.get("switch")) is not None and self.switch(switch, (*way, "switch")):
            self._number("port", given.get("port"), switch, self.plan.switches[switch].ports, (*way, "port"))
        if (pdu := given.get("pdu")) is not None and self.pdu(pdu, (*way, "pdu")):
            for name in ("outlet", "other"):
                self._number("outlet", given.get(name), pdu, self.plan.pdus[pdu].outlets, (*way, name))

    def _nic(self, name: str | None, server: str, known: Collection[str], way: Way) -> None:
        if name is not None and name not in known:
            self.report.at(way, f"{server} has no {name}", did_you_mean(name, known, "its NICs"))

    def _number(self, what: str, number: int | None, owner: str, most: int, way: Way) -> None:
        if number is not None and number > most:
            self.report.at(way, f"{owner} has no {what} {number}", f"it has {most}")

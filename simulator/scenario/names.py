"""Names in a scenario against its lab: servers, switches, PDUs, templates, pools, services, kinds of faults."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import FaultParams
from simulator.files.nearest import nearest
from simulator.files.plan import LabPlan
from simulator.files.problems import did_you_mean, listed
from simulator.files.reader import Reporter
from simulator.scenario.parts import check_parts

__all__ = ["Names"]

Way = tuple[str | int, ...]
_CALL = re.compile(r"(?P<method>\S+) +(?P<path>\S+)")
_WILD = re.compile(r"[*?\[]")
_LAYERS = ("scenario", "billing", "panel", "plant", "fault", "wire", "ispmanager", "lab", "real")
_METHODS = ("GET", "POST", "DELETE", "*")


class Names:
    """Looks names up; what is unknown goes to the reporter with its nearest neighbour."""

    def __init__(self, plan: LabPlan, report: Reporter, services: Iterable[str], people: Iterable[str] = ()) -> None:
        """`people`: e-mails that the scenario says; the lab's are known."""
        self.plan = plan
        self.report = report
        self.services = list(dict.fromkeys(services))
        self.people = [*people, plan.admin.email, *(user.email for user in plan.panel.users)]
        self._machines: Mapping[str, Collection[str]] = {
            "server": plan.servers.keys(),
            "switch": plan.switches.keys(),
            "PDU": plan.pdus.keys(),
        }

    def _known(self, what: str, name: str, known: Collection[str], way: Way, plural: str, *, key: bool = False) -> bool:
        if name in known:
            return True
        other = next((kind for kind, names in self._machines.items() if name in names), "")
        if other and what in self._machines:
            self.report.at(way, f"`{name}` is a {other}, not a {what}", f"{plural}: {listed(list(known))}", key=key)
        else:
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

    def configuration(self, text: str, way: Way) -> bool:
        """Is there a server of it at all?"""
        known = list(dict.fromkeys(server.configuration.text for server in self.plan.servers.values()))
        return self._known("server of configuration", text, known, way, "configurations")

    def owner(self, text: str, way: Way) -> bool:
        """Whoever owns a server is `none`, or somebody of the lab or the scenario; told only for what is nearly one of them. Owners in
        DCImanager 5 have other names.
        """
        if text in ("none", *self.people):
            return True
        name, at, domain = text.partition("@")
        known = (
            [each.removesuffix(at + domain) for each in self.people if each.endswith(at + domain)] if at else ["none"]
        )
        near = nearest(name, known)
        if near is not None:
            self.report.at(way, f"nobody here is `{text}`", f"did you mean `{near}{at}{domain}`?")
        return near is None

    def period(self, text: str, known: Collection[str], way: Way) -> bool:
        return self._known("order period", text, known, way, "periods")

    def layer(self, pattern: str, way: Way) -> bool:
        """Who writes records of the journal: told only for what is nearly one of them."""
        if pattern in _LAYERS or _WILD.search(pattern) or (near := nearest(pattern, _LAYERS)) is None:
            return True
        self.report.at(way, f"nobody writes the journal as `{pattern}`", f"did you mean `{near}`?")
        return False

    def preset(self, name: str, way: Way) -> bool:
        """A preset of the lab's ispmanager."""
        known = [preset.name for preset in self.plan.ispmanager.presets] if self.plan.ispmanager else []
        return self._known("preset", name, known, way, "presets")

    def subject(self, pattern: str, way: Way) -> bool:
        """Of whom something is said, a pattern; a plain name that looks like a server's must be one's."""
        known = [*self.services, *self.plan.servers, *self.plan.switches, *self.plan.pdus]
        plain = pattern not in known and not _WILD.search(pattern)
        if plain and (did_you_mean(pattern, known).startswith("did you mean") or _like_a_server(pattern, known)):
            return self._known("service, server, switch or PDU", pattern, known, way, "known")
        return True

    def error(self, pattern: str | None, way: Way) -> bool:
        """A pattern of an error's whole text: without asterisks a word or two never are."""
        if pattern is None or _WILD.search(pattern) or len(pattern.split()) > 2:
            return True
        hint = f'write "*{pattern}*" for a part of it'
        self.report.at(way, f"{pattern!r} would have to be the whole error: it has no asterisk", hint)
        return False

    def fault_params(self, params: FaultParams, way: Way) -> None:
        """Every name and number of a fault's parameters: does the lab have such a part? `way` ends with the kind."""
        given = {name: getattr(params, name) for name in type(params).model_fields}
        if (server := given.get("server")) is not None:
            self.server(server, (*way, "server"))
        if isinstance(other := given.get("other"), str):
            self.server(other, (*way, "with"))
        if (switch := given.get("switch")) is not None:
            self.switch(switch, (*way, "switch"))
        if (pdu := given.get("pdu")) is not None:
            self.pdu(pdu, (*way, "pdu"))
        check_parts(str(way[-1]), params, self.plan, self.report.under(*way))


def _like_a_server(name: str, known: Collection[str]) -> bool:
    return any(name.rstrip("0123456789") == each.rstrip("0123456789") for each in known if each[-1:].isdigit())

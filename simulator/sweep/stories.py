"""Stories that nobody wrote: orders of several clients one after another and at once, troubles of all kinds, and hands that mend them.

A story is a scenario file as data, drawn by Hypothesis. Whatever is asked for in it can be had when nothing goes wrong: nothing is
suspended that is not active, no more servers are ordered than there are. Whatever goes wrong in it passes: a fault holds for some minutes,
or bends some messages. So a story has a good end, and one that comes to another is worth a look.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from simulator.faults.catalogue import CATALOGUE
from simulator.files.lab_file import find_lab
from simulator.files.plan import LabPlan
from simulator.files.reader import Document, Reporter, read, validate
from simulator.scenario.parts import check_parts
from simulator.scenario.plan import Scenario

__all__ = ["MODULES", "NOT_DRAWN", "Data", "Ground", "faults_of", "ground_of", "stories"]

Data = dict[str, Any]
MODULES: Final[Mapping[str, str]] = {"whmcs6": "dci6", "billmanager5": "dci5"}
"""Modules whose orders can be drawn, and the panel that each asks."""
NOT_DRAWN: Final[Mapping[str, str]] = {
    "bmc.cables_crossed": "whoever switches one machine switches another: nobody can know",
    "outlets.swapped": "the same",
    "http.error": "a refusal in the panel's own words is right or wrong by what was asked",
}
"""Kinds of faults that are left out, and why."""
CLIENTS: Final = ("alice@example.com", "bob@example.com", "carol@example.com")
MOST_SERVICES: Final = 3
MOST_STEPS: Final = 7
_LASTS: Final = ("20s", "2m", "5m", "10m")
_WAITS: Final = ("10s", "1m", "7m", "1h")
_LIMIT: Final = "72h"
"""More than all tries of all steps can take."""
_MOMENTS: Final = ("0s", "20s", "90s", "4m", "11m", "19m", "25m", "26m", "40m", "61m", "2h")
_COUNTS: Final = (1, 2, 3, 5, 8, 13, 21, 34, 55)
_CALLS: Final = ("GET *", "POST *", "DELETE *")
_GATEWAYS: Final = (200, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where stories happen: lab, module and settings of a scenario."""

    frame: Mapping[str, Any]
    """As the file has them; the lab itself, where the file gives its path."""
    file: str
    module: str
    servers: Sequence[str]
    """Those that orders are likely to get."""
    ports: Sequence[tuple[str, int]]
    outlets: Sequence[tuple[str, int]]
    stock: int
    plan: LabPlan
    systems: Sequence[str]
    """Operating systems that an order can name."""


def ground_of(scenario: Scenario) -> Ground:
    """Raises ValueError for a module whose orders cannot be drawn; FileProblems."""
    if scenario.module not in MODULES:
        raise ValueError(f"orders of {scenario.module} cannot be drawn: only those of {', '.join(MODULES)}")
    raw = read(Path(scenario.file)).data
    frame = {key: copy.deepcopy(raw[key]) for key in ("lab", "module", "settings") if key in raw}
    lab = frame.get("lab")
    if isinstance(lab, str) and (path := find_lab(lab, Path(scenario.file))) is not None and "/" in lab:
        frame["lab"] = dict(read(path).data)
    plan, wanted = scenario.plan, str(scenario.settings.get("configuration", ""))
    fit = [each for each in plan.servers.values() if wanted in ("", each.configuration.text)]
    near = fit[: MOST_SERVICES + 1]
    ports = [(nic.port.switch, nic.port.port) for each in near for nic in each.nics if nic.port is not None]
    outlets = [(psu.outlet.pdu, psu.outlet.outlet) for each in near for psu in each.psus if psu.outlet is not None]
    systems = [each.name for each in plan.panel.templates if each.type == "os"]
    return Ground(
        frame,
        scenario.file,
        scenario.module,
        [each.name for each in near],
        ports,
        outlets,
        len(fit),
        plan,
        systems if scenario.module == "whmcs6" else (),
    )


# faults


@st.composite
def faults_of(draw: st.DrawFn, ground: Ground) -> Data:
    """One of any kind that the lab can have, as a scenario file says it."""
    kind = draw(st.sampled_from(_kinds(ground)))
    names = CATALOGUE[kind].params.model_fields
    params: Data = {}
    if "server" in names:
        params["server"] = draw(st.sampled_from(ground.servers))
    if "port" in names:
        params["switch"], params["port"] = draw(st.sampled_from(ground.ports))
    elif "switch" in names:
        params["switch"] = draw(st.sampled_from(ground.ports))[0]
    if "outlet" in names:
        params["pdu"], params["outlet"] = draw(st.sampled_from(ground.outlets))
    elif "pdu" in names and "switch" not in names:
        params["pdu"] = draw(st.sampled_from(ground.outlets))[0]
    if "call" in names:
        params["panel"] = MODULES[ground.module]
        if draw(st.booleans()):
            params["call"] = draw(st.sampled_from(_CALLS))
    if kind == "http.gateway":
        params |= {"status": draw(st.sampled_from(_GATEWAYS)), "when": draw(st.sampled_from(("before", "after")))}
    if "nth" in names and kind != "http.stale":
        if draw(st.booleans()):
            params["nth"] = draw(st.sampled_from(_COUNTS))
        else:
            params["times"] = draw(st.sampled_from(_COUNTS[:3]))
    else:
        params["for"] = draw(st.sampled_from(_LASTS))
    return {kind: params}


def _kinds(ground: Ground) -> list[str]:
    """Whose parameters can be drawn, and that this lab can have."""
    found = []
    for kind in CATALOGUE:
        needs = {name for name, field in CATALOGUE[kind].params.model_fields.items() if field.is_required()}
        there = (
            {"server"}
            | ({"switch", "port"} if ground.ports else set())
            | ({"pdu", "outlet"} if ground.outlets else set())
        )
        if kind not in NOT_DRAWN and needs <= there and (ground.ports or not kind.startswith("snmp.")):
            found.append(kind)
    return found


def _is_possible(fault: Data, plan: LabPlan) -> bool:
    """It is one, and the lab has the part that it takes hold of."""
    ((kind, params),) = fault.items()
    report = Reporter(Document("a story", fault))
    valid = validate(CATALOGUE[kind].params, params, report)
    if valid is not None:
        check_parts(kind, valid, plan, report)
    return not report.problems


# steps


class _Shop:
    """What clients have, if all goes well: so that they ask for what they can have."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._made = 0
        self.states: dict[str, str] = {}

    def possible(self, busy: Sequence[str]) -> list[tuple[str, str]]:
        """Verb and service; none of those that are busy."""
        found = []
        living = [name for name, state in self.states.items() if state != "closed"]
        leaving = [
            name for name in busy if self.states[name] == "closed"
        ]  # its server is not free before the step has ended
        if len(living) + len(leaving) < min(self._ground.stock, MOST_SERVICES):
            found.append(("create", f"web{self._made + 1}"))
        for name in living:
            if name not in busy:
                found.append(("suspend" if self.states[name] == "active" else "unsuspend", name))
                found.append(("terminate", name))
        return found

    def done(self, verb: str, name: str) -> None:
        self._made += verb == "create"
        self.states[name] = {"suspend": "suspended", "terminate": "closed"}.get(verb, "active")


@st.composite
def stories(draw: st.DrawFn, ground: Ground) -> Data:
    """A scenario file as data."""
    possible = faults_of(ground).filter(lambda fault: _is_possible(fault, ground.plan))
    shop, steps, bent = _Shop(ground), list[Data](), 0
    faults = draw(st.lists(possible, max_size=2))
    for fault in faults:
        ((_, params),) = fault.items()
        params["at"] = draw(st.sampled_from(_MOMENTS))
    bent = len(faults)
    for _ in range(draw(st.sampled_from(range(2, MOST_STEPS + 1)))):
        kinds = [
            "act",
            "act",
            "act",
            "act",
            "together",
            "wait",
            *(["fault"] if bent < 3 else []),
            *(["clear"] if bent else []),
        ]
        kind = draw(st.sampled_from(kinds))
        if kind == "wait":
            steps.append({"wait": draw(st.sampled_from(_WAITS))})
        elif kind == "fault":
            steps.append({"fault": draw(possible)})
            bent += 1
        elif kind == "clear":
            steps.append({"clear": "all"})
            bent = 0
        else:
            steps += _act(draw, ground, shop, together=kind == "together")
    if not shop.states:  # nobody has ordered anything
        steps += _act(draw, ground, shop, together=False)
    story: Data = {"scenario": "Found by exploring", **copy.deepcopy(dict(ground.frame)), "limit": _LIMIT}
    if faults:
        story["faults"] = faults
    return {**story, "steps": steps}


def _act(draw: st.DrawFn, ground: Ground, shop: _Shop, *, together: bool) -> list[Data]:
    """One step of the billing side, or two or three begun at once of different services."""
    acts: list[Data] = []
    busy: list[str] = []
    for _ in range(draw(st.sampled_from((2, 3))) if together else 1):
        choices = shop.possible(busy)
        if not choices:
            break
        verb, name = draw(st.sampled_from(choices))
        args: Data = {"service": name}
        if verb == "create":
            args["client"] = draw(st.sampled_from(CLIENTS))
            if ground.systems:
                named = draw(st.sampled_from((None, *ground.systems)))
                args |= {"os": named} if named else {}
        acts.append({verb: args})
        shop.done(verb, name)
        busy.append(name)
    return [{"together": acts}] if len(acts) > 1 else acts

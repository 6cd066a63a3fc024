"""A scenario ready to run: read, its names checked against its lab, every part knowing its line. `load_scenario` does
all of it before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from simulator.faults.catalogue import CATALOGUE
from simulator.files.file_kinds import check_kind
from simulator.files.lab_file import find_lab, lab_from_document, load_lab, no_such_lab
from simulator.files.plan import LabPlan
from simulator.files.problems import FileProblems, Problem
from simulator.files.reader import Document, Reporter, read, read_text, validate
from simulator.files.validation import kind_of
from simulator.real.bending import why_not
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.billing.outside.plan import ModulePlan, bundled, module_of
from simulator.scenario.billing.settings import any_settings, check_settings
from simulator.scenario.billing.setup import BillingSetup
from simulator.scenario.contradictions import check_contradictions
from simulator.scenario.expected_names import check_expectation
from simulator.scenario.known import Known
from simulator.scenario.mentioned import clients, created, refused
from simulator.scenario.names import Names
from simulator.scenario.plan import (
    Action,
    Check,
    Clear,
    Expected,
    Mark,
    PlannedFault,
    Scenario,
    Step,
    Strike,
    Together,
    Wait,
)
from simulator.scenario.schema.base import ModuleStep, ServiceArgs, StepExpect
from simulator.scenario.schema.base import Step as StepOfService
from simulator.scenario.schema.scenario import ScenarioSpec
from simulator.scenario.schema.steps import (
    CallArgs,
    CheckStep,
    ClearStep,
    CreateStep,
    FaultStep,
    MarkFaultyStep,
    SuspendStep,
    TerminateStep,
    TogetherStep,
    UnsuspendStep,
    WaitStep,
)

__all__ = ["fault_from_text", "faults_from_file", "load_scenario", "scenario_from_text"]

Way = tuple[str | int, ...]


def load_scenario(file: Path, module: ModulePlan | None = None) -> Scenario:
    """Read and check a scenario and its lab; `module`: played by this one instead of its own. Raises FileProblems."""
    return _load(read(file), file, module)


def scenario_from_text(text: str, file: str = "scenario.yaml", module: ModulePlan | None = None) -> Scenario:
    """The same for a text at hand; a lab path in it is relative to the working directory. Raises FileProblems."""
    return _load(read_text(text.encode("utf-8", "surrogatepass"), file), Path(file), module)


def fault_from_text(text: str, scenario: Scenario, where: str = "--fault") -> PlannedFault:
    """A further fault for a scenario, as its file would say it: `http.lost: {call: POST */owner}`. Raises FileProblems."""
    document = read_text(text.encode("utf-8", "surrogatepass"), where)
    report = Reporter(document)
    spec = ScenarioSpec.model_construct(steps=[], module=scenario.module, limit=scenario.limit)
    fault = None
    if isinstance(document.data, dict):
        fault = _ScenarioReader(document, spec, scenario.plan, report, scenario.outside).fault(document.data, ())
    if fault is None or report.problems:
        raise FileProblems(report.problems)
    return fault


def faults_from_file(file: Path, scenario: Scenario) -> list[PlannedFault]:
    """What strikes in a branch of a scenario: `faults: [...]` as in its file, or fault by fault. Raises FileProblems."""
    document = read(file)
    report = Reporter(document)
    reader = _ScenarioReader(
        document,
        ScenarioSpec.model_construct(steps=[], module=scenario.module, limit=scenario.limit),
        scenario.plan,
        report,
        scenario.outside,
    )
    given: list[tuple[Any, Way]] = [({kind: params}, ()) for kind, params in document.data.items()]
    if "faults" in document.data:
        many = document.data["faults"]
        if len(document.data) > 1 or not isinstance(many, list):
            report.at(("faults",), "beside `faults: [...]` nothing else stands in the file", key=True)
            many = []
        given = [(each, ("faults", index)) for index, each in enumerate(many)]
    faults = []
    for each, way in given:
        if not isinstance(each, dict):
            report.at(way, "a fault is one kind with its parameters", "e.g. bmc.dead: {server: srv-03}")
        elif (fault := reader.fault(each, way)) is not None:
            faults.append(replace(fault, line=0))  # of the scenario's file
            if fault.params.at is not None:
                report.at((*way, fault.kind, "at"), "it strikes at the moment of the branch: leave `at` out", key=True)
    if report.problems:
        raise FileProblems(report.problems)
    return faults


def _load(document: Document, file: Path, module: ModulePlan | None = None) -> Scenario:
    check_kind(document, "scenario")
    report = Reporter(document)
    spec = validate(ScenarioSpec, document.data, report)
    found: list[Problem] = []
    plan = _lab(document, file, report, found)
    if spec is not None and plan is not None:
        scenario = _ScenarioReader(document, spec, plan, report, module).scenario()
        if not report.problems and not found:
            return scenario
    raise FileProblems([*report.problems, *found])


def _lab(document: Document, file: Path, report: Reporter, found: list[Problem]) -> LabPlan | None:
    lab = document.data.get("lab", "small")
    try:
        if isinstance(lab, dict):
            return lab_from_document(document, ("lab",))
        if isinstance(lab, str):
            path = find_lab(lab, file)
            if path is not None:
                found_at = path.stat()
                return _lab_at(path, found_at.st_mtime_ns, found_at.st_size)
            report.at(("lab",), *no_such_lab(lab, file))
        else:
            report.at(("lab",), "the lab is a name, a path or a mapping")
    except FileProblems as problems:
        found.extend(problems.problems)
    return None


@lru_cache(maxsize=32)
def _lab_at(path: Path, changed: int, size: int) -> LabPlan:
    """Many scenarios, few labs: one that has not changed on disk is read once."""
    return load_lab(path)


class _ScenarioReader:
    """One pass over a valid spec: names checked, parts compiled."""

    def __init__(
        self, document: Document, spec: ScenarioSpec, plan: LabPlan, report: Reporter, module: ModulePlan | None
    ) -> None:
        self.outside = module or _outside(spec, document, report)
        self.module = spec.module if isinstance(spec.module, str) else ""
        self.document = document
        self.spec = spec
        self.plan = plan
        self.report = report
        self.names = Names(plan, report, created(spec.steps), [*clients(spec.steps), *map(str, spec.settings.values())])
        self.setup = BillingSetup(spec.steps, report)

    def scenario(self) -> Scenario:
        """The plan of the scenario; what is wrong with it is in the report, by its place."""
        spec = self.spec
        for index, number in enumerate(spec.source):
            if _SOURCE.fullmatch(number) is None:
                message = f"{number!r} is not the number of a requirement"
                way: Way = ("source", index) if isinstance(self.document.data["source"], list) else ("source",)
                self.report.at(way, message, "write it as W6-A10")
        return Scenario(
            self.document.file,
            spec.scenario,
            tuple(spec.source),
            self.plan,
            self.outside.name if self.outside else self.module,
            self.settings(),
            tuple(
                fault
                for index, each in enumerate(spec.faults)
                if (fault := self.fault(each, ("faults", index))) is not None
            ),
            tuple(self.steps(spec.steps, ("steps",))),
            tuple(self.expected(spec.expect, ("expect",))),
            tuple(self.known()),
            spec.seed,
            spec.limit,
            self.outside,
            spec.for_ == "any",
        )

    def known(self) -> Iterable[Known]:
        for index, each in enumerate(self.spec.known):
            if each.of is not None:
                self.names.subject(each.of, ("known", index, "of"))
            yield Known(self.line(("known", index)), each.violates, each.of, each.because)

    def settings(self) -> Mapping[str, Any]:
        configuration = self.spec.settings.get("configuration")
        if isinstance(configuration, str) and configuration and not refused(self.spec.steps):
            self.names.configuration(configuration, ("settings", "configuration"))
        report = self.report.under("settings")
        if self.outside is None:
            return check_settings(self.module, self.spec.settings, self.names, report)
        return any_settings(self.spec.settings, self.names, report, strict=self.spec.for_ == "any")

    def offers(self, verb: str) -> bool:
        return verb in (self.outside.verbs if self.outside else BILLING_MODULES[self.module].verbs)

    def line(self, way: Way) -> int:
        return self.document.place(way)[0]

    # steps

    def steps(self, specs: Iterable[BaseModel], way: Way) -> Iterable[Step]:
        for index, spec in enumerate(specs):
            here = (*way, index)
            step = self.step(spec, here, self.line(here))
            if step is not None:
                yield step

    def step(self, spec: BaseModel, way: Way, line: int) -> Step | None:
        if isinstance(spec, StepOfService) and not self.outside:
            self.names.error(spec.expect.error, (*way, "expect", "error"))
        match spec:
            case CreateStep() if not self.offers("create"):
                return self.of_module("create", spec.create, spec.expect, way, line)
            case CreateStep():
                args = spec.create
                if args.configuration is not None and spec.expect.error is None:
                    self.names.configuration(args.configuration, (*way, "create", "configuration"))
                if args.server is not None:
                    self.names.server(args.server, (*way, "create", "server"))
                if args.period is not None and self.module == "billmanager5" and spec.expect.error is None:
                    periods = self.spec.settings.get("periods") or ["month"]
                    self.names.period(
                        args.period, [periods] if isinstance(periods, str) else periods, (*way, "create", "period")
                    )
                if args.os is not None and args.os not in (self.spec.settings.get("templates") or ()):
                    self.names.template(args.os, "os", (*way, "create", "os"))
                if args.options is not None and not self.outside and self.module != "whmcs6":
                    message = f"the module {self.module} has no `options`"
                    self.report.at((*way, "create", "options"), message, key=True)
                return Action(line, "create", args.service, args.by_client, args, spec.expect, args)
            case SuspendStep():
                return self.action("suspend", spec.suspend, spec.expect, way, line)
            case UnsuspendStep():
                return self.action("unsuspend", spec.unsuspend, spec.expect, way, line)
            case TerminateStep():
                return self.action("terminate", spec.terminate, spec.expect, way, line)
            case ModuleStep():
                return self.of_module(spec.verb, spec.args, spec.expect, way, line)
            case MarkFaultyStep():
                self.names.server(spec.mark_faulty.server, (*way, "mark_faulty", "server"))
                return Mark(line, spec.mark_faulty)
            case WaitStep():
                return Wait(line, spec.wait)
            case FaultStep():
                fault = self.fault(spec.fault, (*way, "fault"))
                return Strike(line, fault) if fault else None
            case ClearStep():
                return self.clear(spec.clear, (*way, "clear"), line)
            case TogetherStep():
                actions = [s for s in self.steps(spec.together, (*way, "together")) if isinstance(s, Action)]
                return Together(line, actions)
            case CheckStep():
                return Check(line, tuple(self.expected(spec.check, (*way, "check"))))
        raise TypeError(f"no such step: {spec!r}")  # pragma: no cover - the schema knows all shapes

    def action(self, verb: str, args: ServiceArgs, expect: StepExpect, way: Way, line: int) -> Action:
        self.names.service(args.service, (*way, verb, "service"))
        return Action(line, verb, args.service, args.by_client, None, expect, args)

    def of_module(self, verb: str, args: BaseModel, expect: StepExpect, way: Way, line: int) -> Action | None:
        """Something that not every module can do."""
        word = verb
        if isinstance(args, CallArgs):
            word = args.verb
        if not self.offers(word):
            those = ", ".join(module.name for module in BILLING_MODULES.values() if verb in module.verbs)
            name = self.outside.name if self.outside else self.module
            hint = f"it is one of {those}" if those else "a module that offers it names it in `verbs`"
            self.report.at((*way, verb), f"the module {name} has no `{word}`", hint, key=True)
            return None
        service, server = getattr(args, "service", ""), getattr(args, "server", None)
        if service:
            self.names.service(service, (*way, verb, "service"))
        if server is not None and (verb, server) != ("edit_card", "any"):
            self.names.server(server, (*way, verb, "server"))
        if expect.error is None:
            if (configuration := getattr(args, "configuration", None)) is not None:
                self.names.configuration(configuration, (*way, verb, "configuration"))
            if verb == "reinstall" and (os := getattr(args, "os", None)) is not None:
                self.names.template(os, "os", (*way, verb, "os"))
            self.setup.check(args, (*way, verb))
        return Action(line, word, service, getattr(args, "by_client", False), None, expect, args)

    def clear(self, what: str, way: Way, line: int) -> Clear:
        if what == "all":
            return Clear(line, None, None)
        if what in CATALOGUE:
            return Clear(line, what, None)
        self.names.fault_or_target(what, way)
        return Clear(line, None, what)

    def fault(self, spec: Mapping[str, Any], way: Way) -> PlannedFault | None:
        if len(spec) != 1:
            self.report.at(way, "a fault is one kind with its parameters", "e.g. bmc.dead: {server: srv-03}")
            return None
        name, given = next(iter(spec.items()))
        if not self.names.fault(name, (*way, name)):
            return None
        kind = CATALOGUE[name]
        if given is not None and not isinstance(given, dict):
            first = next((key for key in ("server", "switch", "pdu") if key in kind.params.model_fields), "at")
            word = given if isinstance(given, str) else "..."
            message = f"must be a mapping, not {kind_of(given)}"
            self.report.at((*way, name), message, f"write it as `{name}: {{{first}: {word}}}`")
            return None
        params = validate(kind.params, {} if given is None else given, self.report.under(*way, name))
        if params is None:
            return None
        self.names.fault_params(params, (*way, name))
        if isinstance(params.at, float) and params.at > self.spec.limit:
            message = f"the scenario is ended at {self.spec.limit / 3600:g} h, before that"
            self.report.at((*way, name, "at"), message, "its `limit` says when")
        if self.plan.real and (why := why_not(name, params, self.plan)):
            self.report.at((*way, name), why, key=True)
        return PlannedFault(self.line(way), name, params)

    # expectations

    def expected(self, specs: Sequence[BaseModel], way: Way) -> Iterable[Expected]:
        check_contradictions(specs, self.report.under(*way))
        for index, spec in enumerate(specs):
            here = (*way, index)
            leaks = check_expectation(spec, here, self.names, outside=self.outside is not None)
            yield Expected(self.line(here), spec, leaks)


def _outside(spec: ScenarioSpec, document: Document, report: Reporter) -> ModulePlan | None:
    """The module that the scenario describes; a bundled one through the contract, where it speaks of any module."""
    if not isinstance(spec.module, str):
        return module_of(spec.module, Path(document.file), report)
    return bundled(spec.module) if spec.for_ == "any" else None


_SOURCE = re.compile(r"[A-Z][A-Z0-9]*-[A-Za-z]?[A-Za-z0-9]+")

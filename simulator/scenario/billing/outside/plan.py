"""A module that a run is to drive, read from its description: ready to be put on a stage."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulator.files.plan import LabPlan
from simulator.files.problems import FileProblems, Problem
from simulator.files.reader import Reporter, read, validate
from simulator.lab import Lab
from simulator.lab.options import DriverKind
from simulator.scenario.billing.outside.contract import LIFECYCLE, OPTIONAL
from simulator.scenario.billing.outside.functions import functions_of, program_of
from simulator.scenario.billing.outside.known import Known
from simulator.scenario.billing.outside.loading import is_async
from simulator.scenario.billing.outside.spec import BUNDLED_WORDS, ModuleFileSpec, ModuleSpec
from simulator.scenario.labs import LabRun, Mode, OpenLab, open_lab

__all__ = ["FAKETIME_RATE", "ModulePlan", "bundled", "load_module", "module_of"]

FAKETIME_RATE = 600
"""Unless the file says another. An hour takes six seconds, and a time-out of 30 s by a clock that is faked is 50 ms."""


@dataclass(frozen=True, slots=True)
class ModulePlan:
    """One module. `folder`: where its file is, which paths in it are relative to."""

    name: str
    spec: ModuleSpec
    folder: Path
    settings: Mapping[str, Any]
    known: Sequence[Known] = ()
    file: str = ""
    found: Sequence[str] = ()
    """Verbs that its code was seen to offer."""
    source: str = ""
    """What was said to have it: a file, the name of a bundled module; empty for a scenario's own."""

    @property
    def verbs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*LIFECYCLE, *self.spec.verbs, *self.found]))

    @property
    def bundled(self) -> str | None:
        return self.spec.bundled

    @property
    def on_wire(self) -> bool:
        """Whether it needs real sockets: everything but our own modules and a class whose verbs are coroutines."""
        if self.spec.bundled is not None:
            return False
        if self.spec.python is not None and self.spec.time is None:
            return not is_async(self.spec.python, self.folder, self.file)
        return True

    @property
    def time(self) -> str:
        """`told`, `real`, `faketime:N` or `scaled:N`; what is sensible for its kind, where the file says nothing."""
        spec = self.spec
        if spec.time is None:
            program = spec.exec is not None or spec.billmanager is not None
            return f"faketime:{FAKETIME_RATE}" if program else "told"
        return f"faketime:{FAKETIME_RATE}" if spec.time == "faketime" else spec.time

    @property
    def rate(self) -> float | None:
        """Lab seconds in a real one while a call of it is under way; None: it moves the clock itself."""
        word, _, rate = self.time.partition(":")
        return {"told": None, "real": 1.0}.get(word) if word in ("told", "real") else float(rate)

    def check(self) -> None:
        """Is there what it needs on this machine? Raises FileProblems."""
        missing = ""
        if (
            self.time.startswith("faketime")
            and self.on_wire
            and (self.spec.exec or self.spec.whmcs or self.spec.billmanager)
            and not shutil.which("faketime")
        ):
            missing = (
                "the program `faketime` is not installed, and without it the module's own sleeps and times would be real ones"
                " while the lab's clock runs: install it (apt-get install faketime), or say `time: told` (the module moves"
                " the lab's clock), or `time: real`"
            )
        elif self.spec.whmcs and not shutil.which(self.spec.php):
            missing = f"the program `{self.spec.php}` is not installed (apt-get install php-cli php-curl php-sqlite3)"
        elif (
            self.spec.exec
            and self.spec.exec[0] != "{python}"
            and not (shutil.which(self.spec.exec[0]) or (self.folder / self.spec.exec[0]).is_file())
        ):
            missing = f"there is no program `{self.spec.exec[0]}`"
        elif self.spec.billmanager is not None:
            missing = (
                ""
                if program_of(self.spec.billmanager, self.folder)
                else f"there is no executable `{self.spec.billmanager}`"
            )
        if missing:
            raise FileProblems([Problem(self.file or self.name, 0, 0, missing)])

    def mode(self, asked: Mode) -> Mode:
        return asked if not self.on_wire or asked != "simulated" else "wire"

    def lab(self, plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]:
        """The lab for it: on real sockets, its clock moved by itself but while a call of the module is under way."""
        if not self.on_wire:
            return open_lab(plan, mode, seed)
        drivers: DriverKind = "foreign" if mode == "wire-foreign" else "own"
        ports = {"dci5": "port5"}.get(self.spec.panel, "port")
        wanted: dict[str, Any] = {ports: self.spec.port or 0}
        return Lab(plan).wire(drivers=drivers, clock="auto", seed=seed, tls=self.spec.tls, **wanted)

    def stage(self, mode: Mode, opener: OpenLab | None) -> tuple[Mode, OpenLab]:
        """Mode and lab of a run with it. `opener`: one that was asked for instead."""
        return self.mode(mode), opener or self.lab


def load_module(what: str) -> ModulePlan:
    """The module of a file, or the bundled one of a name. Raises FileProblems."""
    if what in BUNDLED_WORDS:
        return replace(bundled(what), source=what)
    file = Path(what)
    document = read(file)
    report = Reporter(document)
    spec = validate(ModuleFileSpec, document.data, report)
    report.check()
    assert spec is not None
    return replace(_planned(spec, file.resolve().parent, file.stem, str(file), report), source=what)


def module_of(spec: ModuleSpec, file: Path, report: Reporter) -> ModulePlan:
    """The module that a scenario describes itself."""
    return _planned(ModuleFileSpec(module=spec), file.resolve().parent, file.stem, str(file), report)


def bundled(name: str) -> ModulePlan:
    """A bundled module through the contract, with what its document leaves."""
    return ModulePlan(name, ModuleSpec(bundled=name), Path(), {}, _DOCUMENTED.get(name, ()))


_KEPT = "its document says nothing of giving back what an order has taken that failed"
_DOCUMENTED: Mapping[str, Sequence[Known]] = {
    "whmcs6": (Known("owner-left", "failed", _KEPT), Known("address-left", "failed", _KEPT)),
    "billmanager5": (
        # It goes on to the next server, and the one that failed is nobody's service's by then.
        Known("owner-left", None, _KEPT),
        Known("address-left", None, _KEPT),
        Known(
            "scenario", None, "a failed order that is closed had no server by its document", "life/failed-and-closed"
        ),
        Known(
            "scenario",
            None,
            "its users have names, and an administrator's is never one of them",
            "clients/administrator",
        ),
    ),
    "billmanager6": (
        Known(
            "scenario",
            None,
            "a suspension that failed is tried again by itself, and then staff's",
            "network/suspension-refused",
        ),
    ),
}
"""What the documents of the bundled modules have otherwise than any module should."""


def _planned(spec: ModuleFileSpec, folder: Path, stem: str, file: str, report: Reporter) -> ModulePlan:
    if isinstance(spec.module, str):
        if spec.module not in BUNDLED_WORDS:
            report.at(("module",), f"there is no bundled module `{spec.module}`", f"known: {', '.join(BUNDLED_WORDS)}")
            report.check()
        module = ModuleSpec(bundled=spec.module)
    else:
        module = spec.module
    for index, verb in enumerate(module.verbs):
        if not verb.isidentifier():
            report.at(("module", "verbs", index), f"{verb!r} is no word for a verb", f"known: {', '.join(OPTIONAL)}")
    known = [
        Known(what, each.when, each.because, each.name or "") for entry in spec.known for what, each in entry.items()
    ]
    found: Sequence[str] = ()
    if module.whmcs is not None:
        path = folder / module.whmcs
        if not path.is_file():
            report.at(("module", "whmcs"), f"there is no file {module.whmcs}")
        else:
            found = functions_of(path)
    report.check()
    return ModulePlan(module.name or stem, module, folder, dict(spec.settings), known, file, found)

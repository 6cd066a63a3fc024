"""Who acts in a scenario, and who looks: the billing side, the panels' administrators, somebody who stands in the hall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from provisioner.billing import Billing
from provisioner.log import Call, Entry, ModuleLog, Outcome, Step
from provisioner.services import Service
from simulator.bmc import Bmc
from simulator.dcim.panel import Panel
from simulator.faults.engine import FaultEngine
from simulator.invariants.base import Holding
from simulator.invariants.ledger import Ledger
from simulator.invariants.watch import Violation, Watch
from simulator.kernel import Clock, Journal
from simulator.kernel.causes import hindrance
from simulator.kernel.flow import because, flow
from simulator.plant import Plant
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.billing.outside.making import make_side
from simulator.scenario.billing.outside.plan import ModulePlan
from simulator.scenario.labs import LabRun
from simulator.scenario.observers.dcimanager5 import Observer5, Record5
from simulator.scenario.observers.dcimanager6 import Observer6, PanelView
from simulator.scenario.observers.hall import Truth, truth_of
from simulator.scenario.plan import Action
from simulator.snmp.station import Station

__all__ = ["Actors"]


@dataclass(frozen=True, slots=True)
class _Watched:
    """A lab whose panel's records can be seen."""

    clock: Clock
    journal: Journal
    plant: Plant
    panel: Panel
    faults: FaultEngine
    bmc_devices: Mapping[str, Bmc]
    stations: Mapping[str, Station[Any]]


def _watched(run: LabRun, panel: Panel) -> _Watched:
    return _Watched(run.clock, run.journal, run.plant, panel, run.faults, run.bmc_devices, run.stations)


class Actors:
    """The people of one run."""

    def __init__(
        self, run: LabRun, settings: Mapping[str, Any], module: str = "whmcs6", outside: ModulePlan | None = None
    ) -> None:
        self.run = run
        self.log = ModuleLog(run.clock)
        self.log.subscribe(self._tell_journal)
        self.side = (
            make_side(outside, run, settings, self.log)
            if outside is not None
            else BILLING_MODULES[module].make(run, settings, self.log)
        )
        self.ledger = Ledger(run, self.side)
        panel = run.panel
        self.watch = None if panel is None else Watch(_watched(run, panel), self.side, permits=self._permitted)
        """None where nobody sees the records of a panel."""
        self._observer6 = Observer6(run)
        self._observer5: Observer5 | None = None

    @classmethod
    @asynccontextmanager
    async def on(
        cls, run: LabRun, settings: Mapping[str, Any], module: str = "whmcs6", outside: ModulePlan | None = None
    ) -> AsyncIterator[Actors]:
        """Actors for one run, whose connections are closed at its end."""
        actors = cls(run, settings, module, outside)
        try:
            yield actors
        finally:
            actors.ledger.close()
            if actors.watch is not None:
                actors.watch.close()
            await actors.side.close()
            await actors._observer6.close()
            if actors._observer5:
                await actors._observer5.close()

    def _tell_journal(self, entry: Entry) -> None:
        if isinstance(entry, Call):
            self._answered(entry)
        elif isinstance(entry, Step):
            self._step(entry)
        elif isinstance(entry, Outcome):
            self._outcome(entry)

    def _answered(self, call: Call) -> None:
        """A good answer: what the billing side has met on its way to the panel is overcome."""
        going_on, marks = flow(), self.run.journal.marks
        held = marks.latest("billing", ("http",))
        if not held:
            return
        if going_on is not None:
            going_on.refused = going_on.met or held
        self._mark(call.action.service, "call", held)
        if _good(call):
            marks.free("billing", "http")
            if going_on is not None:
                going_on.met = 0

    def _step(self, step: Step) -> None:
        """A step that failed came from what was in its way; one that is done at last has not failed."""
        journal, going_on, service = self.run.journal, flow(), step.action.service
        if step.phase == "begin":
            if going_on is not None:
                going_on.refused = 0
            return
        what = f"{step.number} {step.name}"
        detail = {"detail": step.detail} if step.detail else {}
        failed = step.phase == "error"
        with because(self.trouble(service) if failed else 0):
            number = journal.write("billing", service, what, result=step.phase, **detail).number
        if failed:
            self._mark(service, "failure", number)
        if going_on is not None:
            held = journal.numbered(going_on.failed)
            if failed:
                going_on.failed = going_on.failed or number
            elif held is not None and held.what == what:
                going_on.failed = 0

    def _outcome(self, outcome: Outcome) -> None:
        """A try that failed came from its step that did, or from what was in its way; the next try begins anew."""
        journal, going_on, service = self.run.journal, flow(), outcome.action.service
        what = f"{outcome.action.name} ended"
        if not outcome.error:
            journal.write("billing", service, what)
        else:
            failed = going_on.failed if going_on is not None else 0
            with because(failed or self.trouble(service)):
                number = journal.write("billing", service, what, error=outcome.error).number
            self._mark(service, "failure", number)
            if going_on is not None:
                going_on.ended = going_on.ended or number
        if going_on is not None:
            going_on.failed = 0

    def _mark(self, service: str, aspect: str, number: int) -> None:
        """Let whoever asks about the service, or about its server, find this: it failed, or a call for it was bent or refused."""
        known = self.service(service)
        self.run.journal.marks.set(service, aspect, number)
        if known is not None:
            self.run.journal.marks.set(known.server_name, f"{aspect} of its service", number)

    def trouble(self, service: str) -> int:
        """The number of the record of what is in the way of what is done for this service now: what its calls have met, what
        stands in its server's way, what it was told wrongly, or how an earlier try has left things; 0 where nothing is known.
        """
        journal, going_on, known = self.run.journal, flow(), self.service(service)
        met = going_on.met if going_on is not None else 0
        # On sockets a request is carried out in a flow of its own, which its client does not see.
        unanswered = met or journal.marks.latest("billing", ("http",))
        server = hindrance(journal, known.server_name) if known else 0
        before = (going_on.refused or going_on.kept or going_on.ended) if going_on is not None else 0
        return unanswered or server or before

    def why(self, service: str, since: int) -> int:
        """The number of the record by which what was done for this service after that record failed; 0 where nothing is known."""
        failure = self.run.journal.marks.latest(service, ("failure",))
        return failure if failure > since else self.trouble(service)

    def _permitted(self, violation: Violation) -> str:
        """The sentence of the module's document that leaves it so; empty when none does."""
        services = [self.billing.services[name] for name in violation.subjects if name in self.billing.services]
        said = [self.side.permits(violation.invariant, service) for service in services]
        return said[0] if said and all(said) else ""

    # the billing side

    @property
    def billing(self) -> Billing:
        return self.side.billing

    async def do(self, action: Action) -> None:
        """Do what a step says. Raises ProvisioningError when the billing side does."""
        server = action.server
        await self.side.do(action, await self._observer6.id_of(server) if server else None)

    def service(self, name: str) -> Service | None:
        return self.billing.services.get(name)

    def calls(self) -> list[str]:
        """What the billing side asked of the panel, in order: `POST /dci/v3/server/3/os_install`."""
        return [self.side.call(call) for call in self.log.calls]

    async def mark_faulty(self, server: str, reason: str | None) -> None:
        """The panel's administrator marks a server as faulty; None takes the mark off."""
        await self._observer6.mark_faulty(server, reason)

    # who looks

    async def panel_view(self, server: str) -> PanelView:
        """The server as the panel shows it now."""
        return await self._observer6.view(server)

    async def holdings(self) -> list[Holding]:
        """Every server that has an owner or an address, in the panel's order."""
        return await self._observer6.holdings()

    async def record5(self, server: str) -> Record5:
        """What DCImanager 5 shows of the server beside that."""
        if self._observer5 is None:
            self._observer5 = Observer5(self.run)
        return await self._observer5.record(server)

    def truth(self, name: str) -> Truth:
        """The server as it is."""
        return truth_of(self.run.plant, name)


def _good(call: Call) -> bool:
    """The panel's own answer, and no refusal. What a client makes of a page that is nobody's is a text."""
    if call.status is None or call.status >= 400:
        return False
    answer = call.answer
    return not isinstance(answer, str) or ("<doc" in answer and "<error" not in answer)

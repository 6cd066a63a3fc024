"""Who acts in a scenario, and who looks: the billing side, the panels' administrators, somebody who stands in the hall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from provisioner.billing import Billing
from provisioner.log import Entry, ModuleLog, Outcome, Step
from provisioner.services import Service
from simulator.bmc import Bmc
from simulator.dcim.panel import Panel
from simulator.faults.engine import FaultEngine
from simulator.invariants.base import Holding
from simulator.invariants.ledger import Ledger
from simulator.invariants.watch import Violation, Watch
from simulator.kernel import Clock, Journal
from simulator.plant import Plant
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.labs import LabRun
from simulator.scenario.observers.dcimanager5 import Observer5, Record5
from simulator.scenario.observers.dcimanager6 import Observer6, PanelView
from simulator.scenario.observers.hall import Truth, truth_of
from simulator.scenario.plan import Action

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


class Actors:
    """The people of one run."""

    def __init__(self, run: LabRun, settings: Mapping[str, Any], module: str = "whmcs6") -> None:
        self.run = run
        self.log = ModuleLog(run.clock)
        self.log.subscribe(self._tell_journal)
        self.side = BILLING_MODULES[module].make(run, settings, self.log)
        self.ledger = Ledger(run, self.side)
        panel = run.panel
        self.watch = (
            None
            if panel is None
            else Watch(_Watched(run.clock, run.journal, run.plant, panel, run.faults, run.bmc_devices), self.side)
        )
        """None where nobody sees the records of a panel."""
        self._observer6 = Observer6(run)
        self._observer5: Observer5 | None = None

    @classmethod
    @asynccontextmanager
    async def on(cls, run: LabRun, settings: Mapping[str, Any], module: str = "whmcs6") -> AsyncIterator[Actors]:
        """Actors for one run, whose connections are closed at its end."""
        actors = cls(run, settings, module)
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
        if isinstance(entry, Step) and entry.phase != "begin":
            detail = {"detail": entry.detail} if entry.detail else {}
            what = f"{entry.number} {entry.name}"
            self.run.journal.write("billing", entry.action.service, what, result=entry.phase, **detail)
        elif isinstance(entry, Outcome):
            detail = {"error": entry.error} if entry.error else {}
            self.run.journal.write("billing", entry.action.service, f"{entry.action.name} ended", **detail)

    def permitted(self, violation: Violation) -> str:
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

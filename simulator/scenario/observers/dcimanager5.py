"""Somebody who looks at a server in DCImanager 5 and changes nothing, with credentials and a log of his own."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.log import ModuleLog
from simulator.scenario.labs import LabRun

__all__ = ["Observer5", "Record5", "panel5"]


@dataclass(frozen=True, slots=True)
class Record5:
    """A server's row; the words are those of `has:` in a scenario."""

    hostname: str
    notes: str
    disabled: bool


class Observer5:
    def __init__(self, run: LabRun) -> None:
        self._panel = panel5(run, ModuleLog(run.clock, keep=1))

    async def record(self, server: str) -> Record5:
        """Raises CoreError, PanelUnavailable."""
        row = next(row for row in await self._panel.servers() if row.name == server)
        return Record5(row.hostname, await self._panel.notes(row.id), row.disabled)

    async def close(self) -> None:
        await self._panel.close()


def panel5(run: LabRun, log: ModuleLog) -> Dci5Client:
    """The panel of a run, as its administrator."""
    name, password = run.admin
    core = CoreClient(run.dci5_url, name, password, clock=run.clock, log=log, transport=run.billing_transport())
    return Dci5Client(core)

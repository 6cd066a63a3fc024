"""Somebody who looks at a server in DCImanager 5 and changes nothing, with credentials and a log of his own."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.log import ModuleLog
from simulator.scenario.labs import LabRun

__all__ = ["Observer5", "Record5", "panel5", "panel5_by_hand"]


@dataclass(frozen=True, slots=True)
class Record5:
    """A server's row; the words are those of `has:` in a scenario."""

    hostname: str
    notes: str
    disabled: bool


class Observer5:
    def __init__(self, run: LabRun) -> None:
        self._panel = panel5_by_hand(run)

    async def record(self, server: str) -> Record5:
        """Raises CoreError, PanelUnavailable."""
        row = next(row for row in await self._panel.servers() if row.name == server)
        return Record5(row.hostname, await self._panel.notes(row.id), row.disabled)

    async def close(self) -> None:
        await self._panel.close()


def panel5(run: LabRun, log: ModuleLog) -> Dci5Client:
    """The panel of a run as a billing side reaches it, as its administrator."""
    return _panel5(run, log, run.billing_transport())


def panel5_by_hand(run: LabRun) -> Dci5Client:
    """The same for somebody who looks or works in it himself: his calls stand in no module's log."""
    return _panel5(run, ModuleLog(run.clock, keep=1), run.observer_transport())


def _panel5(run: LabRun, log: ModuleLog, transport: httpx.AsyncBaseTransport | None) -> Dci5Client:
    name, password = run.admin
    return Dci5Client(CoreClient(run.dci5_url, name, password, clock=run.clock, log=log, transport=transport))

"""Who acts in a scenario, and who looks: the billing side, the panel's administrator, somebody who stands in the hall.

All that the runner assumes of a lab and of the billing core stands here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import httpx

from provisioner.billing import Billing
from provisioner.clients.session6 import Session6
from provisioner.log import Entry, ModuleLog, Outcome, Step
from provisioner.services import Service
from simulator.faults.engine import FaultEngine
from simulator.files.plan import LabPlan
from simulator.invariants.ledger import USERS_OF_5, Ledger
from simulator.kernel import Clock, Journal, Streams
from simulator.plant import Plant
from simulator.scenario.billing.billmanager5 import BillManager5Side
from simulator.scenario.billing.billmanager6 import BillManagerSide
from simulator.scenario.billing.side import Holding, Side
from simulator.scenario.billing.whmcs6 import Whmcs6Side
from simulator.scenario.language import Action
from simulator.scenario.observers.dcimanager5 import Onlooker5, Record5

__all__ = ["Actors", "Holding", "LabRun", "PanelView", "Truth"]

T = TypeVar("T")


class LabRun(Protocol):
    """A lab that runs, as far as scenarios use it."""

    clock: Clock
    streams: Streams
    journal: Journal
    plant: Plant
    faults: FaultEngine
    dci6_url: str
    dci5_url: str
    ispmanager_url: str | None
    """None where the lab has none."""
    plan: LabPlan
    admin: tuple[str, str]
    """E-mail and password."""

    def billing_transport(self) -> httpx.AsyncBaseTransport | None: ...

    async def drive(self, work: Awaitable[T]) -> T:
        """Await `work` while lab time moves."""


_SIDES: Mapping[str, Callable[[LabRun, Mapping[str, Any], ModuleLog], Side]] = MappingProxyType(
    {"whmcs6": Whmcs6Side, "billmanager5": BillManager5Side, "billmanager6": BillManagerSide}
)


@dataclass(frozen=True, slots=True)
class PanelView:
    """A server as the panel shows it; the words are those of `has:` in a scenario."""

    operation: str
    operation_message: str
    owner: str
    addresses: tuple[str, ...]
    power: str
    os: str
    ports: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A server as it is; the words are those of `really:`."""

    power: str
    os: str
    link: str
    speed: str
    """Of the link, as `duplex`; `none` without one."""
    duplex: str
    answers_ping: bool
    addresses: tuple[str, ...]
    """Of the installed system."""
    disks: str


class Actors:
    """The people of one run."""

    def __init__(self, run: LabRun, settings: Mapping[str, Any], module: str = "whmcs6") -> None:
        self.run = run
        self.log = ModuleLog(run.clock)
        self.log.subscribe(self._tell_journal)
        email, password = run.admin
        self.side = _SIDES[module](run, settings, self.log)
        self.ledger = Ledger(run, self.side)
        # The onlooker has a session and a log of his own: what he asks is no call of the billing side.
        self._eyes = Session6(
            run.dci6_url,
            email,
            password,
            clock=run.clock,
            log=ModuleLog(run.clock, keep=1),
            transport=run.billing_transport(),
        )
        self._eyes5: Onlooker5 | None = None

    @classmethod
    @asynccontextmanager
    async def on(cls, run: LabRun, settings: Mapping[str, Any], module: str = "whmcs6") -> AsyncIterator[Actors]:
        """Actors for one run, whose connections are closed at its end."""
        actors = cls(run, settings, module)
        try:
            yield actors
        finally:
            actors.ledger.close()
            await actors.side.close()
            await actors._eyes.close()
            if actors._eyes5:
                await actors._eyes5.close()

    def _tell_journal(self, entry: Entry) -> None:
        if isinstance(entry, Step) and entry.phase != "begin":
            detail = {"detail": entry.detail} if entry.detail else {}
            what = f"{entry.number} {entry.name}"
            self.run.journal.write("billing", entry.action.service, what, result=entry.phase, **detail)
        elif isinstance(entry, Outcome):
            detail = {"error": entry.error} if entry.error else {}
            self.run.journal.write("billing", entry.action.service, f"{entry.action.name} ended", **detail)

    # the billing side

    @property
    def billing(self) -> Billing:
        return self.side.billing

    async def do(self, action: Action) -> None:
        """Do what a step says. Raises ProvisioningError when the billing side does."""
        server = action.server
        await self.side.do(action, await self._id(server) if server else None)

    def service(self, name: str) -> Service | None:
        return self.billing.services.get(name)

    def calls(self) -> list[str]:
        """What the billing side asked of the panel, in order: `POST /dci/v3/server/3/os_install`."""
        return [self.side.call(call) for call in self.log.calls]

    # the panel's administrator

    async def _rows(self, **query: str | int) -> list[dict[str, Any]]:
        answer = await self._eyes.get("/dci/v3/server", **query)
        rows = answer["list"]
        assert isinstance(rows, list)
        return rows

    async def _id(self, server: str) -> int:
        return int((await self._rows(where=f"name EQ '{server}'"))[0]["id"])

    async def panel_view(self, server: str) -> PanelView:
        """The server as the panel shows it now."""
        row = await self._eyes.get(f"/dci/v3/server/{await self._id(server)}")
        operation = row.get("operation") or {}
        ports = [port for port in row.get("switch_connection") or [] if not port.get("is_ipmi_connection")]
        statuses = sorted({str(port["admin_status"]) for port in ports})
        return PanelView(
            operation=str(operation.get("status") or "none"),
            operation_message=str((operation.get("status_info") or {}).get("message") or ""),
            owner=_owner(row) or "none",
            addresses=tuple(str(address["name"]) for address in row.get("ip") or []),
            power=str(row.get("power_status") or "unknown"),
            os=str((row.get("os_template") or {}).get("name") or "none"),
            ports="none" if not statuses else statuses[0] if len(statuses) == 1 else "mixed",
        )

    async def holdings(self) -> list[Holding]:
        """Every server that has an owner or an address, in the panel's order."""
        rows = await self._rows(orderby="id asc")
        held = [
            Holding(int(row["id"]), str(row["name"]), _owner(row), tuple(str(a["name"]) for a in row.get("ip") or []))
            for row in rows
        ]
        return [holding for holding in held if holding.owner or holding.addresses]

    async def record5(self, server: str) -> Record5:
        """What DCImanager 5 shows of the server beside that."""
        if self._eyes5 is None:
            self._eyes5 = Onlooker5(self.run)
        return await self._eyes5.record(server)

    # somebody in the hall

    def truth(self, name: str) -> Truth:
        """The server as it is."""
        server = self.run.plant.servers[name]
        os, nic = server.os, server.nics[0]
        link = nic.cable.link if nic.cable and nic.link_up else None
        return Truth(
            power="on" if server.powered else "off",
            os=os.name if os else "none",
            link="up" if link else "down",
            speed=_rate(link.speed) if link else "none",
            duplex="none" if link is None else "mismatch" if link.mismatch else "full" if link.full[0] else "half",
            answers_ping=os is not None and any(server.answers_ping(address) for address in os.addresses),
            addresses=tuple(os.addresses) if os else (),
            disks="clean" if server.disks_clean else "used",
        )


def _rate(speed: int) -> str:
    return f"{speed // 10**9} Gbit/s" if speed >= 10**9 else f"{speed // 10**6} Mbit/s"


def _owner(row: Mapping[str, Any]) -> str:
    owner = row.get("owner")
    email = str(row.get("owner_email") or (owner.get("email") if isinstance(owner, dict) else "") or "")
    return email.removesuffix(USERS_OF_5)

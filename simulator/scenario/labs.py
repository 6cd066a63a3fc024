"""How a scenario gets its lab: one of the three ways to run one, and what a scenario uses of it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol, TypeVar

import httpx

from simulator.bmc import Bmc
from simulator.dcim.panel import Panel
from simulator.faults.engine import FaultEngine
from simulator.files.plan import LabPlan
from simulator.kernel import Clock, Journal, Streams
from simulator.kernel.wire import Wire
from simulator.lab import Lab
from simulator.lab.options import ClockSpec
from simulator.plant import Plant
from simulator.snmp.station import Station

__all__ = ["MODES", "OPEN", "LabRun", "Mode", "OpenLab", "open_lab"]

T = TypeVar("T")
Mode = Literal["simulated", "wire", "wire-foreign"]
MODES: tuple[Mode, ...] = ("simulated", "wire", "wire-foreign")


class LabRun(Protocol):
    """A lab that runs, as far as scenarios use it."""

    clock: Clock
    streams: Streams
    journal: Journal
    plant: Plant
    faults: FaultEngine
    wire: Wire
    dci6_url: str
    dci5_url: str
    ispmanager_url: str | None
    """None where the lab has none."""
    plan: LabPlan

    @property
    def panel(self) -> Panel | None:
        """None where something else stands in for it, of which nobody sees the records."""

    @property
    def bmc_devices(self) -> Mapping[str, Bmc]:
        """The emulated BMCs by server."""

    @property
    def stations(self) -> Mapping[str, Station[Any]]:
        """The emulated SNMP agents by switch and PDU."""

    @property
    def admin(self) -> tuple[str, str]:
        """The panel's administrator: e-mail and password."""

    def billing_transport(self) -> httpx.AsyncBaseTransport | None:
        """How a billing side reaches the panels."""

    def observer_transport(self) -> httpx.AsyncBaseTransport | None:
        """How somebody who only looks, or works by hand, reaches them."""

    async def drive(self, work: Awaitable[T]) -> T:
        """Await `work` while lab time moves."""


class OpenLab(Protocol):
    """Builds a lab that runs until it is left."""

    def __call__(self, plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]: ...


def open_lab(plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]:
    """The lab of `plan`, in the mode asked for."""
    if mode == "simulated":
        return Lab(plan).simulated(seed=seed)
    return on_sockets(plan, mode, seed, clock="real" if plan.real else "auto")


def on_sockets(plan: LabPlan, mode: Mode, seed: int, *, clock: ClockSpec) -> AbstractAsyncContextManager[LabRun]:
    """The same on real sockets, with a clock of one's own: `auto` moves by itself, and real equipment has only `real` time."""
    return Lab(plan).wire(drivers="foreign" if mode == "wire-foreign" else "own", clock=clock, seed=seed)


def open_exact(plan: LabPlan, mode: Mode, seed: int) -> AbstractAsyncContextManager[LabRun]:
    """The same; every datagram is played (`Lab.simulated`)."""
    return Lab(plan).simulated(seed=seed, exact=True) if mode == "simulated" else open_lab(plan, mode, seed)


OPEN: OpenLab = open_lab
"""What runs use when they are given nothing else."""

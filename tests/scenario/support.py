"""A lab for tests of the runner: the real plant and the real fault engine, the small panel of the billing tests in
front of them. The panel does not touch the plant; what connects the two is tested with the real lab.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx

from simulator.faults.engine import FaultEngine
from simulator.files.plan import LabPlan
from simulator.kernel import Journal, LoopClock, Streams
from simulator.plant import Physics, Plant, ServerBuild, Timings
from tests.provisioner.support.dcimanager6 import ADMIN, Panel


class FakeRun:
    def __init__(self, plan: LabPlan, seed: int) -> None:
        self.clock = LoopClock()
        self.streams = Streams(seed)
        self.journal = Journal(self.clock)
        self.plant = Plant(Physics(self.clock, self.streams, self.journal, Timings()))
        self.boxes = Panel(self.clock, len(plan.servers))
        self.boxes.pools = [{"id": n, "name": name} for n, name in enumerate(plan.pools, 1)]
        self.boxes.templates = [
            {"id": n, "name": each.name, "type": each.type} for n, each in enumerate(plan.panel.templates, 1)
        ]
        for box, server in zip(self.boxes.boxes.values(), plan.servers.values(), strict=True):
            box.name, box.configuration = server.name, server.configuration.text
            box.ports = ["down"] * sum(nic.port is not None for nic in server.nics)
            self.plant.add_server(
                ServerBuild(
                    name=server.name,
                    configuration=server.configuration.text,
                    disks=[(disk.size_gb, disk.type) for disk in server.configuration.disks],
                    macs=[nic.mac for nic in server.nics],
                    nic_speed=server.nics[0].speed,
                    serial=server.serial,
                    guid=server.guid,
                    feeds=[None],
                    cables={0: None},
                )
            )
        world: Any = SimpleNamespace(
            plant=self.plant,
            management=None,
            panel_services=None,
            bmc_address=lambda name: ("", 0),
            may_bend=lambda kind, params: None,
        )
        self.faults = FaultEngine(world, self.clock, self.journal)
        self.panel = None
        """There are no records of a real panel: no invariants are watched."""
        self.dci6_url = "http://panel"
        self.ispmanager_url = None
        self.bmc_devices: dict[str, Any] = {}
        self.stations: dict[str, Any] = {}
        self.plan = plan
        self.admin = ADMIN

    def billing_transport(self) -> httpx.AsyncBaseTransport:
        return self.boxes.transport

    observer_transport = billing_transport

    async def drive(self, work: Awaitable[Any]) -> Any:
        return await work


def fake_lab(prepare: Callable[[FakeRun], Any] = lambda run: None) -> Any:
    """An opener for `run_scenario`; `prepare` may bend the run before anything happens."""

    @asynccontextmanager
    async def open_lab(plan: LabPlan, mode: str, seed: int) -> AsyncIterator[FakeRun]:
        assert mode == "simulated"
        run = FakeRun(plan, seed)
        prepare(run)
        yield run
        run.plant.close()
        await asyncio.sleep(0)

    return open_lab

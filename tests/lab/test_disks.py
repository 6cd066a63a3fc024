"""Disks hold what was written to them until they are wiped, whatever the panel believes."""

from __future__ import annotations

import json
from typing import Any

from simulator.dcim.work.operation_table import OperationStatus
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.lab.snapshot import save_lab

ONE = Lab.load("one")


def in_lab(scene: Any, state: Any = None) -> Any:
    async def main() -> Any:
        async with ONE.simulated(state=state) as lab:
            return await scene(lab)

    return run(main())


async def installed(lab: Run) -> None:
    if not lab.panel.addresses.of_server(1):
        lab.panel.addresses.allocate(lab.panel.addresses.plan.pool("public"), 1, family=4, subject="test")
    lab.panel.operations.install(1, "debian-12")
    await lab.clock.sleep(3000)
    assert lab.plant.servers["srv-1"].os is not None


def held(lab: Run) -> tuple[float, ...]:
    return lab.plant.servers["srv-1"].disks[0].holds


async def diagnosed(lab: Run, *, clear: bool, cut_after: float | None = None) -> OperationStatus:
    operation = lab.panel.operations.diagnose(1, "Diag6", clear_disks=clear)
    if cut_after is not None:
        await lab.clock.sleep(cut_after)
        lab.plant.servers["srv-1"].power_off()
    await lab.clock.sleep(6 * 3600)
    return lab.panel.operations.all.get(operation.id).status


def test_an_installation_leaves_what_was_there_before_and_diagnostics_alone_clear_nothing() -> None:
    async def scene(lab: Run) -> list[int]:
        counts = [len(held(lab))]
        for _ in range(2):
            await installed(lab)
            counts.append(len(held(lab)))
        assert held(lab) == tuple(sorted(set(held(lab))))
        assert await diagnosed(lab, clear=False) is OperationStatus.OK
        return [*counts, len(held(lab))]

    assert in_lab(scene) == [0, 1, 2, 2]


def test_a_whole_clearing_wipes_it() -> None:
    async def scene(lab: Run) -> Any:
        await installed(lab)
        status = await diagnosed(lab, clear=True)
        return status, held(lab), lab.plant.servers["srv-1"].disks[0].used

    assert in_lab(scene) == (OperationStatus.OK, (), False)


def test_a_clearing_that_is_cut_in_its_middle_takes_the_system_and_leaves_the_data() -> None:
    async def scene(lab: Run) -> Any:
        await installed(lab)
        status = await diagnosed(lab, clear=True, cut_after=1600)
        disk = lab.plant.servers["srv-1"].disks[0]
        return status, disk.os, len(disk.holds), disk.used

    assert in_lab(scene) == (OperationStatus.FAILED, None, 1, True)


def test_an_installation_that_stops_before_its_end_adds_nothing() -> None:
    async def scene(lab: Run) -> Any:
        await installed(lab)
        before = held(lab)
        lab.panel.operations.install(1, "debian-12")
        await lab.clock.sleep(600)
        lab.plant.servers["srv-1"].power_off()
        await lab.clock.sleep(60)
        return lab.plant.servers["srv-1"].os, held(lab) == before

    assert in_lab(scene) == (None, True)


def test_what_disks_hold_outlives_a_stop_of_the_lab_and_a_state_without_it_holds_nothing() -> None:
    async def first(lab: Run) -> Any:
        await installed(lab)
        return held(lab), json.loads(json.dumps(save_lab(lab)))

    async def second(lab: Run) -> Any:
        there = held(lab)
        await diagnosed(lab, clear=True)
        return there, held(lab)

    before, state = in_lab(first)
    assert in_lab(second, state) == (before, ())
    (server,) = state["hall"]["servers"].values()
    assert server["disks"][0].pop("holds") == list(before)
    assert in_lab(second, state) == ((), ())

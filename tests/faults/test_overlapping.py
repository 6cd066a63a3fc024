"""Two faults that bend the same: it stays bent until the last of them ends, whichever that is, and then it is as it was before both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from simulator.bmc.serve import crossed
from simulator.faults import CATALOGUE
from simulator.faults.kinds import NotPossible
from simulator.kernel import run
from simulator.lab import Lab, Run

PLACES: dict[str, Any] = {
    "server": "srv-01",
    "switch": "sw-a1",
    "pdu": "pdu-a1",
    "port": 1,
    "outlet": 1,
    "with": "srv-02",
}
OTHER: dict[str, dict[str, Any]] = {
    "disk.slow": {"factor": 3},
    "port.speed": {"speed": "100 Mbit/s"},
    "nic.speed": {"speed": "100 Mbit/s"},
    "link.lossy": {"loss": 0.5},
    "inlet.hot": {"celsius": 50},
}
"""Of kinds that say how they bend, another way than the usual one; for `FIRST` the usual one."""
FIRST = {"port.speed": {"speed": "10 Mbit/s"}, "nic.speed": {"speed": "10 Mbit/s"}, "link.lossy": {"loss": 0.1}}
SETTLED = 600
"""Seconds after which whatever starts has started."""


def words(kind: str) -> dict[str, Any]:
    fields = CATALOGUE[kind].params.model_fields
    names = {field.alias or name for name, field in fields.items()}
    if {"switch", "pdu"} <= names:  # either
        names -= {"pdu"}
    return {name: value for name, value in PLACES.items() if name in names} | FIRST.get(kind, {})


def bends(kind: str) -> bool:
    """It is no rule about messages."""

    async def main() -> bool:
        async with Lab.load("small").simulated() as lab:
            return lab.faults.inject(kind, **words(kind)).hits is None

    return run(main())


KINDS = [kind for kind in CATALOGUE if bends(kind)]


def state(lab: Run) -> dict[str, Any]:
    """What faults bend, of the parts that are bent here and of those next to them."""
    seen: dict[str, Any] = {}
    for name in ("srv-01", "srv-02"):
        server, bmc = lab.plant.servers[name], lab.bmc(name)
        seen[name] = [
            (server.bmc_failed, server.main_board_failed, server.frozen, server.powered, server.bmc_alive),
            [(disk.failed, disk.slowdown) for disk in server.disks],
            [psu.failed for psu in server.psus],
            [(nic.dead, nic.silent, nic.setting, nic.cable and nic.cable.plugged, nic.link_up) for nic in server.nics],
            (server.thermal.dead_fans, server.thermal.inlet),
            [(user.name, user.key) for user in bmc.users],
            {number: bits for number, bits in bmc.board.disabled.items() if bits},
            sorted(bmc.board.frozen),
            (bmc.board.log.free == 0, bytes(bmc.board.inventory), crossed(bmc)),
        ]
    for name in ("sw-a1", "pdu-a1"):
        station = lab.station(name)
        seen[name] = [station.stale, dict(station.agent.communities)]
    switch, pdu = lab.plant.switches["sw-a1"], lab.plant.pdus["pdu-a1"]
    seen["switch"] = switch.failed, switch.alive, [(each.broken, each.setting, each.link_up) for each in switch.ports]
    seen["pdu"] = pdu.failed, pdu.mains.live, [(each.on, each.stuck, each.live) for each in pdu.outlets]
    seen["banks"] = [bank.tripped for bank in pdu.banks]
    card = lab.station("pdu-a1").agent.state
    seen["card"] = [pdu.outlets.index(each) for each in card.outlets]
    seen["links"] = dict(lab.fabric._links._conditions)
    seen["panel"] = (lab.gateway6.state, lab.gateway5.state)
    return seen


def in_lab(scene: Callable[[Run], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Lab.load("small").simulated() as lab:
            lab.plant.servers["srv-01"].power_on()
            lab.plant.servers["srv-02"].power_on()
            await lab.clock.sleep(SETTLED)
            await scene(lab)

    run(main())


def strike(lab: Run, kind: str, **other: Any) -> Any:
    return lab.faults.inject(kind, **{**words(kind), **other})


def test_all_but_rules_about_messages_are_tried() -> None:
    assert {"bmc.password_changed", "snmp.community", "bmc.inventory_spoiled", "outlets.swapped"} < set(KINDS)
    assert set(OTHER) == {name for name, kind in CATALOGUE.items() if kind.values}
    assert set(OTHER) < set(KINDS)


@pytest.mark.parametrize("first", [True, False], ids=["first ends first", "second ends first"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_two_bend_alike_is_bent_until_both_have_ended(kind: str, first: bool) -> None:
    async def scene(lab: Run) -> None:
        whole = state(lab)
        one = strike(lab, kind)
        bent = state(lab)
        await lab.clock.sleep(SETTLED)
        settled = state(lab)
        two = strike(lab, kind)
        assert state(lab) in (bent, settled)
        lab.faults.mend(one if first else two)
        assert state(lab) in (bent, settled)
        lab.faults.mend(two if first else one)
        await lab.clock.sleep(SETTLED)
        assert state(lab) == whole

    in_lab(scene)


@pytest.mark.parametrize("kind", OTHER)
def test_of_two_that_bend_it_in_two_ways_the_later_counts_as_long_as_it_holds(kind: str) -> None:
    async def scene(lab: Run) -> None:
        whole = state(lab)
        one = strike(lab, kind)
        await lab.clock.sleep(SETTLED)
        before = state(lab)
        two = strike(lab, kind, **OTHER[kind])
        await lab.clock.sleep(SETTLED)
        after = state(lab)
        assert after != before
        three = strike(lab, kind)
        lab.faults.mend(three)
        await lab.clock.sleep(SETTLED)
        assert state(lab) == after
        lab.faults.mend(two)
        await lab.clock.sleep(SETTLED)
        assert state(lab) == before
        two = strike(lab, kind, **OTHER[kind])
        lab.faults.mend(one)
        await lab.clock.sleep(SETTLED)
        assert state(lab) == after
        lab.faults.mend(two)
        await lab.clock.sleep(SETTLED)
        assert state(lab) == whole

    in_lab(scene)


def test_a_full_log_that_somebody_cleared_and_that_is_filled_again_is_as_long_as_before_both() -> None:
    async def scene(lab: Run) -> None:
        log = lab.bmc("srv-01").board.log
        one = strike(lab, "bmc.log_full")
        log.entries.clear()
        two = strike(lab, "bmc.log_full")
        assert log.free == 0
        lab.faults.mend(one)
        assert log.free == 0
        lab.faults.mend(two)
        assert not log.entries

    in_lab(scene)


def test_an_outlet_that_is_swapped_is_not_swapped_with_a_third_one() -> None:
    async def scene(lab: Run) -> None:
        strike(lab, "outlets.swapped", outlet=1, other=2)
        with pytest.raises(NotPossible, match="outlet 2 of pdu-a1 is swapped with another one already"):
            strike(lab, "outlets.swapped", outlet=2, other=3)
        assert state(lab)["card"][:3] == [1, 0, 2]

    in_lab(scene)

"""Messages of the data network that are lost, late or cut: the panel, the machine and the billing side each see their part."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dcim.work.operation_table import OperationStatus
from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Lab, Run

ONE = Lab.load("one")


async def installed(lab: Run, seconds: float = 4000) -> OperationStatus:
    number = lab.panel.operations.install(1, "debian-12").id
    await lab.clock.sleep(seconds)
    return lab.panel.operations.all.get(number).status


def play(kind: str, params: dict[str, Any], check: Any) -> None:
    async def main() -> None:
        async with ONE.simulated(seed=2) as lab:
            lab.panel.set_owner(1, 1)
            lab.panel.addresses.allocate(lab.panel.addresses.plan.pool("public"), 1, family=4, subject="test")
            given = CATALOGUE[kind].params.model_validate({"server": "srv-1", **params})
            fault = lab.faults.inject(kind, given)
            status = await installed(lab)
            assert fault.came_about
            check(status, lab)

    run(main())


@pytest.mark.parametrize(
    ("kind", "params", "status", "os", "hint"),
    [
        ("dhcp.lost", {"times": 3}, OperationStatus.OK, "debian-12", ""),
        ("dhcp.lost", {}, OperationStatus.FAILED, None, "DHCP"),
        ("dhcp.wrong_server", {}, OperationStatus.FAILED, None, "halted"),
        ("tftp.lost", {}, OperationStatus.RUNNING, None, "halted"),
        ("image.cut", {"nth": 1}, OperationStatus.FAILED, None, "checksum"),
        ("phonehome.lost", {"stage": "done"}, OperationStatus.RUNNING, "debian-12", ""),
        ("phonehome.lost", {"stage": "configure"}, OperationStatus.OK, "debian-12", ""),
        ("phonehome.twice", {}, OperationStatus.OK, "debian-12", ""),
        ("phonehome.late", {"stage": "done", "by": "10m"}, OperationStatus.OK, "debian-12", ""),
    ],
)
def test_a_message_of_an_installation_meets_its_fate(
    kind: str, params: dict[str, Any], status: OperationStatus, os: str | None, hint: str
) -> None:
    def check(seen: OperationStatus, lab: Run) -> None:
        server = lab.plant.servers["srv-1"]
        told = " ".join(str(record) for record in lab.journal if record.subject == "srv-1") + server.hint
        assert (seen, server.os.name if server.os else None) == (status, os), told[-2000:]
        assert hint in told
        if os and status is OperationStatus.RUNNING:
            assert server.answers_ping("192.0.2.10"), "the system is up, and only the panel does not know"

    play(kind, params, check)


def test_pings_are_lost_on_their_way_and_the_system_is_up() -> None:
    def check(status: OperationStatus, lab: Run) -> None:
        assert status is OperationStatus.OK
        assert [lab.plant.ping("192.0.2.10") for _ in range(3)] == [False, True, True]
        assert lab.plant.servers["srv-1"].answers_ping("192.0.2.10")

    async def main() -> None:
        async with ONE.simulated(seed=2) as lab:
            lab.panel.set_owner(1, 1)
            lab.panel.addresses.allocate(lab.panel.addresses.plan.pool("public"), 1, family=4, subject="test")
            params = CATALOGUE["ping.lost"].params.model_validate({"server": "srv-1", "nth": 1})
            lab.faults.inject("ping.lost", params)
            check(await installed(lab), lab)

    run(main())

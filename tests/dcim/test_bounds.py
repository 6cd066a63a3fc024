"""What the panel remembers of each server has a bound, and what it forgets is said."""

import pytest

from simulator.dcim import history
from simulator.dcim.work import operations
from simulator.dcim.work.operation_table import OperationStatus
from simulator.kernel import run
from tests.dcim.support import World


@pytest.fixture(autouse=True)
def little(monkeypatch):
    monkeypatch.setattr(history, "KEPT", 20)
    monkeypatch.setattr(operations, "KEPT", 10)


def test_the_oldest_entries_of_a_server_s_history_go_and_others_stay():
    async def main():
        world = World()
        servers = world.panel.inventory.servers
        servers.change(2, domain="stays.example.com")
        for number in range(200):
            servers.change(1, domain=f"d{number}.example.com")
        kept = world.panel.history.of_server(1)
        assert 20 <= len(kept) <= 22
        assert kept[0].state == "d199.example.com"
        assert [event.state for event in world.panel.history.of_server(2)] == ["stays.example.com"]
        assert len(world.panel.history.all) == len(kept) + 1
        told = world.wrote("history forgotten")
        assert sum(record.detail["oldest"] for record in told) == 200 - len(kept)
        assert {record.subject for record in told} == {"srv-01"}

    run(main())


def test_long_texts_in_a_history_are_cut():
    async def main():
        world = World()
        world.panel.inventory.servers.change(1, faulty="x" * 100_000)
        (event,) = world.panel.history.of_server(1)
        assert event.state == "x" * 1000 + "…"

    run(main())


def test_the_oldest_operations_of_a_server_go_with_what_was_kept_of_them():
    async def main():
        world = World()
        panel = world.panel
        await panel.start()
        world.give_ip(1)
        for _ in range(40):
            operation = panel.operations.install(1, "debian-12")
            await panel.operations.cancel(operation.id)
            await world.clock.sleep(600)
        kept = panel.operations.of_server(1)
        assert 10 <= len(kept) <= 11
        assert len(panel.operations.all) == len(kept)
        assert panel.history._statuses.keys() == {each.id for each in kept}
        assert all(each.status is OperationStatus.CANCELED for each in kept)
        assert world.wrote("operations forgotten")
        await panel.stop()

    run(main())

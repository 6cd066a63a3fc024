"""A lab whose services nobody knows: the panel's owners stand for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from provisioner.services import State
from simulator.dcim.records import ServerState
from simulator.invariants.catalogue import INVARIANTS
from simulator.invariants.owners import Owners
from simulator.invariants.watch import Watch
from tests.invariants.support import ALICE, BOB, Hall, in_hall

Scene = Callable[[Hall], Awaitable[Any]]


def seen(scene: Scene) -> list[str]:
    async def main(hall: Hall) -> list[str]:
        hall.watch.close()
        hall.watch = Watch.alone(hall.lab)
        await scene(hall)
        return [str(each) for each in hall.seen()]

    return in_hall(main)


async def delivered(hall: Hall, email: str, server: str = "srv-01") -> None:
    """What an outside module does in the panel."""
    hall.own(server, email)
    await hall.ports(server, up=True)
    hall.allocate(server)
    await hall.install(server)


async def taken_back(hall: Hall, server: str = "srv-01", *, wiped: bool = True) -> None:
    hall.release(server)
    hall.own(server, None)
    if wiped:
        await hall.wiped(server)
    await hall.panel.power.off(hall.number(server))


def test_a_whole_life_and_the_next_client_are_none() -> None:
    async def scene(hall: Hall) -> None:
        await delivered(hall, ALICE)
        await taken_back(hall)
        await delivered(hall, BOB)
        await hall.wait(7200)

    assert seen(scene) == []


def test_the_last_clients_data_on_a_server_that_was_installed_for_the_next() -> None:
    async def scene(hall: Hall) -> None:
        await delivered(hall, ALICE)
        await taken_back(hall, wiped=False)
        await delivered(hall, BOB)

    whose = f"srv-01 of {BOB} of {BOB} has srv-01, whose disks still hold data of {ALICE}"
    assert seen(scene) == [f"others-data: {whose}"]


def test_a_server_that_is_wiped_after_it_has_its_next_owner_and_before_it_is_installed_is_none() -> None:
    async def scene(hall: Hall) -> None:
        await delivered(hall, ALICE)
        await taken_back(hall, wiped=False)
        hall.own("srv-01", BOB)
        await hall.wiped("srv-01")
        await delivered(hall, BOB)

    assert seen(scene) == []


def test_what_is_faulty_is_given_to_a_client() -> None:
    async def scene(hall: Hall) -> None:
        hall.panel.edit_server(hall.number("srv-01"), {"faulty": "its fan"})
        hall.own("srv-01", ALICE)

    assert seen(scene) == [f"for-sale: srv-01 is faulty (its fan), and is given to {ALICE}"]


def test_an_address_that_is_live_on_two_machines_and_a_server_that_runs_for_nobody() -> None:
    async def scene(hall: Hall) -> None:
        await delivered(hall, ALICE)
        hall.release("srv-01")
        hall.own("srv-01", None)
        await delivered(hall, BOB, "srv-02")
        await hall.wait(3600)

    assert seen(scene) == [
        "one-machine: 192.0.2.10 is live on srv-01 and srv-02",
        "idle-power: srv-01 runs, belongs to nobody, and nothing is done with it",
    ]


def test_a_server_that_the_panel_has_blocked_and_that_answers() -> None:
    async def scene(hall: Hall) -> None:
        await delivered(hall, ALICE)
        await hall.panel.ports.suspend(hall.number("srv-01"))
        assert hall.panel.inventory.servers.get(hall.number("srv-01")).state is ServerState.SUSPENDED
        hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=True)

    assert seen(scene) == [f"suspended-unreachable: srv-01 of {ALICE} is suspended, and srv-01 answers at 192.0.2.10"]


def test_restart_forgets_and_what_is_wrong_already_is_told_again_only_when_it_comes_again() -> None:
    async def main(hall: Hall) -> Any:
        watch = Watch.alone(hall.lab)
        counts = []
        for again in (False, True):
            if not again:
                await delivered(hall, ALICE)
                hall.release("srv-01")
                await delivered(hall, BOB, "srv-02")
            counts.append([each.invariant for each in watch.finish()])
            watch.restart()
        await hall.wait(3600)
        counts.append([each.invariant for each in watch.finish()])
        await hall.panel.power.off(hall.number("srv-01"))
        await hall.panel.power.on(hall.number("srv-01"))
        await hall.wait(600)
        counts.append([each.invariant for each in watch.finish()])
        return counts

    assert in_hall(main) == [["one-machine"], [], [], ["one-machine"]]


def test_a_watch_remembers_so_many_and_counts_the_rest() -> None:
    async def main(hall: Hall) -> Any:
        watch = Watch(hall.lab, hall.view, most=1)
        for name in ("srv-01", "srv-02"):
            hall.panel.edit_server(hall.number(name), {"faulty": "its fan"})
            hall.own(name, ALICE)
        first = len(watch.finish()), watch.forgotten
        watch.restart()
        hall.own("srv-01", None)
        hall.own("srv-01", ALICE)
        return first, (len(watch.finish()), watch.forgotten)

    assert in_hall(main) == ((1, 1), (1, 0))


def test_only_what_needs_no_services_is_judged() -> None:
    async def main(hall: Hall) -> Any:
        watch = Watch.alone(hall.lab)
        looks = [watch._of_server, watch._of_service, watch._claimed, watch._called, *watch._at.values()]
        return {each.name for some in looks for each in some}

    assert in_hall(main) == {each.name for each in INVARIANTS if each.alone}


def test_nothing_is_heard_after_it_is_closed() -> None:
    async def main(hall: Hall) -> Any:
        hall.watch.close()
        before = len(hall.lab.journal._watchers)
        watch = Watch.alone(hall.lab)
        watch.close()
        return len(hall.lab.journal._watchers) - before

    assert in_hall(main) == 0


# any order of owners

OWNERS = st.lists(st.sampled_from(["alice@example.com", "bob@example.com", "admin", "", "installed"]), max_size=30)


@settings(deadline=None, max_examples=30, phases=set(Phase) - {Phase.shrink})
@given(OWNERS)
def test_a_living_service_is_the_owner_of_the_record_and_few_are_remembered(events: list[str]) -> None:
    async def main(hall: Hall) -> None:
        owners = Owners(hall.lab)
        for event in events:
            if event == "installed":
                hall.lab.journal.write("panel", "srv-01", "operation ok", operation=1, kind="os_install")
            elif event == "admin":
                hall.panel.set_owner(1, 1)
            else:
                hall.own("srv-01", event or None)
            living = [each for each in owners.services.values() if each.state is not State.CLOSED]
            record = hall.panel.inventory.servers.get(1)
            owner = hall.panel.users.all.find(record.owner)
            client = owner.email if owner is not None and not owner.is_admin else ""
            assert [each.client.email for each in living] == ([client] if client else [])
            assert all(bool(each.busy) is (each.state is State.PROCESSING) for each in living)
            assert len(owners.services) <= 2
            assert all(name == each.name for name, each in owners.services.items())

    in_hall(main)

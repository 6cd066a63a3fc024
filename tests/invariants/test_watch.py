"""How invariants are watched: grace, faults, order of records, and what is remembered."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from provisioner.services import State
from simulator.invariants import rules
from simulator.invariants.catalogue import BY_NAME, INVARIANTS
from simulator.invariants.invariant import Invariant
from simulator.invariants.watch import Watch
from tests.invariants.support import ALICE, BOB, Hall, in_hall


def seen(scene: Any) -> list[str]:
    async def main(hall: Hall) -> list[str]:
        await scene(hall)
        return [str(each) for each in hall.seen()]

    return in_hall(main)


@pytest.mark.parametrize(("seconds", "told"), [(3599.0, 0), (3600.0, 1)])
def test_a_condition_that_is_shorter_than_its_grace_is_none(seconds: float, told: int) -> None:
    async def scene(hall: Hall) -> None:
        await hall.sold("web1")
        at = hall.lab.clock.now()
        hall.allocate("srv-01")
        await hall.wait(at + seconds - hall.lab.clock.now())

    assert len(seen(scene)) == told


def test_a_condition_that_ends_and_comes_again_begins_its_grace_anew() -> None:
    async def scene(hall: Hall) -> None:
        service = await hall.sold("web1")
        extra = hall.allocate("srv-01")
        await hall.wait(3000)
        own, service.addresses = service.addresses, (*service.addresses, extra)
        hall.lab.journal.write("billing", "web1", "Add address ended")
        service.addresses = own
        hall.lab.journal.write("billing", "web1", "Delete address ended")
        await hall.wait(3000)

    assert seen(scene) == []


def test_a_violation_is_told_once_however_often_it_comes_and_with_the_record_and_the_time_of_its_beginning() -> None:
    async def main(hall: Hall) -> Any:
        service = await hall.sold("web1")
        at = hall.lab.clock.now()
        for _ in range(3):
            hall.act(service, "Suspend", State.SUSPENDED)
            record = len(hall.lab.journal)
            hall.act(service, "Unsuspend", State.ACTIVE)
        hall.act(service, "Suspend", State.SUSPENDED)
        return at, record, hall.seen(), list(hall.watch.violations)

    at, record, told, kept = in_hall(main)
    assert [(each.invariant, each.subjects) for each in told] == [
        ("ports-closed", ("srv-01", "web1", "nic1")),
        ("suspended-unreachable", ("srv-01", "web1")),
    ]
    assert {each.at for each in told} == {at}
    assert all(0 < each.record < record for each in told)
    assert list(told) == kept


def test_what_is_asked_only_when_nothing_is_bent_begins_anew_with_each_fault_and_is_asked_when_all_have_ended() -> None:
    async def main(hall: Hall) -> Any:
        hall.panel.devices._record_ports = lambda *args: None  # type: ignore[method-assign]
        hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=False)
        await hall.wait(500)
        hall.bend("bmc.dead", server="srv-02")
        await hall.wait(5000)
        bent = hall.seen()
        hall.lab.faults.clear()
        await hall.wait(500)
        soon = hall.seen()
        await hall.wait(200)
        return bent, soon, [str(each) for each in hall.seen()]

    bent, soon, late = in_hall(main)
    assert (bent, soon) == ([], [])
    assert late == ["port-belief: nic1 of srv-01 is down at sw-a1, and the panel believes that it is up"]


def test_a_lab_that_changes_while_something_is_bent_is_asked_afterwards() -> None:
    async def main(hall: Hall) -> Any:
        hall.panel.devices._record_ports = lambda *args: None  # type: ignore[method-assign]
        hall.bend("bmc.dead", server="srv-02")
        hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=False)
        await hall.wait(60)
        hall.lab.faults.clear()
        await hall.wait(700)
        return [each.invariant for each in hall.seen()]

    assert in_hall(main) == ["port-belief"]


def test_nothing_is_seen_after_it_is_closed() -> None:
    async def main(hall: Hall) -> Any:
        await hall.sold("web1")
        hall.watch.close()
        await hall.sold("web2", BOB)
        return hall.watch.violations

    assert in_hall(main) == []


def test_only_the_invariants_that_are_chosen_are_looked_at() -> None:
    async def main(hall: Hall) -> Any:
        chosen = Watch(hall.lab, hall.view, [BY_NAME["for-sale"]])
        hall.act(await hall.sold("web1"), "Suspend", State.SUSPENDED)
        hall.panel.edit_server(hall.number("srv-02"), {"faulty": "its fan"})
        hall.own("srv-02", ALICE)
        return [each.invariant for each in chosen.finish()]

    assert in_hall(main) == ["for-sale"]


def test_version_5_tells_of_servers_operations_and_addresses_too_and_its_operators_may_see_all() -> None:
    async def main(hall: Hall) -> Any:
        hall.own("srv-02", BOB)
        hall.user(ALICE)
        servers = hall.panel.inventory.servers
        told = []
        hall.panel.access_log.listen(told.append)
        async with httpx.AsyncClient(transport=hall.lab.billing_transport()) as panel:
            for who, elid in (("alice@example.com:A-password-1", 1), ("alice@example.com:A-password-1", 2)):
                for _ in range(2):
                    asked = {"func": "server.edit", "elid": elid, "authinfo": who, "out": "json"}
                    await panel.get(f"{hall.lab.dci5_url}/dcimgr", params=asked)
                hall.own("srv-01", ALICE)
            refused = len(told)
            servers.change(2, owner=hall.user(ALICE))
            asked = {"func": "server.edit", "elid": 2, "authinfo": "alice@example.com:A-password-1", "out": "json"}
            await panel.get(f"{hall.lab.dci5_url}/dcimgr", params=asked)
            staff = {**asked, "authinfo": ":".join(hall.lab.admin)}
            await panel.get(f"{hall.lab.dci5_url}/dcimgr", params=staff)
        return refused, [(each.action, each.server, each.owner == hall.user(ALICE)) for each in told], hall.seen()

    assert in_hall(main) == (0, [("server.edit", "srv-02", True)], [])


# the catalogue


def test_every_invariant_of_the_rules_is_in_the_catalogue_and_says_what_it_is() -> None:
    found = set()
    for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(kind, Invariant) and kind is not Invariant:
                found.add(kind)
    assert found == {type(each) for each in INVARIANTS}
    assert len(BY_NAME) == len(INVARIANTS)
    for each in INVARIANTS:
        assert type(each).__doc__ != Invariant.__doc__
        for text in (each.name, each.title, each.source, each.breaks, type(each).__doc__):
            assert text
            assert text.strip() == text
        assert not each.title.endswith(".")
        assert each.breaks.endswith(".")
        assert bool(each.lasting) is (type(each).patience is not Invariant.patience)
        looks = [getattr(type(each), name) for name in ("of_server", "of_service", "at", "claimed", "called")]
        plain = [getattr(Invariant, name) for name in ("of_server", "of_service", "at", "claimed", "called")]
        assert looks != plain, f"{each.name} looks at nothing"
        assert bool(each.records) is (type(each).at is not Invariant.at)


# any order of events

EVENTS = st.sampled_from(
    [
        *("power on", "power off", "link up", "link down", "wait 60", "wait 3600"),
        *("owner alice@example.com", "owner bob@example.com", "owner", "faulty", "sound"),
        *("give", "take", "os 192.0.2.10", "os 192.0.2.11", "wiped", "admin up", "admin down"),
        *("web1 active", "web1 suspended", "web1 closed", "web2 active", "web2 failed", "busy web1", "busy web2"),
    ]
)
IRRELEVANT = [
    ("web", "GET /dci/v3/server", "request"),
    ("device", "srv-01", "asked"),
    ("plant", "srv-02", "progress"),
    ("panel", "srv-01", "operation stage"),
    ("panel", "alice@example.com", "logged in"),
    ("plant", "pdu-a1", "outlet switched"),
]
BETWEEN = st.lists(st.sampled_from(IRRELEVANT), max_size=2)


def play(hall: Hall, event: str) -> None:
    """Something that happens to srv-01, or to one of two services that are bound to it."""
    what, _, value = event.partition(" ")
    machine = hall.lab.plant.servers["srv-01"]
    if what == "power":
        machine.power_on() if value == "on" else machine.power_off()
    elif what == "link":
        cable = machine.nics[0].cable
        assert cable is not None
        cable.plugged = value == "up"
        hall.lab.journal.write("plant", "sw-a1", f"link {value}", port=1)
    elif what == "admin":
        hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=value == "up")
    elif what == "owner":
        hall.own("srv-01", value or None)
    elif what in ("faulty", "sound"):
        hall.panel.edit_server(hall.number("srv-01"), {"faulty": "it" if what == "faulty" else None})
    elif what == "give":
        hall.allocate("srv-01")
    elif what == "take":
        hall.release("srv-01")
    elif what == "os":
        disk = machine.disks[0]
        disk.holds = (*disk.holds, hall.lab.clock.now())
        hall.lab.journal.write("plant", "srv-01", "post", event="image_done")
    elif what == "wiped":
        machine.disks[0].holds = ()
        hall.lab.journal.write("plant", "srv-01", "post", event="image_done")
    elif what == "busy":
        hall.begin(value, email=ALICE if value == "web1" else BOB, server="srv-01")
    elif what in ("web1", "web2"):
        service = hall.begin(what, email=ALICE if what == "web1" else BOB, server="srv-01")
        hall.end(service, State(value))


@settings(deadline=None, max_examples=15, phases=set(Phase) - {Phase.shrink})
@given(st.lists(st.tuples(EVENTS, BETWEEN), max_size=25))
def test_what_is_seen_is_the_same_whatever_records_stand_between(events: list[tuple[str, list[Any]]]) -> None:
    def told(*, between: bool) -> list[Any]:
        async def main(hall: Hall) -> list[Any]:
            for event, others in events:
                if event.startswith("wait"):
                    await hall.wait(float(event.removeprefix("wait ")))
                else:
                    play(hall, event)
                for layer, subject, what in others if between else ():
                    hall.lab.journal.write(layer, subject, what)
            return [(each.invariant, each.subjects, each.text, each.at) for each in hall.seen()]

        return in_hall(main)

    assert told(between=True) == told(between=False)

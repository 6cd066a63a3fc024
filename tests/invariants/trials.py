"""For each invariant what breaks it, and what comes near and must not: `async def (hall)` each, by the invariant's name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import httpx

from provisioner.services import State
from simulator.dcim.errors import DeviceFault
from tests.invariants.support import ALICE, BOB, Hall

__all__ = ["BROKEN", "NEAR"]

Scene = Callable[[Hall], Awaitable[None]]
BROKEN: dict[str, Scene] = {}
NEAR: dict[str, list[Scene]] = {}


def broken(name: str) -> Callable[[Scene], Scene]:
    def register(scene: Scene) -> Scene:
        assert name not in BROKEN
        BROKEN[name] = scene
        return scene

    return register


def near(name: str) -> Callable[[Scene], Scene]:
    def register(scene: Scene) -> Scene:
        NEAR.setdefault(name, []).append(scene)
        return scene

    return register


@contextmanager
def deaf(thing: object, method: str) -> Iterator[None]:
    """A panel with an error of its own: what it has read it does not write down any more."""
    setattr(thing, method, lambda *args: None)
    yield
    delattr(thing, method)


# sales


@broken("sold-once")
async def two_services_on_one_server(hall: Hall) -> None:
    await hall.sold("web1")
    await hall.sold("web2", BOB)


@near("sold-once")
async def sold_again_after_it_came_back(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"))
    await hall.sold("web2", BOB)


@near("sold-once")
async def an_order_that_failed_and_the_next_one(hall: Hall) -> None:
    failed = hall.begin("web1", server="srv-01")
    hall.end(failed, State.FAILED, "no server")
    await hall.sold("web2", BOB)


@broken("bought-once")
async def an_order_that_took_two(hall: Hall) -> None:
    hall.own("srv-02", ALICE)
    await hall.sold("web1")


@near("bought-once")
async def a_client_with_two_services(hall: Hall) -> None:
    await hall.sold("web1")
    await hall.sold("web2", server="srv-02")


@near("bought-once")
async def one_taken_in_passing_and_given_back(hall: Hall) -> None:
    service = hall.begin("web1")
    hall.own("srv-02", ALICE)
    hall.own("srv-02", None)
    hall.own("srv-01", ALICE)
    hall.bind(service, "srv-01")
    service.addresses = (hall.allocate("srv-01"),)
    await hall.ports("srv-01", up=True)
    await hall.install("srv-01")
    hall.end(service, State.ACTIVE)


@broken("for-sale")
async def a_faulty_server_is_given_to_a_client(hall: Hall) -> None:
    hall.panel.edit_server(hall.number("srv-01"), {"faulty": "its fan"})
    hall.own("srv-01", ALICE)


@near("for-sale")
async def a_clients_server_is_called_faulty(hall: Hall) -> None:
    hall.own("srv-01", ALICE)
    hall.panel.edit_server(hall.number("srv-01"), {"faulty": "its fan"})


@near("for-sale")
async def an_administrator_keeps_a_faulty_server(hall: Hall) -> None:
    hall.panel.edit_server(hall.number("srv-01"), {"maintenance": True})
    hall.panel.set_owner(hall.number("srv-01"), 1)


@broken("hands-off")
async def another_order_resets_it(hall: Hall) -> None:
    await hall.sold("web1")
    hall.begin("web2", email=BOB)
    with hall.call():
        await hall.panel.power.reset(hall.number("srv-01"))


@near("hands-off")
async def its_own_installation_which_nobody_waits_for_goes_on(hall: Hall) -> None:
    service = hall.begin("web1")
    hall.own("srv-01", ALICE)
    hall.bind(service, "srv-01")
    await hall.ports("srv-01", up=True)
    service.addresses = (hall.allocate("srv-01"),)
    await hall.panel.power.on(hall.number("srv-01"))
    with hall.call():
        hall.panel.operations.install(hall.number("srv-01"), "debian-12")
    hall.end(service, State.ACTIVE)
    hall.begin("web2", email=BOB)
    before = len(hall.lab.journal)
    await hall.wait(600)
    assert "power command" in [each.what for each in hall.lab.journal.since(before)]
    hall.end(hall.view.services["web2"], State.FAILED, "no server")


@near("hands-off")
async def its_own_installation_goes_on_beside_an_order_that_began_with_it(hall: Hall) -> None:
    service = hall.begin("web1")
    hall.begin("web2", email=BOB)
    hall.own("srv-01", ALICE)
    hall.bind(service, "srv-01")
    await hall.ports("srv-01", up=True)
    service.addresses = (hall.allocate("srv-01"),)
    await hall.panel.power.on(hall.number("srv-01"))
    hall.panel.operations.install(hall.number("srv-01"), "debian-12")
    hall.end(service, State.ACTIVE)
    await hall.wait(600)
    hall.end(hall.view.services["web2"], State.FAILED, "no server")


@near("hands-off")
async def a_suspension_ends_after_its_call_was_given_up(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.bend("switch.dead", switch="sw-a1")
    hall.begin("web1", "Suspend")
    with hall.call():
        call = asyncio.ensure_future(hall.panel.ports.suspend(hall.number("srv-01")))
    await hall.wait(0.1)
    hall.end(service, State.ACTIVE, "no answer in time")
    hall.begin("web2", email=BOB)
    before = len(hall.lab.journal)
    with suppress(DeviceFault):
        await call
    assert "state" in [each.what for each in hall.lab.journal.since(before)]
    hall.end(hall.view.services["web2"], State.FAILED, "no server")


@near("hands-off")
async def nobody_orders_and_staff_reset_it(hall: Hall) -> None:
    await hall.sold("web1")
    await hall.panel.power.reset(hall.number("srv-01"))
    await hall.wait(600)


@near("hands-off")
async def its_own_service_resets_it_while_another_is_worked_on(hall: Hall) -> None:
    service = await hall.sold("web1")
    other = hall.begin("web2", email=BOB)
    hall.begin("web1", "Suspend")
    await hall.panel.power.reset(hall.number("srv-01"))
    await hall.ports("srv-01", up=False)
    hall.end(service, State.SUSPENDED)
    hall.end(other, State.FAILED, "no server")


@broken("owned")
async def active_and_nobodys(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.own("srv-01", None)
    hall.act(service, "Set parameters", State.ACTIVE)


@near("owned")
async def owned_under_the_name_that_version_5_makes(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.own("srv-01", "aliceexamplecom@users.dcimgr")
    hall.act(service, "Set parameters", State.ACTIVE)


# delivery


@broken("installed")
async def called_active_with_the_system_of_before(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"), wiped=False, off=False)
    service = hall.begin("web2", email=BOB, server="srv-01")
    hall.own("srv-01", BOB)
    await hall.ports("srv-01", up=True)
    await hall.wait(60)
    hall.end(service, State.ACTIVE)


@near("installed")
async def reinstalled_by_the_client_himself(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.panel.operations.install(hall.number("srv-01"), "debian-12")
    await hall.wait(300)
    hall.act(service, "Set parameters", State.ACTIVE)
    await hall.wait(3600)


@broken("reachable")
async def called_active_behind_a_port_that_is_shut(hall: Hall) -> None:
    service = await hall.set_up("web1")
    await hall.ports("srv-01", up=False)
    hall.end(service, State.ACTIVE)


async def installed_and_then(hall: Hall, seconds: float, kind: str, **values: object) -> None:
    """An order goes well; then something breaks, and so many seconds later billing calls it delivered."""
    service = await hall.set_up("web1")
    hall.bend(kind, **values)
    await hall.wait(seconds)
    hall.end(service, State.ACTIVE)


@near("installed")
async def its_disk_failed_as_it_was_delivered(hall: Hall) -> None:
    await installed_and_then(hall, 30, "disk.fails", server="srv-01", disk=1)


@near("installed")
async def its_power_failed_as_it_was_delivered(hall: Hall) -> None:
    await installed_and_then(hall, 30, "outlet.off", pdu="pdu-a1", outlet=1)


@near("installed")
async def its_power_was_away_for_a_moment_as_it_was_delivered(hall: Hall) -> None:
    await installed_and_then(hall, 30, "outlet.off", pdu="pdu-a1", outlet=1, **{"for": "10s"})


@near("reachable")
async def its_switch_died_as_it_was_delivered(hall: Hall) -> None:
    await installed_and_then(hall, 30, "switch.dead", switch="sw-a1")


@near("reachable")
async def its_nic_fell_silent_as_it_was_delivered(hall: Hall) -> None:
    await installed_and_then(hall, 30, "nic.silent", server="srv-01")


@near("reachable")
async def cut_off_after_it_was_delivered(hall: Hall) -> None:
    await hall.sold("web1")
    hall.bend("cable.unplugged", server="srv-01")
    await hall.wait(600)


# data


@broken("others-data")
async def a_wipe_that_was_cut_in_its_middle(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.begin("web1", "Terminate")
    hall.release("srv-01")
    hall.own("srv-01", None)
    hall.panel.operations.diagnose(
        hall.number("srv-01"), "Diag6", clear_disks=True, pool=hall.panel.addresses.pool("diag")
    )
    machine = hall.lab.plant.servers["srv-01"]
    while machine.os is not None:
        await hall.wait(1)
    machine.power_off()
    await hall.panel.operations.cancel(2)
    service.addresses = ()
    hall.end(service, State.CLOSED)
    await hall.sold("web2", BOB)


@near("others-data")
async def wiped_and_sold_again(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"))
    await hall.sold("web2", BOB)


@near("others-data")
async def not_wiped_and_sold_again_to_the_same_client(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"), wiped=False)
    await hall.sold("web2")


@broken("others-access")
async def a_bmc_user_that_was_left(hall: Hall) -> None:
    service = await hall.sold("web1")
    await hall.panel.devices.set_bmc_user(hall.number("srv-01"), None, "alice", "A-password-1", 3)
    await hall.closed(service)
    await hall.sold("web2", BOB)


@near("others-access")
async def a_bmc_user_that_was_removed(hall: Hall) -> None:
    service = await hall.sold("web1")
    slot = await hall.panel.devices.set_bmc_user(hall.number("srv-01"), None, "alice", "A-password-1", 3)
    await hall.panel.devices.remove_bmc_user(hall.number("srv-01"), slot)
    await hall.closed(service)
    await hall.sold("web2", BOB)


@asynccontextmanager
async def logged_in(hall: Hall, email: str) -> AsyncIterator[httpx.AsyncClient]:
    hall.user(email)
    transport = hall.lab.billing_transport()
    async with httpx.AsyncClient(transport=transport, base_url=hall.lab.dci6_url) as panel:
        said = {"email": email, "password": "A-password-1"}
        panel.headers["x-xsrf-token"] = (await panel.post("/auth/v4/public/token", json=said)).json()["token"]
        yield panel


@broken("others-server")
async def a_panel_that_forgets_to_ask_whose_it_is(hall: Hall) -> None:
    hall.own("srv-02", BOB)
    servers = hall.panel.inventory.servers
    hall.panel.access.server = lambda user, action, number, method="": servers.get(number)  # type: ignore[method-assign]
    async with logged_in(hall, ALICE) as panel:
        for _ in range(2):
            answer = await panel.get(f"/dci/v3/server/{hall.number('srv-02')}")
            assert answer.status_code == 200


@near("others-server")
async def his_own_and_another_ones_that_is_refused(hall: Hall) -> None:
    hall.own("srv-01", ALICE)
    hall.own("srv-02", BOB)
    async with logged_in(hall, ALICE) as panel:
        assert (await panel.get("/dci/v3/server/1")).status_code == 200
        assert (await panel.post("/dci/v3/server/1/power_on", json={})).is_success
        assert (await panel.get("/dci/v3/server/2")).status_code == 404
        assert (await panel.post("/dci/v3/server/2/power_on", json={})).status_code == 404


@near("others-server")
async def staff_and_a_role_for_all_servers(hall: Hall) -> None:
    hall.own("srv-02", BOB)
    roles = hall.panel.users.roles
    roles.create("@desk", "Desk", "", {"GET": ("@server_read",)})
    hall.panel.users.create("desk@example.com", "A-password-1", roles=("@user", "@desk"))
    async with logged_in(hall, "desk@example.com") as panel:
        assert (await panel.get("/dci/v3/server/2")).status_code == 200


# network


@broken("ports-closed")
async def suspended_behind_an_open_port(hall: Hall) -> None:
    hall.act(await hall.sold("web1"), "Suspend", State.SUSPENDED)
    await hall.wait(60)


@near("ports-closed")
async def suspended_and_shut(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.begin("web1", "Suspend")
    await hall.ports("srv-01", up=False)
    hall.end(service, State.SUSPENDED)
    await hall.wait(60)


@near("ports-closed")
async def open_again_for_the_next_client(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"))
    await hall.sold("web2", BOB)


@broken("suspended-unreachable")
async def suspended_and_it_answers(hall: Hall) -> None:
    hall.act(await hall.sold("web1"), "Suspend", State.SUSPENDED)
    await hall.wait(60)


@near("suspended-unreachable")
async def suspended_by_power_only(hall: Hall) -> None:
    """What is wrong with it is that the port is open."""
    service = await hall.sold("web1")
    hall.begin("web1", "Suspend")
    await hall.panel.power.off(hall.number("srv-01"))
    hall.end(service, State.SUSPENDED)
    await hall.wait(60)


@broken("one-machine")
async def the_next_client_gets_an_address_that_still_answers(hall: Hall) -> None:
    await hall.sold("web1")
    hall.release("srv-01")
    await hall.sold("web2", BOB, "srv-02")


@near("one-machine")
async def the_first_machine_is_off(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"), wiped=False)
    await hall.sold("web2", BOB, "srv-02")
    assert hall.lab.plant.servers["srv-01"].os, "it would have the address if it were on"


@broken("addresses-accounted")
async def an_address_on_no_card(hall: Hall) -> None:
    await hall.sold("web1")
    hall.allocate("srv-01")
    await hall.wait(3700)


@near("addresses-accounted")
async def given_back_within_the_hour(hall: Hall) -> None:
    service = await hall.sold("web1")
    hall.allocate("srv-01")
    await hall.wait(3000)
    hall.release("srv-01")
    service.addresses = (hall.allocate("srv-01"),)
    await hall.wait(7200)


@near("addresses-accounted")
async def what_the_hall_had_before_anybody_looked(hall: Hall) -> None:
    hall.allocate("srv-02")
    hall.watch.close()
    again = Hall(hall.lab)
    hall.watch, hall.view = again.watch, again.view
    await hall.sold("web1", server="srv-02")
    await hall.wait(7200)


@broken("port-belief")
async def shut_by_hand_and_the_panel_never_notices(hall: Hall) -> None:
    with deaf(hall.panel.devices, "_record_ports"):
        hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=False)
        await hall.wait(700)


@near("port-belief")
async def shut_by_hand_and_the_panel_polls(hall: Hall) -> None:
    hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=False)
    await hall.wait(700)


@near("port-belief")
async def a_switch_that_does_not_answer(hall: Hall) -> None:
    hall.bend("snmp.drop", switch="sw-a1")
    hall.lab.plant.switches["sw-a1"].ports[0].set_admin(up=False)
    await hall.wait(1300)


# work


@broken("operations-watched")
async def given_up_while_it_installs(hall: Hall) -> None:
    service = hall.begin("web1", server="srv-01")
    hall.own("srv-01", ALICE)
    hall.allocate("srv-01")
    await hall.ports("srv-01", up=True)
    hall.bend("installer.stall", server="srv-01", at="40%")
    hall.panel.operations.install(hall.number("srv-01"), "debian-12")
    await hall.wait(120)
    hall.end(service, State.FAILED, "503")
    await hall.wait(1900)


@near("operations-watched")
async def delivered_without_waiting_and_not_given_back_yet(hall: Hall) -> None:
    service = hall.begin("web1", server="srv-01")
    hall.own("srv-01", ALICE)
    service.addresses = (hall.allocate("srv-01"),)
    await hall.ports("srv-01", up=True)
    hall.bend("installer.stall", server="srv-01", at="40%")
    hall.panel.operations.install(hall.number("srv-01"), "debian-12")
    hall.end(service, State.ACTIVE)
    await hall.wait(60)
    hall.begin("web1", "Terminate")
    hall.end(service, State.FAILED, "no answer of the switch")
    await hall.wait(1900)
    hall.end(hall.begin("web1", "Create"), State.ACTIVE)


@near("operations-watched")
async def given_up_and_ended(hall: Hall) -> None:
    service = hall.begin("web1", server="srv-01")
    hall.own("srv-01", ALICE)
    hall.allocate("srv-01")
    await hall.ports("srv-01", up=True)
    hall.bend("installer.stall", server="srv-01", at="40%")
    hall.panel.operations.install(hall.number("srv-01"), "debian-12")
    await hall.wait(120)
    hall.end(service, State.FAILED, "503")
    await hall.wait(300)
    await hall.panel.operations.cancel(1)
    hall.release("srv-01")
    hall.own("srv-01", None)
    await hall.panel.power.off(hall.number("srv-01"))
    await hall.wait(700)


@broken("idle-power")
async def taken_back_and_left_on(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"), off=False)
    await hall.wait(3700)


@near("idle-power")
async def taken_back_and_switched_off_within_the_hour(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"), off=False)
    await hall.wait(3500)
    await hall.panel.power.off(hall.number("srv-01"))
    await hall.wait(3600)


@near("idle-power")
async def an_administrator_keeps_it(hall: Hall) -> None:
    await hall.closed(await hall.sold("web1"), off=False)
    hall.panel.set_owner(hall.number("srv-01"), 1)
    await hall.wait(7200)


@broken("belief")
async def switched_on_by_hand_and_the_panel_never_notices(hall: Hall) -> None:
    with deaf(hall.panel.devices, "_record_bmc"):
        hall.lab.plant.servers["srv-01"].power_on()
        await hall.wait(3700)


@near("belief")
async def switched_on_by_hand_and_the_panel_polls(hall: Hall) -> None:
    hall.lab.plant.servers["srv-01"].power_on()
    await hall.wait(3700)


@near("belief")
async def a_bmc_that_is_dead_for_hours(hall: Hall) -> None:
    hall.bend("bmc.dead", server="srv-01")
    hall.lab.plant.servers["srv-01"].power_on()
    await hall.wait(7200)
    hall.lab.faults.clear()
    await hall.wait(3000)

"""Installations and diagnostics, from the boot flags to their ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.errors import Busy, NoAddress, NotFound, PanelFault, Protected, WrongState
from simulator.dcim.work.operation_table import OPERATION, OperationEvent, OperationStatus
from simulator.kernel import IllegalEvent
from tests.dcim.support import CONFIGURATION, World, in_world


@pytest.mark.requirement("W6-A9")
def test_an_installation_flags_the_bmc_resets_and_ends_when_the_new_system_reports():
    async def scene(world: World) -> None:
        address = world.give_ip(1)
        started = world.panel.operations.install(1, "debian-12")
        assert world.server(1).operation == started.id
        assert world.operation(started.id).status == "waiting"
        await world.install(1)
        done = world.operation(started.id)
        assert (done.status, done.message) == ("ok", "")
        stages = [each.stage for each in done.progress]
        assert stages == [
            "prepare", "set_boot_device", "power_cycle", "wait_dhcp", "transfer", "configure", "first_boot", "done",
        ]  # fmt: skip
        assert all(each.percent == 100 for each in done.progress)
        assert world.bmcs["srv-01"].heard[:3] == ["boot pxe", "status", "on"]
        assert world.panel.inventory.templates.get(world.server(1).os_template).name == "debian-12"
        assert world.panel.addresses.of_server(1) == [address]

    in_world(scene)


def test_a_running_server_is_reset_for_an_installation():
    async def scene(world: World) -> None:
        world.bmcs["srv-01"].on = True
        world.give_ip(1)
        world.panel.operations.install(1, 1)
        await world.clock.sleep(1)
        assert "reset" in world.bmcs["srv-01"].heard

    in_world(scene)


@pytest.mark.requirement("HW-9")
def test_without_a_dhcp_request_the_installation_fails_and_takes_the_boot_flags_back():
    async def scene(world: World) -> None:
        world.give_ip(3)
        number = world.panel.operations.install(3, "debian-12").id
        await world.clock.sleep(899)
        assert world.operation(number).status == "running"
        await world.clock.sleep(2)
        failed = world.operation(number)
        assert failed.status == "failed"
        assert failed.message == "no DHCP request from srv-03 (00:25:90:00:00:03) within 15 min"
        assert world.bmcs["srv-03"].boot == "none"
        assert not world.panel.is_free(world.server(3))
        assert await world.boot(3) is None

    in_world(scene)


@pytest.mark.requirement("HW-7")
def test_a_device_that_says_no_fails_the_operation_with_its_words():
    async def scene(world: World) -> None:
        world.bmcs["srv-02"].says_no = "wrong password"
        world.give_ip(2)
        number = world.panel.operations.install(2, "debian-12").id
        await world.clock.sleep(1)
        assert world.operation(number).message == "BMC of srv-02: wrong password"

    in_world(scene)


def test_an_image_that_fails_fails_the_operation_with_its_message():
    async def scene(world: World) -> None:
        world.give_ip(1)
        number = world.panel.operations.install(1, "debian-12").id
        await world.install(1, until="transfer")
        world.panel.boot.phone_home(world.server(1).macs[0], "error", 30, {"message": "I/O error on sda"})
        await world.clock.sleep(1)
        assert (world.operation(number).status, world.operation(number).message) == ("failed", "I/O error on sda")

    in_world(scene)


def test_once_the_disk_is_written_the_loader_sends_the_machine_there():
    async def scene(world: World) -> None:
        world.give_ip(1)
        world.panel.operations.install(1, "debian-12")
        await world.install(1, until="first_boot")
        assert world.panel.boot.discover(world.server(1).macs[0]) is not None
        assert world.panel.boot.loader(world.server(1).macs[0]) is None

    in_world(scene)


def test_boots_without_an_operation_go_to_the_disk_and_strangers_get_nothing():
    async def scene(world: World) -> None:
        mac = world.server(1).macs[0]
        assert world.panel.boot.discover(mac) is None
        address = world.give_ip(1)
        assert world.panel.boot.discover(mac).address == address.name
        assert world.panel.boot.loader(mac) is None
        assert world.panel.boot.discover("02:00:00:00:00:01") is None
        assert world.panel.boot.loader("02:00:00:00:00:01") is None
        world.panel.boot.phone_home("02:00:00:00:00:01", "done", 100, {})
        world.panel.boot.phone_home(mac, "done", 100, {})

    in_world(scene)


@pytest.mark.requirement("W6-A6")
@pytest.mark.requirement("W6-D3")
def test_a_cancelled_operation_is_canceled_at_once_and_nothing_answers_its_boot():
    async def scene(world: World) -> None:
        world.give_ip(1)
        number = world.panel.operations.install(1, "debian-12").id
        await world.install(1, until="transfer")
        began = world.clock.now()
        await world.panel.operations.cancel(number)
        assert (world.operation(number).status, world.clock.now()) == ("canceled", began)
        assert world.bmcs["srv-01"].boot == "none"
        world.panel.boot.phone_home(world.server(1).macs[0], "done", 100, {})
        await world.clock.sleep(5000)
        assert world.operation(number).status == "canceled"
        assert world.server(1).os_template is None
        with pytest.raises(WrongState, match="it is canceled"):
            await world.panel.operations.cancel(number)

    in_world(scene)


def test_what_a_cancelled_installer_still_says_does_not_end_the_next_operation():
    async def scene(world: World) -> None:
        world.give_ip(1)
        first = world.panel.operations.install(1, "debian-12").id
        await world.install(1, until="transfer")
        await world.panel.operations.cancel(first)
        second = world.panel.operations.install(1, "debian-12").id
        await world.clock.sleep(1)
        world.panel.boot.phone_home(world.server(1).macs[0], "done", 100, {})
        await world.clock.sleep(1)
        assert world.operation(second).status == "running"

    in_world(scene)


def test_a_cancel_succeeds_though_the_bmc_is_silent():
    async def scene(world: World) -> None:
        world.give_ip(1)
        number = world.panel.operations.install(1, "debian-12").id
        await world.clock.sleep(1)
        world.bmcs["srv-01"].silent = True
        await world.panel.operations.cancel(number)
        assert world.operation(number).status == "canceled"
        assert world.wrote("boot device not taken back")

    in_world(scene)


def test_a_cancel_in_the_instant_of_the_start_leaves_the_bmc_alone():
    async def scene(world: World) -> None:
        world.give_ip(1)
        number = world.panel.operations.install(1, "debian-12").id
        await world.panel.operations.cancel(number)
        assert world.operation(number).status == "canceled"
        assert world.bmcs["srv-01"].heard == []

    in_world(scene)


def test_a_cancel_waits_for_its_turn_at_the_bmc_and_the_next_operation_after_it():
    async def scene(world: World) -> None:
        async def slow() -> None:
            await world.clock.sleep(3)

        world.bmcs["srv-01"].wire = slow
        world.give_ip(1)
        first = world.panel.operations.install(1, "debian-12").id
        await world.clock.sleep(1)
        await world.panel.operations.cancel(first)
        world.panel.operations.install(1, "debian-12")
        await world.clock.sleep(60)
        heard = [what for what in world.bmcs["srv-01"].heard if what.startswith("boot")]
        assert heard == ["boot pxe", "boot none", "boot pxe"]

    in_world(scene)


def test_one_operation_at_a_time_for_each_server():
    async def scene(world: World) -> None:
        world.give_ip(1)
        world.panel.operations.install(1, "debian-12")
        with pytest.raises(Busy, match="server srv-01 is busy: os_install 1 is waiting"):
            world.panel.operations.diagnose(1, "Diag6")
        assert len(world.panel.addresses.used) == 1
        world.give_ip(2)
        world.panel.operations.install(2, "debian-12")

    in_world(scene)


def test_what_an_installation_needs_is_checked_before_anything_changes():
    async def scene(world: World) -> None:
        with pytest.raises(NoAddress, match="srv-01 has no IPv4 address"):
            world.panel.operations.install(1, "debian-12")
        world.give_ip(1)
        for template in ("Diag6", "windows", 99):
            with pytest.raises(NotFound):
                world.panel.operations.install(1, template)
        world.panel.edit_server(1, {"protected": True})
        with pytest.raises(Protected):
            world.panel.operations.install(1, "debian-12")
        assert world.server(1).operation is None

    in_world(scene)


@pytest.mark.requirement("W6-D6")
def test_diagnostics_learn_the_configuration_and_give_their_address_back():
    async def scene(world: World) -> None:
        number = world.panel.operations.diagnose(4, "Diag6", clear_disks=True).id
        assert [each.name for each in world.panel.addresses.of_server(4)] == ["198.51.100.10"]
        image = await world.boot(4)
        assert (image.kind, image.clear_disks, list(image.addresses)) == ("diagnostic", True, ["198.51.100.10"])
        mac = world.server(4).macs[0]
        world.panel.boot.phone_home(mac, "hardware", 60, {"configuration": CONFIGURATION})
        world.panel.boot.phone_home(mac, "done", 100, {})
        await world.clock.sleep(1)
        assert world.operation(number).status == "ok"
        assert world.server(4).configuration == CONFIGURATION
        assert world.server(4).hardware["configuration"] == CONFIGURATION
        assert world.panel.addresses.of_server(4) == []

    in_world(scene)


@pytest.mark.requirement("W6-D6")
@pytest.mark.parametrize("clear_disks", [True, False])
def test_the_panel_forgets_the_system_of_a_server_whose_disks_it_has_cleared(clear_disks: bool):
    async def scene(world: World) -> None:
        world.panel.inventory.servers.change(4, os_template=1)
        world.panel.operations.diagnose(4, "Diag6", clear_disks=clear_disks)
        await world.boot(4)
        world.panel.boot.phone_home(world.server(4).macs[0], "done", 100, {})
        await world.clock.sleep(1)
        assert (world.server(4).os_template is None) is clear_disks

    in_world(scene)


@pytest.mark.requirement("W6-D6")
def test_diagnostics_are_ended_by_force_after_their_hour():
    async def scene(world: World) -> None:
        number = world.panel.operations.diagnose(1, "Diag6").id
        await world.boot(1)
        await world.clock.sleep(3600)
        assert (world.operation(number).status, world.operation(number).message) == (
            "failed",
            "diagnostics did not end within 60 min",
        )
        assert world.panel.addresses.of_server(1) == []

    in_world(scene)


@pytest.mark.requirement("W6-D9")
def test_diagnostics_need_a_pool_for_deallocation_with_network_and_gateway():
    async def scene(world: World) -> None:
        with pytest.raises(NoAddress, match="no pool is marked"):
            world.panel.operations.diagnose(1, "Diag6")
        with pytest.raises(NoAddress, match="no IPv4 network and gateway"):
            world.panel.operations.diagnose(1, "Diag6", pool=world.panel.addresses.pool("bare"))
        assert world.server(1).operation is None

    from simulator.dcim import PoolSetup

    in_world(scene, pools=[PoolSetup("bare", "192.0.2.10-192.0.2.20", "", "", False)])


@given(st.lists(st.sampled_from(list(OperationEvent)), max_size=12))
@settings(deadline=None, max_examples=60)
def test_an_operation_that_has_ended_never_moves_again(events):
    status = OperationStatus.WAITING
    for event in events:
        try:
            moved = OPERATION.next(status, event)
        except IllegalEvent:
            continue
        assert not status.ended
        status = moved


def test_every_state_of_an_operation_can_be_reached_and_left_for_an_end():
    reached = {OperationStatus.WAITING} | set(OPERATION.moves.values())
    assert reached == set(OperationStatus)
    for status in OperationStatus:
        assert status.ended != any(OPERATION.allows(status, event) for event in OperationEvent)


def test_a_panel_that_lost_its_host_drops_its_work_answers_no_boot_and_says_so_when_it_is_back():
    async def scene(world: World) -> None:
        address = world.give_ip(1)
        started = world.panel.operations.install(1, "debian-12")
        diagnosed = world.panel.operations.diagnose(2, "Diag6")
        await world.clock.sleep(1)
        heard = len(world.bmcs["srv-01"].heard)
        world.panel.lose()
        await world.clock.sleep(3600)
        assert world.operation(started.id).status == "running", "nobody is there to write it down"
        assert len(world.bmcs["srv-01"].heard) == heard, "nor to poll"
        world.panel.recover()
        for operation in (started, diagnosed):
            ended = world.operation(operation.id)
            assert (ended.status, ended.message) == ("failed", "interrupted: the panel was restarted")
        assert world.panel.addresses.of_server(2) == []
        assert world.panel.addresses.of_server(1) == [address]
        assert world.panel.boot.loader(world.server(1).macs[0]) is None
        await world.clock.sleep(2000)
        assert len(world.bmcs["srv-01"].heard) > heard
        assert world.panel.operations.install(1, "debian-12").id != started.id

    in_world(scene)


def test_who_waits_for_work_that_is_dropped_is_told():
    async def scene(world: World) -> None:
        async def work() -> None:
            await world.clock.sleep(60)

        world.clock.call_later(5, world.panel.lose)
        with pytest.raises(PanelFault, match="the panel was restarted"):
            await world.panel.begin("work", work(), 30)

    in_world(scene)

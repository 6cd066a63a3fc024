"""BILLmanager with DCImanager 6 (B6): data centers, processing modules, orders, tries, and what becomes staff's."""

from __future__ import annotations

import math

import pytest

from provisioner.billmanager.catalogue import WrongDatacenter
from provisioner.billmanager.office import NotTheirTask
from provisioner.billmanager.operations import HandedOver
from provisioner.errors import (
    BadSettings,
    EmailNotVerified,
    IllegalEvent,
    LoginRefused,
    NoSwitchPorts,
    NotInPanel,
    NotOurServer,
    Refused,
    ServiceBusy,
)
from provisioner.services import State
from tests.provisioner.support.billmanager6 import CONNECTION, EMAIL, STAFF, TARIFF, BillShop, billshop


@pytest.mark.requirement("B6-1")
def test_a_service_is_active_only_when_its_server_has_been_prepared():
    async def main(it: BillShop) -> None:
        await it.set_up()
        it.order()
        service = it.manager.service("web1")
        assert (service.state, it.panel.acts) == (State.ORDERED, [])
        await it.manager.pay("web1")
        assert service.state is State.ACTIVE
        assert it.clock.now() >= it.panel.install_takes
        assert it.steps == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10"]
        assert it.manager.items.of("web1").params["label"] == "srv-01"
        box = it.panel.boxes[1]
        assert (it.panel.users[box.owner or 0]["email"], box.op and box.op.status(it.clock.now())) == (EMAIL, "ok")
        await it.manager.suspend("web1")
        assert (service.state, box.ports) == (State.SUSPENDED, ["down"])
        await it.manager.unsuspend("web1")
        await it.manager.terminate("web1")
        assert (service.state, box.owner, box.ips, box.clear_disks, box.power) == (
            State.CLOSED,
            None,
            [],
            True,
            "off",
        )

    billshop(main)


@pytest.mark.requirement("B6-2")
def test_a_client_who_has_not_confirmed_the_e_mail_cannot_use_services():
    async def main(it: BillShop) -> None:
        await it.set_up()
        it.manager.set_confirm_by_email(True)
        it.manager.register(EMAIL)
        with pytest.raises(EmailNotVerified, match="is confirmed"):
            it.manager.order("web1", EMAIL, "Dedicated")
        assert not it.manager.billing.services
        (message,) = it.manager.office.messages
        with pytest.raises(Refused, match="not the code"):
            it.manager.confirm(EMAIL, "12345678")
        it.manager.confirm(EMAIL, message.text.rpartition(" ")[2])
        await it.sell()
        assert it.manager.service("web1").state is State.ACTIVE

    billshop(main)


@pytest.mark.requirement("B6-3")
def test_without_pools_the_module_is_not_connected():
    async def main(it: BillShop) -> None:
        it.panel.pools.clear()
        with pytest.raises(NotInPanel, match="no pools in DCImanager 6"):
            await it.set_up()
        assert not it.manager.catalogue.modules

    billshop(main)


@pytest.mark.requirement("B6-3")
def test_a_pool_that_is_gone_fails_an_order_before_anything_is_changed():
    async def main(it: BillShop) -> None:
        await it.set_up()
        it.panel.pools.clear()
        with pytest.raises(HandedOver, match="There is no pool 'public'"):
            await it.sell()
        assert it.panel.acts == []

    billshop(main)


@pytest.mark.requirement("B6-4")
@pytest.mark.requirement("B6-5")
def test_a_data_center_made_for_the_other_dcimanager_is_refused():
    async def main(it: BillShop) -> None:
        catalogue = it.manager.catalogue
        it.manager.office.add_department("Hall", [STAFF])
        catalogue.add_datacenter("Old hall")
        with pytest.raises(WrongDatacenter, match="created for integration with DCImanager 5 and is not suitable for"):
            await it.connect("dci", "Old hall")
        assert it.panel.seen == []
        with pytest.raises(BadSettings, match="has a location id"):
            catalogue.add_datacenter("New hall", dci6_managed=True)
        with pytest.raises(BadSettings, match="only a DCImanager 6 managed one"):
            catalogue.add_datacenter("New hall", location=1)
        with pytest.raises(BadSettings, match="the nearest there is: 'Old hall'"):
            await it.connect("dci", "Old hal")
        catalogue.add_datacenter("Old hall", dci6_managed=True, location=1)
        await it.connect("dci", "Old hall")
        with pytest.raises(WrongDatacenter, match="has the processing modules dci"):
            catalogue.add_datacenter("Old hall")

    billshop(main)


@pytest.mark.requirement("B6-5")
def test_servers_come_from_the_data_centers_location_only():
    async def main(it: BillShop) -> None:
        it.panel.boxes[1].location = it.panel.boxes[2].location = 2
        await it.set_up()
        await it.sell()
        assert it.manager.service("web1").server == 3
        with pytest.raises(HandedOver, match="no free server of configuration E3-1230-16Gb-2x1000SSD in location 1"):
            await it.sell("web2")

    billshop(main)


@pytest.mark.requirement("B6-6")
def test_a_processing_module_is_connected_only_when_the_panel_takes_its_user_for_an_administrator():
    async def main(it: BillShop) -> None:
        await it.set_up()
        with pytest.raises(LoginRefused):
            await it.connect("wrong", connection=CONNECTION | {"password": "guess"})
        it.panel.users[1]["roles"] = ["@user"]
        with pytest.raises(BadSettings, match="not an administrator"):
            await it.connect("client")
        with pytest.raises(BadSettings, match="password is missing"):
            await it.connect("none", connection=CONNECTION | {"password": ""})
        with pytest.raises(Refused, match="no department 'Hell'"):
            await it.connect("none", department="Hell")
        assert list(it.manager.catalogue.modules) == ["dci"]

    billshop(main)


@pytest.mark.requirement("B6-7")
def test_of_several_modules_the_one_with_the_lowest_priority_number_is_taken_and_then_the_next():
    async def main(it: BillShop) -> None:
        it.panel.boxes[2].location = it.panel.boxes[3].location = 2
        await it.set_up()
        catalogue = it.manager.catalogue
        catalogue.add_datacenter("Second", dci6_managed=True, location=2)
        await it.connect("second", "Second", sort=-1)
        catalogue.enable("Dedicated", "second")
        await it.sell("web1")
        assert it.manager.service("web1").server == 2
        catalogue.disable("Dedicated", "second")
        await it.sell("web2")
        assert it.manager.service("web2").server == 1
        catalogue.enable("Dedicated", "second")
        it.panel.last(3, "failed")
        began = it.clock.now()
        await it.sell("web3")
        assert it.manager.service("web3").server == 4
        assert it.clock.now() - began < it.panel.install_takes + 60  # the next module is tried at once
        (problem,) = it.manager.problems
        assert (problem.name, problem.module) == ("processingmodule_getnextmodule", "second")

    billshop(main, servers=4)


@pytest.mark.requirement("B6-8")
def test_a_configuration_that_the_panel_has_got_is_known_when_it_has_been_updated_by_hand():
    async def main(it: BillShop) -> None:
        await it.set_up()
        it.panel.boxes[3].configuration = "new"
        with pytest.raises(BadSettings, match="knows no configuration 'new'; after a change in DCImanager 6"):
            it.order(configuration="new")
        row = await it.manager.catalogue.refresh("dci")
        assert row.config["configurations"] == [TARIFF["configuration"], "new"]
        await it.sell(configuration="new")
        assert it.manager.service("web1").server == 3

    billshop(main)


@pytest.mark.requirement("B6-7")
def test_what_fails_ten_times_is_a_task_of_the_modules_department_which_ends_it_by_hand():
    async def main(it: BillShop) -> None:
        await it.set_up()
        it.panel.outcome = "failed"
        with pytest.raises(HandedOver, match="open failed 10 times and is staff's now: There is no free server"):
            await it.sell()
        service, manager = it.manager.service("web1"), it.manager
        assert (service.state, service.server) == (State.MANUAL, None)
        assert [op.type for op in it.panel.ops.values()] == [
            "os_install"
        ] * 3  # each server once: none is sold after it
        assert all(box.owner is None and not box.ips for box in it.panel.boxes.values())
        (task,) = manager.tasks(STAFF)
        assert (task.department, task.service, task.verb) == ("Hall", "web1", "open")
        assert manager.tasks("bob@example.com") == []
        with pytest.raises(NotTheirTask):
            await manager.close_task("bob@example.com", task.id)
        with pytest.raises(ServiceBusy, match="open waits for staff"):
            await manager.operations.begin("web1", "open")
        with pytest.raises(BadSettings, match="enter the server's id"):
            await manager.close_task(STAFF, task.id)
        it.panel.boxes[2].owner = 1
        for number, error in ((9, NotInPanel), (2, NotOurServer)):
            manager.assign_task(STAFF, task.id, params={"server": number})
            with pytest.raises(error):
                await manager.close_task(STAFF, task.id)
        uid = next(uid for uid, user in it.panel.users.items() if user["email"] == EMAIL)
        it.panel.boxes[2].owner, it.panel.boxes[2].ips = uid, [(77, "192.0.2.77")]
        acts = len(it.panel.acts)
        await manager.close_task(STAFF, task.id)
        assert (service.state, service.server, service.addresses) == (State.ACTIVE, 2, ("192.0.2.77",))
        assert (len(it.panel.acts), manager.tasks(STAFF)) == (acts, [])
        it.panel.outcome = "ok"
        await manager.terminate("web1")
        assert service.state is State.CLOSED

    billshop(main)


@pytest.mark.requirement("B6-7")
def test_staff_give_an_operation_back_when_what_was_in_its_way_is_mended():
    async def main(it: BillShop) -> None:
        await it.set_up()
        it.panel.boxes[1].ports = []
        await it.sell()
        with pytest.raises(HandedOver, match="switch ports are not specified") as seen:
            await it.manager.suspend("web1")
        assert seen.type is not NoSwitchPorts
        assert it.manager.service("web1").state is State.ACTIVE
        (task,) = it.manager.tasks(STAFF)
        it.panel.boxes[1].ports = ["up"]
        await it.manager.return_task(STAFF, task.id)
        assert (it.manager.service("web1").state, it.panel.boxes[1].ports) == (State.SUSPENDED, ["down"])
        assert it.manager.tasks(STAFF) == []

    billshop(main, tries=2)


def test_staff_give_an_activation_to_another_processing_module():
    async def main(it: BillShop) -> None:
        it.panel.boxes[3].location = 2
        await it.set_up()
        catalogue = it.manager.catalogue
        catalogue.add_datacenter("Second", dci6_managed=True, location=2)
        await it.connect("second", "Second")
        it.panel.last(1, "failed")
        it.panel.last(2, "failed")
        with pytest.raises(HandedOver, match="in location 1"):
            await it.sell()
        (task,) = it.manager.tasks(STAFF)
        with pytest.raises(Refused, match="second is not enabled for the tariff of service web1"):
            it.manager.assign_task(STAFF, task.id, module="second")
        catalogue.enable("Dedicated", "second")
        it.manager.assign_task(STAFF, task.id, module="second", params={"ipv4": 2, "password": "x"})
        await it.manager.return_task(STAFF, task.id)
        service = it.manager.service("web1")
        assert (service.state, service.server, len(service.addresses)) == (State.ACTIVE, 3, 2)
        assert "password" not in it.manager.items.of("web1").params
        assert [each.params for each in it.manager.office.tasks] == [{"ipv4": 2}]

    billshop(main, tries=2)


def test_an_installation_that_never_ends_gives_its_server_back_and_the_next_is_tried_first():
    async def main(it: BillShop) -> None:
        await it.set_up(install_timeout="30m")
        it.panel.install_takes = math.inf

        def quick(request: object) -> float:
            if len(it.panel.ops) == 1:
                it.panel.install_takes = 600.0
            return 0.0

        it.panel.bend("POST .*/2/os_install", quick)
        await it.sell()
        service = it.manager.service("web1")
        assert (service.state, service.server) == (State.ACTIVE, 2)
        assert (it.panel.boxes[1].owner, it.panel.boxes[1].ips) == (None, [])
        assert [op.status(it.clock.now()) for op in it.panel.ops.values()] == ["canceled", "ok"]

    billshop(main)


def test_the_number_of_addresses_is_changed_and_nothing_else():
    async def main(it: BillShop) -> None:
        await it.set_up()
        await it.sell(ipv4=2)
        service = it.manager.service("web1")
        first = service.addresses[0]
        await it.manager.change("web1", {"ipv4": 4})
        assert (len(service.addresses), len(it.panel.boxes[1].ips)) == (4, 4)
        await it.manager.change("web1", {"ipv4": 1})
        assert service.addresses == (first,)
        with pytest.raises(BadSettings, match="os of a prepared server cannot be changed"):
            await it.manager.change("web1", {"os": "debian-12"})
        with pytest.raises(BadSettings, match="from 1"):
            await it.manager.change("web1", {"ipv4": 0})
        assert it.manager.items.of("web1").params["ipv4"] == 1

    billshop(main)


def test_an_order_is_paid_once_and_a_tariff_without_modules_sells_nothing():
    async def main(it: BillShop) -> None:
        await it.set_up()
        await it.sell()
        with pytest.raises(IllegalEvent, match="paid for already"):
            await it.manager.pay("web1")
        it.order("web2")
        it.manager.catalogue.disable("Dedicated", "dci")
        with pytest.raises(BadSettings, match="no enabled processing module"):
            it.order("web3")
        with pytest.raises(BadSettings, match="no enabled processing module"):
            await it.manager.pay("web2")
        assert it.manager.items.of("web2").paid is None

    billshop(main)


@pytest.mark.parametrize("more", [{"maintenance": True}, {"faulty": {"reason": "fan"}}])
def test_a_server_in_maintenance_or_marked_faulty_is_not_sold(more: dict):
    """As BILLmanager's own document says of its module."""

    async def main(it: BillShop) -> None:
        await it.set_up()
        it.panel.boxes[1].more = more
        await it.sell()
        assert it.manager.service("web1").server == 2

    billshop(main)


def test_a_service_whose_server_staff_deleted_from_the_panel_ends_closed_and_no_session_is_left():
    async def main(it: BillShop) -> None:
        await it.set_up()
        await it.sell()
        del it.panel.boxes[1]
        await it.manager.terminate("web1")
        assert it.manager.service("web1").state is State.CLOSED
        assert it.manager.office.tasks == []
        await it.manager.close()
        assert it.panel.tokens == []

    billshop(main)

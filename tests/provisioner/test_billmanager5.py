"""The module of BILLmanager for DCImanager 5, step by step (B5-1 to B5-17)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from provisioner.billmanager.office import NoOpenTask
from provisioner.billmanager.rows import MessageRow
from provisioner.clients.coremanager import CoreError, CoreLoginRefused
from provisioner.errors import (
    BadSettings,
    IllegalEvent,
    NoFreeServer,
    NoServerBound,
    NoSwitchPorts,
    NotInPanel,
    OperationFailed,
    PanelError,
    PanelUnavailable,
    ServiceBusy,
)
from provisioner.modules.billmanager5 import NameTaken
from provisioner.periods import after
from provisioner.services import State
from provisioner.store import ActionRow, CallRow, StepRow
from tests.provisioner.support.billmanager5 import BOSS, EMAIL, Shop5, shop5
from tests.provisioner.support.dcimanager5 import Refusal

DOMAIN = "aliceexamplecom-1.example.com"


@pytest.mark.requirement("B5-1", "B5-2")
def test_adding_a_panel_shows_what_is_for_sale_and_its_networks() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.boxes[1].owner = 1
        shop.panel.boxes[2].hwproblem = True
        shop.panel.boxes[3].hostname = "other.example.com"
        offer = await shop.desk.add_panel()
        assert [server.id for server in offer.servers] == [4]
        assert [network.net for network in offer.networks] == ["192.0.2.0/24"]
        assert shop.office.messages == []

    shop5(main, servers=4)


@pytest.mark.requirement("B5-1")
def test_a_panel_with_a_wrong_password_is_not_added_and_the_chosen_administrators_hear_of_it() -> None:
    async def main(shop: Shop5) -> None:
        with pytest.raises(CoreLoginRefused, match="Invalid username or password"):
            await shop.desk.add_panel()
        assert [(message.to, message.text) for message in shop.office.messages] == [
            (BOSS, "user: auth/badpassword: Invalid username or password")
        ]
        assert shop.desk.offer is None

    shop5(main, login=("billing", "wrong"))


@pytest.mark.requirement("B5-1")
def test_a_panel_is_not_added_with_the_account_of_a_client() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.users[2] = ["carol", "16", "secret"]
        with pytest.raises(BadSettings, match="not an administrator"):
            await shop.desk.add_panel()

    shop5(main, login=("carol", "secret"))


@pytest.mark.requirement("B5-4", "B5-5", "B5-6", "B5-7", "B5-8", "B5-10", "B5-15")
def test_setting_up_does_the_documents_steps_in_its_order() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        assert shop.steps == ["1", "2", "3a", "3b", "3c", "3d", "3e", "3f", "3g", "3h", "4", "5"]
        box = shop.panel.boxes[1]
        assert service.state is State.ACTIVE
        assert (service.server, service.server_name) == (1, "S1")
        assert shop.panel.users[box.owner or 0][0] == "aliceexamplecom"
        assert box.hostname == DOMAIN
        assert box.password == service.password
        assert [domain for _, domain in box.ips.values()] == [DOMAIN] * 3
        saved = shop.module.properties["web1"]
        assert saved.addresses == service.addresses == ("192.0.2.10", "192.0.2.11", "192.0.2.12")
        assert (saved.panel_id, saved.ip, saved.os, saved.rack) == (1, "192.0.2.10", "Debian-12", "A1 (1)")
        welcome = shop.office.messages[0]
        assert welcome.to == EMAIL
        assert service.password in welcome.text
        assert shop.panel.users[2][2] in welcome.text

    shop5(main, alias_addresses=2)


@pytest.mark.requirement("B5-4")
def test_a_client_who_has_a_user_already_gets_no_second_one() -> None:
    async def main(shop: Shop5) -> None:
        await shop.desk.order("web1", EMAIL)
        await shop.desk.order("web2", EMAIL)
        assert [user[0] for user in shop.panel.users.values()] == ["billing", "aliceexamplecom"]
        assert "password:" not in shop.office.messages[1].text.splitlines()[-1]

    shop5(main)


@pytest.mark.requirement("B5-4")
def test_a_client_whose_name_is_that_of_an_administrator_is_refused() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.users[2] = ["aliceexamplecom", "29", "x"]
        with pytest.raises(NameTaken):
            await shop.desk.order("web1", EMAIL)
        assert "server.edit" not in shop.functions

    shop5(main)


@pytest.mark.requirement("B5-5", "B5-9")
def test_a_server_that_fails_is_given_up_with_its_reason_and_the_next_one_is_sold() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.fails = {1}
        service = await shop.desk.order("web1", EMAIL)
        given_up = shop.panel.boxes[1]
        assert service.server_name == "S2"
        assert given_up.owner == 1, "the administrator stays the owner"
        assert given_up.hostname == "free.ds"
        assert [domain for _, domain in given_up.ips.values()] == ["free.ds"]
        assert "Can not install server S1" in given_up.notes
        assert given_up.disabled

    shop5(main)


@pytest.mark.requirement("B5-9")
@pytest.mark.parametrize(
    ("trouble", "reason", "seconds"),
    [
        ({"dark": {1}}, "Can not power on server S1", 600),
        ({"install_seconds": 9000.0}, "was not installed on server S1 in 120 minutes", 7200),
        ({"silent": {1}}, "does not answer a ping at 192.0.2.10", 1800),
        ({"broken_ports": {10}}, "Failed to change 1 connection", 0),
    ],
)
def test_whatever_takes_too_long_or_fails_gives_the_server_up(
    trouble: dict[str, object], reason: str, seconds: float
) -> None:
    async def main(shop: Shop5) -> None:
        for name, value in trouble.items():
            setattr(shop.panel, name, value)
        with pytest.raises(NoFreeServer, match="given up: S1"):
            await shop.desk.order("web1", EMAIL)
        assert reason in shop.panel.boxes[1].notes
        assert shop.panel.boxes[1].disabled
        assert shop.clock.now() == pytest.approx(seconds, abs=60)
        assert shop.office.messages[0].to == BOSS

    shop5(main, servers=1)


@pytest.mark.requirement("B5-9")
def test_what_fails_while_a_server_is_given_up_does_not_keep_the_rest_from_being_done() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.fails = {1}
        shop.panel.refuses["server.disable"] = Refusal("server_forcelock", "", "This server is protected")
        service = await shop.desk.order("web1", EMAIL)
        assert service.server_name == "S2"
        assert "Can not install" in shop.panel.boxes[1].notes
        assert not shop.panel.boxes[1].disabled

    shop5(main)


@pytest.mark.requirement("B5-9")
def test_an_empty_pool_and_a_refused_template_are_reasons_like_any_other() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.free = ["192.0.2.10"]
        shop.panel.refuses["server.operations"] = Refusal(
            "value", "ostemplate", "You have selected incorrect OS template"
        )
        with pytest.raises(NoFreeServer):
            await shop.desk.order("web1", EMAIL)
        assert "value/ostemplate" in shop.panel.boxes[1].notes
        assert "ip_alloc_failed" in shop.panel.boxes[2].notes

    shop5(main, servers=2)


@pytest.mark.requirement("B5-3")
def test_a_template_that_the_panel_has_not_is_found_before_a_server_is_touched() -> None:
    async def main(shop: Shop5) -> None:
        with pytest.raises(NotInPanel, match="There is no OS template 'Minix-3' in DCImanager 5"):
            await shop.desk.order("web1", EMAIL, os="Minix-3")
        assert not any(box.owner or box.notes for box in shop.panel.boxes.values())
        assert len(shop.panel.users) == 1

    shop5(main, templates=["Debian-12", "Minix-3"])


@pytest.mark.requirement("B5-5")
def test_without_a_server_of_the_configuration_the_order_fails_before_anything_changes() -> None:
    async def main(shop: Shop5) -> None:
        with pytest.raises(NoFreeServer, match="no free server of configuration Dual"):
            await shop.desk.order("web1", EMAIL, configuration="Dual")
        assert "server.edit" not in shop.functions
        assert shop.desk.billing.service("web1").state is State.FAILED

    shop5(main)


@pytest.mark.requirement("B5-3")
def test_an_order_names_a_period_and_a_template_of_the_package() -> None:
    async def main(shop: Shop5) -> None:
        with pytest.raises(BadSettings, match="order period 'year'; it has month, quarter"):
            await shop.desk.order("web1", EMAIL, period="year")
        with pytest.raises(BadSettings, match="not activated; there are Debian-12"):
            await shop.desk.order("web1", EMAIL, os="Plan9")
        assert not shop.billing.services
        await shop.desk.order("web1", EMAIL, period="quarter")
        assert shop.module.orders["web1"].period == "quarter"

    shop5(main, periods=["month", "quarter"])


@pytest.mark.requirement("B5-5", "B5-9")
def test_two_orders_at_once_spoil_one_server_and_end_up_on_the_same_other_one() -> None:
    """The list is asked for once, and both orders hold a server as the same administrator: the first one's next server
    is by then the second one's client's.
    """

    async def main(shop: Shop5) -> None:
        await asyncio.gather(shop.desk.order("web1", EMAIL), shop.desk.order("web2", "bob@example.com"))
        first, second = shop.panel.boxes[1], shop.panel.boxes[2]
        assert first.disabled
        assert first.hostname == "free.ds"
        assert len(first.ips) == 2, "each order gave it one"
        assert [service.server for service in shop.billing.services.values()] == [2, 2]
        assert shop.panel.users[second.owner or 0][0] == "aliceexamplecom", "it had been bob's"

    shop5(main)


@pytest.mark.requirement("B5-11", "B5-15")
def test_a_deletion_disables_frees_the_additional_addresses_the_domain_and_the_owner() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        await shop.desk.terminate("web1")
        box = shop.panel.boxes[1]
        assert service.state is State.CLOSED
        assert (box.disabled, box.owner, box.hostname) == (True, None, "free.ds")
        assert [ip for ip, _ in box.ips.values()] == ["192.0.2.10"], "the main address is the server's own"
        assert service.addresses == ()
        assert shop.steps[-4:] == ["D1", "D2", "D3", "D4"]
        again = await shop.desk.order("web2", "bob@example.com")
        assert (again.server_name, again.addresses[0]) == ("S1", "192.0.2.10")
        assert not box.disabled

    shop5(main, alias_addresses=1)


@pytest.mark.requirement("B5-11")
def test_a_deletion_that_is_refused_half_way_leaves_the_rest_undone() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        shop.panel.refuses["iplist.delete"] = Refusal("ip_delete_restrict_osinstall_in_progress")
        with pytest.raises(CoreError, match="ip_delete_restrict_osinstall_in_progress"):
            await shop.desk.terminate("web1")
        box = shop.panel.boxes[1]
        assert service.state is State.FAILED
        assert box.disabled
        assert box.owner == 2
        assert len(box.ips) == 2
        del shop.panel.refuses["iplist.delete"]
        await shop.desk.terminate("web1")
        assert box.owner is None

    shop5(main, alias_addresses=1)


@pytest.mark.requirement("B5-12", "B5-15")
def test_suspension_switches_all_ports_off_and_activation_on() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        await shop.desk.suspend("web1")
        assert service.state is State.SUSPENDED
        assert set(shop.panel.boxes[1].ports.values()) == {False}
        assert shop.panel.boxes[1].on
        await shop.desk.unsuspend("web1")
        assert set(shop.panel.boxes[1].ports.values()) == {True}
        assert shop.functions[-2:] == ["server", "iplist"], "read back"

    shop5(main)


@pytest.mark.requirement("B5-12")
def test_a_suspension_that_half_fails_leaves_the_service_active_and_half_its_ports_off() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        shop.panel.broken_ports = {11}
        with pytest.raises(CoreError, match="Failed to change 1"):
            await shop.desk.suspend("web1")
        assert service.state is State.ACTIVE
        assert shop.panel.boxes[1].ports == {10: False, 11: True}

    shop5(main)


@pytest.mark.requirement("B5-12")
def test_a_server_without_ports_cannot_be_suspended() -> None:
    async def main(shop: Shop5) -> None:
        await shop.desk.order("web1", EMAIL)
        shop.panel.boxes[1].ports = {}
        with pytest.raises(NoSwitchPorts):
            await shop.desk.suspend("web1")

    shop5(main)


@pytest.mark.requirement("B5-13", "B5-15")
def test_addresses_are_added_and_deleted_on_request() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        assert await shop.desk.add_address("web1") == "192.0.2.11"
        assert service.addresses == ("192.0.2.10", "192.0.2.11")
        assert shop.panel.boxes[1].ips[111][1] == DOMAIN
        await shop.desk.delete_address("web1")
        assert service.addresses == shop.module.properties["web1"].addresses == ("192.0.2.10",)
        with pytest.raises(NotInPanel, match=r"198\.51\.100\.1"):
            await shop.desk.delete_address("web1", "198.51.100.1")
        assert service.error.startswith("server S1 has no address")
        service.busy = "Suspend"
        with pytest.raises(ServiceBusy):
            await shop.desk.add_address("web1")

    shop5(main)


@pytest.mark.requirement("B5-14")
def test_changing_the_password_changes_that_of_the_owners_user() -> None:
    async def main(shop: Shop5) -> None:
        await shop.desk.order("web1", EMAIL)
        password = await shop.desk.change_password("web1")
        assert shop.panel.users[2][2] == password
        assert await shop.desk.change_password("web1", "hunter2") == "hunter2"
        assert "hunter2" not in str([entry for entry in shop.log.calls if "user.edit" in entry.path])
        shop.panel.boxes[1].owner = 1
        with pytest.raises(OperationFailed, match="not owned by a client: its owner is billing"):
            await shop.desk.change_password("web1")
        assert shop.panel.users[1][2] == "topsecret"

    shop5(main)


def test_an_action_on_a_service_that_is_not_alive_is_refused() -> None:
    async def main(shop: Shop5) -> None:
        shop.billing.place("web1", EMAIL)
        with pytest.raises(NoServerBound, match="is ordered"):
            await shop.desk.add_address("web1")

    shop5(main)


@pytest.mark.requirement("B5-16", "B5-17")
def test_colocation_is_set_up_and_deleted_by_people_and_suspended_by_the_module() -> None:
    async def main(shop: Shop5) -> None:
        service = shop.desk.order_colocation("colo1", EMAIL)
        ticket = shop.office.tasks[0]
        assert (ticket.department, ticket.subject, ticket.open) == ("Hall", "Set up colocation colo1", True)
        assert shop.functions == []
        with pytest.raises(NoServerBound, match="S3 has no owner"):
            await shop.desk.server_added("colo1", 3)
        assert service.state is State.MANUAL
        assert service.server is None
        shop.panel.users[2] = ["aliceexamplecom", "16", "x"]
        shop.panel.boxes[3].owner = 2
        await shop.desk.server_added("colo1", 3)
        assert service.state is State.ACTIVE
        assert shop.module.properties["colo1"].owner == "aliceexamplecom"
        assert not shop.office.tasks[0].open
        with pytest.raises(IllegalEvent):
            await shop.desk.server_added("colo1", 3)
        await shop.desk.suspend("colo1")
        assert set(shop.panel.boxes[3].ports.values()) == {False}
        await shop.desk.unsuspend("colo1")
        await shop.desk.terminate("colo1")
        assert service.state is State.CLOSING
        assert shop.office.tasks[1].subject == "Delete colocation colo1"
        assert shop.panel.boxes[3].owner == 2, "until somebody has done it"
        shop.desk.server_removed("colo1")
        assert service.state is State.CLOSED
        with pytest.raises(NoOpenTask):
            shop.office.open_task("colo1")

    shop5(main, department="Hall")


def test_a_panel_that_does_not_answer_fails_the_order_and_not_its_servers() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.down = 1000
        with pytest.raises(PanelUnavailable, match="503 for 60 s"):
            await shop.desk.order("web1", EMAIL)
        shop.panel.down = 0
        assert not any(box.notes for box in shop.panel.boxes.values())

    shop5(main)


def test_first_passwords_stand_in_no_log_and_in_nothing_that_is_kept() -> None:
    """But in the service's own card, which has the password of its server."""

    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        (welcome,) = shop.office.messages
        first = shop.panel.users[2][2]
        assert first in welcome.text
        kept = repr(
            [row for kind in (StepRow, CallRow, ActionRow, MessageRow) for row in shop.billing.store.read(kind)]
        )
        told = "\n".join(f"{entry} {entry!r}" for entry in shop.log)
        for secret in (first, service.password):
            assert secret not in told
            assert secret not in kept

    shop5(main)


def test_a_silent_panel_leaves_its_server_to_the_next_try_or_to_the_deletion() -> None:
    async def main(shop: Shop5) -> None:
        async def fall_silent(name: str) -> None:
            task = asyncio.create_task(shop.desk.order(name, EMAIL))
            await shop.clock.sleep(300)
            shop.panel.down = 10_000
            with pytest.raises(PanelUnavailable):
                await task
            shop.panel.down = 0

        await fall_silent("web1")
        assert [box.owner for box in shop.panel.boxes.values()] == [1, None, None]
        service = await shop.desk.order("web1", EMAIL)
        assert (service.state, service.server) == (State.ACTIVE, 1)
        await fall_silent("web2")
        await shop.desk.terminate("web2")
        box = shop.panel.boxes[2]
        assert (box.owner, box.hostname, box.disabled) == (None, "free.ds", True)
        assert shop.billing.service("web2").state is State.CLOSED

    shop5(main)


def test_an_order_that_failed_after_its_client_owned_the_server_buys_no_second_one() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.free = ["192.0.2.10", "192.0.2.11"]
        with pytest.raises(PanelError, match="ip_alloc_failed"):
            await shop.desk.order("web1", EMAIL)
        shop.panel.free = ["192.0.2.12"]
        service = await shop.desk.order("web1", EMAIL)
        assert (service.state, service.server) == (State.ACTIVE, 1)
        assert service.addresses == ("192.0.2.10", "192.0.2.11", "192.0.2.12")
        assert not any(box.owner for box in shop.panel.boxes.values() if box.id != 1)

    shop5(main, alias_addresses=2)


def test_one_alias_is_one_address_whatever_the_list_shows() -> None:
    """A list that stays old drained a pool."""

    async def main(shop: Shop5) -> None:
        await shop.desk.order("web1", EMAIL)
        old = list(shop.panel.boxes[1].ips.items())
        shop.panel.lists_addresses = lambda box: dict(old)
        added = await shop.desk.add_address("web1")
        assert [ip for ip, _ in shop.panel.boxes[1].ips.values()] == ["192.0.2.10", "192.0.2.11", added]
        assert shop.billing.service("web1").addresses[-1] == added

    shop5(main, alias_addresses=1)


def test_a_server_that_staff_deleted_from_the_panel_ends_its_service_closed() -> None:
    async def main(shop: Shop5) -> None:
        service = await shop.desk.order("web1", EMAIL)
        del shop.panel.boxes[1]
        await shop.desk.terminate("web1")
        assert (service.state, service.addresses) == (State.CLOSED, ())

    shop5(main)


@pytest.mark.requirement("B5-3", "B5-16")
def test_what_is_not_paid_for_is_suspended_and_what_is_renewed_is_active_again() -> None:
    async def main(shop: Shop5) -> None:
        service, day = await shop.desk.order("web1", EMAIL), 86_400.0
        due = shop.desk.due("web1")
        assert due == shop.desk.next_due() == pytest.approx(shop.clock.now() + 31 * day), (
            "a month from the first of January"
        )
        assert await shop.desk.cron() == {}
        await shop.clock.sleep(31 * day)
        shop.panel.refuses["server.connection.off"] = Refusal("handler_snmp_session_fail")
        (error,) = (await shop.desk.cron()).values()
        assert "handler_snmp_session_fail" in str(error)
        assert (service.state, shop.office.messages[-1].to) == (State.ACTIVE, BOSS)
        shop.panel.refuses.clear()
        assert await shop.desk.cron() == {"web1": None}
        assert (service.state, set(shop.panel.boxes[1].ports.values())) == (State.SUSPENDED, {False})
        assert shop.desk.next_due() is None
        await shop.desk.renew("web1")
        assert (service.state, set(shop.panel.boxes[1].ports.values())) == (State.ACTIVE, {True})
        assert shop.desk.due("web1") == pytest.approx(shop.clock.now() + 28 * day, abs=60), (
            "it had passed: from now, in February"
        )
        await shop.desk.suspend("web1")
        await shop.desk.renew("web1")
        assert service.state is State.SUSPENDED, "not for want of money"
        await shop.desk.terminate("web1")
        with pytest.raises(IllegalEvent, match="nothing to renew"):
            await shop.desk.renew("web1")

    shop5(main, periods=["month"])


def test_a_month_ends_on_its_day_or_on_the_last_one() -> None:
    def ends(begin: str, period: str) -> str:
        moment = datetime.fromisoformat(f"{begin}T10:00:00+00:00").timestamp()
        return f"{datetime.fromtimestamp(after(moment, period), UTC):%Y-%m-%d %H}"

    assert ends("2026-01-31", "month") == "2026-02-28 10"
    assert ends("2026-12-15", "month") == "2027-01-15 10"
    assert ends("2026-11-30", "quarter") == "2027-02-28 10"
    assert ends("2028-02-29", "year") == "2029-02-28 10"
    assert ends("2026-12-30", "3 days") == "2027-01-02 10"
    for wrong in ("", "0 months", "fortnight", "month month", "-1 day"):
        with pytest.raises(BadSettings, match="order period"):
            after(0, wrong)


@pytest.mark.requirement("B5-15")
@pytest.mark.parametrize("verb", ["suspend", "unsuspend", "add_address", "delete_address", "change_password"])
def test_after_each_operation_billing_has_what_the_panel_has_by_then(verb: str) -> None:
    """Staff have renamed the server meanwhile."""

    async def main(shop: Shop5) -> None:
        await shop.desk.order("web1", EMAIL)
        if verb == "unsuspend":
            await shop.desk.suspend("web1")
        shop.panel.boxes[1].name, shop.panel.boxes[1].hostname = "moved", "moved.example.com"
        await getattr(shop.desk, verb)("web1")
        saved = shop.module.properties["web1"]
        assert (saved.label, saved.domain) == ("moved", "moved.example.com")
        assert tuple(saved.addresses) == tuple(ip for ip, _ in shop.panel.boxes[1].ips.values())

    shop5(main, alias_addresses=1)

from __future__ import annotations

import asyncio
import math

import httpx
import pytest

from provisioner.errors import (
    BadSettings,
    EmailNotVerified,
    IllegalEvent,
    ModuleNotActivated,
    NoSwitchPorts,
    NotInPanel,
    OperationFailed,
    PanelError,
    ServiceBusy,
    UnknownService,
)
from provisioner.log import Note, Outcome
from provisioner.services import State
from tests.provisioner.support.dcimanager6 import error
from tests.provisioner.support.whmcs6 import EMAIL, Shop, shop


async def sold(it: Shop) -> None:
    """A service web1 on server 1, and a clean sheet of calls."""
    await it.billing.order("web1", EMAIL)
    it.panel.seen.clear()
    it.panel.bodies.clear()


@pytest.mark.requirement("W6-L1")
@pytest.mark.requirement("W6-L2")
def test_suspension_switches_the_ports_off_and_reactivation_on():
    async def main(it: Shop) -> None:
        await sold(it)
        service = it.billing.service("web1")
        await it.billing.suspend("web1")
        assert (service.state, it.panel.boxes[1].ports) == (State.SUSPENDED, ["down"])
        assert it.panel.boxes[1].power == "on"
        await it.billing.unsuspend("web1")
        assert (service.state, it.panel.boxes[1].ports) == (State.ACTIVE, ["up"])
        assert it.panel.acts == ["POST /dci/v3/server/1/port_off", "POST /dci/v3/server/1/port_on"]
        assert it.steps[-2:] == ["L1", "L2"]

    shop(main)


@pytest.mark.requirement("W6-L1")
def test_a_server_without_switch_ports_cannot_be_suspended():
    async def main(it: Shop) -> None:
        await sold(it)
        it.panel.boxes[1].ports = []
        with pytest.raises(NoSwitchPorts, match=r"cannot be suspended: switch ports are not specified .* srv-01"):
            await it.billing.suspend("web1")
        assert it.panel.acts == []
        assert it.billing.service("web1").state is State.ACTIVE

    shop(main)


def test_a_failed_suspension_leaves_the_service_active_with_the_error_on_it():
    async def main(it: Shop) -> None:
        await sold(it)
        it.panel.bend("POST .*/port_off", lambda _: error(502, 77, "the switch does not answer"))
        with pytest.raises(PanelError):
            await it.billing.suspend("web1")
        service = it.billing.service("web1")
        assert service.state is State.ACTIVE
        assert "the switch does not answer" in service.error
        await it.billing.suspend("web1")
        assert (service.state, service.error) == (State.SUSPENDED, "")

    shop(main)


@pytest.mark.requirement("W6-D1")
@pytest.mark.requirement("W6-D2")
@pytest.mark.requirement("W6-D3")
@pytest.mark.requirement("W6-D4")
@pytest.mark.requirement("W6-D5")
@pytest.mark.requirement("W6-D6")
@pytest.mark.requirement("W6-D7")
@pytest.mark.requirement("W6-D8")
@pytest.mark.requirement("W6-S9")
@pytest.mark.requirement("W6-S11")
@pytest.mark.requirement("W6-S12")
def test_a_deletion_does_the_steps_of_the_document_in_order():
    async def main(it: Shop) -> None:
        await sold(it)
        await it.billing.suspend("web1")
        it.panel.boxes[1].power = "off"
        it.panel.busy(1)
        it.panel.seen.clear()
        it.panel.bodies.clear()
        began = it.clock.now()
        address = it.panel.boxes[1].ips[0][0]
        await it.billing.terminate("web1")
        assert it.panel.acts == [
            "POST /dci/v3/server/1/port_on",
            "POST /dci/v3/server/1/power_on",
            "POST /dci/v3/server/1/operation/cancel",
            f"DELETE /dci/v3/server/1/ip/{address}",
            "POST /dci/v3/server/1/owner",
            "POST /dci/v3/server/1/diagnostic",
            "POST /dci/v3/server/1/power_off",
            "POST /dci/v3/server/1/port_off",
        ]
        assert it.steps[-8:] == ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"]
        assert it.panel.body_of("POST /dci/v3/server/1/owner") == {"owner": None}
        assert it.panel.body_of("POST /dci/v3/server/1/diagnostic") == {
            "template": 8,
            "clear_disks": True,
            "ippool": 4,
        }
        box, service = it.panel.boxes[1], it.billing.service("web1")
        assert (box.owner, box.ips, box.power, box.ports) == (None, [], "off", ["down"])
        assert (service.state, service.addresses) == (State.CLOSED, ())
        assert it.clock.now() - began == it.panel.diagnostic_takes

    shop(main, shutdown_after_termination=True, suspend_on_termination=True, diagnostic_pool="release")


@pytest.mark.requirement("W6-D7")
@pytest.mark.requirement("W6-D8")
@pytest.mark.requirement("W6-S8")
def test_without_the_options_a_deletion_ends_with_diagnostics_and_needs_nothing_that_is_done_already():
    async def main(it: Shop) -> None:
        await sold(it)
        address = it.panel.boxes[1].ips[0][0]
        await it.billing.terminate("web1")
        assert it.panel.acts == [
            "POST /dci/v3/server/1/port_on",
            f"DELETE /dci/v3/server/1/ip/{address}",
            "POST /dci/v3/server/1/owner",
            "POST /dci/v3/server/1/diagnostic",
        ]
        assert it.panel.body_of("POST /dci/v3/server/1/diagnostic") == {"template": 8, "clear_disks": True}
        assert (it.detail("D2"), it.detail("D3")) == ("it is on", "there is none")

    shop(main)


@pytest.mark.requirement("W6-S13")
def test_disks_are_not_cleared_when_that_is_disabled():
    async def main(it: Shop) -> None:
        await sold(it)
        await it.billing.terminate("web1")
        assert it.panel.boxes[1].clear_disks is False

    shop(main, disable_disk_clearing=True)


@pytest.mark.requirement("W6-S10")
def test_addresses_that_are_not_managed_survive_the_deletion():
    async def main(it: Shop) -> None:
        await sold(it)
        await it.billing.terminate("web1")
        assert len(it.panel.boxes[1].ips) == 1

    shop(main, do_not_manage_ips=True)


@pytest.mark.requirement("W6-D5")
@pytest.mark.requirement("W6-S14")
@pytest.mark.parametrize("exists", [True, False])
def test_the_owner_after_termination_is_assigned_and_created_when_absent(exists: bool):
    async def main(it: Shop) -> None:
        await sold(it)
        if exists:
            it.panel.users[9] = {"id": 9, "email": "stock@example.com", "roles": ["@admin"]}
        await it.billing.terminate("web1")
        owner = it.panel.boxes[1].owner
        assert owner is not None
        assert it.panel.users[owner]["email"] == "stock@example.com"
        assert ("POST /dci/v3/user" in it.panel.seen) is not exists

    shop(main, owner_after_termination="stock@example.com")


@pytest.mark.requirement("W6-D6")
def test_diagnostics_of_more_than_an_hour_are_terminated_when_the_server_is_to_be_shut_down():
    async def main(it: Shop) -> None:
        await sold(it)
        it.panel.diagnostic_takes = math.inf
        began = it.clock.now()
        await it.billing.terminate("web1")
        assert it.clock.now() - began == 3600
        op = it.panel.boxes[1].op
        assert op is not None
        assert op.status(it.clock.now()) == "canceled"
        assert it.panel.acts[-3:] == [
            "POST /dci/v3/server/1/operation/cancel",
            "POST /dci/v3/server/1/power_off",
            "POST /dci/v3/server/1/port_off",
        ]
        assert it.billing.service("web1").state is State.CLOSED
        assert any("have been terminated" in str(entry) for entry in it.log if isinstance(entry, Note))

    shop(main, shutdown_after_termination=True, suspend_on_termination=True)


@pytest.mark.requirement("W6-D6")
def test_diagnostics_of_more_than_an_hour_are_left_to_the_panel_when_the_server_stays_on():
    async def main(it: Shop) -> None:
        await sold(it)
        it.panel.diagnostic_takes = math.inf
        await it.billing.terminate("web1")
        op = it.panel.boxes[1].op
        assert op is not None
        assert op.status(it.clock.now()) == "running"
        assert it.billing.service("web1").state is State.CLOSED
        assert any("left to the panel" in str(entry) for entry in it.log if isinstance(entry, Note))

    shop(main)


@pytest.mark.requirement("W6-D6")
def test_diagnostics_that_fail_are_reported_after_the_last_steps():
    async def main(it: Shop) -> None:
        await sold(it)
        it.panel.outcome = "failed"
        with pytest.raises(OperationFailed, match=r"the diagnostics of server srv-01 .* did not succeed"):
            await it.billing.terminate("web1")
        assert it.panel.boxes[1].power == "off"
        assert it.panel.boxes[1].ports == ["down"]
        assert it.billing.service("web1").state is State.FAILED
        it.panel.outcome = "ok"
        await it.billing.terminate("web1")
        assert it.billing.service("web1").state is State.CLOSED

    shop(main, shutdown_after_termination=True, suspend_on_termination=True)


@pytest.mark.requirement("W6-D7")
def test_a_server_that_is_off_already_is_not_shut_down():
    async def main(it: Shop) -> None:
        await sold(it)

        def goes_off(request: httpx.Request) -> float:
            it.panel.boxes[1].power = "off"
            return 0.0

        it.panel.bend("POST .*/diagnostic", goes_off)
        await it.billing.terminate("web1")
        assert "POST /dci/v3/server/1/power_off" not in it.panel.acts

    shop(main, shutdown_after_termination=True)


@pytest.mark.requirement("W6-S8")
@pytest.mark.requirement("W6-S9")
@pytest.mark.parametrize(
    ("setting", "text"), [("diagnostic_template", "diagnostic template"), ("diagnostic_pool", "pool")]
)
def test_what_diagnostics_need_and_the_panel_lacks_is_named(setting: str, text: str):
    async def main(it: Shop) -> None:
        await sold(it)
        with pytest.raises(NotInPanel, match=f"no {text} 'nowhere'"):
            await it.billing.terminate("web1")

    shop(main, **{setting: "nowhere"})


@pytest.mark.requirement("W6-S7")
def test_a_client_with_an_unverified_email_cannot_manage_services_but_the_provider_can():
    async def main(it: Shop) -> None:
        it.billing.register(EMAIL, verified=False)
        await sold(it)
        with pytest.raises(EmailNotVerified, match=r"before the e-mail alice@example\.com is verified"):
            await it.billing.terminate("web1", by_client=True)
        assert it.panel.seen == []
        assert it.billing.service("web1").state is State.ACTIVE
        await it.billing.suspend("web1")
        it.billing.register(EMAIL, verified=True)
        await it.billing.terminate("web1", by_client=True)

    shop(main, check_email_verified=True)


@pytest.mark.requirement("W6-S7")
def test_without_the_check_an_unverified_client_may_do_as_he_likes():
    async def main(it: Shop) -> None:
        it.billing.register(EMAIL, verified=False)
        await it.billing.order("web1", EMAIL, by_client=True)

    shop(main)


@pytest.mark.requirement("W6-G1")
def test_a_module_that_is_not_activated_fails_with_the_words_that_the_document_tells_to_look_for():
    async def main(it: Shop) -> None:
        it.billing.activated = False
        with pytest.raises(ModuleNotActivated):
            await it.billing.order("web1", EMAIL)
        outcomes = [entry for entry in it.log if isinstance(entry, Outcome)]
        assert str(outcomes[0]) == "Module Create Failed - Service: web1 - Error: the module is not activated"
        assert it.panel.seen == []
        assert it.billing.service("web1").state is State.FAILED

    shop(main)


def test_an_action_that_the_lifecycle_does_not_allow_does_nothing():
    async def main(it: Shop) -> None:
        await sold(it)
        entries = len(it.log)
        with pytest.raises(IllegalEvent, match="no 'unsuspend' in state 'active'"):
            await it.billing.unsuspend("web1")
        with pytest.raises(UnknownService, match="no service web2"):
            await it.billing.suspend("web2")
        assert it.panel.seen == []
        assert len(it.log) == entries
        assert it.billing.service("web1").error == ""

    shop(main)


def test_a_failed_order_without_a_server_can_be_ended():
    async def main(it: Shop) -> None:
        it.panel.boxes.clear()
        with pytest.raises(Exception, match="no free server"):
            await it.billing.order("web1", EMAIL)
        acts = list(it.panel.acts)
        await it.billing.terminate("web1")
        assert it.billing.service("web1").state is State.CLOSED
        assert it.panel.acts == acts

    shop(main)


def test_a_failed_order_without_a_server_can_be_corrected():
    async def main(it: Shop) -> None:
        for wrong in ({"configuration": "E5"}, {"server": 9}, {"options": {"os": "minix-3"}}):
            with pytest.raises(Exception, match=r"free server|does not exist|no os template"):
                await it.billing.order("web1", EMAIL, **wrong)
        it.billing.choose_server("web1", 2)
        await it.billing.order("web1", EMAIL, server=2)
        service = it.billing.service("web1")
        assert (service.state, service.server) == (State.ACTIVE, 2)
        with pytest.raises(BadSettings, match="there is a service web1 already"):
            await it.billing.order("web1", EMAIL, server=3)

    shop(main)


def test_a_server_that_staff_deleted_from_the_panel_ends_its_service_closed():
    async def main(it: Shop) -> None:
        await it.billing.order("web1", EMAIL)
        del it.panel.boxes[1]
        acts = len(it.panel.acts)
        await it.billing.terminate("web1")
        service = it.billing.service("web1")
        assert (service.state, service.error, service.addresses) == (State.CLOSED, "", ())
        assert len(it.panel.acts) == acts
        assert any("gone from DCImanager 6" in str(entry) for entry in it.log)

    shop(main)


def test_one_action_of_a_service_at_a_time():
    async def main(it: Shop) -> None:
        await sold(it)
        refused: list[Exception] = []

        async def intrude() -> None:
            try:
                await it.billing.terminate("web1")
            except ServiceBusy as exc:
                refused.append(exc)

        it.panel.bend("POST .*/port_off", lambda _: 5.0)
        tasks = [it.billing.suspend("web1"), intrude()]
        await _together(tasks)
        assert [str(exc) for exc in refused] == ["service web1 is busy: Suspend"]
        assert it.billing.service("web1").state is State.SUSPENDED

    shop(main)


def test_an_action_that_is_cut_off_leaves_a_failed_service_and_not_a_busy_one():
    async def main(it: Shop) -> None:
        task = asyncio.create_task(it.billing.order("web1", EMAIL))
        await it.clock.sleep(100)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        service = it.billing.service("web1")
        assert (service.state, service.busy, service.error) == (State.FAILED, "", "CancelledError")
        await it.billing.terminate("web1")

    shop(main)


def test_two_services_at_once_keep_their_log_entries_apart():
    async def main(it: Shop) -> None:
        it.panel.bend("GET /dci/v3/server", lambda _: 1.0, times=1)  # the first looks after the second has taken
        await _together([it.billing.order("web1", EMAIL), it.billing.order("web2", "bob@example.com")])
        for name in ("web1", "web2"):
            server = it.billing.service(name).server
            mine = {call.path for call in it.log.calls if call.action.service == name and call.method != "GET"}
            assert f"/dci/v3/server/{server}/os_install" in mine
            assert not any(f"/server/{3 - (server or 0)}/" in path for path in mine)

    shop(main)


async def _together(coroutines: list) -> None:
    async with asyncio.TaskGroup() as group:
        for coroutine in coroutines:
            group.create_task(coroutine)

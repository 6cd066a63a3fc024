from __future__ import annotations

import math

import httpx
import pytest

from provisioner.errors import (
    AdministratorEmail,
    BadSettings,
    InstallTimeout,
    NoFreeServer,
    NotInPanel,
    OperationFailed,
    PanelError,
    Refused,
    ServerInUse,
)
from provisioner.services import State
from tests.provisioner.support.dcimanager6 import error
from tests.provisioner.support.whmcs6 import EMAIL, Shop, shop


@pytest.mark.requirement("W6-A1")
@pytest.mark.requirement("W6-A2")
@pytest.mark.requirement("W6-A3")
@pytest.mark.requirement("W6-A4")
@pytest.mark.requirement("W6-A5")
@pytest.mark.requirement("W6-A6")
@pytest.mark.requirement("W6-A7")
@pytest.mark.requirement("W6-A8")
@pytest.mark.requirement("W6-A9")
def test_an_activation_does_the_ten_steps_of_the_document_in_order():
    async def main(it: Shop) -> None:
        it.panel.boxes[1].ips = [(50, "192.0.2.250"), (51, "192.0.2.251")]
        service = await it.billing.order("web1", EMAIL)
        assert it.steps == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10"]
        assert it.panel.acts == [
            "POST /dci/v3/user",
            "POST /dci/v3/server/1/owner",
            "POST /dci/v3/server/1/port_on",
            "POST /dci/v3/server/1/power_on",
            "DELETE /dci/v3/server/1/ip/50",
            "DELETE /dci/v3/server/1/ip/51",
            "POST /dci/v3/server/1/ip",
            "POST /dci/v3/server/1/os_install",
        ]
        assert service.state is State.ACTIVE
        assert (service.server, service.server_name) == (1, "srv-01")
        assert service.addresses == tuple(name for _, name in it.panel.boxes[1].ips)
        assert it.panel.boxes[1].password == service.password
        assert it.clock.now() == it.panel.install_takes  # in time with the panel: nothing else takes any
        assert len(it.panel.seen) < 20 + it.panel.install_takes / 30

    shop(main)


@pytest.mark.requirement("W6-A1")
def test_the_first_server_that_is_free_by_every_condition_is_taken():
    async def main(it: Shop) -> int | None:
        boxes = it.panel.boxes
        boxes[1].configuration = "i9-9900K-64Gb-2x1024NVMe"
        boxes[2].owner = 1
        it.panel.last(3, "failed")
        it.panel.busy(4)
        boxes[5].location = 2
        it.panel.last(6, "canceled")
        return (await it.billing.order("web1", EMAIL)).server

    assert shop(main, servers=7, location_id=1) == 6


@pytest.mark.requirement("W6-A1")
@pytest.mark.parametrize("outcome", ["ok", "canceled"])
def test_a_server_may_be_sold_after_an_operation_that_succeeded_or_was_canceled(outcome: str):
    async def main(it: Shop) -> int | None:
        it.panel.last(1, outcome)
        return (await it.billing.order("web1", EMAIL)).server

    assert shop(main, servers=1) == 1


def test_servers_behind_the_first_page_of_the_list_are_found():
    async def main(it: Shop) -> int | None:
        for number in range(1, 120):
            it.panel.last(number, "failed")
        return (await it.billing.order("web1", EMAIL)).server

    assert shop(main, servers=120) == 120


@pytest.mark.requirement("W6-A1")
def test_an_order_without_a_free_server_fails_and_changes_nothing():
    async def main(it: Shop) -> None:
        it.panel.last(1, "failed")
        with pytest.raises(NoFreeServer, match="no free server of configuration E3-1230-16Gb-2x1000SSD in location 9"):
            await it.billing.order("web1", EMAIL)
        assert it.panel.acts == []
        assert it.billing.service("web1").state is State.FAILED
        assert "no free server" in it.billing.service("web1").error

    shop(main, servers=1, location_id=9)


@pytest.mark.requirement("W6-O6")
def test_only_the_requested_server_is_issued():
    async def main(it: Shop) -> int | None:
        return (await it.billing.order("web1", EMAIL, server=3)).server

    assert shop(main) == 3


@pytest.mark.requirement("W6-A1")
@pytest.mark.requirement("W6-O6")
def test_a_requested_server_with_an_owner_is_refused_with_the_words_of_the_document():
    async def main(it: Shop) -> None:
        it.panel.boxes[3].owner = 1
        with pytest.raises(ServerInUse) as refused:
            await it.billing.order("web1", EMAIL, server=3)
        assert str(refused.value) == "The selected server is already in use"
        assert it.billing.service("web1").error == "The selected server is already in use"
        assert it.panel.acts == []

    shop(main)


@pytest.mark.requirement("W6-O6")
@pytest.mark.parametrize(
    ("server", "why"),
    [
        (9, "server 9 does not exist"),
        (1, "is not of configuration"),
        (2, "is not free: operation"),
        (3, "not in location 1"),
    ],
)
def test_a_requested_server_that_cannot_be_issued_is_refused_with_the_reason(server: int, why: str):
    async def main(it: Shop) -> None:
        it.panel.boxes[1].configuration = "other"
        it.panel.last(2, "failed")
        it.panel.boxes[3].location = 2
        with pytest.raises(NoFreeServer, match=why):
            await it.billing.order("web1", EMAIL, server=server)

    shop(main, location_id=1)


@pytest.mark.requirement("W6-A2")
def test_a_user_who_exists_is_not_created_again():
    async def main(it: Shop) -> None:
        it.panel.users[5] = {"id": 5, "email": "Alice@Example.com", "roles": "[@user]"}
        await it.billing.order("web1", EMAIL)
        assert "POST /dci/v3/user" not in it.panel.seen
        assert it.panel.boxes[1].owner == 5

    shop(main)


@pytest.mark.requirement("W6-A2")
def test_a_new_user_gets_the_clients_name_and_no_rights():
    async def main(it: Shop) -> None:
        it.billing.register(EMAIL, full_name="Alice Smith", phone="+1 555 0100")
        await it.billing.order("web1", EMAIL)
        body = it.panel.body_of("POST /dci/v3/user")
        assert (body["email"], body["full_name"], body["role"]) == (EMAIL, "Alice Smith", "@user")
        assert body["phone_number"] == "+1 555 0100"
        assert len(body["password"]) >= 8

    shop(main)


@pytest.mark.parametrize("email", ["o'brien@example.com", "a+b@example.com", "100%@example.com", "b\\@example.com"])
def test_an_email_with_signs_of_the_list_language_finds_its_own_user(email: str):
    async def main(it: Shop) -> None:
        it.panel.users[4] = {"id": 4, "email": "oxbrien@example.com", "roles": ["@user"]}
        it.panel.users[5] = {"id": 5, "email": email, "roles": ["@user"]}
        await it.billing.order("web1", email)
        assert it.panel.boxes[1].owner == 5

    shop(main)


@pytest.mark.requirement("W6-A2")
@pytest.mark.parametrize("roles", [["@admin"], "[@admin]", '["@user","@admin"]'])
def test_an_administrator_is_never_given_a_server(roles: object):
    async def main(it: Shop) -> None:
        it.panel.users[5] = {"id": 5, "email": EMAIL, "roles": roles}
        with pytest.raises(AdministratorEmail, match=r"alice@example\.com has administrator rights"):
            await it.billing.order("web1", EMAIL)
        assert it.panel.acts == []
        assert it.billing.service("web1").server is None

    shop(main)


@pytest.mark.requirement("W6-A4")
def test_a_server_without_switch_ports_is_activated_all_the_same():
    async def main(it: Shop) -> None:
        it.panel.boxes[1].ports = []
        await it.billing.order("web1", EMAIL)
        assert "POST /dci/v3/server/1/port_on" not in it.panel.seen
        assert it.detail("A4") == "the server has no switch ports"

    shop(main)


@pytest.mark.requirement("W6-A5")
@pytest.mark.parametrize(("power", "ordered"), [("on", False), ("off", True), ("unknown", True)])
def test_power_is_switched_on_only_if_needed(power: str, ordered: bool):
    async def main(it: Shop) -> None:
        it.panel.boxes[1].power = power
        await it.billing.order("web1", EMAIL)
        assert ("POST /dci/v3/server/1/power_on" in it.panel.seen) is ordered

    shop(main)


@pytest.mark.requirement("W6-A6")
def test_an_operation_that_runs_by_then_is_terminated_and_seen_to_end():
    async def main(it: Shop) -> None:
        it.panel.cancel_takes = 12.0

        def somebody_starts_diagnostics(request: httpx.Request) -> float:
            it.panel.busy(1)
            return 0.0

        it.panel.bend("POST .*/port_on", somebody_starts_diagnostics)
        service = await it.billing.order("web1", EMAIL)
        assert service.state is State.ACTIVE
        assert it.panel.acts.index("POST /dci/v3/server/1/operation/cancel") == 4
        assert it.clock.now() == 15.0 + it.panel.install_takes  # looked at every 5 s

    shop(main)


@pytest.mark.requirement("W6-A6")
def test_an_operation_that_ends_while_it_is_being_terminated_does_no_harm():
    async def main(it: Shop) -> None:
        op = it.panel.busy(1)

        def ends_first(request: httpx.Request) -> httpx.Response:
            op.outcome, op.takes = "ok", 0.0
            return error(409, 2003, "no operation is running")

        it.panel.bend("POST .*/cancel", ends_first)
        it.panel.boxes[1].op = None
        it.panel.bend("POST .*/port_on", lambda _: setattr(it.panel.boxes[1], "op", op) or 0.0)
        await it.billing.order("web1", EMAIL)

    shop(main)


@pytest.mark.requirement("W6-A6")
def test_an_operation_that_will_not_end_fails_the_activation():
    async def main(it: Shop) -> None:
        it.panel.cancel_takes = math.inf
        it.panel.bend("POST .*/port_on", lambda _: bool(it.panel.busy(1)) * 0.0)
        with pytest.raises(OperationFailed, match="did not end in 300 s"):
            await it.billing.order("web1", EMAIL)

    shop(main)


@pytest.mark.requirement("W6-A7")
@pytest.mark.requirement("W6-A8")
@pytest.mark.requirement("W6-S10")
def test_addresses_that_are_not_managed_stay_and_none_is_added():
    async def main(it: Shop) -> None:
        it.panel.boxes[1].ips = [(50, "192.0.2.250")]
        service = await it.billing.order("web1", EMAIL)
        assert service.addresses == ("192.0.2.250",)
        assert not any("/ip" in line for line in it.panel.acts)
        assert "A7" not in it.steps
        assert "A8" not in it.steps

    shop(main, do_not_manage_ips=True, pool="")


@pytest.mark.requirement("W6-A8")
@pytest.mark.requirement("W6-S10")
def test_a_server_without_any_address_gets_one_even_when_they_are_not_managed():
    async def main(it: Shop) -> None:
        service = await it.billing.order("web1", EMAIL)
        assert len(service.addresses) == 1
        assert it.panel.body_of("POST /dci/v3/server/1/ip") == {"ippool": 3, "family": "ipv4", "count": 1}

    shop(main, do_not_manage_ips=True)


@pytest.mark.requirement("W6-S5")
def test_a_pool_that_does_not_exist_is_named():
    async def main(it: Shop) -> None:
        with pytest.raises(NotInPanel, match="no pool 'pubic' in DCImanager 6"):
            await it.billing.order("web1", EMAIL)

    shop(main, pool="pubic")


@pytest.mark.requirement("W6-A9")
@pytest.mark.parametrize("os", ["debian-13", "Diag6"])
def test_an_os_that_is_no_os_template_is_named(os: str):
    async def main(it: Shop) -> None:
        with pytest.raises(NotInPanel, match=f"no os template '{os}'"):
            await it.billing.order("web1", EMAIL)

    shop(main, os=os)


@pytest.mark.parametrize("missing", ["configuration", "os", "pool"])
def test_a_tariff_that_lacks_a_setting_is_refused_before_anything_is_done(missing: str):
    async def main(it: Shop) -> None:
        with pytest.raises(BadSettings, match=f"the setting {missing} .* is empty"):
            await it.billing.order("web1", EMAIL)
        assert it.panel.seen == []

    shop(main, **{missing: ""})


def test_the_orders_configuration_overrides_the_tariffs():
    async def main(it: Shop) -> int | None:
        it.panel.boxes[2].configuration = "big"
        return (await it.billing.order("web1", EMAIL, configuration="big")).server

    assert shop(main) == 2


@pytest.mark.requirement("W6-S3")
def test_without_waiting_the_service_is_active_as_soon_as_the_installation_runs():
    async def main(it: Shop) -> None:
        service = await it.billing.order("web1", EMAIL)
        assert service.state is State.ACTIVE
        assert it.clock.now() == 0.0
        assert it.steps[-1] == "A9"

    shop(main, dont_wait=True)


@pytest.mark.requirement("W6-A10")
@pytest.mark.parametrize("outcome", ["failed", "canceled"])
def test_an_installation_that_ends_badly_fails_the_service(outcome: str):
    async def main(it: Shop) -> None:
        it.panel.outcome = outcome
        with pytest.raises(OperationFailed, match=f"debian-12 on server srv-01 .* did not succeed .*{outcome}"):
            await it.billing.order("web1", EMAIL)
        assert it.clock.now() == it.panel.install_takes

    shop(main)


@pytest.mark.requirement("W6-A10")
@pytest.mark.requirement("W6-S4")
def test_an_installation_that_does_not_end_is_ended_when_its_time_is_over():
    async def main(it: Shop) -> None:
        it.panel.install_takes = math.inf
        with pytest.raises(InstallTimeout, match=r"OS installation timeout: .* in 90 minutes; it has been terminated"):
            await it.billing.order("web1", EMAIL)
        assert it.clock.now() == 90 * 60
        box = it.panel.boxes[1]
        assert box.op is not None
        assert box.op.status(it.clock.now()) == "canceled"
        # the document says nothing of giving them back
        assert box.owner is not None
        assert len(box.ips) == 1
        assert it.billing.service("web1").state is State.FAILED

    shop(main, install_timeout="90m")


@pytest.mark.requirement("W6-A10")
def test_an_installation_that_cannot_be_ended_is_reported_with_both_reasons():
    async def main(it: Shop) -> None:
        it.panel.install_takes = math.inf
        it.panel.bend("POST .*/cancel", lambda _: error(500, 9, "no luck"))
        with pytest.raises(InstallTimeout, match=r"timeout.*could not be terminated: .*no luck"):
            await it.billing.order("web1", EMAIL)

    shop(main, install_timeout=45)


def test_an_installation_that_succeeds_in_the_last_moment_is_a_success():
    async def main(it: Shop) -> None:
        it.panel.install_takes = 45.0
        await it.billing.order("web1", EMAIL)
        assert it.clock.now() == 45.0

    shop(main, install_timeout=45)


def test_a_failed_service_keeps_its_server_and_can_be_deleted():
    async def main(it: Shop) -> None:
        it.panel.bend("POST .*/os_install", lambda _: error(400, 12, "bad template"))
        with pytest.raises(PanelError, match="DCImanager 6 answered 400, code 12: bad template"):
            await it.billing.order("web1", EMAIL)
        assert it.billing.service("web1").server == 1
        await it.billing.terminate("web1")
        assert it.billing.service("web1").state is State.CLOSED
        assert it.panel.boxes[1].owner is None

    shop(main)


def test_a_failed_order_can_be_processed_again():
    async def main(it: Shop) -> None:
        it.panel.boxes[1].owner = 1
        with pytest.raises(Refused):
            await it.billing.order("web1", EMAIL)
        it.panel.boxes[1].owner = None
        await it.billing.create("web1")
        assert it.billing.service("web1").state is State.ACTIVE
        assert it.billing.service("web1").error == ""

    shop(main, servers=1)


UNFIT = [
    ({"maintenance": True}, "is in maintenance"),
    ({"faulty": {"reason": "DIMM 3"}}, "is marked as faulty: DIMM 3"),
    ({"protected": True}, "is protected"),
]


@pytest.mark.requirement("W6-A1", "HW-7")
@pytest.mark.parametrize(("more", "why"), UNFIT)
@pytest.mark.parametrize("sell_unfit", [False, True])
def test_what_the_panel_would_not_sell_is_not_sold_unless_the_tariff_says_so(more: dict, why: str, sell_unfit: bool):
    async def main(it: Shop) -> None:
        it.panel.boxes[1].more = more
        if not sell_unfit:
            with pytest.raises(NoFreeServer, match=f"The selected server srv-01 .* {why}"):
                await it.billing.order("web2", EMAIL, server=1)
        service = await it.billing.order("web1", EMAIL)
        assert service.server == (1 if sell_unfit else 2)

    shop(main, sell_unfit=sell_unfit)


@pytest.mark.requirement("W6-A1")
def test_a_server_that_an_old_list_shows_as_free_is_left_to_its_owner():
    async def main(it: Shop) -> None:
        it.panel.users[9] = {"id": 9, "email": "mallory@example.com", "roles": ["@user"]}
        it.panel.boxes[1].owner = 9
        rows = [it.panel.show(box) | {"owner_email": None} for box in it.panel.boxes.values()]
        it.panel.bend("GET /dci/v3/server$", lambda _: httpx.Response(200, json={"list": rows, "size": len(rows)}))
        service = await it.billing.order("web1", EMAIL)
        assert (service.server, it.panel.boxes[1].owner) == (2, 9)
        assert not any("/server/1/" in act for act in it.panel.acts)

    shop(main)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"os": "minix-3"}, "There is no os template 'minix-3'"),
        ({"pool": "attic"}, "There is no pool 'attic'"),
        ({"ipv6_pool": "attic6"}, "There is no pool 'attic6'"),
    ],
)
def test_what_the_panel_lacks_is_found_before_a_server_is_taken(settings: dict, text: str):
    async def main(it: Shop) -> None:
        with pytest.raises(NotInPanel, match=text):
            await it.billing.order("web1", EMAIL)
        assert it.panel.acts == []
        assert it.billing.service("web1").server is None

    shop(main, **settings)


def test_an_order_for_addresses_that_came_twice_gives_the_second_ones_back():
    async def main(it: Shop) -> None:
        def twice(request: httpx.Request) -> float:
            it.panel.add_ip(request, {"ippool": 3, "family": "ipv4", "count": 2}, 1)
            return 0.0

        it.panel.bend("POST .*/server/1/ip$", twice)
        service = await it.billing.order("web1", EMAIL, options={"ip": 2})
        assert len(it.panel.boxes[1].ips) == 2
        assert service.addresses == tuple(name for _, name in it.panel.boxes[1].ips)
        assert sum("beyond what was ordered" in str(entry) for entry in it.log) == 2

    shop(main)

"""Answers that are lost, calls that come twice, panels that restart: what is bought stays what was ordered."""

from __future__ import annotations

import contextlib

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.errors import NotOurServer, PanelUnavailable, ServerInUse
from provisioner.services import State
from simulator.kernel import LoopClock, run
from tests.provisioner.support.bad_wire import FATES, LATE, LOST, UNSENT, about6, bad_wire
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.whmcs6 import EMAIL, Shop, shop


@settings(deadline=None, max_examples=60)
@example(fates=[LOST] * 60, six=True, shutdown=True)
@example(fates=[UNSENT, LOST] * 30, six=True, shutdown=True)
@example(fates=[LATE] * 60, six=True, shutdown=True)
@given(fates=FATES, six=st.booleans(), shutdown=st.booleans())
def test_a_whole_life_over_a_bad_wire_ends_as_over_a_good_one(fates: list[str], six: bool, shutdown: bool):
    async def main() -> None:
        panel = Panel(LoopClock(), 3)
        panel.boxes[1].ips = [(50, "192.0.2.250")]
        tariff = {"shutdown_after_termination": shutdown, "owner_after_termination": "stock@example.com"}
        if six:
            tariff |= {"ipv6_pool": "public6", "temporary_ipv4": True, "remove_temporary_ips": True}
        it = Shop(tariff, panel=panel, transport=bad_wire(panel, fates, about6), poll=300)
        service = await it.billing.order("web1", EMAIL)
        box = panel.boxes[1]
        assert (service.state, service.server, box.power, box.ports) == (State.ACTIVE, 1, "on", ["up"])
        assert [panel.users[each.owner or 0]["email"] for each in panel.boxes.values() if each.owner] == [EMAIL]
        assert [":" in name for _, name in box.ips] == [six]
        assert service.addresses == (box.ips[0][1],)
        assert [op.type for op in panel.ops.values()] == ["os_install"]
        assert len(panel.users) == 2
        await it.billing.suspend("web1")
        assert box.ports == ["down"]
        await it.billing.unsuspend("web1")
        await it.billing.terminate("web1")
        assert service.state is State.CLOSED
        assert (box.ips, box.power) == ([], "off" if shutdown else "on")
        assert panel.users[box.owner or 0]["email"] == "stock@example.com"
        assert [op.type for op in panel.ops.values()] == ["os_install", "diagnostic"]
        assert all(not each.ips and each.owner is None for each in panel.boxes.values() if each.id != 1)
        await it.client.close()

    run(main())


def test_a_server_whose_owner_may_have_been_set_is_known_to_the_failed_service():
    async def main(it: Shop) -> None:
        async def set_and_lost(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith("/owner"):
                return None
            it.panel.boxes[1].owner = 101
            it.panel.bend("", lambda _: httpx.ReadError("connection reset"), times=500)
            raise httpx.ReadError("connection reset")

        it.panel.bends.append(set_and_lost)
        with pytest.raises(PanelUnavailable):
            await it.billing.order("web1", EMAIL)
        service = it.billing.service("web1")
        assert (service.state, service.server) == (State.FAILED, 1)
        it.panel.bends.clear()
        await it.billing.create("web1")
        assert service.server == 1
        assert [box.id for box in it.panel.boxes.values() if box.owner] == [1]

    shop(main)


@pytest.mark.requirement("W6-A1")
def test_a_server_that_another_billing_system_took_in_the_same_moment_is_not_touched_further():
    async def main(it: Shop) -> None:
        def taken(request: httpx.Request) -> float:
            it.panel.users[9] = {"id": 9, "email": "mallory@example.com", "roles": ["@user"]}
            it.panel.boxes[1].owner = 9
            return 0.0

        it.panel.bend("POST .*/port_on", taken)
        with pytest.raises(ServerInUse):
            await it.billing.order("web1", EMAIL)
        assert it.billing.service("web1").server is None
        assert not any("/ip" in line or "os_install" in line for line in it.panel.acts)
        await it.billing.create("web1")
        assert it.billing.service("web1").server == 2

    shop(main)


def test_a_server_that_belongs_to_somebody_else_by_now_is_not_cleared():
    async def main(it: Shop) -> None:
        await it.billing.order("web1", EMAIL)
        it.panel.users[9] = {"id": 9, "email": "bob@example.com", "roles": ["@user"]}
        it.panel.boxes[1].owner = 9
        acts = len(it.panel.acts)
        with pytest.raises(NotOurServer, match=r"srv-01 \(id 1\) belongs to bob@example\.com by now"):
            await it.billing.terminate("web1")
        assert len(it.panel.acts) == acts

    shop(main)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 4), st.integers(1, 3))
def test_never_do_two_services_get_one_server(orders: int, servers: int):
    import asyncio

    async def main(it: Shop) -> None:
        async def one(name: str) -> None:
            with contextlib.suppress(Exception):
                await it.billing.order(name, EMAIL)

        await asyncio.gather(*(one(f"web{n}") for n in range(orders)))
        got = [service.server for service in it.billing.services.values() if service.server is not None]
        assert sorted(got) == list(range(1, min(orders, servers) + 1))
        assert len([op for op in it.panel.ops.values() if op.type == "os_install"]) == len(got)

    shop(main, servers=servers, dont_wait=True)

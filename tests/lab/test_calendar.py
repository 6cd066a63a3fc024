"""A lab's calendar starts where its file says, and each host writes dates by its own zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
import pytest

from simulator.kernel import LAB_EPOCH, run
from simulator.lab import Lab
from simulator.lab.snapshot import save_lab

SPRING = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)
"""A quarter of an hour before the clocks of Central Europe go from 2 to 3."""
RACK = {
    "name": "A1",
    "switches": [{"name": "sw-a1", "ports": 4}],
    "servers": [{"name": "srv-01", "configuration": "E3-1230-16Gb-500SSD", "cables": {"nic1": "sw-a1/1"}}],
}


def lab_of(epoch="2026-03-29T00:45:00Z", zone="Europe/Berlin", **more):
    panel = {
        "timezone": zone,
        "users": [{"email": "carol@example.com", "password": "carol-secret", "timezone": "Asia/Tokyo"}],
        "pools": [{"name": "public", "range": "192.0.2.10-192.0.2.19", "gateway": "192.0.2.1"}],
        "templates": [{"name": "debian-12", "type": "os", "image": "900 MB", "work": "20m"}],
    }
    return Lab.load({"lab": "calendar", "epoch": epoch, "racks": [RACK], "panel": panel | more})


async def installed(lab):
    """An operation from a quarter to two on, half an hour long, summer time having begun within."""
    panel = lab.panel
    panel.set_owner(1, 2)
    panel.addresses.allocate(panel.addresses.plan.pool("public"), 1, family=4, subject="test")
    panel.operations.install(1, "debian-12")
    await lab.clock.sleep(2400)


async def asked(lab, path, **params):
    """An answer of either panel, by the administrator."""
    email, password = lab.admin
    async with httpx.AsyncClient(transport=lab.billing_transport()) as client:
        if path == "dcimgr":
            params |= {"authinfo": f"{email}:{password}", "out": "json"}
            return (await client.get(f"{lab.dci5_url}/dcimgr", params=params)).json()
        credentials = {"email": email, "password": password}
        token = (await client.post(f"{lab.dci6_url}/auth/v4/public/token", json=credentials)).json()["token"]
        return (await client.get(f"{lab.dci6_url}/{path}", headers={"x-xsrf-token": token})).json()


def test_the_panel_writes_its_own_zone_s_dates_across_the_change_to_summer_time():
    async def main():
        async with lab_of().simulated() as lab:
            await installed(lab)
            operations = await asked(lab, "dcimgr", func="operation")
            log = await asked(lab, "dcimgr", func="operation.log", elid="1")
            users = await asked(lab, "auth/v4/user")
            return lab.clock.calendar(), operations, log, users

    now, operations, log, users = run(main())
    assert now == datetime(2026, 3, 29, 1, 25, tzinfo=UTC)
    assert "2026-03-29 01:45:00" in str(operations)
    assert set(re.findall(r"2026-03-29 (..):..:..", str(log))) == {"01", "03"}, "there is no hour from 2 to 3"
    assert "Asia/Tokyo" in str(users)


def test_in_autumn_an_hour_is_written_twice_and_passes_once():
    async def main():
        async with lab_of("2026-10-25T00:30:00Z").simulated() as lab:
            first = f"{lab.panel.local():%H:%M}"
            await lab.clock.sleep(3600)
            return first, f"{lab.panel.local():%H:%M}", lab.clock.now()

    assert run(main()) == ("02:30", "02:30", 3600)


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-03-29"), ("America/New_York", "2026-03-28"), ("Pacific/Auckland", "2026-03-29")]
)
def test_traffic_is_counted_by_the_days_of_the_panel_s_zone(zone, day):
    async def main():
        async with lab_of(zone=zone).simulated() as lab:
            await installed(lab)
            server = lab.panel.inventory.servers.get(1)
            today = lab.panel.local().date()
            return [(str(day), what.received) for day, what in lab.panel.meters.days(server, today, today)]

    ((counted, received),) = run(main())
    assert counted == day
    assert received > 800_000_000


def test_a_bmc_s_clock_and_a_lab_that_goes_on_have_the_same_epoch():
    async def main():
        async with lab_of().simulated() as lab:
            await lab.clock.sleep(60)
            assert lab.plant.servers["srv-01"].wall_clock == SPRING.timestamp() + 60
            state = save_lab(lab)
        async with lab_of(epoch="2031-01-01").simulated(state=state) as lab:
            return lab.clock.calendar()

    assert run(main()) == datetime(2026, 3, 29, 0, 46, tzinfo=UTC)


async def test_on_real_sockets_the_lab_file_s_epoch_holds_too():
    async with lab_of().wire(clock="stepped") as lab:
        assert lab.clock.calendar() == SPRING
    async with Lab.load("one").wire(clock="stepped") as lab:
        assert lab.clock.calendar() == LAB_EPOCH

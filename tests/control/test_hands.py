"""What somebody in the hall does with his hands through the control API, and a stepped clock that goes by itself."""

import asyncio

import httpx
import pytest

from simulator.control.up import stand
from simulator.kernel.causes import explain
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from tests.control.support import in_lab


def test_a_cable_is_pulled_and_plugged_in_again_and_is_a_fault_meanwhile():
    async def scene(lab, client):
        lab.plant.servers["srv-1"].power_on()
        nic = lab.plant.servers["srv-1"].nics[0]
        assert nic.link_up
        for _ in range(2):
            done = await client.post("/__lab/cables", json={"server": "srv-1", "plugged": False})
            assert done.json() == {"server": "srv-1", "nic": "nic1", "plugged": False, "link_up": False}
        assert [each.kind for each in lab.faults.active()] == ["cable.unplugged"]
        done = await client.post("/__lab/cables", json={"server": "srv-1", "nic": "nic1", "plugged": True})
        assert done.json()["link_up"]
        assert lab.faults.active() == []

    in_lab(scene)


def test_outlets_and_ports_are_switched_and_what_comes_of_it_is_said_to_come_from_a_hand():
    async def scene(lab, client):
        server, switch, pdu = (next(iter(each)) for each in (lab.plant.servers, lab.plant.switches, lab.plant.pdus))
        lab.plant.servers[server].power_on()
        outlet = lab.plan.servers[server].psus[0].outlet.outlet
        done = await client.post("/__lab/outlets", json={"pdu": pdu, "outlet": outlet, "on": False})
        assert done.json() == {"pdu": pdu, "outlet": outlet, "on": False, "live": False}
        assert not lab.plant.servers[server].powered
        assert next(record.what for record in explain(lab.journal, server)) == "outlet switched off by hand"
        assert (await client.post("/__lab/outlets", json={"pdu": pdu, "outlet": outlet, "on": True})).json()["live"]
        done = await client.post("/__lab/ports", json={"switch": switch, "port": 1, "up": False})
        assert done.json() == {"switch": switch, "port": 1, "up": False, "link_up": False}
        assert not lab.plant.switches[switch].ports[0].admin_up

    in_lab(scene)


@pytest.mark.parametrize(
    ("path", "body", "status", "why"),
    [
        ("cables", {"server": "srv-2", "plugged": True}, 404, "did you mean `srv-1`?"),
        ("cables", {"server": "srv-1", "nic": "nic9", "plugged": True}, 404, "srv-1 has no 'nic9'"),
        ("cables", {"server": "srv-1"}, 400, "plugged"),
        ("ports", {"switch": "sw-1", "port": 99, "up": True}, 404, "no port 99"),
        ("ports", {"switch": "sw-1", "port": 0, "up": True}, 400, "port"),
        ("outlets", {"pdu": "pdu-1", "outlet": 99, "on": True}, 404, "no outlet 99"),
        ("outlets", {"pdu": "pdu-1", "outlet": 1, "onn": True}, 400, "did you mean `on`?"),
    ],
)
def test_what_is_not_there_is_refused_with_the_nearest_word(path, body, status, why):
    async def scene(lab, client):
        names = {"switch": next(iter(lab.plant.switches)), "pdu": next(iter(lab.plant.pdus))}
        asked = {key: names.get(key, value) for key, value in body.items()}
        done = await client.post(f"/__lab/{path}", json=asked)
        assert (done.status_code, why in done.json()["error"]) == (status, True), done.text

    in_lab(scene)


async def test_a_stepped_clock_goes_by_itself_at_a_rate_until_it_is_halted():
    async with (
        stand(Lab.load("one").plan, WireOptions(clock="stepped"), control_port=0) as standing,
        httpx.AsyncClient(trust_env=False, base_url=standing.control) as client,
    ):
        clock = standing.run.clock
        assert (await client.get("/__lab/clock")).json()["rate"] == 0
        assert (await client.post("/__lab/clock/run", json={"rate": 0})).status_code == 400
        assert (await client.post("/__lab/clock/run", json={"rate": 5000})).json()["rate"] == 5000
        (task,) = [each for each in asyncio.all_tasks() if each.get_name() == "lab clock goes"]
        reached = asyncio.Event()
        clock.call_at(600, reached.set)
        await reached.wait()
        assert (await client.post("/__lab/clock/halt")).json()["rate"] == 0
        await client.post("/__lab/clock/advance", json={"seconds": 0})
        await asyncio.wait([task])
        stands = clock.now()
        assert (await client.get("/__lab/clock")).json()["now"] == stands >= 600


def test_a_clock_that_runs_by_itself_says_how_fast_and_takes_no_other_rate():
    async def scene(lab, client):
        assert (await client.get("/__lab/clock")).json()["rate"] == 1
        refused = await client.post("/__lab/clock/run", json={"rate": 60})
        assert (refused.status_code, "--clock stepped" in refused.json()["error"]) == (409, True)

    in_lab(scene)

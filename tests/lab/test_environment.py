"""What breaks in the hall is found in a BMC's log, as a console over the management network reads it."""

import pytest

from simulator.faults import CATALOGUE, NotPossible
from simulator.ipmi.client import Client, Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.sel import SystemEvent
from simulator.kernel import run
from simulator.lab import Lab

SMALL = Lab.load("small")


async def ask(lab, server, *requests):
    """Have a server's BMC answer, over the lab's management network."""
    plan = lab.plan.servers[server].bmc
    place = lab.bmcs[server]
    console = Client(plan.username, plan.password, lab.streams["test"].randbytes, privilege=Privilege.OPERATOR)
    queue = []
    endpoint = await lab.management.open(("127.250.0.1", 0), lambda data, peer: queue.append(data))
    now = lab.management.time.now
    out = console.start(now())
    for request in requests:
        out += console.request(request, now())
    out += console.close(now())
    while not console.settled:
        for data in out:
            endpoint.send(data, place)
        await lab.clock.sleep(0.05)
        out = [each for data in queue for each in console.receive(data, now())] + list(console.on_time(now()))
        queue.clear()
    endpoint.close()


async def log(lab, server):
    """All entries; an empty log has none to read (CBh)."""
    events, following = [], 0
    while following != 0xFFFF:
        read = Request(0x0A, 0x43, bytes(2) + following.to_bytes(2, "little") + b"\0\xff")
        await ask(lab, server, read)
        if read.code == 0xCB:
            break
        answer = read.result()
        following = int.from_bytes(answer[:2], "little")
        events.append(SystemEvent.decode(answer[2:]))
    return events


def in_lab(scene):
    async def main():
        async with SMALL.simulated(seed=1) as lab:
            await lab.clock.sleep(30)
            await scene(lab)

    run(main())


def inject(lab, kind, **values):
    lab.faults.inject(kind, CATALOGUE[kind].params.model_validate(values))


def test_a_dead_fan_leads_to_a_fan_event_and_minutes_later_to_a_temperature_event():
    async def scene(lab):
        server = lab.plant.servers["srv-09"]
        server.power_on()
        await lab.clock.sleep(900)
        assert {event.sensor_type for event in await log(lab, "srv-09")} <= {0x09, 0x22}
        inject(lab, "fan.dead", server="srv-09", fan=2)
        assert {event.sensor_type for event in await log(lab, "srv-09")} >= {0x04}
        assert 0x01 not in {event.sensor_type for event in await log(lab, "srv-09")}
        await lab.clock.sleep(900)
        heat = [event for event in await log(lab, "srv-09") if event.sensor_type == 0x01]
        assert [(event.asserted, event.data[0] & 0x0F) for event in heat] == [(True, 7)]
        lab.faults.clear("fan.dead", "srv-09")
        await lab.clock.sleep(900)
        heat = [event for event in await log(lab, "srv-09") if event.sensor_type == 0x01]
        assert [(event.asserted, event.data[0] & 0x0F) for event in heat] == [(True, 7), (False, 7)]

    in_lab(scene)


def test_hot_air_at_the_front_is_an_event_of_the_inlet_sensor():
    async def scene(lab):
        inject(lab, "inlet.hot", server="srv-01", celsius=60)
        assert [event.data[0] & 0x0F for event in await log(lab, "srv-01")] == [7, 9, 11]
        inject(lab, "inlet.hot", server="srv-01", celsius=60)
        lab.faults.clear()
        assert lab.plant.servers["srv-01"].thermal.inlet == 24

    in_lab(scene)


def test_a_failed_disk_is_logged():
    async def scene(lab):
        inject(lab, "disk.fails", server="srv-01")
        (event,) = await log(lab, "srv-01")
        assert (event.sensor_type, event.asserted, event.data[0]) == (0x0D, True, 1)

    in_lab(scene)


def test_a_server_has_four_fans():
    async def scene(lab):
        with pytest.raises(NotPossible, match="has 4 fans, no fan 5"):
            inject(lab, "fan.dead", server="srv-01", fan=5)

    in_lab(scene)


def test_a_cold_reset_is_survived_by_the_log():
    async def scene(lab):
        inject(lab, "disk.fails", server="srv-01")
        lab.plant.servers["srv-01"].restart_bmc()
        assert not lab.plant.servers["srv-01"].bmc_alive
        await lab.clock.sleep(60)
        assert len(await log(lab, "srv-01")) == 1

    in_lab(scene)

"""What PDUs tell of themselves: starts, guessed communities, and of APC's outlets whatever moved them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dcim.drivers.traps import listen
from simulator.dcim.records import PowerStatus
from simulator.fabric import MemoryFabric
from simulator.kernel import Streams, run
from simulator.lab import Lab
from simulator.pdu import personality, personality_names
from simulator.snmp import Manager, Version, ber, oid
from simulator.snmp.notification import AUTHENTICATION_FAILURE, COLD_START, decode_notification
from simulator.snmp.station import Sink
from tests.pdu.support import serve_pdu
from tests.plant.support import Hall

APC = "1.3.6.1.4.1.318"
SINK = ("10.0.0.9", 162)
WITH_OUTLET_EVENTS = {"apc-ap7902b", "apc-ap7920", "apc-ap8641"}


class Ear:
    """A PDU of a small hall, and a listener that keeps what it hears."""

    def __init__(self) -> None:
        self.hall = Hall()
        self.fabric = MemoryFabric(Streams(1))
        self.heard: list[Any] = []

    async def open(self, model: str, **sink: Any) -> Ear:
        await self.fabric.open(SINK, lambda data, source: self.heard.append(decode_notification(data)))
        stations: dict[str, Any] = {}
        await serve_pdu(
            self.hall.pdu, model, "private", self.fabric, ("10.0.0.2", 161), self.hall.clock, stations=stations
        )
        self.station = stations[self.hall.pdu.name]
        self.station.sinks.append(Sink(SINK, **sink))
        return self

    async def traps(self) -> list[str]:
        await self.hall.clock.sleep(0.01)
        return [each.trap for each in self.heard]


@pytest.mark.parametrize("version", [Version.V1, Version.V2C])
@pytest.mark.requirement("HW-2")
def test_an_apc_tells_of_an_outlet_whatever_hand_moved_it(version: Version) -> None:
    async def main() -> None:
        ear = await Ear().open("apc-ap8641", version=version)
        command = Manager("private").set([(oid(f"{APC}.1.1.26.9.2.4.1.5.2"), ber.integer(2))])
        assert ear.station.handle(command.octets)
        await ear.hall.clock.sleep(1.1)
        assert await ear.traps() == [f"{APC}.0.269"]
        serial, number, name = ear.heard[0].varbinds
        assert (serial.oid, number.oid) == (f"{APC}.1.1.12.1.6.0", f"{APC}.1.1.12.3.3.1.1.1.2")
        assert (serial.value(), number.value(), name.value()) == (b"5A1916E00000", 2, b"Outlet 2")
        ear.hall.pdu.outlets[1].turn_on()
        ear.hall.pdu.outlets[1].turn_on()
        assert (await ear.traps())[1:] == [f"{APC}.0.268"], "a relay that has not moved is no news"
        assert ear.station.handle(Manager("private").set([(oid(f"{APC}.1.1.4.4.2.1.3.1"), ber.integer(3))]).octets)
        await ear.hall.clock.sleep(10)
        assert (await ear.traps())[2:] == [f"{APC}.0.269", f"{APC}.0.268"], "a reboot is off and on"

    run(main())


@pytest.mark.parametrize("model", personality_names())
def test_every_make_tells_of_its_start_and_of_those_who_guess(model: str) -> None:
    async def main() -> None:
        ear = await Ear().open(model)
        assert (personality(model).traps is not None) == (model in WITH_OUTLET_EVENTS)
        assert ear.station.handle(Manager("guess").get([oid("1.3.6.1.2.1.1.3.0")]).octets) is None
        ear.hall.pdu.restart()
        await ear.hall.clock.sleep(60)
        assert await ear.traps() == [AUTHENTICATION_FAILURE, COLD_START]
        ear.hall.pdu.outlets[0].turn_off()
        assert len(await ear.traps()) == 2 + (model in WITH_OUTLET_EVENTS)

    run(main())


def test_a_listener_for_ports_does_not_mind_an_outlet_s_trap() -> None:
    async def main() -> None:
        ear = await Ear().open("apc-ap8641")
        told: list[Any] = []
        await listen(ear.fabric, ("10.0.0.8", 162), told.append)
        ear.station.sinks.append(Sink(("10.0.0.8", 162), inform=True))
        ear.hall.pdu.outlets[0].turn_off()
        await ear.hall.clock.sleep(60)
        assert [each.up for each in told] == [None]
        assert len(await ear.traps()) == 1

    run(main())


@pytest.mark.requirement("HW-2")
def test_an_outlet_set_off_over_snmp_takes_the_server_and_its_bmc_away_and_the_panel_learns_it_by_polling_only() -> (
    None
):
    """The panel takes port traps only (vendor documentation), so an outlet's trap does not tell it anything."""

    async def main() -> None:
        lab_file = Lab.load("small").plan
        async with Lab.load("small").simulated(seed=3) as lab:
            await lab.clock.sleep(20)
            server, inventory = lab.plant.servers["srv-01"], lab.panel.inventory
            outlet = inventory.outlet(1, 1)
            assert server.bmc_alive
            assert outlet.status is PowerStatus.ON
            command = Manager("private").set([(oid(f"{APC}.1.1.12.3.3.1.1.4.1"), ber.integer(2))])
            assert lab.station("pdu-a1").handle(command.octets)
            await lab.clock.sleep(2)
            assert not server.bmc_alive
            heard = []
            end = await lab.fabric.open(None, lambda data, source: heard.append(data))
            end.send(b"\x06\x00\xff\x06\x00\x00\x11\xbe\x80\x00\x00\x00", lab.bmcs["srv-01"])
            await lab.clock.sleep(5)
            assert heard == [], "its BMC does not answer a ping"
            assert inventory.outlet(1, 1).status is PowerStatus.ON, "nobody has told the panel"
            assert inventory.servers.get(1).bmc_power is not PowerStatus.UNKNOWN
            await lab.clock.sleep(lab_file.panel.pdu_poll)
            assert inventory.outlet(1, 1).status is PowerStatus.OFF
            await lab.clock.sleep(lab_file.panel.bmc_poll)
            assert inventory.servers.get(1).bmc_power is PowerStatus.UNKNOWN
            end.close()

    run(main())

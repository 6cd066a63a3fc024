"""Traps and informs: what is sent when, in which form, and what the panel learns of them."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.drivers.traps import listen
from simulator.dcim.records import LinkStatus
from simulator.fabric import Conditions, MemoryFabric
from simulator.files.problems import FileProblems
from simulator.kernel import Streams, run
from simulator.lab import Lab
from simulator.snmp import DecodeError, Manager, Version, ber, oid
from simulator.snmp.message import encode_varbind
from simulator.snmp.notification import (
    AUTHENTICATION_FAILURE,
    COLD_START,
    LINK_DOWN,
    LINK_UP,
    Event,
    decode_notification,
    encode_v1,
    encode_v2,
)
from simulator.snmp.station import Sink
from tests.plant.support import Hall
from tests.switch.support import serve_switch

SINK = ("10.0.0.9", 162)


class Ear:
    """A switch of a small hall, and a listener that keeps what it hears."""

    def __init__(self) -> None:
        self.hall = Hall()
        self.fabric = MemoryFabric(Streams(1))
        self.heard: list[Any] = []
        self.stations: dict[str, Any] = {}

    async def open(self, **sink: Any) -> Ear:
        await self.fabric.open(SINK, lambda data, source: self.heard.append(decode_notification(data)))
        hall = self.hall
        self.end = await serve_switch(
            hall.switch, "cisco-c3560", "private", self.fabric, ("10.0.0.2", 161), hall.clock, stations=self.stations
        )
        self.stations["sw-a1"].sinks.append(Sink(SINK, **sink))
        return self

    async def traps(self) -> list[str]:
        await self.hall.clock.sleep(0.01)
        return [each.trap for each in self.heard]


@pytest.mark.parametrize("version", [Version.V1, Version.V2C])
@pytest.mark.requirement("HW-3")
def test_a_switch_tells_of_its_links_its_start_and_of_those_who_guess(version: Version) -> None:
    async def main() -> None:
        ear = await Ear().open(version=version)
        hall = ear.hall
        hall.one.power_on()
        assert await ear.traps() == [LINK_UP]
        index, admin, oper = (item.value() for item in ear.heard[0].varbinds)
        assert (index, admin, oper) == (10101, 1, 1)
        hall.switch.ports[0].set_admin(up=False)
        assert await ear.traps() == [LINK_UP, LINK_DOWN]
        assert [item.value() for item in ear.heard[1].varbinds] == [10101, 2, 2]
        station = ear.stations["sw-a1"]
        assert station.handle(Manager("guess").get([oid("1.3.6.1.2.1.1.3.0")]).octets) is None
        assert (await ear.traps())[2:] == [AUTHENTICATION_FAILURE]
        hall.switch.ports[0].set_admin(up=True)
        hall.switch.restart()
        await hall.clock.sleep(60)
        assert (await ear.traps())[3:] == [LINK_UP, COLD_START, LINK_UP]

    run(main())


def test_a_port_whose_trap_is_disabled_is_silent() -> None:
    async def main() -> None:
        ear = await Ear().open()
        station, manager = ear.stations["sw-a1"], Manager("private")
        name = oid("1.3.6.1.2.1.31.1.1.1.14.10101")
        station.handle(manager.set([(name, ber.integer(2))]).octets)
        ear.hall.one.power_on()
        ear.hall.two.power_on()
        await ear.traps()
        assert [each.varbinds[0].value() for each in ear.heard] == [10102]

    run(main())


def test_an_inform_is_sent_again_until_it_is_answered() -> None:
    async def main() -> None:
        ear = await Ear().open(inform=True)
        told: list[Any] = []
        await listen(ear.fabric, ("10.0.0.8", 162), told.append)
        ear.stations["sw-a1"].sinks.append(Sink(("10.0.0.8", 162), inform=True))
        ear.hall.one.power_on()
        await ear.hall.clock.sleep(30)
        assert await ear.traps() == [LINK_UP] * 3, "nobody answers here"
        assert told[0][-2:] == ("10101", True)
        assert told[0].source == ("10.0.0.2", 161)
        ear.fabric.set_conditions("10.0.0.8", Conditions(loss=1.0))
        ear.hall.one.power_off()
        await ear.hall.clock.sleep(6)
        ear.fabric.set_conditions("10.0.0.8", None)
        await ear.hall.clock.sleep(10)
        assert [each[-2:] for each in told[1:]] == [("10101", False)]

    run(main())


@pytest.mark.requirement("HW-3")
def test_a_panel_that_listens_knows_of_a_pulled_cable_before_its_next_poll() -> None:
    spec = Lab.load("small").plan

    async def main() -> None:
        panel = spec.panel.model_copy(update={"traps": True})
        async with Lab(replace(spec, panel=panel)).simulated(seed=1) as lab:
            await lab.clock.sleep(30)
            lab.plant.servers["srv-02"].power_on()
            await lab.clock.sleep(310)
            port = next(port for port in lab.panel.inventory.switch_ports if port.description == "GigabitEthernet0/2")

            def seen() -> LinkStatus:
                return lab.panel.inventory.switch_ports.get(port.id).oper_status

            assert seen() is LinkStatus.UP
            nic = lab.plant.servers["srv-02"].nics[0]
            nic.cable.plugged = False
            nic.changed()
            await lab.clock.sleep(0.1)
            assert seen() is LinkStatus.DOWN

    run(main())


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([LINK_UP, COLD_START, "1.3.6.1.4.1.318.0.41"]), st.integers(0, 2**32 - 1), st.binary(max_size=9))
def test_a_notification_is_read_as_it_was_written_in_either_version(trap: str, uptime: int, value: bytes) -> None:
    event = Event(trap, (encode_varbind(oid("1.3.6.1.2.1.1.5.0"), ber.octets(value)),))
    for octets in (
        encode_v1(event, uptime, b"public", "1.3.6.1.4.1.9.1.617", bytes(4)),
        encode_v2(event, uptime, b"public", 7, inform=True),
    ):
        notification = decode_notification(octets)
        assert notification.trap == trap
        assert notification.community == b"public"
        assert [item.value() for item in notification.varbinds] == [value]


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=80))
def test_whatever_comes_to_a_listener_is_a_notification_or_a_decode_error(data: bytes) -> None:
    with contextlib.suppress(DecodeError):
        decode_notification(data)


def test_a_lab_file_s_sinks_have_a_version_a_community_and_informs_if_they_like() -> None:
    places = [("10.0.0.7", 162), ("10.0.0.8", 162), ("10.0.0.9", 162)]

    async def main() -> None:
        sinks = [
            "10.0.0.7:162",
            {"to": "10.0.0.8:162", "version": 1, "community": "noc"},
            {"to": "10.0.0.9:162", "inform": True},
        ]
        rack = {"name": "A1", "switches": [{"name": "sw-1"}], "pdus": [{"name": "pdu-1"}]}
        spec = {"lab": "x", "racks": [rack], "panel": {"trap_sinks": sinks}}
        async with Lab.load(spec).simulated(seed=1) as lab:
            heard: dict[str, list[Any]] = {host: [] for host, _ in places}
            for host, port in places:
                await lab.fabric.open(
                    (host, port), lambda data, source, host=host: heard[host].append(decode_notification(data))
                )
            lab.plant.pdus["pdu-1"].outlets[2].turn_off()
            await lab.clock.sleep(20)
            one, two, three = heard.values()
            assert [each.trap for each in one] == [each.trap for each in two] == ["1.3.6.1.4.1.318.0.269"]
            assert [(each.version, each.community) for each in one + two] == [(1, b"public"), (0, b"noc")]
            assert len(three) == 3, "nobody answers the inform"
            assert all(each.inform for each in three)

    run(main())


def test_version_1_has_no_informs() -> None:
    rack = {"name": "A1", "switches": [{"name": "sw-1"}]}
    sink = {"to": "10.0.0.8:162", "version": 1, "inform": True}
    with pytest.raises(FileProblems, match="version 1 has no informs"):
        Lab.load({"lab": "x", "racks": [rack], "panel": {"trap_sinks": [sink]}})

"""How a lab file sets equipment up for SNMP, and what then happens to those who ask: over the lab's own network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Lab
from simulator.control.endpoints import Standing, endpoints
from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent
from simulator.kernel import run
from simulator.snmp import Manager, Response, Status, Version, ber, oid
from simulator.snmp.message import encode_varbind
from simulator.snmp.notification import (
    AUTHENTICATION_FAILURE,
    LINK_DOWN,
    Event,
    decode_notification,
    encode_v1,
    encode_v2,
)
from simulator.snmp.station import Sink

ADMIN = "1.3.6.1.2.1.2.2.1.7.10101"


def lab_of(**switch: Any) -> Lab:
    rack = {
        "name": "A1",
        "switches": [{"name": "sw-a1", "ports": 4} | switch],
        "pdus": [{"name": "pdu-a1", "outlets": 4}],
        "servers": [{"name": "srv-01", "configuration": "E3-1230-16Gb-2x1000SSD", "cables": {"nic1": "sw-a1/1"}}],
    }
    return Lab.load({"lab": "access", "racks": [rack], "panel": {"traps": True}})


def ask(lab: Any, manager: Manager, value: int | None = None) -> Response | None:
    request = manager.get([oid(ADMIN)]) if value is None else manager.set([(oid(ADMIN), ber.integer(value))])
    answer = lab.stations["sw-a1"].handle(request.octets)
    return None if answer is None else manager.response(answer)


def test_communities_read_or_write_as_the_lab_file_says_and_others_are_met_with_silence() -> None:
    async def main() -> None:
        snmp = {"read": ["public", "monitor"], "write": ["private", "backup"]}
        async with lab_of(snmp=snmp).simulated(seed=1) as lab:
            for name in snmp["read"] + snmp["write"]:
                answer = ask(lab, Manager(name))
                assert answer is not None
                assert answer.varbinds[0].value() == 1
            assert ask(lab, Manager("guess")) is None
            for name in snmp["write"]:
                answer = ask(lab, Manager(name), 1)
                assert answer is not None
                assert answer.status == Status.NO_ERROR

    run(main())


def test_a_set_with_a_read_community_is_refused_in_the_version_s_words_and_told_to_the_sinks() -> None:
    async def main() -> None:
        async with lab_of(snmp={"read": "public"}).simulated(seed=1) as lab:
            heard: list[str] = []
            end = await lab.fabric.open(None, lambda data, source: heard.append(decode_notification(data).trap))
            station = lab.stations["sw-a1"]
            station.sinks.append(Sink(end.address))
            for version, status in ((Version.V2C, Status.NO_ACCESS), (Version.V1, Status.NO_SUCH_NAME)):
                answer = ask(lab, Manager("public", version=version), 2)
                assert answer is not None
                assert answer.status == status
            await lab.clock.sleep(1)
            assert heard == [AUTHENTICATION_FAILURE] * 2
            assert station.traffic.bad_uses == 2
            station.traffic.authentication_traps = False
            ask(lab, Manager("public"), 2)
            await lab.clock.sleep(1)
            assert len(heard) == 2
            assert lab.plant.switches["sw-a1"].ports[0].admin_up
            end.close()

    run(main())


def test_a_panel_with_a_community_that_may_only_read_polls_and_cannot_switch() -> None:
    async def main() -> None:
        async with lab_of(community="public", snmp={"read": "public", "write": "private"}).simulated(seed=1) as lab:
            driver = lab.panel.devices._switch(next(iter(lab.panel.inventory.switches)))
            assert len(await driver.ports()) == 4
            with pytest.raises(DeviceRefused, match="noAccess"):
                await driver.set_port("10101", False)

    run(main())


def test_a_panel_set_to_a_version_that_the_device_does_not_speak_hears_nothing() -> None:
    async def main() -> None:
        async with lab_of(snmp={"version": "2c", "speaks": [1]}).simulated(seed=1) as lab:
            driver = lab.panel.devices._switch(next(iter(lab.panel.inventory.switches)))
            with pytest.raises(DeviceSilent):
                await driver.ports()
            assert ask(lab, Manager("private", version=Version.V1)) is not None
            assert lab.stations["sw-a1"].traffic.bad_versions > 0
        async with lab_of(snmp={"version": 1}).simulated(seed=1) as lab:
            assert ask(lab, Manager("private")) is None
            assert len(await lab.panel.devices._switch(next(iter(lab.panel.inventory.switches))).ports()) == 4

    run(main())


def test_a_device_answers_at_the_port_of_the_lab_file() -> None:
    async def main() -> None:
        async with lab_of(port=161).simulated(seed=1) as lab:
            assert lab.switches["sw-a1"][1] == 161

    run(main())


def traps(address: str) -> Iterator[tuple[str, bytes, tuple[str, int]]]:
    """Ways in which a real device's trap comes in, and where from: each says that port 1 is down."""
    varbind = encode_varbind(oid("1.3.6.1.2.1.2.2.1.1.10101"), ber.integer(10101))
    packed = bytes(map(int, address.split(".")))
    down = Event(LINK_DOWN, (varbind,))
    said = Event(LINK_DOWN, (varbind, encode_varbind(oid("1.3.6.1.6.3.18.1.3.0"), b"\x40\x04" + packed)))
    enterprise = "1.3.6.1.4.1.9.1.617"
    yield "another port", encode_v2(down, 1, b"public", 7, inform=False), (address, 40123)
    yield "agent-addr", encode_v1(down, 1, b"public", enterprise, packed), ("10.9.9.9", 40123)
    yield "snmpTrapAddress", encode_v2(said, 1, b"public", 7, inform=False), ("10.9.9.9", 162)
    yield "a proxy's", encode_v1(said, 1, b"public", enterprise, bytes(4)), ("10.9.9.9", 162)


@pytest.mark.parametrize("way", ["another port", "agent-addr", "snmpTrapAddress", "a proxy's"])
def test_a_trap_is_of_whom_it_comes_from_or_says_it_comes_from(way: str) -> None:
    async def main() -> None:
        async with lab_of().simulated(seed=1) as lab:
            lab.plant.servers["srv-01"].power_on()
            await lab.clock.sleep(310)
            (octets, source) = next(rest for name, *rest in traps(lab.switches["sw-a1"][0]) if name == way)
            end = await lab.fabric.open(source, lambda data, source: None)
            assert lab.traps is not None
            end.send(octets, lab.traps)
            await lab.clock.sleep(1)
            port = next(each for each in lab.panel.inventory.switch_ports if each.identity == "10101")
            assert port.oper_status.value == "down"
            assert not [record for record in lab.journal if record.what == "trap of nobody known"]
            end.close()

    run(main())


def test_a_trap_of_nobody_known_is_noted_and_one_of_a_pdu_is_not() -> None:
    async def main() -> None:
        async with lab_of().simulated(seed=1) as lab:
            await lab.clock.sleep(10)
            lab.plant.pdus["pdu-a1"].outlets[0].turn_off()
            end = await lab.fabric.open(("10.9.9.9", 162), lambda data, source: None)
            assert lab.traps is not None
            end.send(encode_v2(Event(LINK_DOWN), 1, b"public", 7, inform=False), lab.traps)
            await lab.clock.sleep(1)
            noted = [record for record in lab.journal if record.what == "trap of nobody known"]
            assert [record.subject for record in noted] == ["10.9.9.9"]
            end.close()

    run(main())


def test_where_the_panel_listens_is_among_the_endpoints() -> None:
    async def main() -> None:
        async with lab_of(snmp={"read": "public"}).simulated(seed=1) as lab:
            places = endpoints(Standing(lab, "http://127.0.0.1:1"))  # type: ignore[arg-type]
            assert (places["traps"]["host"], places["traps"]["port"]) == lab.traps
            assert places["switches"][0]["read"] == ["public"]

    run(main())

"""A handler of one's own, run as DCImanager 5 runs it: what it is given, what becomes of what it says, or does not say."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from simulator.dcim.drivers.base import DeviceError, DeviceRefused, DeviceSilent, OutletView, PortView, SnmpAccess
from simulator.dcim.drivers.handlers.program import HandlerProgram, ProgramPdu, ProgramSwitch
from simulator.dcim.drivers.own import OwnDrivers
from simulator.fabric import UdpFabric
from simulator.files.problems import FileProblems
from simulator.kernel import Activity, LoopClock, run
from simulator.lab import Lab, NotSimulated
from simulator.snmp import User

INFO = (
    "<doc><type>{kind}</type><name>Mine</name><requirements><snmpv2c/><snmpv3/></requirements>"
    "<supported_funcs><status/><port_on/><port_off/></supported_funcs></doc>"
)
PORTS = (
    "<doc><port><identity>7</identity><description>ge-7</description><admin_status>on</admin_status>"
    "<oper_status>off</oper_status><duplex>full</duplex><speed>10gbps</speed></port>"
    "<port><identity>8</identity><admin_status>off</admin_status></port></doc>"
)


def script(folder: Path, body: str, info: str = INFO.format(kind="Switch")) -> str:
    """A program that leaves what it was given in `given`, and does `body`."""
    file = folder / "mine"
    file.write_text(
        f"#!/bin/sh\nif [ \"$1\" = -info ]; then\n echo -n . >> {folder}/asked\n echo '{info}'\n exit\nfi\n"
        f"cat > {folder}/given\n{body}\n"
    )
    file.chmod(0o755)
    return str(file)


def program(path: str, patience: float = 20.0, **access: Any) -> HandlerProgram:
    place = SnmpAccess("switch sw-a1", "127.32.0.1", 1161, "private", "", program=path, **access)
    return HandlerProgram(place, Activity(), LoopClock(), patience)


async def test_ports_are_what_the_program_writes(tmp_path: Path) -> None:
    driver = ProgramSwitch(program(script(tmp_path, f"echo '{PORTS}'")))
    assert list(await driver.ports()) == [
        PortView("7", "ge-7", admin_up=True, oper_up=False, speed=10**10, duplex="full"),
        PortView("8", "8", admin_up=False, oper_up=False, speed=0),
    ]
    await driver.ports()
    assert (tmp_path / "asked").read_text() == ".", "-info is asked once"


async def test_a_port_is_set_by_a_document_with_function_device_and_port(tmp_path: Path) -> None:
    driver = ProgramSwitch(program(script(tmp_path, f"echo '{PORTS}'")))
    await driver.set_port("7", up=True)
    assert (tmp_path / "given").read_text() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<doc><func>port_on</func><device_params><ip>127.32.0.1</ip><snmp_port>1161</snmp_port>"
        "<snmp_version>2c</snmp_version><snmp_community>private</snmp_community></device_params>"
        "<port><identity>7</identity></port></doc>"
    )
    with pytest.raises(DeviceRefused, match="its handler mine was told to set 7 off, and shows that it is not"):
        await driver.set_port("7", up=False)


async def test_speed_and_duplex_are_two_functions_each_with_its_value_in_the_port(tmp_path: Path) -> None:
    told = INFO.format(kind="Switch").replace("<port_on/>", "<port_on/><port_speed/><port_duplex/>")
    driver = ProgramSwitch(program(script(tmp_path, f"cat {tmp_path}/given >> {tmp_path}/all\necho '{PORTS}'", told)))
    await driver.set_link("7", 10**8, "full")
    given = (tmp_path / "all").read_text()
    assert [part.partition("</func>")[0] for part in given.split("<func>")[1:]] == ["port_speed", "port_duplex"]
    assert "<port><identity>7</identity><speed>100mbps</speed></port>" in given
    assert "<port><identity>7</identity><duplex>full</duplex></port>" in given
    await driver.set_link("7", 0, None)
    assert "<port><identity>7</identity><speed>auto</speed></port>" in (tmp_path / "given").read_text()
    with pytest.raises(DeviceRefused, match="knows no speed of 123 bit/s"):
        await driver.set_link("7", 123, None)


async def test_a_program_without_these_functions_is_not_asked_for_them(tmp_path: Path) -> None:
    driver = ProgramSwitch(program(script(tmp_path, f"echo '{PORTS}'")))
    with pytest.raises(
        DeviceRefused, match="its handler mine cannot do port_speed; it can do port_off, port_on, status"
    ):
        await driver.set_link("7", 10**8, None)
    assert not (tmp_path / "given").exists()


async def test_what_a_program_did_not_ask_for_is_not_given_to_it(tmp_path: Path) -> None:
    user = User("ann", "SHA-256", "maplesyrup", "AES", "maplesyrup")
    path = script(tmp_path, f"echo '{PORTS}'")
    await ProgramSwitch(program(path, version="3", user=user)).ports()
    assert "<snmp_user>ann</snmp_user><snmp_level>authPriv</snmp_level>" in (tmp_path / "given").read_text()
    assert "private" not in (tmp_path / "given").read_text()
    await ProgramSwitch(program(path, version="1")).ports()
    assert "snmp" not in (tmp_path / "given").read_text()


async def test_outlets_are_its_ports_too(tmp_path: Path) -> None:
    odd = PORTS.replace("<admin_status>off</admin_status>", "<admin_status>locked</admin_status>")
    driver = ProgramPdu(program(script(tmp_path, f"echo '{odd}'", INFO.format(kind="PDU"))))
    assert list(await driver.outlets()) == [OutletView("7", on=True), OutletView("8", on=None)]
    await driver.set_outlet("8", on=False)
    assert "<func>port_off</func>" in (tmp_path / "given").read_text()


@pytest.mark.parametrize(
    ("body", "error", "why"),
    [
        ("echo 'all is well'", DeviceRefused, "has not written XML"),
        ("true", DeviceRefused, "has not written XML"),
        (f"echo '{PORTS[:60]}'", DeviceRefused, "has not written XML"),
        ("echo '<ports/>'", DeviceRefused, "has written <ports>, not <doc>"),
        ("echo '<doc><port/></doc>'", DeviceRefused, "has written a port without an identity"),
        ("echo oh >&2; echo 'no such device' >&2; exit 3", DeviceRefused, "ended with status 3: no such device"),
        ("kill -9 $$", DeviceRefused, "ended with status -9"),
        (
            "echo '<doc><error><type>connection</type><text>Failed to reach it</text></error></doc>'",
            DeviceSilent,
            "reports: Failed to reach it",
        ),
        ("echo '<doc><error><type>access</type></error></doc>'", DeviceRefused, "reports: access"),
    ],
)
async def test_what_goes_wrong_in_a_program_is_told_with_its_name(
    body: str, error: type[DeviceError], why: str, tmp_path: Path
) -> None:
    driver = ProgramSwitch(program(script(tmp_path, body)))
    with pytest.raises(error, match=why) as caught:
        await driver.ports()
    assert caught.value.device == "switch sw-a1"
    assert "its handler mine" in caught.value.message


async def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    body = f"(trap '' TERM; sleep 600) & echo $! > {tmp_path}/child; wait"
    mine = program(script(tmp_path, body), patience=0.3)
    with pytest.raises(DeviceSilent, match=r"its handler mine has not answered in 0\.3 s"):
        await ProgramSwitch(mine).ports()
    child = int((tmp_path / "child").read_text())
    for _ in range(200):
        if not _alive(child):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("its child is alive")


def _alive(process: int) -> bool:
    """Not gone, and no zombie that waits for its parent."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return said.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize(
    ("info", "why"),
    [
        (INFO.format(kind="PDU"), "is for a PDU, not for a Switch"),
        ("<doc><type>Switch</type></doc>", "cannot do status; it can do nothing"),
        ("<doc/>", "does not say for which type of device it is"),
    ],
)
async def test_a_program_is_used_for_what_it_says_that_it_can_do(info: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(DeviceRefused, match=why):
        await ProgramSwitch(program(script(tmp_path, "exit 9", info))).ports()


async def test_a_program_that_has_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviceRefused, match="its handler mine cannot be run: No such file"):
        await ProgramSwitch(program(str(tmp_path / "mine"))).ports()


async def test_the_factory_runs_a_program_where_the_access_names_one() -> None:
    fabric = UdpFabric()
    access = SnmpAccess("x", "127.32.0.1", 1161, "private", "", program="/bin/true")
    drivers = OwnDrivers(fabric, bytes)
    assert isinstance(drivers.switch(access), ProgramSwitch)
    assert isinstance(drivers.pdu(access), ProgramPdu)


def lab(**switch: Any) -> dict[str, Any]:
    return {"lab": "x", "racks": [{"name": "A1", "switches": [{"name": "sw-1", **switch}]}]}


def test_a_simulated_lab_refuses_programs_in_plain_words() -> None:
    async def main() -> None:
        loaded = Lab.load(lab(handler={"executable": "/bin/true"}))
        with pytest.raises(NotSimulated, match=r"sw-1: a handler of one's own is a program.*run this lab on the wire"):
            async with loaded.simulated(seed=1):
                raise AssertionError("it started")

    run(main())


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        ({"executable": "nowhere/mine"}, "there is no file `nowhere/mine`"),
        ({"executable": "/etc/passwd"}, "`/etc/passwd` may not be executed"),
        ({"program": "/bin/true"}, "unknown key `program`"),
        ("cisco-catalist", "there is no switch handler `cisco-catalist`; did you mean `cisco-catalyst`"),
    ],
)
def test_a_lab_file_s_handler_is_checked_before_anything_starts(handler: Any, why: str) -> None:
    with pytest.raises(FileProblems) as caught:
        Lab.load(lab(handler=handler))
    assert why in str(caught.value)

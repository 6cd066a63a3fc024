"""Devices recorded, from others' programs, public recordings and another lab: the page answers what the device did, and a changed one is found out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.bmc.personality import load_personality
from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.dcim.records import PowerStatus
from simulator.fabric import UdpFabric
from simulator.fabric.serve import serve
from simulator.files.problems import FileProblems
from simulator.kernel import LoopClock
from simulator.recording import bmc_devices, snmp_devices
from simulator.recording.comparing import Comparison
from simulator.recording.pages import NotLearned, Recorded
from simulator.snmp.message import SET, decode_message
from simulator.snmp.snmprec import Instance, written
from tests.real.support import hall, sets
from tests.recording.foreign_devices import ipmi_sim, snmpd, snmpsim
from tests.snmp.support import COMMUNITY, agent_of, load

Compare = Callable[[Path], Awaitable[Comparison]]


def put(made: Recorded, folder: Path) -> Path:
    for name, text in {f"{made.name}.yaml": made.page, **made.beside}.items():
        (folder / name).write_text(text)
    return folder / f"{made.name}.yaml"


def changed(page: Path, ending: str, was: str, now: str) -> None:
    file = page.with_suffix(ending)
    text = file.read_text()
    assert was in text, text[:400]
    file.write_text(text.replace(was, now, 1))


@asynccontextmanager
async def public(name: str, heard: list[bytes] | None = None) -> AsyncIterator[tuple[UdpFabric, SnmpAccess]]:
    """A recording of snmpsim-data, served."""
    fabric, agent = UdpFabric(), agent_of(load(name), 1472)

    def handle(data: bytes) -> bytes | None:
        if heard is not None:
            heard.append(data)
        return agent.handle(data)

    try:
        end = await serve(fabric, ("127.0.0.1", 0), handle)
        yield fabric, SnmpAccess(name, *end.address, COMMUNITY, "")
    finally:
        fabric.close()


@pytest.mark.parametrize(
    ("kind", "name", "was", "now"),
    [
        ("pdu", "UPS/apc-7902b", "|2|16\n", "|2|17\n"),
        pytest.param("pdu", "UPS/apc-8932", "|2|24\n", "|2|25\n", marks=pytest.mark.slow),
        pytest.param("switch", "network/switch/dlink-des3038", "|2|1500\n", "|2|1501\n", marks=pytest.mark.slow),
        pytest.param("switch", "network/switch/cisco-c3560", "|2|1500\n", "|2|1501\n", marks=pytest.mark.slow),
    ],
)
@pytest.mark.requirement("HW-1")
async def test_a_public_recording_becomes_a_page_that_answers_the_same(
    kind: Any, name: str, was: str, now: str, tmp_path: Path
) -> None:
    heard: list[bytes] = []
    async with public(name, heard) as (fabric, access):
        made, replaced = await snmp_devices.record(kind, access, fabric, keep=False)
        page = put(made, tmp_path)
        assert replaced.counts["MACs"] > 0
        same = await snmp_devices.compare_with_page(kind, access, str(page), fabric, LoopClock())
        assert [str(each) for each in same.findings] == []
        assert same.asked > 2000
        other = put(Recorded("other", "", made.page.replace(f"walk: {made.name}", "walk: other"), {}), tmp_path)
        (tmp_path / "other.walk").write_text(made.beside[f"{made.name}.walk"])
        changed(other, ".walk", was, now)
        found = await snmp_devices.compare_with_page(kind, access, str(other), fabric, LoopClock())
        (one,) = found.findings
        assert (one.kind, one.real, one.here, one.sure) == ("value", was[3:-1], now[3:-1], "sure")
    assert not any(decode_message(data).pdu == SET for data in heard)


async def test_names_serials_macs_and_addresses_are_replaced_unless_they_are_to_be_kept(tmp_path: Path) -> None:
    async with public("UPS/apc-7902b") as (fabric, access):
        kept, _ = await snmp_devices.record("pdu", access, fabric, keep=True)
        made, told = await snmp_devices.record("pdu", access, fabric, keep=False)
    (was,), (now,) = kept.beside.values(), made.beside.values()
    values = {line.partition("|")[0]: line.rpartition("|")[2] for line in was.splitlines()}
    serial, mac = values["1.3.6.1.4.1.318.1.1.12.1.6.0"], values["1.3.6.1.2.1.2.2.1.6.2"]
    assert serial in was
    assert serial not in now
    assert mac in was
    assert mac not in now
    assert mac[:6] in now  # the maker's half
    assert str(told) == "2 serial numbers, 1 MAC, 1 IP address, 40 names"


async def test_an_agent_of_net_snmp_is_recorded_and_its_outlets_obey_in_a_lab(tmp_path: Path) -> None:
    walk = _few_outlets()
    (tmp_path / "d").mkdir()
    async with snmpd(tmp_path / "d", walk, "1.3.6.1.4.1.318.1.1.12", "1.3.6.1.4.1.318.1.3.4.6") as place:
        fabric = UdpFabric()
        try:
            access = SnmpAccess("snmpd", *place, "public", "")
            made, _ = await snmp_devices.record("pdu", access, fabric, keep=False)
            page = put(made, tmp_path)
            same = await snmp_devices.compare_with_page("pdu", access, str(page), fabric, LoopClock())
            assert [str(each) for each in same.findings] == []
            changed(page, ".walk", "|4|Outlet 2\n", "|4|Outlet 9\n")
            page.rename(tmp_path / "odd.yaml")
            found = await snmp_devices.compare_with_page("pdu", access, str(tmp_path / "odd.yaml"), fabric, LoopClock())
            assert [each.real for each in found.findings] == ["'Outlet 2'"]
        finally:
            fabric.close()
    lab = {"lab": "x", "racks": [{"name": "A1", "pdus": [{"name": "p", "model": str(tmp_path / "odd.yaml")}]}]}

    async with Lab.load(lab).wire(seed=1) as run:
        pdu = next(iter(run.panel.inventory.pdus))
        await run.panel.devices.read_pdu(pdu.id)
        outlets = run.panel.inventory.outlets_of_pdu(pdu.id)
        assert len(outlets) == 4
        await run.panel.devices.set_outlet(outlets[2].id, False)
        assert [outlet.on for outlet in run.plant.pdus["p"].outlets] == [True, True, False, True]


def _few_outlets() -> str:
    """The rPDU tree of an APC with four outlets."""
    base, lines = "1.3.6.1.4.1.318.1.1.12", []
    lines.append((f"{base}.1.6.0", "4", "5A1234567890"))
    for row in range(1, 5):
        lines += [
            (f"{base}.3.3.1.1.1.{row}", "2", str(row)),
            (f"{base}.3.3.1.1.2.{row}", "4", f"Outlet {row}"),
            (f"{base}.3.3.1.1.4.{row}", "2", "1"),
            (f"{base}.3.5.1.1.1.{row}", "2", str(row)),
            (f"{base}.3.5.1.1.4.{row}", "2", "1"),
        ]
    return "".join(f"{name}|{kind}|{value}\n" for name, kind, value in lines)


@pytest.mark.slow  # its start takes seconds
@pytest.mark.interop
async def test_snmpsim_with_a_public_recording_is_recorded_and_is_the_pdu_of_a_lab(tmp_path: Path) -> None:
    control = "1.3.6.1.4.1.318.1.1.4.4.2.1.3"
    walk = written([Instance(*item) for item in load("UPS/apc-7902b")])
    async with snmpsim(tmp_path, walk, control) as (host, port):
        fabric = UdpFabric()
        try:
            access = SnmpAccess("snmpsim", host, port, "public", "")
            made, _ = await snmp_devices.record("pdu", access, fabric, keep=False)
            same = await snmp_devices.compare_with_page("pdu", access, str(put(made, tmp_path)), fabric, LoopClock())
            assert [str(each) for each in same.findings] == []
        finally:
            fabric.close()
        pdu = {"name": "p", "model": "apc-ap7902b", "outlets": 16, "handler": "apc-spdu", "community": "public"}
        pdu |= {"driver": "snmp", "address": host, "port": port, "allow": ["power"]}
        server = {"name": "s", "configuration": "E3-1230-16Gb-480SSD", "cables": {"psu1": "p/2"}}
        lab = Lab.load({"lab": "x", "racks": [{"name": "A1", "pdus": [pdu], "servers": [server]}]})
        async with lab.wire(seed=1) as run:
            await run.panel.devices.read_pdu(1)
            await run.panel.devices.set_outlet(run.panel.inventory.outlet(1, 2).id, False)
            await run.panel.devices.read_pdu(1)
            assert run.panel.inventory.outlet(1, 2).status is PowerStatus.OFF
            assert not run.plant.servers["s"].powered
        assert [each.outcome for each in run.equipment.writes] == ["written", "set back"]


@pytest.mark.requirement("HW-1")
async def test_openipmis_simulator_is_recorded_and_a_page_that_was_changed_is_found_out(tmp_path: Path) -> None:
    async with ipmi_sim(tmp_path) as access:
        fabric = UdpFabric()
        try:
            made, replaced = await bmc_devices.record(access, fabric, keep=False)
            assert made.title == "Acme Board1 (firmware 9.08): 2 sensors, 2 records, 1 inventories, 1 of 63 users"
            assert str(replaced) == "1 serial number"
            assert b"SN123456".hex() not in made.beside["acme-board1.ipmi"]
            page = put(made, tmp_path)
            same = await bmc_devices.compare_with_page(access, str(page), fabric)
            assert [str(each) for each in same.findings] == []
            for was, now, what in (
                (b"DJTemp".hex(), b"DJHeat".hex(), "record 1"),
                ("answer|06/01||0000030908", "answer|06/01||0000030907", "Get Device ID"),
                (b"Board1".hex(), b"Board2".hex(), "inventory of FRU 0"),
            ):
                odd = put(Recorded("odd", "", made.page.replace("acme-board1.ipmi", "odd.ipmi"), {}), tmp_path)
                (tmp_path / "odd.ipmi").write_text(made.beside["acme-board1.ipmi"])
                changed(odd, ".ipmi", was, now)
                load_personality.cache_clear()
                found = await bmc_devices.compare_with_page(access, str(odd), fabric)
                assert [each.what for each in found.findings] == [what]
        finally:
            fabric.close()
    assert not (tmp_path / "calls").exists()


async def test_all_of_another_lab_is_recorded_and_nothing_in_it_is_written(tmp_path: Path) -> None:
    async with hall("stepped") as there:
        fabric = UdpFabric()
        try:
            access = BmcAccess("far", *there.taps["bmc"].address, "root", "calvin")
            made, _ = await bmc_devices.record(access, fabric, keep=False)
            found = await bmc_devices.compare_with_page(access, str(put(made, tmp_path)), fabric)
            assert [str(each) for each in found.findings] == []
            for kind in ("switch", "pdu"):
                place = SnmpAccess(kind, *there.taps[kind].address, "private", "")
                made, _ = await snmp_devices.record(kind, place, fabric, keep=False)  # type: ignore[arg-type]
                found = await snmp_devices.compare_with_page(
                    kind,
                    place,
                    str(put(made, tmp_path)),
                    fabric,
                    LoopClock(),  # type: ignore[arg-type]
                )
                assert [str(each) for each in found.findings] == []
        finally:
            fabric.close()
        assert sets(there.taps["switch"]) == sets(there.taps["pdu"]) == []
        assert not [each for each in there.commands if each.startswith(("Set", "Chassis Control", "Write", "Clear"))]


async def test_a_device_without_outlets_is_told_so() -> None:
    async with public("network/switch/cts-media-converter") as (fabric, access):
        with pytest.raises(NotLearned, match="none of the panel's handlers finds outlets in it"):
            await snmp_devices.record("pdu", access, fabric, keep=False)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("nothing.yaml", "cannot be read: No such file"),
        ("../out.yaml", "is outside of the lab's folder"),
        ("odd.yaml", "outlets: Field required"),
        ("apc-ap8642", "did you mean|there are"),
    ],
)
def test_a_lab_that_names_a_page_says_what_is_wrong_with_it(page: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "labs").mkdir()
    (tmp_path / "labs" / "odd.yaml").write_text(
        "handler: apc\ndescription: x\nobject_id: 1.3.6.1\nservices: 72\noutlet_name: x\n"
    )
    file = tmp_path / "labs" / "lab.yaml"
    file.write_text(f"lab: x\nracks: [{{name: A1, pdus: [{{name: p, model: {page}}}]}}]\n")
    with pytest.raises(FileProblems, match=said):
        Lab.load(str(file))

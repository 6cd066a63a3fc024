"""Faults of SNMP agents in a lab: what the panel and a manager notice, and that it ends when they are mended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from simulator.dcim.drivers.base import DeviceError, SnmpAccess
from simulator.dcim.drivers.own_snmp import OwnPduDriver, OwnSwitchDriver
from simulator.faults import CATALOGUE, NotPossible
from simulator.kernel import run
from simulator.lab import Lab
from simulator.snmp import Manager, oid

SMALL = Lab.load("small")
ADMIN = "1.3.6.1.2.1.2.2.1.7"
IN_OCTETS = "1.3.6.1.2.1.2.2.1.10"
UPTIME = "1.3.6.1.2.1.1.3.0"


def in_lab(scene: Callable[[Any], Awaitable[None]]) -> None:
    async def main() -> None:
        async with SMALL.simulated(seed=5) as lab:
            await lab.clock.sleep(1)
            await scene(lab)

    run(main())


def strike(lab: Any, kind: str, **values: Any) -> None:
    lab.faults.inject(kind, CATALOGUE[kind].params.model_validate(values))


def switch(lab: Any) -> OwnSwitchDriver:
    return OwnSwitchDriver(SnmpAccess("sw-a1", *lab.switches["sw-a1"], "private", "cisco-catalyst"), lab.fabric)


def pdu(lab: Any) -> OwnPduDriver:
    return OwnPduDriver(SnmpAccess("pdu-a1", *lab.pdus["pdu-a1"], "private", "apc"), lab.fabric)


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("snmp.drop", {}, "no answer to SNMP"),
        ("snmp.set_lost", {}, "no answer to SNMP"),
        ("snmp.drop", {"operation": "set", "oid": f"{ADMIN}.10103"}, "no answer to SNMP"),
        ("snmp.delay", {"delay": "30s"}, "no answer to SNMP"),
        ("snmp.error", {"status": "resourceUnavailable"}, "SNMP error resourceUnavailable"),
        ("snmp.too_big", {"operation": "set"}, "SNMP error tooBig"),
        ("snmp.truncated", {}, "no answer to SNMP"),
        ("snmp.wrong_id", {}, "no answer to SNMP"),
        ("snmp.set_ignored", {}, "was set administratively down, but is not"),
        ("snmp.community", {}, "no answer to SNMP"),
        ("snmp.restart", {}, "no answer to SNMP"),
    ],
)
@pytest.mark.requirement("HW-3")
def test_setting_a_port_fails_as_it_would_in_a_hall_and_works_once_it_is_mended(
    kind: str, values: dict[str, Any], why: str
) -> None:
    async def scene(lab: Any) -> None:
        driver = switch(lab)
        strike(lab, kind, switch="sw-a1", **values)
        with pytest.raises(DeviceError, match=why):
            await driver.set_port("10103", up=False)
        assert len(
            await OwnSwitchDriver(SnmpAccess("sw-b1", *lab.switches["sw-b1"], "private", "dlink"), lab.fabric).ports()
        )
        lab.faults.clear()
        await lab.clock.sleep(60)
        await driver.set_port("10103", up=True)
        await driver.set_port("10103", up=False)
        assert not lab.plant.switches["sw-a1"].ports[2].admin_up

    in_lab(scene)


@pytest.mark.parametrize(
    ("kind", "values"), [("snmp.duplicated", {}), ("snmp.slow", {"each": "100ms"}), ("snmp.drop", {"share": "30%"})]
)
def test_a_driver_bears_answers_that_come_twice_slowly_or_not_every_time(kind: str, values: dict[str, Any]) -> None:
    async def scene(lab: Any) -> None:
        strike(lab, kind, switch="sw-a1", **values)
        assert len(await switch(lab).ports()) == 24

    in_lab(scene)


def test_a_walk_whose_names_do_not_increase_is_given_up() -> None:
    async def scene(lab: Any) -> None:
        strike(lab, "snmp.disorder", switch="sw-a1")
        with pytest.raises(DeviceError, match="makes no sense"):
            await switch(lab).ports()

    in_lab(scene)


def test_an_agent_with_a_limit_answers_so_many_requests_in_a_second() -> None:
    async def scene(lab: Any) -> None:
        strike(lab, "snmp.rate_limit", switch="sw-a1", per_second=2)
        started = lab.fabric.time.now()
        assert len(await switch(lab).ports()) == 24
        assert lab.fabric.time.now() - started > 1

    in_lab(scene)


@pytest.mark.requirement("HW-2")
def test_a_pdu_with_somebody_at_its_console_reads_and_does_not_switch() -> None:
    async def scene(lab: Any) -> None:
        driver = pdu(lab)
        strike(lab, "pdu.session", pdu="pdu-a1")
        with pytest.raises(DeviceError, match="noAccess"):
            await driver.set_outlet("4", on=False)
        assert [view.on for view in await driver.outlets()] == [True] * 24

    in_lab(scene)


@pytest.mark.requirement("HW-2")
def test_swapped_outlets_take_the_wrong_server_away() -> None:
    async def scene(lab: Any) -> None:
        strike(lab, "outlets.swapped", pdu="pdu-a1", outlet=1, other=2)
        await pdu(lab).set_outlet("1", on=False)
        await lab.clock.sleep(2)
        assert [lab.plant.servers[name].bmc_alive for name in ("srv-01", "srv-02")] == [True, False]

    in_lab(scene)


@pytest.mark.requirement("HW-2")
def test_a_tripped_bank_is_no_outlet_that_is_off_to_a_manager_and_starves_its_servers() -> None:
    async def scene(lab: Any) -> None:
        strike(lab, "bank.tripped", pdu="pdu-a1", bank=1)
        assert not lab.plant.servers["srv-01"].bmc_alive
        assert [view.on for view in await pdu(lab).outlets()] == [True] * 24

    in_lab(scene)


def test_parts_and_agents_that_are_not_there_are_refused() -> None:
    async def scene(lab: Any) -> None:
        with pytest.raises(NotPossible, match="no bank 3"):
            strike(lab, "bank.tripped", pdu="pdu-a1", bank=3)
        with pytest.raises(NotPossible, match="no switch or PDU 'sw-zz'"):
            strike(lab, "snmp.drop", switch="sw-zz")
        with pytest.raises(ValidationError, match="name one agent"):
            strike(lab, "snmp.drop", switch="sw-a1", pdu="pdu-a1")
        with pytest.raises(ValidationError, match="no object identifier"):
            strike(lab, "snmp.drop", switch="sw-a1", oid="ifTable")

    in_lab(scene)


@pytest.mark.requirement("HW-3")
def test_a_restart_takes_the_up_time_and_the_counters_and_may_give_ports_other_numbers() -> None:
    async def scene(lab: Any) -> None:
        device = lab.station("sw-a1")
        manager = Manager("private")

        def read(name: str) -> Any:
            answer = device.handle(manager.get([oid(name)]).octets)
            return manager.response(answer).varbinds[0].value()

        def names() -> dict[str, str]:
            return {port.identity: port.description for port in seen}

        lab.plant.switches["sw-a1"].ports[2].octets_in = 5000
        driver = switch(lab)
        await lab.clock.sleep(100)
        seen = await driver.ports()
        before = names()
        assert (read(f"{IN_OCTETS}.10103"), read(UPTIME) > 10000) == (5000, True)
        strike(lab, "snmp.restart", switch="sw-a1")
        await lab.clock.sleep(60)
        seen = await driver.ports()
        assert names() == before
        assert (read(f"{IN_OCTETS}.10103"), read(UPTIME) < 6000) == (0, True)
        strike(lab, "snmp.restart", switch="sw-a1", ifindex="reshuffled")
        await lab.clock.sleep(60)
        seen = await driver.ports()
        after = names()
        assert set(after.values()) == set(before.values()), "every port is there"
        assert after.keys() == before.keys(), "and every number"
        assert not any(after[number] == before[number] for number in before), "but none where it was"
        # The number leads to the port that carries the name now, for a manager that looks before it acts.
        third = next(number for number, name in after.items() if name == "GigabitEthernet0/3")
        await driver.set_port(third, up=False)
        assert [port.number for port in lab.plant.switches["sw-a1"].ports if not port.admin_up] == [3]

    in_lab(scene)


def test_only_ports_have_numbers_that_a_start_can_change() -> None:
    async def scene(lab: Any) -> None:
        with pytest.raises(NotPossible, match="pdu-a1 has no ports"):
            strike(lab, "snmp.restart", pdu="pdu-a1", ifindex="reshuffled")
        strike(lab, "snmp.restart", pdu="pdu-a1")
        with pytest.raises(DeviceError, match="no answer"):
            await pdu(lab).outlets()

    in_lab(scene)


@pytest.mark.requirement("HW-2")
def test_a_stuck_outlet_says_yes_and_stays_as_it_is() -> None:
    async def scene(lab: Any) -> None:
        driver = pdu(lab)
        strike(lab, "outlet.stuck", pdu="pdu-a1", outlet=4)
        await driver.set_outlet("4", on=False)
        await lab.clock.sleep(5)
        assert (await driver.outlets())[3].on
        assert lab.plant.servers["srv-04"].bmc_alive
        lab.faults.clear()
        await driver.set_outlet("4", on=False)
        await lab.clock.sleep(2)
        assert not lab.plant.servers["srv-04"].bmc_alive

    in_lab(scene)


ASKED_FOR = {
    "snmp.drop", "snmp.delay", "snmp.error", "snmp.too_big", "snmp.truncated", "snmp.duplicated", "snmp.wrong_id",
    "snmp.stale", "snmp.restart", "snmp.slow", "snmp.disorder", "snmp.rate_limit", "snmp.set_lost", "snmp.set_ignored",
    "outlet.stuck", "outlets.swapped", "bank.tripped", "snmp.community",
}  # fmt: skip


def test_what_can_go_wrong_with_an_agent_is_all_in_the_catalogue() -> None:
    assert CATALOGUE.keys() >= ASKED_FOR

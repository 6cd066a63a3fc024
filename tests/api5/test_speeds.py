"""Speed and duplex of a switch port: set through DCImanager 5, seen with the next reading."""

import pytest

from simulator.faults import CATALOGUE
from tests.api5.support.hall import Hall, in_hall


async def port_of(hall: Hall, switch: int, server: str) -> dict[str, str]:
    return next(row for row in await hall.rows("switch.port", elid=switch) if row["servername"] == server)


@pytest.mark.requirement("HW-3")
def test_an_operator_sets_a_ports_speed_and_the_panel_learns_by_polling_what_became_of_it():
    async def scene(hall: Hall) -> None:
        port, nic = hall.lab.plant.switches["sw-a1"].ports[0], hall.machine("srv-01").nics[0]
        hall.machine("srv-01").power_on()
        await hall.clock.sleep(301)
        row = await port_of(hall, 1, "srv-01")
        assert (row["speed"], row["duplex"]) == ("1g", "full")
        form = await hall.xml("switch.port.edit", elid=row["id"])
        assert (form.findtext("speed"), form.findtext("duplex")) == ("1g", "full")
        await hall.xml("switch.port.edit", sok="ok", elid=row["id"], speed="1g", duplex="full", notes="as it was")
        assert port.setting == (None, None)
        await hall.xml("switch.port.edit", sok="ok", elid=row["id"], speed="100m", duplex="full")
        assert port.setting == (10**8, True)
        assert nic.cable.link.mismatch
        assert (await port_of(hall, 1, "srv-01"))["speed"] == "1g", "not polled yet"
        await hall.clock.sleep(301)
        row = await port_of(hall, 1, "srv-01")
        assert (row["speed"], row["duplex"]) == ("100m", "full")
        await hall.xml("switch.port.edit", sok="ok", elid=row["id"], duplex="half")
        await hall.xml("switch.port.refresh", elid=row["id"])
        assert (await port_of(hall, 1, "srv-01"))["duplex"] == "half"
        assert not nic.cable.link.mismatch
        await hall.xml("switch.port.edit", sok="ok", elid=row["id"], speed="auto", duplex="auto")
        assert (port.setting, port.speed) == ((None, None), 10**9)

    in_hall(scene)


def test_what_cannot_be_set_is_refused_and_leaves_the_port_as_it_was():
    async def scene(hall: Hall) -> None:
        cisco, dlink = await port_of(hall, 1, "srv-01"), await port_of(hall, 2, "srv-09")

        async def refused(row: dict[str, str], **fields: str) -> tuple[str, str]:
            return await hall.refused("switch.port.edit", sok="ok", elid=row["id"], **fields)

        assert await refused(cisco, speed="fast") == ("value", "speed")
        assert await refused(cisco, speed="100m", duplex="disagree") == ("value", "duplex")
        assert await refused(cisco, speed="10g") == ("handler_unknown", "")
        assert await refused(cisco, speed="1g", duplex="half") == ("handler_unknown", "")
        assert await refused(dlink, speed="100m") == ("dev_unregistred_func", "")
        dead = CATALOGUE["switch.dead"].params.model_validate({"switch": "sw-a1"})
        hall.lab.faults.inject("switch.dead", dead)
        assert await refused(cisco, speed="100m") == ("handler_snmp_session_fail", "")
        for switch in hall.lab.plant.switches.values():
            assert {port.setting for port in switch.ports} == {(None, None)}
        assert not [row for row in await hall.rows("switch") if "connection_problem" in row and row["name"] == "sw-b1"]

    in_hall(scene)

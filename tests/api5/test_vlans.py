"""VLANs are made on the switches, and who is put into another one is out of the old one."""

import pytest

from simulator.faults import CATALOGUE
from tests.api5.support.hall import Hall, in_hall

CISCO, DLINK = (1, "sw-a1"), (9, "sw-b1")


@pytest.mark.requirement("HW-3")
@pytest.mark.parametrize(("server", "switch"), [CISCO, DLINK])
def test_a_server_in_another_vlan_has_link_and_reaches_nobody_until_it_is_put_back(server, switch):
    async def scene(hall: Hall) -> None:
        address = await hall.install(server)
        await hall.xml("vlan.edit", sok="ok", id="20", name="quarantine", net="198.51.100.0/24")
        hardware = hall.lab.plant.switches[switch]
        assert 20 not in hardware.vlans
        (port,) = [
            row
            for row in await hall.rows("switch.port", elid=1 if server < 9 else 2)
            if row["servername"] == f"srv-{server:02}"
        ]
        assert port["vlan"] == "1"
        await hall.xml("switch.port.edit", sok="ok", elid=port["id"], vlan="20")
        assert hardware.vlans[20].name == "quarantine"
        assert not hall.lab.plant.answering(address)
        assert hall.machine(f"srv-{server:02}").nics[0].link_up
        assert (await hall.xml("switch.port.edit", elid=port["id"])).findtext("vlan") == "20"
        assert (await hall.xml("server.edit", elid=server)).findtext("vlan") == "20"
        assert await hall.refused("vlan.delete", elid="20") == ("constraint_delete", "vlans")
        await hall.xml("server.edit", sok="ok", elid=server, vlan="1")
        assert hall.lab.plant.answering(address)
        await hall.xml("vlan.delete", elid="20")
        assert 20 not in hardware.vlans
        assert [row["id"] for row in await hall.rows("vlan")] == ["1"]

    in_hall(scene)


def test_the_panel_learns_of_a_vlan_that_somebody_else_has_set_and_a_switch_that_is_dead_sets_none():
    async def scene(hall: Hall) -> None:
        hardware = hall.lab.plant.switches["sw-a1"]
        ports = {row["servername"]: row for row in await hall.rows("switch.port", elid=1)}
        await hall.xml("vlan.edit", sok="ok", id="30", name="thirty")
        await hall.xml("switch.port.edit", sok="ok", elid=ports["srv-02"]["id"], vlan="30")
        hardware.ports[0].set_access(30)
        await hall.clock.sleep(301)
        ports = {row["servername"]: row for row in await hall.rows("switch.port", elid=1)}
        assert ports["srv-01"]["vlan"] == "30"
        dead = CATALOGUE["switch.dead"].params.model_validate({"switch": "sw-a1"})
        hall.lab.faults.inject("switch.dead", dead)
        refused = await hall.refused("switch.port.edit", sok="ok", elid=ports["srv-01"]["id"], vlan="1")
        assert refused == ("handler_snmp_session_fail", "")
        assert hardware.ports[0].pvid == 30
        assert await hall.refused("server.edit", sok="ok", elid="1", vlan="1", notes="x") == refused
        assert "notes" not in await hall.row(1)

    in_hall(scene)


def test_vlans_have_numbers_and_names_of_their_own():
    async def scene(hall: Hall) -> None:
        made = await hall.xml("vlan.edit", sok="ok", id="100", name="clients", notes="of the north side")
        assert made.findtext("id") == "100"
        new = {"sok": "ok", "id": "101", "name": "others"}
        assert await hall.refused("vlan.edit", **{**new, "id": "100"}) == ("exists", "vlans")
        assert await hall.refused("vlan.edit", **{**new, "name": "clients"}) == ("exists", "vlanname")
        for change, field in (({"id": "0"}, "id"), ({"id": "4095"}, "id"), ({"net": "10.0.0.0/99"}, "net")):
            assert await hall.refused("vlan.edit", **{**new, **change}) == ("value", field)
        assert await hall.refused("vlan.edit", sok="ok", elid="7", name="x") == ("missed", "vlan")
        assert await hall.refused("vlan.edit", sok="ok", elid="100", id="7") == ("value", "id")
        await hall.xml("vlan.edit", sok="ok", elid="100", name="north")
        assert (await hall.xml("vlan.edit", elid="100")).findtext("name") == "north"
        rows = {row["id"]: row for row in await hall.rows("vlan")}
        assert rows["100"] == {"id": "100", "name": "north", "net": "", "notes": "of the north side"}
        assert await hall.refused("vlan.delete", elid="1") == ("constraint_delete", "vlans")
        assert await hall.refused("server.edit", sok="ok", elid="1", vlan="77") == ("value", "vlan")
        assert await hall.refused("server.edit", sok="ok", elid="12", vlan="100") == ("missed", "connection")

    in_hall(scene)

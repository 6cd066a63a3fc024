"""Equipment and connections that come and go: wizards, found servers, racks, addresses that move."""

import httpx
import pytest

from tests.api5.support.hall import PASSWORD, SMALL, Hall, in_hall

BMC = SMALL.plan.servers["srv-02"].bmc


async def connections(hall: Hall, server: int) -> dict[str, dict[str, str]]:
    return {row["type"]: row for row in await hall.rows("server.connection", elid=server)}


def test_a_server_that_was_unplugged_in_the_records_is_connected_by_the_wizard_and_works_as_before():
    async def scene(hall: Hall) -> None:
        held = await connections(hall, 2)
        assert set(held) == {"Switch", "PDU", "IPMI"}
        device = (await hall.xml("server.connection.edit", plid=2, elid=held["IPMI"]["id"])).findtext("ip")
        await hall.xml("server.connection.delete", plid=2, elid=", ".join(row["id"] for row in held.values()))
        assert await connections(hall, 2) == {}
        row = await hall.row(2)
        assert "ipmi" not in row
        assert {"powerunknown", "inetunknown"} <= set(row)
        for func in ("server.poweron", "server.poweroff", "server.reboot"):
            assert await hall.refused(func, elid=2) == ("no_power_connections", "")
        assert await hall.refused("server.disable", elid=2) == ("missed", "connection")
        assert [row["error"] for row in await hall.rows("serverconnstat") if row["server"] == "srv-02"] == [
            "error_no_inet_connections",
            "error_no_power_connections",
        ]
        for kind, name in (("switch", "Switch"), ("pdu", "PDU")):
            step = await hall.xml("conncreatewiz", plid=2)
            assert kind in [option.get("key") for option in step.iter("msg")]
            chosen = {"plid": 2, "devtype": kind, kind: "1"}
            step = await hall.xml("connwizdev", sok="ok", **chosen)
            port = step.findtext("port")  # the lowest that is free: its own
            step = await hall.xml("connwizport", sok="ok", port=port, **chosen)
            assert step.findtext("port") == port
            assert name not in await connections(hall, 2)
            await hall.xml("connwizfinish", sok="ok", port=port, **chosen)
            assert name in await connections(hall, 2)
            assert await hall.refused("connwizfinish", sok="ok", port=port, **chosen) == ("exists", "eq_ports")
        port_of_bmcs = hall.lab.panel.inventory.servers.get(1).bmc.port
        account = {"plid": 2, "devtype": "dev_ipmi", "ip": device, "user": BMC.username, "password": BMC.password}
        await hall.xml("connwizdev", sok="ok", plid=2, devtype="dev_ipmi")
        await hall.xml("connwizipmi", sok="ok", **account)
        assert await hall.refused("connwizfinish", sok="ok", **{**account, "ip": "here"}) == ("value", "ip")
        await hall.xml("connwizfinish", sok="ok", ipmiport=port_of_bmcs, **account)
        assert await hall.refused("connwizipmi", sok="ok", **account) == ("exists", "such_ipmi")
        await hall.xml("server.poweron", elid=2)
        assert hall.machine("srv-02").powered
        await hall.xml("server.disable", elid=2)
        assert "inetoff" in await hall.row(2)

    in_hall(scene)


def test_a_server_without_ipmi_is_switched_by_its_outlet():
    async def scene(hall: Hall) -> None:
        await hall.xml("server.poweron", elid=3)
        bmc = (await connections(hall, 3))["IPMI"]["id"]
        await hall.xml("server.connection.delete", plid=3, elid=bmc)
        outlet = hall.lab.plant.pdus["pdu-a1"].outlets[2]
        await hall.xml("server.poweroff", elid=3)
        await hall.clock.sleep(2)  # an APC's relay moves a second after its command
        assert not outlet.on
        assert not hall.machine("srv-03").powered
        assert "poweroff" in await hall.row(3)
        await hall.xml("server.poweron", elid=3)
        await hall.clock.sleep(2)
        assert outlet.on
        await hall.address(3)
        fields = {"sok": "ok", "operation": "ostemplate", "ostemplate": "debian-12", "passwd": PASSWORD}
        assert await hall.refused("server.operations", elid=3, **fields) == ("no_power_connections", "")

    in_hall(scene)


def test_an_ipmi_connection_gets_another_address_as_a_script_does_it():
    async def scene(hall: Hall) -> None:
        one, two = [(await connections(hall, number))["IPMI"]["id"] for number in (1, 2)]
        ips = [str((await hall.xml("server.connection.edit", elid=each)).findtext("ip")) for each in (one, two)]
        refused = await hall.refused("server.connection.edit", sok="ok", elid=one, ip=ips[1])
        assert refused == ("exists", "such_ipmi")
        await hall.xml("server.connection.edit", sok="ok", elid=one, ip="127.99.99.99")
        assert await hall.refused("server.reboot", elid=1) == ("ipmi_exec_error", "ipmitool")
        await hall.xml("server.connection.edit", sok="ok", elid=one, ip=ips[0])
        await hall.xml("server.reboot", elid=1)
        assert hall.machine("srv-01").powered
        await hall.xml("server.connection.edit", sok="ok", elid=one, ipmipass="wrong")
        assert await hall.refused("server.reboot", elid=1) == ("ipmi_exec_error", "ipmitool")
        assert await hall.refused("server.connection.edit", sok="ok", elid="1") == ("missed", "connection")

    in_hall(scene)


def test_a_switch_and_a_pdu_are_added_and_what_they_list_is_there_after_the_first_look():
    async def scene(hall: Hall) -> None:
        inventory = hall.lab.panel.inventory
        switch, pdu = inventory.switches.get(1).access, inventory.pdus.get(2).access
        first = await hall.xml("switchcreatewiz")
        assert first.findtext("rack") == "1"
        new = {"sok": "ok", "name": "sw-new", "ip": switch.host, "device": switch.handler, "notes": "a second look"}
        second = await hall.xml("switchcreatewiz", **new)
        assert second.findtext("snmpversion") == "SNMP v2c"
        snmp = {"snmpversion": "SNMP v2c", "snmpcommunity": switch.community, "snmpport": switch.port}
        for change, error in (
            ({"device": "nonesuch"}, ("value", "handler")),
            ({"ip": "nowhere"}, ("value", "ip")),
            ({"name": "sw-a1"}, ("exists", "Switch")),
            ({"rack": "9"}, ("value", "rack")),
            ({"snmpversion": "SNMP v9"}, ("value", "snmpversion")),
        ):
            assert await hall.refused("switchcreatewiz", **{**new, **snmp, **change}) == error
        number = (await hall.xml("switchcreatewiz", **new, **snmp)).findtext("id")
        await hall.clock.sleep(5)
        assert len(await hall.rows("switch.port", elid=number)) == 24
        row = next(row for row in await hall.rows("switch") if row["id"] == number)
        assert (row["notes"], "connection_ok" in row) == ("a second look", True)
        await hall.xml("switch.edit", sok="ok", elid=number, name="sw-2")
        assert (await hall.xml("switch.edit", elid=number)).findtext("name") == "sw-2"
        await hall.xml("switch.delete", elid=number)
        assert await hall.refused("switch.delete", elid="1") == ("service_port_connected_to_server", "")
        new = {"sok": "ok", "name": "pdu-new", "ip": pdu.host, "device": pdu.handler, "rack": "2", **snmp}
        number = (await hall.xml("pducreatewiz", **{**new, "snmpcommunity": pdu.community})).findtext("id")
        await hall.clock.sleep(5)
        assert len(await hall.rows("pdu.port", elid=number)) == 24
        assert await hall.refused("pdu.edit", sok="ok", elid=number, name="pdu-a1") == ("exists", "PDU")
        assert await hall.refused("pdu.edit", sok="ok", elid=number, ip="192.0.2.1") == ("value", "ip")
        await hall.xml("pdu.delete", elid=number)
        assert await hall.refused("pdu.delete", elid="1") == ("service_port_connected_to_server", "")

    in_hall(scene)


def test_a_machine_that_nobody_has_entered_is_found_looked_at_and_approved():
    async def scene(hall: Hall) -> None:
        mac = (await hall.row(1))["mac"]
        await hall.xml("server.delete", elid=1)
        hall.machine("srv-01").power_on()
        await hall.clock.sleep(600)
        assert await hall.rows("serversearch") == []
        assert await hall.refused("globalsettings", sok="ok", enablesearch="on") == ("value", "iprange")
        search = {"enablesearch": "on", "iprange": "198.51.100.100-198.51.100.101", "template": "ISPsystem__Diag6"}
        await hall.xml("globalsettings", sok="ok", **search)
        assert (await hall.xml("globalsettings")).findtext("iprange") == search["iprange"]
        hall.machine("srv-01").reset()
        await hall.clock.sleep(300)
        (row,) = await hall.rows("serversearch")
        assert (row["mac"], row["hwinfo"]) == (mac, "E3-1230-16Gb-2x1000SSD")
        counts = {row["type"]: row["value"] for row in await hall.rows("dashboard.info")}
        assert counts["newservercnt"] == "1"
        new = {"sok": "ok", "elid": row["id"], "rack": "1"}
        assert await hall.refused("serversearch.approve", **new, name="srv-02") == ("exists", "servers")
        number = (await hall.xml("serversearch.approve", **new, name="srv-99")).findtext("id")
        assert await hall.rows("serversearch") == []
        row = await hall.row(int(number))
        assert (row["mac"], row["type"], row["hostname"]) == (mac, "E3-1230-16Gb-2x1000SSD", "free.ds")
        assert await hall.refused("serversearch.approve", **new, name="srv-98") == ("missed", "server")

    in_hall(scene)


def test_racks_are_made_renamed_and_deleted_when_empty():
    async def scene(hall: Hall) -> None:
        number = (await hall.xml("rack.edit", sok="ok", name="C1", notes="new")).findtext("id")
        assert await hall.refused("rack.edit", sok="ok", name="A1") == ("exists", "racks")
        await hall.xml("rack.edit", sok="ok", elid=number, name="C2")
        rows = {row["name"]: row for row in await hall.rows("rack")}
        assert rows["C2"]["notes"] == "new"
        assert (rows["A1"]["inetport"], rows["B1"]["powerport"]) == ("8/24", "7/24")
        await hall.xml("rack.delete", elid=number)
        assert await hall.refused("rack.delete", elid="1") == ("constraint_delete", "racks")
        assert await hall.refused("rack.edit", elid="9") == ("missed", "racks")

    in_hall(scene)


def test_an_additional_address_moves_to_another_server_and_the_main_one_does_not():
    async def scene(hall: Hall) -> None:
        main, extra = await hall.address(1), await hall.address(1)
        ids = {row["ip"]: row["id"] for row in await hall.rows("iplist", elid=1)}
        assert (await hall.xml("server.moveip", elid=ids[extra])).findtext("ip") == extra
        move = {"sok": "ok", "servertree": "2"}
        assert await hall.refused("server.moveip", elid=ids[main], **move) == ("cant_move_main_ip", "")
        assert await hall.refused("server.moveip", elid="999", **move) == ("missed", "ip")
        assert await hall.refused("server.moveip", elid=ids[extra], sok="ok", servertree="99") == ("missed", "server")
        await hall.operate(1, operation="ostemplate", ostemplate="debian-12")
        refused = await hall.refused("server.moveip", elid=ids[extra], **move)
        assert refused == ("ip_move_restrict_osinstall_in_progress", "")
        await hall.xml("server.opercancel", elid=1)
        await hall.xml("server.moveip", elid=ids[extra], **move)
        assert [row["ip"] for row in await hall.rows("iplist", elid=2)] == [extra]
        assert [row["ip"] for row in await hall.rows("iplist", elid=1)] == [main]

    in_hall(scene)


def test_a_server_leads_to_its_bmcs_own_pages():
    async def scene(hall: Hall) -> None:
        host = hall.lab.panel.inventory.servers.get(1).bmc.host
        value = (await hall.row(1))["ipmi"]
        ok = (await hall.xml("ipmiredirect", elid=1, value=value, newwindow="yes")).find("ok")
        assert (ok.text, ok.get("type")) == (f"https://{host}/", "url")
        page = (await hall.xml("ipmiredirect", elid=1, value="IPMI S1")).findtext("ok")
        assert page == ok.text, "a page of the vendor's names it by the server's id"
        await hall.xml("server.connection.delete", plid=1, elid=3)
        assert await hall.refused("ipmiredirect", elid=1, value=value) == ("missed", "connection")
        assert await hall.refused("server.connection.autocreateipmi", plid=1, sok="ok") == ("missed", "connection")

    in_hall(scene)


def test_a_browser_is_sent_to_the_bmcs_own_pages():
    async def scene(hall: Hall) -> None:
        host = hall.lab.panel.inventory.servers.get(1).bmc.host
        async with httpx.AsyncClient(transport=hall.lab.billing_transport()) as browser:
            query = {"func": "ipmiredirect", "elid": 1, "value": "IPMI S1", "authinfo": ":".join(hall.lab.admin)}
            answer = await browser.get(f"{hall.lab.dci5_url}/dcimgr", params=query)
            assert (answer.status_code, answer.headers["location"]) == (302, f"https://{host}/")
            answer = await browser.get(f"{hall.lab.dci5_url}/dcimgr", params={**query, "elid": 99})
            assert (answer.status_code, "location" in answer.headers) == (200, False)

    in_hall(scene)


def test_the_ipmi_connection_that_is_there_is_found_and_not_made_twice():
    async def scene(hall: Hall) -> None:
        made = await hall.xml("server.connection.autocreateipmi", plid=1, sok="ok")
        (ipmi,) = [row for row in await hall.rows("server.connection", elid=1) if row["type"] == "IPMI"]
        assert made.findtext("id") == ipmi["id"]

    in_hall(scene)


@pytest.mark.parametrize("way", ["osmgr.edit", "osmgr.restrict.toggle"])
def test_a_restricted_template_is_offered_to_staff_alone(way):
    async def scene(hall: Hall) -> None:
        made = await hall.xml("user.edit", sok="ok", name="web1", passwd="long-enough", level="lvUser")
        await hall.xml("server.edit", sok="ok", elid=1, owner=made.findtext("id"))
        await hall.address(1)
        user = {"authinfo": "web1:long-enough"}
        await hall.xml(way, sok="ok", elid="ISPsystem__debian-12", restrict="on")
        offered = [o.get("key") for o in (await hall.xml("server.operations", elid=1, **user)).iter("val")]
        assert "ISPsystem__alma-9" in offered
        assert "ISPsystem__debian-12" not in offered
        install = {"sok": "ok", "elid": 1, "operation": "ostemplate", "ostemplate": "debian-12", "passwd": PASSWORD}
        assert await hall.refused("server.operations", **install, **user) == ("value", "ostemplate")
        assert [row["id"] for row in await hall.rows("osmgr") if "restrict" in row] == ["ISPsystem__debian-12"]
        await hall.xml("server.operations", **install)
        assert len(await hall.rows("servertype.oslist", elid="E3-1230-16Gb-2x1000SSD")) == 3

    in_hall(scene)


def test_somebody_is_let_into_a_bmc_and_out_of_it_again():
    async def scene(hall: Hall) -> None:
        ipmi = (await connections(hall, 1))["IPMI"]["id"]
        bmc = hall.lab.bmc("srv-01")
        (own,) = await hall.rows("server.connection.ipmiuser", elid=ipmi)
        assert (own["name"], own["level"]) == (BMC.username, "4")
        new = {"sok": "ok", "plid": ipmi, "name": "client1", "passwd": "let-me-in", "level": "3"}
        for change, field in (
            ({"name": "far-too-long-a-name"}, "name"), ({"passwd": ""}, "passwd"), ({"level": "9"}, "level"),
            ({"confirm": "no"}, "confirm"), ({"passwd": "x" * 21}, "passwd"),
        ):  # fmt: skip
            assert await hall.refused("server.connection.ipmiuser.edit", **{**new, **change}) == ("value", field)
        number = (await hall.xml("server.connection.ipmiuser.edit", **new)).findtext("id")
        made = next(user for user in bmc.users if user.name == b"client1")
        assert (made.key.rstrip(b"\0"), made.enabled, int(made.limit)) == (b"let-me-in", True, 3)
        assert await hall.refused("server.connection.ipmiuser.edit", **new) == ("ipmi_exec_error", "ipmitool")
        await hall.xml("server.connection.ipmiuser.edit", sok="ok", plid=ipmi, elid=number, level="2")
        assert (await hall.xml("server.connection.ipmiuser.edit", plid=ipmi, elid=number)).findtext("level") == "2"
        assert next(user for user in bmc.users if user.name == b"client1").key.rstrip(b"\0") == b"let-me-in"
        refused = await hall.refused("server.connection.ipmiuser.delete", plid=ipmi, elid=own["id"])
        assert refused == ("constraint_delete", "users")
        await hall.xml("server.connection.ipmiuser.delete", plid=ipmi, elid=number)
        assert [row["name"] for row in await hall.rows("server.connection.ipmiuser", elid=ipmi)] == [BMC.username]
        assert await hall.refused("server.connection.ipmiuser", elid="1") == ("missed", "connection")

    in_hall(scene)

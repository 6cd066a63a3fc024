"""Functions on servers, addresses, connections, equipment and settings, in front of devices that answer drivers."""

import pytest

from tests.api5.support.world import Client, Refused, with_client
from tests.dcim.support import ADMIN, ALICE

INSTALL = {"sok": "ok", "operation": "ostemplate", "ostemplate": "ISPsystem__debian-12", "passwd": "s3cret-pass"}


def test_an_owner_that_is_set_here_is_set_in_the_panel_and_the_server_is_not_free_any_more():
    async def scene(client: Client) -> None:
        panel = client.world.panel
        assert panel.is_free(client.world.server(1))
        await client.xml("server.edit", sok="ok", elid="1", owner="2", name="srv-01", notes="", mac="00:25:90:00:00:01")
        assert client.world.server(1).owner == 2
        assert not panel.is_free(client.world.server(1))
        assert (await client.row(1))["owner"] == ALICE[0]
        assert (await client.xml("server.edit", elid="1")).findtext("owner") == "2"
        panel.set_owner(1, None)
        assert "owner" not in await client.row(1)
        assert (await client.xml("server.edit", elid="1")).findtext("owner") == "no_owner"
        assert await client.refused("server.edit", sok="ok", elid="1", owner="99") == ("value", "owner")
        assert await client.refused("server.edit", sok="ok", elid="99", owner="2") == ("missed", "server")
        assert await client.refused("server.edit", sok="ok", elid="1", type="Other") == ("value", "type")

    with_client(scene)


def test_a_form_that_is_refused_changes_nothing():
    async def scene(client: Client) -> None:
        before = client.world.server(1)
        await client.refused("server.edit", sok="ok", elid="1", name="new", notes="new", owner="99")
        await client.refused("server.edit", sok="ok", elid="1", notes="new", hostname="no good")
        assert client.world.server(1) == before

    with_client(scene)


def test_notes_protection_hardware_problem_and_host_name():
    async def scene(client: Client) -> None:
        await client.xml("server.edit", sok="ok", elid="1", notes="broken", hwproblem="on", hostname="web.example.com")
        row = await client.row(1)
        assert row["notes"] == "broken"
        assert row["hostname"] == "web.example.com"
        assert {"hwproblem", "note"} <= set(row)
        assert not client.world.panel.is_free(client.world.server(1))
        await client.xml("server.edit", sok="ok", elid="1", hwproblem="off", forcelock="on")
        assert "forcelock" in await client.row(1)
        assert await client.refused("server.edit", sok="ok", elid="1", notes="x") == ("server_forcelock", "")
        assert await client.refused("server.reboot", elid="1") == ("server_forcelock", "")
        await client.xml("server.edit", sok="ok", elid="1", forcelock="off")
        await client.xml("server.edit", sok="ok", elid="1", hostname="free.ds")
        assert (await client.row(1))["hostname"] == "free.ds"

    with_client(scene)


def test_the_main_addresses_domain_is_the_servers_host_name():
    async def scene(client: Client) -> None:
        doc = await client.xml(
            "iplist.edit", sok="ok", plid="1", domain="web.example.com", iptype="public", ip="", family="ipv4"
        )
        assert doc.findtext("ip") == "192.0.2.2"
        assert (await client.row(1))["hostname"] == "web.example.com"
        assert (await client.row(1))["ip"] == "192.0.2.2"
        main = doc.findtext("id")
        extra = await client.xml("iplist.edit", sok="ok", plid="1", domain="alias.example.com", iptype="public")
        assert (await client.row(1))["hostname"] == "web.example.com"
        await client.xml("iplist.edit", sok="ok", plid="1", elid=main, domain="free.ds")
        assert (await client.row(1))["hostname"] == "free.ds"
        rows = await client.rows("iplist", elid="1")
        assert [(row["ip"], row["domain"]) for row in rows] == [
            ("192.0.2.2", "free.ds"),
            ("192.0.2.3", "alias.example.com"),
        ]
        assert (await client.xml("iplist.edit", plid="1", elid=main)).findtext("ip") == "192.0.2.2"
        await client.xml("iplist.delete", plid="1", elid=extra.findtext("id"))
        assert len(await client.rows("iplist", elid="1")) == 1
        assert await client.refused("iplist.delete", plid="2", elid=main) == ("missed", "ip")

    with_client(scene)


def test_addresses_are_chosen_by_kind_family_or_name_and_run_out():
    async def scene(client: Client) -> None:
        add = {"sok": "ok", "plid": "1", "domain": ""}
        six = await client.xml("iplist.edit", family="ipv6", iptype="six", **add)
        assert six.findtext("ip", "").startswith("2001:db8:0:10::")
        assert (await client.xml("iplist.edit", ip="192.0.2.6", **add)).findtext("ip") == "192.0.2.6"
        assert await client.refused("iplist.edit", ip="192.0.2.6", **add) == ("exists", "ip")
        assert await client.refused("iplist.edit", ip="10.0.0.1", **add) == ("value", "ip")
        assert await client.refused("iplist.edit", iptype="private", **add) == ("value", "iptype")
        assert await client.refused("iplist.edit", family="ipx", **add) == ("value", "family")
        assert await client.refused("iplist.edit", sok="ok", plid="1", domain="no good") == ("value", "domain")
        for _ in range(5):
            await client.xml("iplist.edit", **add)
        assert await client.refused("iplist.edit", **add) == ("ip_alloc_failed", "")
        networks = await client.rows("new_net")
        assert "192.0.2.1" in [row["gateway"] for row in networks]

    with_client(scene)


def test_power_buttons_bear_a_server_that_is_there_already():
    async def scene(client: Client) -> None:
        await client.xml("server.poweroff", elid="1")
        await client.xml("server.poweron", elid="1")
        assert client.world.power(1) == "on"
        assert "poweron" in await client.row(1)
        await client.xml("server.poweron", elid="1")
        await client.xml("server.reboot", elid="1")
        assert client.world.bmcs["srv-01"].heard.count("reset") == 1
        await client.xml("server.poweroff", elid="1, 2")
        assert client.world.power(1) == "off"

    with_client(scene)


def test_a_silent_bmc_is_an_ipmi_error_and_a_powererror_flag():
    async def scene(client: Client) -> None:
        client.world.bmcs["srv-01"].silent = True
        with pytest.raises(Refused) as caught:
            await client.xml("server.reboot", elid="1")
        error = caught.value
        assert (error.kind, error.subject) == ("ipmi_exec_error", "ipmitool")
        assert error.detail == error.msg
        assert "no answer in 10 s" in error.msg
        assert "powererror" in await client.row(1)
        (problem,) = await client.rows("problems")
        assert (problem["type"], problem["name"]) == ("problem_device_connection_fail", "srv-01")
        client.world.bmcs["srv-01"].silent = False
        client.world.bmcs["srv-01"].says_no = "completion code 0xC0: node busy"
        assert await client.refused("server.reboot", elid="1") == ("ipmi_exec_error", "ipmitool")
        (problem,) = await client.rows("problems")
        assert (problem["type"], problem["id"]) == ("problem_device_unexpected_data", "BMC of srv-01")

    with_client(scene)


def test_a_group_action_does_what_it_can_and_names_what_failed():
    async def scene(client: Client) -> None:
        client.world.bmcs["srv-02"].silent = True
        with pytest.raises(Refused) as caught:
            await client.xml("server.poweron", elid="1, 2, 3")
        assert caught.value.kind == "ipmi_exec_error"
        assert caught.value.detail.startswith("2: ")
        assert [client.world.bmcs[f"srv-0{n}"].on for n in (1, 2, 3)] == [True, False, True]

    with_client(scene)


def test_disabling_switches_the_ports_off_and_keeps_the_power():
    async def scene(client: Client) -> None:
        await client.xml("server.enable", elid="1")
        await client.xml("server.poweron", elid="1")
        client.world.switch.admin[0] = client.world.switch.admin[4] = True
        await client.xml("server.disable", elid="1")
        row = await client.row(1)
        assert {"disabled", "blocked", "inetoff", "poweron"} <= set(row)
        assert client.world.switch.admin == [False] * 8
        await client.xml("server.disable", elid="1")
        await client.xml("server.enable", elid="1")
        row = await client.row(1)
        assert "ineton" in row
        assert "disabled" not in row
        assert await client.refused("server.disable", elid="4") == ("missed", "connection")
        client.world.switch.stuck = {1}
        assert await client.refused("server.disable", elid="1") == ("handler_unknown", "")
        assert "disabled" not in await client.row(1)

    with_client(scene)


def test_connections_of_all_kinds_are_listed_read_and_switched():
    async def scene(client: Client) -> None:
        rows = await client.rows("server.connection", elid="1")
        assert [row["type"] for row in rows] == ["Switch", "Switch", "PDU", "IPMI"]
        assert len({row["id"] for row in rows}) == 4
        port, outlet, bmc = rows[0]["id"], rows[2]["id"], rows[3]["id"]
        await client.xml("server.connection.on", plid="1", elid=port)
        assert client.world.switch.admin[0] is True
        assert "adminon" in (await client.rows("server.connection", elid="1"))[0]
        await client.xml("server.connection.off", plid="1", elid=f"{port}, {outlet}")
        assert client.world.switch.admin[0] is False
        assert client.world.pdu.on[0] is False
        form = await client.xml("server.connection.edit", plid="1", elid=bmc)
        assert form.findtext("ip") == form.findtext("ipmiip") == "127.16.0.1"
        assert await client.refused("server.connection.off", plid="1", elid=bmc) == ("dev_unregistred_func", "")
        assert await client.refused("server.connection.off", plid="2", elid=port) == ("missed", "connection")
        client.world.switch.silent = True
        assert (await client.refused("server.connection.on", plid="1", elid=port))[0] in (
            "handler_unknown",
            "handler_snmp_session_fail",
        )

    with_client(scene)


def test_an_operation_shows_in_the_very_next_list_and_can_be_cancelled():
    async def scene(client: Client) -> None:
        assert await client.refused("server.operations", elid="1", **INSTALL) == ("operfail_no_ip_on_server", "")
        client.world.give_ip(1)
        await client.xml(
            "server.operations", elid="1", confirm="s3cret-pass", recipe="null", hostname="a.example", **INSTALL
        )
        row = await client.row(1)
        assert {"install_in_progress", "cancel_oper"} <= set(row)
        assert row["hostname"] == "a.example"
        assert await client.refused("server.operations", elid="1", **INSTALL) == ("operations_runnung_on_server", "")
        (address,) = await client.rows("iplist", elid="1")
        assert await client.refused("iplist.delete", plid="1", elid=address["id"]) == (
            "ip_delete_restrict_osinstall_in_progress",
            "",
        )
        (operation,) = await client.rows("operation")
        assert (operation["state"], operation["type"]) == ("running", "Installation of debian-12 on srv-01")
        assert operation["user"] == ADMIN[0]
        await client.xml("server.opercancel", elid="1")
        assert not {"install_in_progress", "operation_failed"} & set(await client.row(1))
        assert (await client.rows("operation"))[0]["state"] == "canceld"
        assert await client.refused("server.opercancel", elid="1") == ("no_avaliable_operations", "")
        assert "canceld" in (await client.xml("operation.log", elid="1")).findtext("log", "")
        await client.xml("server.operations", elid="1", **INSTALL)
        await client.xml("operation.cancel", elid="2")

    with_client(scene)


def test_wrong_operations_are_refused_by_their_fields():
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        cases = {
            ("value", "ostemplate"): {"ostemplate": "windows"},
            ("value", "passwd"): {"passwd": "with space"},
            ("value", "confirm"): {"confirm": "another"},
            ("value", "recipe"): {"recipe": "#local__x"},
            ("value", "operation"): {"operation": "no_operation"},
            ("value", "rescue"): {"operation": "rescue", "rescue": "Diag6"},
            ("value", "diag"): {"operation": "diag", "diag": "ISPsystem__debian-12"},
        }
        for expected, change in cases.items():
            assert await client.refused("server.operations", elid="1", **{**INSTALL, **change}) == expected
        assert await client.rows("operation") == []

    with_client(scene)


def test_a_failed_installation_is_a_flag_that_stays():
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        await client.xml("server.operations", elid="1", **INSTALL)
        await client.world.clock.sleep(1000)
        row = await client.row(1)
        assert "operation_failed" in row
        assert "install_in_progress" not in row
        assert [row["type"] for row in await client.rows("problems")] == ["problem_server_operation_failed"]

    with_client(scene)


def test_diagnostics_run_on_an_address_of_their_own_that_nobody_else_sees():
    async def scene(client: Client) -> None:
        diag = {"sok": "ok", "operation": "diag", "diag": "ISPsystem__Diag6", "clearhdd": "on"}
        await client.xml("server.operations", elid="1", **diag)
        row = await client.row(1)
        assert "diag_in_progress" in row
        assert row["ip"] == ""
        assert await client.rows("iplist", elid="1") == []
        assert len(client.world.panel.addresses.of_server(1)) == 1
        await client.xml("server.operations", elid="2", **diag)
        assert await client.refused("server.operations", elid="3", **diag) == ("cant_aoutoalloc_tmpipv4", "")

    with_client(scene)


@pytest.mark.requirement("HW-3")
def test_switches_pdus_and_their_ports():
    async def scene(client: Client) -> None:
        (switch,) = await client.rows("switch")
        assert (switch["name"], switch["portcnt"], switch["rack"]) == ("sw-a1", "8", "A1")
        assert "connection_ok" in switch
        ports = await client.rows("switch.port", elid=switch["id"])
        assert (ports[0]["servername"], ports[0]["serverhname"], ports[7]["serverhname"]) == ("srv-01", "free.ds", "")
        await client.xml("switch.port.on", elid=ports[7]["id"])
        assert client.world.switch.admin[7] is True
        await client.xml("switch.port.off", elid=ports[7]["id"])
        client.world.switch.admin[6] = True
        await client.xml("switch.port.refresh", elid=ports[6]["identity"])
        assert "adminon" in (await client.rows("switch.port", elid="1"))[6]
        (pdu,) = await client.rows("pdu")
        outlets = await client.rows("pdu.port", elid=pdu["id"])
        for off, on in (("pdu.port.off", "pdu.port.on"), ("pdu.off", "pdu.on")):
            await client.xml(off, elid=outlets[0]["id"])
            assert client.world.pdu.on[0] is False
            await client.xml(on, elid=outlets[0]["id"])
            assert client.world.pdu.on[0] is True
        client.world.pdu.silent = True
        assert await client.refused("pdu.refresh", elid="1") == ("handler_snmp_session_fail", "")
        assert "connection_problem" in (await client.rows("pdu"))[0]
        client.world.pdu.silent = False
        await client.xml("pdu.port.refresh", elid=outlets[0]["id"])
        await client.xml("switch.refresh", elid="1")
        assert (await client.xml("switch.edit", elid="1")).findtext("snmpcommunity") == "private"
        assert (await client.xml("pdu.edit", elid="1")).findtext("name") == "pdu-a1"
        for func in ("switch.port.on", "pdu.port.on", "switch.port.refresh", "pdu.port.refresh"):
            assert await client.refused(func, elid="999") == ("missed", "connection")
        for func in ("switch.port", "pdu.port", "switch.edit", "pdu.edit", "switch.refresh", "pdu.refresh"):
            assert await client.refused(func, elid="999") == ("missed", "device")

    with_client(scene)


def test_templates_types_racks_and_the_dashboard():
    async def scene(client: Client) -> None:
        assert {row["id"]: row["type"] for row in await client.rows("osmgr")} == {
            "ISPsystem__debian-12": "type_ostemplate",
            "ISPsystem__Diag6": "type_diag",
            "ISPsystem__Sysrescd": "type_rescue",
        }
        assert [(row["name"], row["servers"], row["freeservers"]) for row in await client.rows("servertype")] == [
            ("E3-1230-16Gb-2x1000SSD", "3", "3"),
            ("E5-2620-32Gb-1920SSD", "1", "1"),
        ]
        assert [row["name"] for row in await client.rows("repo")] == ["ISPsystem"]
        counts = {row["type"]: row["value"] for row in await client.rows("dashboard.info")}
        assert counts["servercnt"] == counts["freeservercnt"] == "4"
        own = {row["type"] for row in await client.rows("dashboard.info", authinfo=":".join(ALICE))}
        assert "freeservercnt" not in own

    with_client(scene)


def test_settings_diagnose_and_wipe_a_server_that_has_lost_its_owner():
    async def scene(client: Client) -> None:
        assert (await client.xml("globalsettings")).findtext("diagonfree") == "off"
        assert await client.refused("globalsettings", sok="ok", diagonfree="maybe") == ("value", "diagonfree")
        assert (await client.refused("globalsettings", sok="ok", diagonfreetemplate="x"))[0] == "value"
        await client.xml(
            "globalsettings", sok="ok", diagonfree="on", clearhdd="on", diagonfreetemplate="ISPsystem__Diag6"
        )
        await client.xml("server.edit", sok="ok", elid="1", owner="2")
        assert "diag_in_progress" not in await client.row(1)
        client.world.panel.set_owner(1, None)
        assert "diag_in_progress" in await client.row(1)
        assert client.world.operation(1).clear_disks
        assert not client.world.panel.is_free(client.world.server(1))
        assert (await client.xml("globalsettings")).findtext("diagonfreetemplate") == "ISPsystem__Diag6"

    with_client(scene)


def test_settings_switch_off_servers_that_nobody_owns():
    async def scene(client: Client) -> None:
        for number in ("1", "2"):
            await client.xml("server.poweron", elid=number)
        await client.xml("server.edit", sok="ok", elid="2", owner="2")
        await client.xml("globalsettings", sok="ok", servers_autoshutdown="on")
        await client.world.clock.sleep(1)
        assert [client.world.power(number) for number in (1, 2)] == ["off", "on"]
        await client.xml("server.edit", sok="ok", elid="2", owner="no_owner")
        await client.world.clock.sleep(301)
        assert client.world.power(2) == "off"
        await client.xml("globalsettings", sok="ok", servers_autoshutdown="off")
        await client.xml("server.poweron", elid="1")
        await client.world.clock.sleep(700)
        assert client.world.power(1) == "on"

    with_client(scene)


def test_servers_come_and_go():
    async def scene(client: Client) -> None:
        new = {"sok": "ok", "rack": "1", "ipmiip": "127.16.0.9", "ipmiuser": "ADMIN", "ipmipass": "ADMIN"}
        assert (await client.xml("server.edit")).findtext("hostname") == "free.ds"
        assert await client.refused("server.edit", name="srv-01", **new) == ("exists", "servers")
        assert await client.refused("server.edit", name="x", mac="00:25:90:00:00:01", **new) == ("exists", "server_mac")
        assert await client.refused("server.edit", name="x", **{**new, "rack": "9"}) == ("value", "rack")
        assert await client.refused("server.edit", authinfo=":".join(ALICE), name="x", **new) == ("missed", "elid")
        doc = await client.xml("server.edit", name="colo-1", hostname="colo.example.com", notes="of a client", **new)
        number = doc.findtext("id")
        row = await client.row(int(number))
        assert (row["name"], row["hostname"], row["notes"]) == ("colo-1", "colo.example.com", "of a client")
        await client.xml("server.edit", sok="ok", elid=number, owner="2")
        assert (await client.refused("server.delete", elid=number))[0] == "server_state"
        await client.xml("server.edit", sok="ok", elid=number, owner="no_owner")
        await client.xml("server.delete", elid=number)
        assert await client.refused("server.edit", elid=number) == ("missed", "server")
        client.world.give_ip(1)
        await client.xml("server.operations", elid="1", **INSTALL)
        assert await client.refused("server.delete", elid="1") == ("operations_runnung_on_server", "")

    with_client(scene)


def test_a_recipe_is_named_with_or_without_its_repository():
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        client.world.panel.recipes.add("lamp", "#!/bin/sh", for_all=False)
        client.world.panel.set_owner(1, 2)
        alice = {"authinfo": ":".join(ALICE)}
        assert await client.refused("server.operations", elid="1", recipe="#local__lamp", **alice, **INSTALL) == (
            "value",
            "recipe",
        )
        await client.xml("server.operations", elid="1", recipe="#local__lamp", **INSTALL)
        assert client.world.operation(1).recipe == 1

    with_client(scene)

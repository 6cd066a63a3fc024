"""Racks, PDUs, cables and BMCs are entered, changed and taken away; meters are read."""

from __future__ import annotations

import pytest

from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE

SERVER = "/dci/v3/server/1"


def test_racks_come_and_go_but_not_with_things_in_them():
    async def scene(client: Client) -> None:
        rack = (await client.post("/dci/v3/rack", {"name": "B7", "note": "by the door"}))["id"]
        assert await client.get(f"/dci/v3/rack/{rack}") == {
            "id": rack, "name": "B7", "location_id": 3, "device_count": 0, "note": "by the door"
        }  # fmt: skip
        await client.post(f"/dci/v3/rack/{rack}", {"name": "B8"})
        assert (await client.get(f"/dci/v3/rack/{rack}"))["note"] == "by the door"
        assert (await client.refused("POST", "/dci/v3/rack", {"name": "B8"}))[:2] == (409, 9413)
        assert (await client.refused("POST", f"/dci/v3/rack/{rack}", {"name": " "}))[3] == "name"
        assert (await client.refused("DELETE", "/dci/v3/rack/1"))[:2] == (409, 9417)
        assert await client.delete(f"/dci/v3/rack/{rack}") == {"id": rack}
        assert (await client.refused("GET", f"/dci/v3/rack/{rack}"))[0] == 404

    with_client(scene)


def test_a_pdu_tells_its_outlets_itself_and_stays_while_a_server_hangs_on_it():
    async def scene(client: Client) -> None:
        form = {"name": "pdu-b9", "rack": 1, "handler": "apc", "ip": "127.48.0.9", "note": "spare"}
        pdu = (await client.post("/dci/v3/pdu", form))["id"]
        await client.world.clock.sleep(301)
        shown = await client.get(f"/dci/v3/pdu/{pdu}")
        assert (shown["name"], shown["handler"], shown["port_count"], shown["note"]) == ("pdu-b9", "apc", 8, "spare")
        for change, status in (
            ({"name": "pdu-b9"}, 409), ({"name": "x", "handler": "apx"}, 400), ({"name": "x", "rack": 9}, 404),
            ({"name": "x", "ip": ""}, 400), ({"name": "x", "snmp_version": "3"}, 400),
        ):  # fmt: skip
            assert (await client.refused("POST", "/dci/v3/pdu", form | change))[0] == status
        outlet = (await client.get(f"/dci/v3/pdu/{pdu}/port"))["list"][0]["id"]
        await client.post(f"{SERVER}/connection", {"pdu_port": outlet})
        assert (await client.refused("DELETE", f"/dci/v3/pdu/{pdu}"))[:2] == (409, 9417)
        await client.delete(f"{SERVER}/connection/pdu_port/{outlet}")
        await client.post(f"/dci/v3/pdu/{pdu}", {"name": "pdu-b1", "note": ""})
        assert (await client.get(f"/dci/v3/pdu/{pdu}"))["name"] == "pdu-b1"
        assert await client.delete(f"/dci/v3/pdu/{pdu}") == {"id": pdu}
        assert [row["name"] for row in (await client.get("/dci/v3/pdu"))["list"]] == ["pdu-a1"]

    with_client(scene)


def test_a_switch_has_a_name_and_a_note():
    async def scene(client: Client) -> None:
        await client.post("/dci/v3/switch/1", {"name": "sw-z1", "note": "left"})
        shown = await client.get("/dci/v3/switch/1")
        assert (shown["name"], shown["note"]) == ("sw-z1", "left")
        assert (await client.get(SERVER))["switch_connection"][0]["switch_name"] == "sw-z1"
        assert (await client.refused("POST", "/dci/v3/switch/1", {"name": "x", "port_count": 3}))[3] == "port_count"

    with_client(scene)


def test_cables_are_plugged_into_what_is_free():
    async def scene(client: Client) -> None:
        ports = {row["number"]: row["id"] for row in (await client.get("/dci/v3/switch/1/port"))["list"]}
        path = f"{SERVER}/connection"
        assert (await client.refused("POST", path, {"switch_port": ports[2]}))[:2] == (409, 9417)
        for body in ({}, {"switch_port": ports[8], "pdu_port": 8}):
            assert (await client.refused("POST", path, body))[0] == 400
        await client.post(path, {"switch_port": ports[8]})
        assert [each["id"] for each in (await client.get(path))["switch_connection"]] == [ports[1], ports[5], ports[8]]
        await client.post(f"{SERVER}/port_on", {"port": [ports[8]]})
        assert client.world.switch.admin[7]
        await client.delete(f"{path}/switch_port/{ports[8]}")
        assert (await client.refused("DELETE", f"{path}/switch_port/{ports[8]}"))[0] == 404
        assert (await client.refused("DELETE", f"{path}/pdu_port/99"))[0] == 404

    with_client(scene)


def test_the_bmc_is_where_the_panel_is_told_it_is():
    async def scene(client: Client) -> None:
        await client.post(f"{SERVER}/bmc", {"ip": "127.16.0.77", "username": "root"})
        assert (await client.get(SERVER))["bmc"][0]["ip"] == "127.16.0.77"
        access = client.world.server(1).bmc
        assert (access.port, access.username, access.password) == (6230, "root", "ADMIN")
        assert (await client.refused("POST", f"{SERVER}/bmc", {"ip": "127.16.0.2", "port": 6230}))[0] == 409

    with_client(scene)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/connection", {"switch_port": 8}),
        ("DELETE", "/connection/switch_port/1", None),
        ("DELETE", "/connection/pdu_port/1", None),
        ("POST", "/bmc", {"ip": "127.16.0.77"}),
    ],
)
def test_protection_covers_connections_and_the_bmc_and_users_have_nothing_to_do_with_them(method, path, body):
    async def scene(client: Client) -> None:
        await client.post(SERVER, {"protected": True, "owner": 2})
        assert (await client.refused(method, SERVER + path, body))[:2] == (409, 9412)
        await client.log_in(*ALICE)
        assert (await client.refused(method, SERVER + path, body))[:2] == (403, 3001)

    with_client(scene)

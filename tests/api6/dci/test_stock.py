"""Servers and switches that come and go, recipes, the warehouse, and what a server's history shows."""

from __future__ import annotations

import pytest

from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE

FORM = {
    "name": "srv-new",
    "rack": 1,
    "unit": 30,
    "mac": ["00:25:90:AA:00:01"],
    "barcode": "S99",
    "model": "X11",
    "bmc": {"ip": "127.16.0.99", "port": 6230, "username": "ADMIN", "password": "ADMIN"},
    "switch_port": [],
    "pdu_port": [],
}


def test_a_server_is_added_used_and_deleted():
    async def scene(client: Client) -> None:
        panel = client.world.panel
        free = next(port for port in panel.inventory.ports_of_switch(1) if port.server is None)
        sid = (await client.post("/dci/v3/server", {**FORM, "switch_port": [free.id]}))["id"]
        path = f"/dci/v3/server/{sid}"
        shown = await client.get(path)
        assert (shown["name"], shown["power_status"], shown["mac"]) == ("srv-new", "unknown", ["00:25:90:aa:00:01"])
        assert shown["switch_connection"][0]["id"] == free.id
        assert (await client.get("/dci/v3/server?where=name EQ 'srv-new'"))["size"] == 1
        for change, status in (
            ({}, 409), ({"name": "other"}, 409), ({"name": "other", "mac": ["00:25:90:00:00:aa"]}, 409),
            ({"name": "other", "mac": ["nonsense"], "unit": None}, 400), ({"rack": 99}, 404),
            ({"name": "other", "mac": [], "unit": None, "switch_port": [free.id]}, 409), ({"name": " "}, 400),
        ):  # fmt: skip
            assert (await client.refused("POST", "/dci/v3/server", {**FORM, **change}))[0] == status, change

        await client.post(f"{path}/ip", {"ippool": "public"})
        await client.post(f"{path}/owner", {"owner": 2})
        assert "has an owner" in (await client.refused("DELETE", path))[2]
        await client.delete(f"{path}/owner")
        await client.post(path, {"protected": True})
        assert (await client.refused("DELETE", path))[1] == 9412
        await client.post(path, {"protected": False})
        assert await client.delete(path) == {"id": sid}
        assert (await client.refused("GET", path))[:2] == (404, 3080)
        assert (await client.get("/ip/v3/ip"))["list"] == []
        assert panel.inventory.switch_ports.get(free.id).server is None
        assert (await client.get("/dci/v3/server?where=name EQ 'srv-new'"))["list"] == []
        again = await client.post("/dci/v3/server", FORM)
        assert again["id"] > sid
        await client.world.clock.sleep(2000)

    with_client(scene)


def test_a_busy_server_is_not_deleted_and_its_past_operations_outlive_it():
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        started = await client.post("/dci/v3/server/1/os_install", {"os_template": "debian-12"})
        assert (await client.refused("DELETE", "/dci/v3/server/1"))[1] == 9410
        await client.post("/dci/v3/server/1/operation/cancel")
        await client.delete("/dci/v3/server/1")
        rows = (await client.get("/dci/v3/operation"))["list"]
        assert [(row["id"], row["status"], row["server"]) for row in rows] == [
            (started["operation"], "canceled", {"id": 1, "name": ""})
        ]

    with_client(scene)


def test_a_protected_server_keeps_its_addresses():
    async def scene(client: Client) -> None:
        path = "/dci/v3/server/1"
        ip = (await client.post(f"{path}/ip", {"ippool": "public"}))["id"]
        assert await client.post(f"{path}/ip/{ip}", {"domain": "web.example.com", "note": "n"}) == {"id": ip}
        assert (await client.get(f"{path}/ip"))["list"][0]["domain"] == "web.example.com"
        await client.post(path, {"protected": True})
        for method, what, body in (
            ("POST", f"{path}/ip", {"ippool": "public"}), ("POST", f"{path}/ip/{ip}", {"domain": "x"}),
            ("DELETE", f"{path}/ip/{ip}", None), ("POST", path, {"maintenance": True}), ("POST", path, {"name": "x"}),
            ("POST", f"{path}/power_off", {}), ("POST", f"{path}/power_reset", {}),
            ("POST", f"{path}/os_install", {"os_template": 1}), ("POST", f"{path}/diagnostic", {"template": "Diag6"}),
            ("DELETE", path, None),
        ):  # fmt: skip
            assert (await client.refused(method, what, body))[1] == 9412, what
        assert (await client.refused("POST", f"{path}/ip/99", {}))[0] == 404

    with_client(scene)


def test_a_servers_history_tells_what_changed_newest_first():
    async def scene(client: Client) -> None:
        path = "/dci/v3/server/1"
        await client.post(f"{path}/power_on")
        await client.post(f"{path}/owner", {"owner": 2})
        await client.post(path, {"maintenance": True, "name": "web-1"})
        client.world.give_ip(1)
        started = await client.post(f"{path}/os_install", {"os_template": "debian-12"})
        await client.post(f"{path}/suspend")
        past = await client.get(f"{path}/history")
        assert [(row["name"], row["state"]) for row in past["list"]] == [
            ("state", "suspended"), ("state", "suspending"), ("os_install", "waiting"),
            ("maintenance", "true"), ("name", "web-1"), ("owner", "2"), ("power", "on"), ("power", "off"),
        ]  # fmt: skip
        assert past["list"][2]["operation"] == {"id": started["operation"]}
        assert past["max_id"] == past["list"][0]["id"]
        assert (await client.get(f"{path}/history?where=name EQ 'owner'"))["size"] == 1
        assert (await client.get("/dci/v3/server/2/history"))["max_id"] > 0

    with_client(scene)


def test_ports_of_a_switch_without_a_handler_come_and_go_and_are_not_set():
    async def scene(client: Client) -> None:
        switch = (await client.post("/dci/v3/switch", {"name": "sw-dumb", "rack": 1, "port_count": 3}))["id"]
        path = f"/dci/v3/switch/{switch}"
        ports = (await client.get(f"{path}/port"))["list"]
        assert [(port["description"], port["admin_status"], port["speed"]) for port in ports] == [
            (f"Port {number}", "unknown", 0) for number in (1, 2, 3)
        ]
        sid = (await client.post("/dci/v3/server", {**FORM, "switch_port": [ports[2]["id"]]}))["id"]
        await client.world.clock.sleep(1000)
        for call in (
            f"/dci/v3/server/{sid}/port_on",
            f"/dci/v3/server/{sid}/suspend",
            f"{path}/port/{ports[0]['id']}/on",
        ):
            answer = await client.refused("POST", call, {})
            assert answer[1] == 9411
            assert "no handler" in answer[2]
        assert (await client.get(f"/dci/v3/server/{sid}"))["state"] == "active"
        assert (await client.refused("POST", path, {"port_count": 1}))[:2] == (409, 9417)
        await client.post(path, {"port_count": 5})
        assert (await client.get(f"{path}/port"))["size"] == 5
        await client.post(f"{path}/port/{ports[0]['id']}", {"description": "uplink"})
        assert (await client.get(f"{path}/port?where=description EQ 'uplink'"))["size"] == 1
        assert (await client.refused("POST", f"{path}/port/{ports[0]['id']}", {"vlan": 7}))[0] == 409
        assert (await client.refused("DELETE", path))[1] == 9417
        await client.delete(f"/dci/v3/server/{sid}")
        await client.post(path, {"port_count": 1})
        await client.delete(path)
        assert (await client.refused("GET", path))[0] == 404

    with_client(scene)


def test_a_switch_with_a_handler_tells_its_ports_itself():
    async def scene(client: Client) -> None:
        for body, status in (
            ({"handler": "cisco", "ip": "127.32.0.9"}, 400), ({"handler": "cisco-catalyst"}, 400),
            ({"handler": "cisco-catalyst", "ip": "127.32.0.9", "port_count": 4}, 400),
        ):  # fmt: skip
            assert (await client.refused("POST", "/dci/v3/switch", {"name": "sw-x", "rack": 1, **body}))[0] == status
        assert (await client.refused("POST", "/dci/v3/switch/1", {"port_count": 4}))[1] == 9411
        port = (await client.get("/dci/v3/switch/1/port"))["list"][0]["id"]
        # This bench's driver knows nothing of speeds.
        for field, value, words in (
            ("speed", 10**8, "speed"),
            ("duplex", "full", "speed"),
            ("description", "x", "description"),
        ):
            answer = await client.refused("POST", f"/dci/v3/switch/1/port/{port}", {field: value})
            assert answer[:2] == (409, 9411)
            assert f"cannot set {words}" in answer[2]
        for field, value in (("speed", 100), ("speed", "fast"), ("duplex", "both")):
            assert (await client.refused("POST", f"/dci/v3/switch/1/port/{port}", {field: value}))[0] == 400

    with_client(scene)


@pytest.mark.parametrize(
    ("kind", "names"), [("switch", ["sw-a1"]), ("pdu", ["pdu-a1"]), ("ups", []), ("spare_part", [])]
)
def test_the_warehouse_lists_what_stands_in_racks(kind: str, names: list[str]):
    async def scene(client: Client) -> None:
        rows = await client.get(f"/dci/v3/warehouse/{kind}?orderby=warehouse_status desc&limit=1,10")
        assert rows["size"] == len(names)
        rows = await client.get(f"/dci/v3/warehouse/{kind}?where=warehouse_status EQ 'in_use'")
        assert [row["name"] for row in rows["list"]] == names

    with_client(scene)


def test_an_installation_takes_a_recipe_and_keys_to_the_image():
    async def scene(client: Client) -> None:
        world = client.world
        script = "#!/bin/sh\napt-get install -y nginx\n"
        recipe = (await client.post("/dci/v3/recipe", {"name": "nginx", "script": script}))["id"]
        hidden = (await client.post("/dci/v3/recipe", {"name": "ours", "script": "true", "for_all": False}))["id"]
        assert (await client.refused("POST", "/dci/v3/recipe", {"name": "nginx", "script": "x"}))[0] == 409
        await client.post(f"/dci/v3/recipe/{hidden}", {"note": "administrators only"})
        world.give_ip(1)
        world.panel.set_owner(1, 2)
        await client.log_in(*ALICE)
        path = "/dci/v3/server/1/os_install"
        body = {"os_template": "debian-12", "password": "root-secret", "ssh_keys": ["ssh-ed25519 AAAA alice"]}
        assert (await client.refused("POST", path, {**body, "recipe": hidden}))[0] == 404
        assert (await client.refused("POST", path, {**body, "recipe": "none"}))[0] == 404
        assert (await client.refused("POST", path, {**body, "ssh_keys": ["nonsense"]}))[0] == 400
        started = await client.post(path, {**body, "recipe": recipe})
        assert (await client.get(f"/dci/v3/operation/{started['operation']}"))["recipe"] == recipe
        await world.clock.sleep(60)
        image = world.panel.boot.loader("00:25:90:00:00:01")
        assert image is not None
        assert (image.recipe, image.ssh_keys) == (script, ("ssh-ed25519 AAAA alice",))

    with_client(scene)


def test_lists_tell_the_position_of_the_notifier():
    async def scene(client: Client) -> None:
        before = (await client.get("/dci/v3/server"))["last_notify"]
        await client.post("/dci/v3/server/1", {"notes": "x"})
        after = (await client.get("/dci/v3/server"))["last_notify"]
        told = client.world.panel.notifier.since(before)
        assert [(each.id, each.type, each.object, each.action) for each in told] == [(after, "server", 1, "update")]

    with_client(scene)

"""A service's life in calls: what a billing module does, in the order in which it does it."""

from __future__ import annotations

import pytest

from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE, CONFIGURATION


@pytest.mark.requirement("HW-5")
def test_a_server_is_sold_installed_suspended_and_returned():
    async def scene(client: Client) -> None:
        world = client.world
        assert (await client.get("/dci/v3/server/configuration"))["list"][0] == {
            "configuration": CONFIGURATION,
            "free_server_count": 3,
        }
        where = f"(configuration EQ '{CONFIGURATION}') AND (owner_email IS null)"
        server = (await client.get(f"/dci/v3/server?where={where}&orderby=id asc&limit=1"))["list"][0]
        sid = server["id"]
        path = f"/dci/v3/server/{sid}"
        assert (server["power_status"], server["owner"], server["operation"]) == ("off", None, None)
        assert [port["description"] for port in server["switch_connection"]] == [
            "GigabitEthernet0/1",
            "GigabitEthernet0/5",
        ]
        assert server["pdu_connection"]["pdu_name"] == "pdu-a1"
        assert server["hardware_info"]["motherboard"]["model"] == "X10SLM"
        assert server["location_id"] == 3

        user = await client.post(
            "/dci/v3/user",
            {
                "email": "bob@example.com",
                "full_name": "Bob",
                "password": "bob-secret",
                "phone_number": "",
                "role": "@user",
            },
        )
        found = await client.get("/dci/v3/user?where=(email+EQ+'bob@example.com')")
        assert (found["list"][0]["id"], found["list"][0]["roles"]) == (user["id"], ["@user"])
        assert await client.post(f"{path}/owner", {"owner": user["id"]}) == {"id": sid}
        assert await client.post(f"{path}/port_on", {}) == {"id": sid}
        assert await client.post(f"{path}/power_on", {}) == {"id": sid}
        pool = (await client.get("/ip/v3/ippool?where=name+CP+'public'"))["list"][0]
        assert (pool["using_ip"], pool["total_ip"]) == ("0", "6")
        ip = await client.post(f"{path}/ip", {"ippool": pool["id"], "family": "ipv4", "count": 1})
        assert ip == {"id": 1, "ids": [1]}

        started = await client.post(f"{path}/os_install", {"os_template": "debian-12", "password": "root-secret"})
        assert started == {"id": sid, "operation": 1}
        shown = await client.get(path)
        assert (shown["operation"]["id"], shown["operation"]["status"]) == (1, "waiting")
        assert (shown["owner_email"], shown["power_status"]) == ("bob@example.com", "on")
        assert shown["ip"][0]["name"] == "192.0.2.2"
        assert (shown["ip"][0]["gateway"], shown["ip"][0]["network"]) == ("192.0.2.1", "192.0.2.0/24")
        await world.install(sid)
        shown = await client.get(path)
        assert shown["operation"]["status"] == "ok"
        assert shown["os_template"] == {"id": 1, "name": "debian-12", "tags": ["linux"]}
        assert shown["operation"]["progress_info"][-1] == {
            "stage": "done", "percent": 100, "message": "", "time": "2026-01-01 00:21:41",
        }  # fmt: skip

        await client.post(f"{path}/suspend")
        assert (await client.get(path))["state"] == "suspended"
        assert world.switch.admin[0] is False
        await client.post(f"{path}/unblock")
        assert (await client.get(path))["state"] == "active"

        await client.delete(f"{path}/ip/1")
        await client.post(f"{path}/owner", {"owner": None})
        wiped = await client.post(f"{path}/diagnostic", {"template": "Diag6", "clear_disks": True, "ippool": "release"})
        assert (await client.get(f"/dci/v3/task/{wiped['operation']}"))["clear_disks"] is True
        assert await client.post(f"{path}/operation/cancel") == {"id": sid, "operation": 2}
        assert [each["status"] for each in (await client.get(f"{path}/operation"))["list"]] == ["canceled", "ok"]
        await client.post(f"{path}/power_off", {})
        await client.post(f"{path}/switch_port/off", {})
        shown = await client.get(path)
        assert (shown["ip"], shown["owner"], shown["power_status"]) == ([], None, "off")
        assert (await client.get("/dci/v3/server/configuration"))["list"][0]["free_server_count"] == 3

    with_client(scene)


@pytest.mark.parametrize("key", ["owner", "owner_id", "user", "account"])
def test_the_owner_is_set_under_any_of_its_names(key):
    async def scene(client: Client) -> None:
        await client.post("/dci/v3/server/1/owner", {key: 2})
        assert (await client.get("/dci/v3/server/1"))["owner"] == {"id": 2, "email": ALICE[0]}
        await client.delete("/dci/v3/server/1/owner")
        assert (await client.get("/dci/v3/server/1"))["owner"] is None
        await client.post("/dci/v3/server/1", {key: 2, "notes": "hers"})
        assert (await client.get("/dci/v3/server/1"))["owner_email"] == ALICE[0]

    with_client(scene)


@pytest.mark.requirement("HW-8")
def test_a_server_without_ports_says_so():
    async def scene(client: Client) -> None:
        status, code, message, _ = await client.refused("POST", "/dci/v3/server/4/port_off", {})
        assert (status, code, message) == (409, 9414, "server srv-04 has no switch ports")

    with_client(scene)


@pytest.mark.requirement("HW-7")
def test_a_device_that_fails_is_named():
    async def scene(client: Client) -> None:
        client.world.bmcs["srv-01"].silent = True
        status, code, message, value = await client.refused("POST", "/dci/v3/server/1/power_on", {})
        assert (status, code, value) == (502, 9503, "BMC of srv-01")
        assert message == "BMC of srv-01: no answer in 10 s"
        shown = await client.get("/dci/v3/server/1")
        assert shown["power_status"] == "unknown"
        assert shown["errors"] == [{"device": "BMC of srv-01", "message": "no answer in 10 s"}]
        assert shown["bmc"][0]["status"] == "error"

    with_client(scene)


def test_a_second_operation_is_refused_while_one_runs():
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        await client.post("/dci/v3/server/1/install", {"os_template": 1})
        assert (await client.refused("POST", "/dci/v3/server/1/os", {"os_template": 1}))[:2] == (409, 9410)
        assert await client.delete("/dci/v3/operation/1") == {"id": 1, "operation": 1}
        assert (await client.refused("DELETE", "/dci/v3/operation/1"))[:2] == (409, 9411)

    with_client(scene)


def test_ports_and_outlets_can_be_worked_from_their_devices():
    async def scene(client: Client) -> None:
        ports = (await client.get("/dci/v3/switch/1/port?orderby=id desc&limit=0,1000"))["list"]
        free = next(port for port in ports if port["number"] == 7)
        assert free["server"] is None
        await client.post(f"/dci/v3/switch/1/port/{free['id']}/enable")
        assert client.world.switch.admin[6] is True
        outlets = (await client.get("/dci/v3/pdu/1/port?where=server.name EQ 'srv-02'"))["list"]
        assert outlets[0]["server"] == {"id": 2, "name": "srv-02"}
        await client.post(f"/dci/v3/pdu/1/port/{outlets[0]['id']}/off")
        assert client.world.pdu.on[1] is False
        assert (await client.get("/dci/v3/server/2"))["power_status"] == "off"
        for path in ("switch/1", "pdu/1", "rack/1", "location/3"):
            assert (await client.get(f"/dci/v3/{path}"))["name"]
        assert len((await client.get("/dci/v3/server/1/connections"))["switch_connection"]) == 2

    with_client(scene)


def test_a_user_has_his_own_servers_and_nothing_else():
    async def scene(client: Client) -> None:
        await client.post("/dci/v3/server/2/owner", {"owner": 2})
        client.world.give_ip(1)
        client.world.give_ip(2)
        await client.log_in(*ALICE)
        assert [row["id"] for row in (await client.get("/dci/v3/server"))["list"]] == [2]
        assert [row["name"] for row in (await client.get("/ip/v3/ip"))["list"]] == ["192.0.2.3"]
        assert [row["email"] for row in (await client.get("/dci/v3/user"))["list"]] == [ALICE[0]]
        assert (await client.refused("GET", "/dci/v3/server/1"))[:2] == (404, 3080)
        assert (await client.refused("POST", "/dci/v3/server/1/power_on", {}))[:2] == (404, 3080)
        assert (await client.refused("POST", "/dci/v3/server/2/owner", {"owner": None}))[:2] == (403, 3001)
        assert (await client.refused("POST", "/dci/v3/server/2", {"protected": True}))[:2] == (403, 3001)
        assert (await client.refused("POST", "/auth/v4/user/2", {"roles": ["@admin"]}))[:2] == (403, 3001)
        assert (await client.refused("GET", "/dci/v3/user/1"))[:2] == (404, 3080)
        await client.post("/dci/v3/server/2/power_on")
        await client.post("/dci/v3/server/2", {"notes": "mine"})
        number = (await client.post("/dci/v3/server/2/os_install", {"os_template": "debian-12"}))["operation"]
        assert (await client.get("/dci/v3/operation"))["size"] == 1
        await client.delete(f"/dci/v3/operation/{number}")
        await client.post(f"/auth/v4/user/{ALICE[0]}/password", {"password": "another-secret"})
        await client.log_in(ALICE[0], "another-secret")

    with_client(scene)


def test_users_are_kept_by_the_auth_service_too():
    async def scene(client: Client) -> None:
        made = await client.post("/auth/v4/user", {"email": "eve@example.com", "password": "eve-secret"}, status=201)
        shown = await client.get("/auth/v4/user/eve@example.com")
        assert (shown["id"], shown["state"], shown["roles"]) == (made["id"], "active", ["@user"])
        assert await client.post(f"/auth/v4/user/{made['id']}", {"full_name": "Eve", "lang": "ru"}) == {}
        await client.post(f"/dci/v3/user/{made['id']}/suspend")
        assert (await client.get(f"/dci/v3/user/{made['id']}"))["state"] == "disabled"
        await client.post(f"/dci/v3/user/{made['id']}/resume")
        key = await client.post("/auth/v4/user/eve@example.com/key", {}, status=201)
        session = await client.post("/auth/v4/public/key", {"key": key["key"]}, status=201)
        assert session["token"]
        await client.post("/dci/v3/server/1/owner", {"owner": made["id"]})
        assert (await client.refused("DELETE", "/auth/v4/user/eve@example.com"))[:2] == (400, 9416)
        await client.delete("/dci/v3/server/1/owner")
        assert await client.delete("/auth/v4/user/eve@example.com") == {}
        end = await client.post("/auth/v4/token", {"expires_at": "2026-02-01 00:00:00"}, status=201)
        assert end["expires_at"] == "2026-02-01 00:00:00"
        for when in ("soon", "2020-01-01 00:00:00"):
            assert (await client.refused("POST", "/auth/v4/token", {"expires_at": when}))[3] == "expires_at"

    with_client(scene)


@pytest.mark.requirement("W6-S15")
def test_ipv6_subnets_are_allocated_by_prefix():
    async def scene(client: Client) -> None:
        body = {"ippool": "six", "family": "ipv6", "count": 2, "ip_prefix": 64}
        assert await client.post("/dci/v3/server/1/ip", body) == {"id": 1, "ids": [1, 2]}
        rows = (await client.get("/dci/v3/server/1/ip"))["list"]
        assert [(row["name"], row["family"]) for row in rows] == [
            ("2001:db8:0:10::/64", "ipv6"),
            ("2001:db8:0:11::/64", "ipv6"),
        ]
        pool = await client.get("/ip/v3/ippool/3")
        assert (pool["using_ipv6"], pool["total_ip"]) == (str(2 * 2**64), str(2**68))
        assert (await client.post("/dci/v3/server/1/ip"))["ids"] == [3]
        assert (await client.post("/dci/v3/server/1/ip", {"name": "192.0.2.5"}))["ids"] == [4]
        assert (await client.get("/dci/v3/ipmgr/ip/4"))["ip_addr"] == "192.0.2.5"

    with_client(scene)

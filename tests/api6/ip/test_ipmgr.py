"""IPmanager 6 over the wire: its shapes, its oddities, and that it gives nothing twice."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE


def test_a_pool_is_built_used_and_taken_down():
    async def scene(client: Client) -> None:
        net = await client.post("/ip/v3/userspace/public/ipnet", {"name": "10.1.0.0/24", "gateway": "10.1.0.1"})
        pool = await client.post("/dci/v3/ipmgr/userspace/1/ippool", {"name": "fresh", "note": "for tests"})
        path = f"/ip/v3/ippool/{pool['id']}"
        ranged = await client.post(f"{path}/range", {"name": "10.1.0.0-10.1.0.9"})
        one = await client.post(f"{path}/ip", {"family": "ipv4", "domain": "a.example.com", "note": "first"})
        assert one == {"id": one["id"], "ids": [one["id"]]}
        shown = await client.get(f"/ip/v3/ip/{one['id']}")
        assert shown == {
            "id": one["id"], "name": "10.1.0.2", "ip_addr": "10.1.0.2", "domain": "a.example.com", "ipnet": net["id"],
            "ipnet_name": "10.1.0.0/24", "ippool": pool["id"], "parent": 0, "size": 1, "status": "busy",
            "note": "first", "userspace": 1, "locked": False, "first": "10.1.0.2", "server": None,
        }  # fmt: skip
        row = (await client.get("/ip/v3/ippool?where=name EQ 'fresh'"))["list"][0]
        assert (row["using_ip"], row["total_ip"], row["total_ipv6"]) == ("1", "8", "0")
        assert row["ipnets"] == [{"id": net["id"], "name": "10.1.0.0/24", "gateway": "10.1.0.1"}]
        row = (await client.get(f"/ip/v3/range?where=ippool EQ {pool['id']}"))["list"][0]
        assert (row["family"], row["first"], row["last"], row["locked"]) == (2, "10.1.0.0", "10.1.0.9", False)
        row = await client.get(f"/ip/v3/ipnet/{net['id']}")
        assert (row["mask"], row["size"], row["total_ip"], row["ippools"]) == (24, "256", "253", [pool["id"]])

        for what in (path, f"/ip/v3/range/{ranged['id']}", f"/ip/v3/ipnet/{net['id']}"):
            assert (await client.refused("DELETE", what))[0] == 409
        await client.post(f"/ip/v3/ip/{one['id']}", {"locked": True, "status": "problem"})
        assert (await client.refused("DELETE", f"/ip/v3/ip/{one['id']}"))[:2] == (409, 9417)
        assert (await client.get(f"/ip/v3/range/{ranged['id']}"))["locked"] is True
        await client.post(f"/ip/v3/ip/{one['id']}", {"locked": False})
        assert await client.delete(f"/ip/v3/ip/{one['id']}?with_check=false") == {"id": one["id"]}
        past = (await client.get("/ip/v3/userspace/public/history/10.1.0.2"))["list"]
        assert [row["data"]["new"] for row in past][1:] == [
            {"status": "problem", "locked": True},
            {"locked": False},
            {},
        ]
        for what in (path, f"/ip/v3/ipnet/{net['id']}"):
            await client.delete(what)
        assert (await client.refused("GET", f"/ip/v3/range/{ranged['id']}"))[0] == 404

    with_client(scene)


def test_prefixes_of_ipv6_and_the_setting_for_them():
    async def scene(client: Client) -> None:
        path = "/ip/v3/ippool/3"
        first = await client.post(f"{path}/ip", {"family": "ipv6", "ip_prefix": 64})
        assert (await client.get(f"/ip/v3/ip/{first['id']}"))["name"] == "2001:db8:0:10::/64"
        await client.post("/ip/v3/settings/ipv6_prefix", {"prefix": 80})
        second = await client.post(f"{path}/ip", {"family": "ipv6"})
        assert (await client.get(f"/ip/v3/ip/{second['id']}"))["name"] == "2001:db8:0:11::/80"
        past = await client.get("/dci/v3/ipmgr/userspace/1/history/2001:db8:0:10::/64")
        assert [row["reference"] for row in past["list"]] == [first["id"]]
        assert (await client.get(path))["using_ipv6"] == str(2**64 + 2**48)
        many = await client.post(f"{path}/ip", {"family": "ipv6", "ip_prefix": 126, "subnet_by_address": True})
        assert len(many["ids"]) == 4
        assert (await client.refused("POST", f"{path}/ip", {"family": "ipv4"}))[0] == 409
        assert (await client.refused("POST", "/ip/v3/settings/ipv6_prefix", {"prefix": 9}))[0] == 400

    with_client(scene)


def test_addresses_asked_for_by_name():
    async def scene(client: Client) -> None:
        got = await client.post("/ip/v3/ipnet/1/ip", {"name": "192.0.2.200", "status": "service"})
        shown = await client.get(f"/ip/v3/ip/{got['id']}")
        assert (shown["ippool"], shown["ipnet"], shown["status"]) == (0, 1, "service")
        got = await client.post("/ip/v3/userspace/public/ip", {"name": "192.0.2.5"})
        assert (await client.get(f"/ip/v3/ip/{got['id']}"))["ippool"] == 1
        for body, status in (
            ({"name": "192.0.2.5"}, 409), ({"name": "192.0.2.1"}, 409), ({"name": "192.0.2.255"}, 409),
            ({"name": "10.0.0.1"}, 400), ({"name": "192.0.2.201", "ippool": 1}, 404),
            ({"name": "192.0.2.6", "status": "check"}, 400), ({"name": "web"}, 400), ({}, 400),
        ):  # fmt: skip
            assert (await client.refused("POST", "/ip/v3/ipnet/1/ip", body))[0] == status

    with_client(scene)


def test_blocklists_userspaces_and_what_is_not_installed():
    async def scene(client: Client) -> None:
        listed = await client.post("/ip/v3/dnsbl", {"name": "PBL.example.org"})
        assert (await client.get(f"/ip/v3/dnsbl/{listed['id']}")) == {"id": 1, "name": "pbl.example.org"}
        assert (await client.refused("POST", "/ip/v3/dnsbl", {"name": "pbl.example.org"}))[0] == 409
        assert (await client.refused("POST", "/ip/v3/dnsbl/1", {"name": "no zone"}))[0] == 400
        one = await client.post("/ip/v3/ippool/1/ip", {"family": "ipv4"})
        assert "no name server" in (await client.refused("DELETE", f"/ip/v3/ip/{one['id']}?with_check=true"))[2]
        await client.delete("/ip/v3/dnsbl/1")
        await client.delete(f"/ip/v3/ip/{one['id']}?with_check=true")

        space = await client.post("/ip/v3/userspace", {"note": "a client's"})
        await client.post(f"/ip/v3/userspace/{space['id']}", {"note": "theirs"})
        assert (await client.get(f"/ip/v3/userspace/{space['id']}")) == {"id": 2, "is_public": False, "note": "theirs"}
        assert (await client.refused("DELETE", "/ip/v3/userspace/public"))[0] == 409
        assert await client.delete("/ip/v3/userspace/2") == {"id": 2}

        assert (await client.get("/ip/v3/plugin/dnsproxy/status")) == {"enabled": False}
        assert (await client.refused("POST", "/ip/v3/plugin/dnsproxy/enable", {}))[0] == 404
        database = {"dbhost": "192.0.2.77", "dbname": "ipmgr", "dbuser": "root", "dbpassword": ""}
        assert await client.post("/ip/v3/migrate_ipmgr5", database) == {"task": 1}
        assert (await client.refused("POST", "/ip/v3/migrate_ipmgr5", database))[0] == 409
        await client.world.clock.sleep(11)
        assert await client.get("/ip/v3/settings/migrate_ipmgr5") == {
            "status": "failed", "message": "no database server answers at 192.0.2.77:3306 within 10 s",
        }  # fmt: skip

    with_client(scene)


def test_a_user_sees_his_own_addresses_only_and_manages_none():
    async def scene(client: Client) -> None:
        book = client.world.panel.addresses
        foreign, own = book.allocate(book.pool("public"), 1)[0], book.allocate(book.pool("public"), 2)[0]
        client.world.panel.set_owner(2, 2)
        await client.log_in(*ALICE)
        assert [row["id"] for row in (await client.get("/ip/v3/ip"))["list"]] == [own.id]
        assert (await client.refused("GET", f"/ip/v3/ip/{foreign.id}"))[0] == 404
        for method, path in (
            ("POST", "/ip/v3/ippool/1/ip"),
            ("GET", "/ip/v3/ippool"),
            ("DELETE", f"/ip/v3/ip/{own.id}"),
        ):
            assert (await client.refused(method, path, {"family": "ipv4"} if method == "POST" else None))[0] == 403

    with_client(scene)


def test_two_hundred_requests_at_once_get_an_address_each_or_a_clear_no():
    async def scene(client: Client) -> None:
        plan = client.world.panel.addresses.plan
        plan.add_network(1, "10.2.0.0/24", "10.2.0.7")
        plan.add_range(plan.add_pool(1, "crowded"), "10.2.0.0-10.2.0.127")

        async def ask(number: int) -> Any:
            path, body = "/ip/v3/ippool/4/ip", {"family": "ipv4"}
            if number % 2:
                path, body = f"/dci/v3/server/{1 + number % 4}/ip", {"family": "ipv4", "ippool": "crowded"}
            answer = await client.http.post(path, json=body, headers={"x-xsrf-token": client.token})
            return answer.status_code, answer.json()

        answers = await asyncio.gather(*(ask(number) for number in range(200)))
        given = [body["id"] for status, body in answers if status == 200]
        assert len(given) == len(set(given)) == 126
        assert {body["error"]["code"] for status, body in answers if status != 200} == {9415}
        rows = (await client.get("/ip/v3/ip?where=ippool EQ 4"))["list"]
        assert sorted(row["name"] for row in rows) == sorted(
            f"10.2.0.{number}" for number in range(1, 128) if number != 7
        )
        for number in given:
            await client.delete(f"/ip/v3/ip/{number}")
        assert (await client.get("/ip/v3/ippool/4"))["using_ip"] == "0"

    with_client(scene)


def test_a_pool_is_marked_for_deallocation_and_diagnostics_take_their_address_from_it():
    """Vendor's page on WHMCS: "Select the created pool in the Pools for deallocation of servers field"."""

    async def scene(client: Client) -> None:
        for row in (await client.get("/ip/v3/ippool"))["list"]:
            await client.post(f"/ip/v3/ippool/{row['id']}", {"deallocation": False})
        order = {"template": "Diag6"}
        assert "deallocation" in (await client.refused("POST", "/dci/v3/server/1/diagnostic", order))[2]
        await client.post("/ip/v3/ippool/1", {"note": "sold from"})
        await client.post("/ip/v3/ippool/1", {"deallocation": True})
        row = await client.get("/ip/v3/ippool/1")
        assert (row["deallocation"], row["note"]) == (True, "sold from")
        marked = await client.post("/ip/v3/userspace/1/ippool", {"name": "second", "deallocation": True})
        listed = (await client.get("/ip/v3/ippool?where=deallocation EQ true&orderby=id"))["list"]
        assert [each["id"] for each in listed] == [1, marked["id"]]
        await client.post("/dci/v3/server/1/diagnostic", order)
        assert [each["ippool"] for each in (await client.get("/ip/v3/ip"))["list"]] == [1]
        assert (await client.refused("POST", "/ip/v3/ippool/1", {"deallocation": "yes"}))[0] == 400

    with_client(scene)

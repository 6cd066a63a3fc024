"""One life in which every route of the vendor's documents is answered with success, each time as the document says."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from simulator.dcim.people.second_factor import one_time_code
from tests.api6.auth.test_auth import KEY, LOGIN, SECRET, credentials
from tests.api6.support.vendors import PRESENT, fits, routes
from tests.api6.support.world import Client, with_client
from tests.dcim.support import ADMIN, ALICE

NEVER = {
    "POST /auth/v4/public/first_user_invite", "POST /auth/v4/public/token/{token}/invite_first_user",  # he is there
    "POST /ip/v3/ip/dnsproxy/sync", "POST /ip/v3/plugin/dnsproxy/enable", "POST /ip/v3/plugin/dnsproxy/disable",
}  # fmt: skip
ROLE = {"name": "@guest", "human_name": "Guest", "human_descr": "", "data": {"GET": ["@server_read"]}}
TARGET = "method/GET/target/dci/v3/server"
INSIDE = (
    ("POST", "/auth/v4/user/2/lock", {"service": "dci", "description": "busy"}),
    ("DELETE", "/auth/v4/user/2/lock/dci", None),
    ("GET", f"/auth/v4/user/2/{TARGET}", None),
    ("GET", f"/auth/v4/user/2/trustee/1/{TARGET}", None),
    ("GET", f"/auth/v4/instance/1/user/2/{TARGET}", None),
    ("GET", f"/auth/v4/instance/1/user/2/trustee/1/{TARGET}", None),
    ("POST", "/auth/v4/instance/1/import/user",
     {"email": "old@example.com", "encrypted_password": "$6$abcdefgh", "roles": ["@user"], "state": "active"}),
)  # fmt: skip
ADMINS: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/auth/v4/public/2fa/qrcode", {"name": "panel", "secret": SECRET}),
    ("POST", "/auth/v4/acl", {"name": "office", "ip_list": ["127.0.0.0/8"]}),
    ("GET", "/auth/v4/acl", None),
    ("GET", "/auth/v4/acl/1", None),
    ("POST", "/auth/v4/acl/1", {"name": "home"}),
    ("POST", "/auth/v4/acl/1/user/2", {}),
    ("DELETE", "/auth/v4/acl/1/user/2", None),
    ("DELETE", "/auth/v4/acl/1", None),
    ("POST", "/auth/v4/role", ROLE),
    ("GET", "/auth/v4/role", None),
    ("GET", "/auth/v4/role/1", None),
    ("POST", "/auth/v4/role/1", {"human_name": "A guest"}),
    ("DELETE", "/auth/v4/role/1", None),
    ("GET", "/auth/v4/public/roles", None),
    ("GET", "/auth/v4/time", None),
    ("GET", "/auth/v4/whoami", None),
    ("GET", "/auth/v4/public/global/whoami", None),
    ("GET", f"/auth/v4/public/global/whoami/{TARGET}", None),
    ("GET", "/auth/v4/public/instance/1/whoami", None),
    ("GET", f"/auth/v4/public/instance/1/whoami/{TARGET}", None),
    ("GET", "/auth/v4/setting/token_ttl", None),
    ("POST", "/auth/v4/setting/token_ttl", {"value": "90"}),
    ("DELETE", "/auth/v4/setting/token_ttl", None),
    ("GET", "/auth/v4/restrictions/role", None),
    ("POST", "/auth/v4/restrictions/role", {"role": "@user", "attempts_max_count": 1, "time_between_attempts": 0}),
    ("POST", "/auth/v4/user", {"email": "bob@example.com", "password": "bob-secret"}),
    ("GET", "/auth/v4/user", None),
    ("GET", "/auth/v4/user/2", None),
    ("POST", "/auth/v4/user/3", {"full_name": "Bob"}),
    ("POST", "/auth/v4/user/3/password", {"password": "bobs-secret"}),
    ("POST", "/auth/v4/user/3/suspend", {}),
    ("POST", "/auth/v4/user/3/resume", {}),
    ("POST", "/auth/v4/user/3/acl", {"ip_list": []}),
    ("GET", "/auth/v4/user/3/acl", None),
    ("GET", "/auth/v4/user/3/sshkey", None),
    ("POST", "/auth/v4/user/2/trustee/3/roles", {}),
    ("GET", "/auth/v4/user/2/trustee/3", None),
    ("DELETE", "/auth/v4/user/2/trustee/3/roles", None),
    ("POST", "/auth/v4/instance/1/user/2", {}),
    ("GET", "/auth/v4/instance/1/user", None),
    ("GET", "/auth/v4/instance/1/user/2", None),
    ("POST", "/auth/v4/instance/1/user/2/trustee/3/roles", {}),
    ("GET", "/auth/v4/instance/1/user/2/trustee/3", None),
    ("DELETE", "/auth/v4/instance/1/user/2/trustee/3/roles", None),
    ("DELETE", "/auth/v4/instance/1/user/2", None),
    ("DELETE", "/auth/v4/user/3", None),
    ("POST", "/ip/v3/userspace", {"note": "another"}),
    ("GET", "/ip/v3/userspace", None),
    ("GET", "/ip/v3/userspace/2", None),
    ("POST", "/ip/v3/userspace/2", {"note": "theirs"}),
    ("DELETE", "/ip/v3/userspace/2", None),
    ("POST", "/ip/v3/userspace/public/ipnet", {"name": "10.1.0.0/24", "gateway": "10.1.0.1"}),
    ("GET", "/ip/v3/ipnet", None),
    ("GET", "/ip/v3/ipnet/4", None),
    ("POST", "/ip/v3/ipnet/4", {"note": "new"}),
    ("POST", "/ip/v3/ipnet/4/ip", {"name": "10.1.0.9"}),
    ("POST", "/ip/v3/userspace/public/ip", {"name": "192.0.2.6"}),
    ("GET", "/ip/v3/ip", None),
    ("GET", "/ip/v3/ip/1", None),
    ("POST", "/ip/v3/ip/1", {"domain": "a.example.com"}),
    ("GET", "/ip/v3/userspace/public/history/10.1.0.9", None),
    ("DELETE", "/ip/v3/ip/1", None),
    ("DELETE", "/ip/v3/ip/2", None),
    ("POST", "/ip/v3/userspace/public/ippool", {"name": "new"}),
    ("GET", "/ip/v3/ippool", None),
    ("GET", "/ip/v3/ippool/4", None),
    ("POST", "/ip/v3/ippool/4", {"note": "new"}),
    ("POST", "/ip/v3/ippool/4/range", {"name": "10.1.0.16-10.1.0.31"}),
    ("GET", "/ip/v3/range", None),
    ("GET", "/ip/v3/range/4", None),
    ("POST", "/ip/v3/ippool/4/ip", {"family": "ipv4"}),
    ("GET", "/ip/v3/range/4/ip", None),
    ("DELETE", "/ip/v3/ip/3", None),
    ("POST", "/ip/v3/range/4", {"name": "10.1.0.16-10.1.0.63"}),
    ("DELETE", "/ip/v3/range/4", None),
    ("DELETE", "/ip/v3/ippool/4", None),
    ("DELETE", "/ip/v3/ipnet/4", None),
    ("POST", "/ip/v3/dnsbl", {"name": "pbl.example.org"}),
    ("GET", "/ip/v3/dnsbl", None),
    ("GET", "/ip/v3/dnsbl/1", None),
    ("POST", "/ip/v3/dnsbl/1", {"name": "sbl.example.org"}),
    ("DELETE", "/ip/v3/dnsbl/1", None),
    ("POST", "/ip/v3/settings/ipv6_prefix", {"prefix": 64}),
    ("POST", "/ip/v3/settings/gateway", {"allow_non_subnet_gateway": True}),
    ("GET", "/ip/v3/plugin/dnsproxy/status", None),
    ("POST", "/ip/v3/migrate_ipmgr5", {"dbhost": "192.0.2.77", "dbname": "i", "dbuser": "r", "dbpassword": ""}),
    ("GET", "/ip/v3/settings/migrate_ipmgr5", None),
)
SELF: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/auth/v4/self", None),
    ("POST", "/auth/v4/self", {"full_name": "Alice B."}),
    ("POST", "/auth/v4/self/password", {"old_password": ALICE[1], "password": ALICE[1]}),
    ("GET", "/auth/v4/self/handles", None),
    ("GET", "/auth/v4/self/subroles", None),
    ("POST", "/auth/v4/self/acl", {"ip_list": ["127.0.0.1"]}),
    ("GET", "/auth/v4/self/acl", None),
    ("POST", "/auth/v4/self/setting/theme", {"colour": "dark"}),
    ("GET", "/auth/v4/self/setting/theme", None),
    ("POST", "/auth/v4/self/sshkey", {"name": "mine", "ssh_pub_key": KEY}),
    ("GET", "/auth/v4/self/sshkey", None),
    ("GET", "/auth/v4/self/sshkey/1", None),
    ("POST", "/auth/v4/self/sshkey/1", {"name": "hers"}),
    ("DELETE", "/auth/v4/self/sshkey/1", None),
    ("POST", "/auth/v4/token", {"expires_at": "2026-02-01 00:00:00"}),
)


@pytest.mark.skipif(not PRESENT, reason="the vendor's documents are not here")
def test_every_route_of_the_vendors_documents_answers_as_they_say():
    seen = set[str]()

    async def note(response: httpx.Response) -> None:
        await response.aread()
        route = fits(response)
        if route is not None:
            seen.add(route)

    async def scene(client: Client) -> None:
        client.http.event_hooks["response"].append(note)
        for method, path, body in ADMINS:
            answer = await client.http.request(method, path, json=body, headers={"x-xsrf-token": client.token})
            assert answer.status_code < 300, (method, path, answer.text)
        inside = client.inside()
        inside.event_hooks["response"].append(note)
        for method, path, body in INSIDE:
            answer = await inside.request(method, path, json=body, headers={"x-xsrf-token": client.token})
            assert answer.status_code < 300, (method, path, answer.text)
        await sessions(client)

    with_client(scene)
    assert sorted(routes() - seen - NEVER) == []


async def sessions(client: Client) -> None:
    """Logins of every kind, bans, second factors and letters."""
    for path in ("/auth/v4/restrictons/ban/1", "/auth/v4/restrictons/ban/2/127.0.0.1"):
        await client.refused("POST", LOGIN, {"email": ALICE[0], "password": "wrong-password"})
        assert len((await client.get("/auth/v4/restrictions/ban"))["bans"]) == 1
        await client.delete(path)
    key = (await client.post("/auth/v4/user/2/key", {}, 201))["key"]
    await client.post("/auth/v4/public/key", {"key": key}, 201)
    client.token = (await client.post("/auth/v4/user/2/su", {}, 201))["token"]
    client.token = (await client.post("/auth/v4/self/back", {}, 201))["token"]
    await client.post("/auth/v4/user", {"email": "eve@example.com"}, 201)
    letter = client.world.wrote("mail sent")[-1].detail["confirmation"]
    await client.post(f"/auth/v4/public/confirmation/{letter}/invite_user", {"password": "eve-secret"}, 201)
    await client.post("/auth/v4/public/recovery", {"email": "eve@example.com"})
    letter = client.world.wrote("mail sent")[-1].detail["confirmation"]
    await client.post(f"/auth/v4/public/confirmation/{letter}/change_password", {"password": "eve-secret"}, 201)

    await client.log_in(*ALICE)
    for method, path, body in SELF:
        answer = await client.http.request(method, path, json=body, headers={"x-xsrf-token": client.token})
        assert answer.status_code < 300, (method, path, answer.text)
    await client.post("/auth/v4/self/key", {}, 201)
    clock = client.world.clock
    code = one_time_code(SECRET, clock.epoch.timestamp() + clock.now())
    await client.post("/auth/v4/self/2fa", {"secret": SECRET, "code": code})
    await client.post("/auth/v4/self/2fa/reserve/generate", {})
    waiting = (await client.post(LOGIN, credentials(ALICE), 201))["token"]
    await client.post("/auth/v4/public/token/confirm", {"token": waiting, "code": code})
    await client.delete("/auth/v4/self/2fa")
    await client.post("/auth/v4/self/2fa", {"secret": SECRET, "code": code})
    await client.delete(f"/auth/v4/token/{client.token}")
    await client.log_in(*ADMIN)
    await client.delete("/auth/v4/user/2/2fa")

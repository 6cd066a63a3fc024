"""The auth service: sessions, second factors, throttling, access lists, keys, settings, trustees, old clients."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from simulator.dcim.people.second_factor import one_time_code
from tests.api6.support.world import Client, with_client
from tests.dcim.support import ADMIN, ALICE

SECRET = base64.b32encode(bytes(range(40))).decode()
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl0IGlzIG5vIHJlYWwga2V5LCBidXQgYSB0ZXN0IGl0 laptop"
LOGIN = "/auth/v4/public/token"


def credentials(person: tuple[str, str]) -> dict[str, str]:
    return {"email": person[0], "password": person[1]}


def test_token_ttl_is_a_setting_in_minutes():
    async def scene(client: Client) -> None:
        assert (await client.get("/auth/v4/setting/token_ttl"))["value"] == "60"
        assert await client.post("/auth/v4/setting/token_ttl", {"value": "5"}) == {}
        assert await client.get("/auth/v4/setting/token_ttl") == {"name": "token_ttl", "valie": "5", "value": "5"}
        await client.world.clock.sleep(299)
        await client.get("/auth/v4/whoami")
        await client.world.clock.sleep(300)
        assert (await client.refused("GET", "/auth/v4/whoami"))[:2] == (401, 1000)
        await client.log_in()
        await client.delete("/auth/v4/setting/token_ttl")
        await client.get("/auth/v4/whoami")
        await client.world.clock.sleep(3599)
        await client.get("/auth/v4/whoami")
        for value in ("0", "-1", "1.5", "soon", "99999999"):
            assert (await client.refused("POST", "/auth/v4/setting/token_ttl", {"value": value}))[0] == 400
        assert (await client.refused("POST", "/auth/v4/setting/colour", {"value": "red"}))[:2] == (404, 3080)
        assert (await client.refused("GET", "/auth/v4/setting/timezone"))[0] == 404

    with_client(scene)


def test_time_is_the_labs():
    async def scene(client: Client) -> None:
        await client.world.clock.sleep(60)
        assert await client.get("/auth/v4/time") == {"list": [{"current_time": "2026-01-01 00:01:01"}]}

    with_client(scene)


def test_failed_logins_are_throttled_and_then_banned_until_the_labs_clock_says_so():
    async def scene(client: Client) -> None:
        wrong = {"email": ALICE[0], "password": "wrong-password"}
        assert (await client.refused("POST", LOGIN, wrong))[:2] == (401, 9401)
        assert (await client.refused("POST", LOGIN, credentials(ALICE)))[:2] == (403, 9404)
        for _ in range(9):
            await client.world.clock.sleep(1)
            assert (await client.refused("POST", LOGIN, wrong))[:2] == (401, 9401)
        bans = (await client.get("/auth/v4/restrictions/ban"))["bans"]
        assert [(ban["user_id"], ban["user_ip"]) for ban in bans] == [(2, "127.0.0.1")]
        epoch = client.world.clock.epoch.timestamp()
        assert bans[0]["banned_until"] == int(epoch + client.world.clock.now() + 600)
        await client.world.clock.sleep(599)
        status, _, message, _ = await client.refused("POST", LOGIN, credentials(ALICE))
        assert status == 403
        assert "try again in" in message
        await client.world.clock.sleep(1)
        await client.post(LOGIN, credentials(ALICE), status=201)
        assert await client.get("/auth/v4/restrictions/ban") == {"bans": []}

    with_client(scene)


@pytest.mark.parametrize("path", ["/auth/v4/restrictons/ban/2/127.0.0.1", "/auth/v4/restrictions/ban/1"])
def test_an_administrator_lifts_a_ban_and_sets_the_rule(path):
    async def scene(client: Client) -> None:
        rule = {"role": "@user", "attempts_max_count": 2, "time_to_unban": 60, "time_between_attempts": 0}
        await client.post("/auth/v4/restrictions/role", rule)
        rules = {each["role"]: each for each in await client.get("/auth/v4/restrictions/role")}
        assert rules["@user"]["attempts_max_count"] == 2
        assert rules["@admin"]["attempts_max_count"] == 10
        wrong = {"email": ALICE[0], "password": "wrong-password"}
        for _ in range(2):
            assert (await client.refused("POST", LOGIN, wrong))[0] == 401
        assert (await client.refused("POST", LOGIN, credentials(ALICE)))[0] == 403
        assert await client.delete(path) == {}
        assert (await client.refused("DELETE", path))[0] == 404
        await client.post(LOGIN, credentials(ALICE), status=201)
        await client.post("/auth/v4/restrictions/role", {"role": "@user", "attempts_max_count": None})
        for _ in range(20):
            assert (await client.refused("POST", LOGIN, wrong))[0] == 401
        for bad in ({"role": "@king"}, {"role": "@user", "attempts_max_count": 0}, {"time_to_unban": 1}):
            assert (await client.refused("POST", "/auth/v4/restrictions/role", bad))[0] == 400

    with_client(scene)


def test_failures_older_than_the_counting_time_do_not_count():
    async def scene(client: Client) -> None:
        rule = {"role": "@user", "attempts_max_count": 2, "attempts_counting_duration": 10}
        await client.post("/auth/v4/restrictions/role", rule)
        for _ in range(5):
            assert (await client.refused("POST", LOGIN, {"email": ALICE[0], "password": "wrong"}))[0] == 401
            await client.world.clock.sleep(11)
        await client.post(LOGIN, credentials(ALICE), status=201)

    with_client(scene)


@pytest.mark.parametrize("how", ["own", "list"])
def test_who_has_an_access_list_calls_from_there_only(how):
    async def scene(client: Client) -> None:
        if how == "own":
            await client.post(f"/auth/v4/user/{ALICE[0]}/acl", {"ip_list": ["10.0.0.0/8", "192.0.2.1-192.0.2.9"]})
            assert (await client.get("/auth/v4/user/2/acl"))["ip_list"] == ["10.0.0.0/8", "192.0.2.1-192.0.2.9"]
        else:
            await client.post("/auth/v4/acl", {"name": "office", "ip_list": ["10.0.0.0/8"], "members": ["2"]}, 201)
        assert (await client.refused("POST", LOGIN, credentials(ALICE)))[:2] == (403, 9405)
        await client.post("/auth/v4/user/2/acl" if how == "own" else "/auth/v4/acl/office", {"ip_list": ["127.0.0.1"]})
        await client.log_in(*ALICE)
        await client.get("/auth/v4/whoami")
        mine = client.token
        await client.log_in()
        await client.post("/auth/v4/user/2/acl" if how == "own" else "/auth/v4/acl/1", {"ip_list": ["::1"]})
        client.token = mine
        assert (await client.refused("GET", "/auth/v4/whoami"))[:2] == (403, 9405)

    with_client(scene)


def test_access_lists_are_made_changed_and_removed():
    async def scene(client: Client) -> None:
        assert await client.post("/auth/v4/acl", {"name": "office", "ip_list": []}, 201) == {"id": 1}
        assert await client.post("/auth/v4/acl/office/user/2", {}, 201) == {"id": 1}
        assert await client.post("/auth/v4/acl/1/user/2", {}) == {}
        assert await client.get("/auth/v4/acl/office") == {
            "id": 1, "name": "office", "ip_list": [], "members": [ALICE[0]]
        }  # fmt: skip
        await client.post("/auth/v4/acl/1", {"name": "home"})
        assert [each["name"] for each in (await client.get("/auth/v4/acl"))["list"]] == ["home"]
        assert await client.delete("/auth/v4/acl/home/user/2") == {}
        for bad in ("10.0.0.0/99", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "here"):
            assert (await client.refused("POST", "/auth/v4/acl/1", {"ip_list": [bad]}))[3] == "ip_list"
        assert (await client.refused("POST", "/auth/v4/acl", {"name": "home", "ip_list": []}))[0] == 409
        assert await client.delete("/auth/v4/acl/1") == {}
        assert (await client.refused("GET", "/auth/v4/acl/1"))[0] == 404

    with_client(scene)


def test_one_time_codes_are_those_of_rfc_6238():
    secret = base64.b32encode(b"12345678901234567890").decode()
    for at, code in ((59, 94287082), (1111111109, 7081804), (1234567890, 89005924), (20000000000, 65353130)):
        assert one_time_code(secret, at) == code % 1_000_000


def test_a_second_factor_holds_a_session_until_its_code():
    async def scene(client: Client) -> None:
        def code() -> int:
            clock = client.world.clock
            return one_time_code(SECRET, clock.epoch.timestamp() + clock.now())

        await client.log_in(*ALICE)
        wrong = {"secret": SECRET, "code": (code() + 1) % 1_000_000}
        assert (await client.refused("POST", "/auth/v4/self/2fa", wrong))[3] == "code"
        assert await client.post("/auth/v4/self/2fa", {"secret": SECRET, "code": code()}) == {}
        reserve = (await client.post("/auth/v4/self/2fa/reserve/generate", {}))["codes"]
        assert len(set(reserve)) == 10

        answer = await client.post(LOGIN, credentials(ALICE), 201)
        assert answer["confirmed"] is False
        client.token = answer["token"]
        assert (await client.refused("GET", "/auth/v4/whoami"))[:2] == (401, 9403)
        confirm = "/auth/v4/public/token/confirm"
        assert (await client.refused("POST", confirm, {"token": client.token, "code": -1}))[0] == 400
        assert (await client.refused("POST", confirm, {"token": "nothing", "code": code()}))[0] == 401
        assert await client.post(confirm, {"token": client.token, "code": code()}) == {}
        assert (await client.get("/auth/v4/whoami"))["owner_id"] == 2

        for expected in (200, 400):
            client.token = (await client.post(LOGIN, credentials(ALICE), 201))["token"]
            answer = await client.http.post(confirm, json={"token": client.token, "reserve_code": reserve[0]})
            assert answer.status_code == expected
        await client.log_in()
        assert await client.delete("/auth/v4/user/2/2fa") == {}
        assert (await client.post(LOGIN, credentials(ALICE), 201))["confirmed"] is True
        assert (await client.refused("DELETE", "/auth/v4/user/2/2fa"))[0] == 400

    with_client(scene)


def test_an_administrator_acts_as_a_user_and_comes_back():
    async def scene(client: Client) -> None:
        client.token = (await client.post(f"/auth/v4/user/{ALICE[0]}/su", {}, 201))["token"]
        assert await client.get("/auth/v4/whoami") == {
            "owner_id": 2, "owner_email": ALICE[0], "trustee_id": 1, "trustee_email": ADMIN[0], "roles": ["@user"]
        }  # fmt: skip
        assert (await client.refused("GET", "/dci/v3/rack"))[:2] == (403, 3001)
        former, client.token = client.token, (await client.post("/auth/v4/self/back", {}, 201))["token"]
        assert (await client.get("/auth/v4/whoami"))["owner_id"] == 1
        assert (await client.refused("POST", "/auth/v4/self/back", {}))[0] == 400
        client.token = former
        assert (await client.refused("GET", "/auth/v4/whoami"))[0] == 401

    with_client(scene)


def test_a_trustee_acts_with_what_he_was_granted_and_gets_no_hold_of_the_account():
    async def scene(client: Client) -> None:
        bob = ("bob@example.com", "bob-secret")
        await client.post("/auth/v4/user", credentials(bob), 201)
        await client.log_in(*bob)
        assert (await client.refused("POST", "/auth/v4/user/2/su", {}))[:3] == (404, 3080, "no user 2")
        assert (await client.refused("POST", f"/auth/v4/user/{ALICE[0]}/su", {}))[2] == f"no user {ALICE[0]}"
        assert (await client.refused("POST", "/auth/v4/user/2/trustee/3/roles", {}))[0] == 403
        await client.log_in()
        assert await client.post("/auth/v4/user/2/trustee/3/roles", {}) == {}
        assert (await client.get("/auth/v4/user/2/trustee/3"))["roles"] == ["@user"]
        assert (await client.refused("POST", "/auth/v4/user/2/trustee/3/roles", {"roles": ["@admin"]}))[0] == 403
        admins = client.token
        await client.log_in(*bob)
        client.token = (await client.post("/auth/v4/user/2/su", {}, 201))["token"]
        assert (await client.get("/auth/v4/whoami"))["owner_id"] == 2
        for path, body in (
            ("/auth/v4/self/key", {}), ("/auth/v4/user/2/key", {}), ("/auth/v4/self/2fa", {"secret": SECRET, "code": 1}),
            ("/auth/v4/user/2/password", {"password": "my-own-now"}), ("/auth/v3/user/2/key", {}),
            ("/auth/v4/token", {"expires_at": "2027-01-01 00:00:00"}), ("/auth/v4/self/acl", {"ip_list": []}),
        ):  # fmt: skip
            assert (await client.refused("POST", path, body))[:2] == (403, 3001), path
        acting, client.token = client.token, admins
        await client.delete("/auth/v4/user/2/trustee/3/roles")
        client.token = acting
        assert (await client.refused("GET", "/dci/v3/server"))[0] == 403

    with_client(scene)


def test_an_invited_user_sets_his_password_with_what_the_mail_says():
    async def scene(client: Client) -> None:
        await client.post("/auth/v4/user", {"email": "eve@example.com"}, 201)
        path = f"/auth/v4/public/confirmation/{mail(client, 'invite_user')}/"
        assert (await client.refused("POST", path + "change_password", {"password": "eve-secret"}))[0] == 403
        assert (await client.refused("POST", path + "invite_user", {"password": "short"}))[0] == 400
        client.token = (await client.post(path + "invite_user", {"password": "eve-secret", "lang": "ru"}, 201))["token"]
        me = await client.get("/auth/v4/self")
        assert (me["email"], me["email_confirm"], me["lang"]) == ("eve@example.com", True, "ru")
        assert (await client.refused("POST", path + "invite_user", {"password": "eve-secret"}))[0] == 403

    with_client(scene)


def test_a_forgotten_password_is_recovered_by_mail():
    async def scene(client: Client) -> None:
        assert await client.post("/auth/v4/public/recovery", {"email": "nobody@example.com"}) == {}
        assert await client.post("/auth/v4/public/recovery", {"email": ALICE[0]}) == {}
        path = f"/auth/v4/public/confirmation/{mail(client, 'change_password')}/change_password"
        await client.world.clock.sleep(3600)
        await client.post(path, {"password": "remembered"}, 201)
        await client.log_in(ALICE[0], "remembered")

    with_client(scene, login=False)


def mail(client: Client, errand: str) -> str:
    letters = [each.detail for each in client.world.journal if each.what == "mail sent"]
    assert [each["errand"] for each in letters] == [errand]
    return str(letters[0]["confirmation"])


def test_ones_own_details_password_settings_and_keys():
    async def scene(client: Client) -> None:
        await client.log_in(*ALICE)
        assert (
            await client.post("/auth/v4/self", {"full_name": "Alice A.", "lang": "ru", "timezone": "Asia/Tokyo"}) == {}
        )
        me = await client.get("/auth/v4/self")
        assert (me["full_name"], me["lang"], me["timezone"]) == ("Alice A.", "ru", "Asia/Tokyo")
        assert (await client.refused("POST", "/auth/v4/self", {"roles": ["@admin"]}))[3] == "roles"

        change = {"old_password": "wrong", "password": "new-secret"}
        assert (await client.refused("POST", "/auth/v4/self/password", change))[0] == 403
        await client.world.clock.sleep(2)
        assert await client.post("/auth/v4/self/password", {**change, "old_password": ALICE[1]}) == {}
        await client.log_in(ALICE[0], "new-secret")

        assert await client.get("/auth/v4/self/setting/columns") == {"data": None}
        await client.post("/auth/v4/self/setting/columns", {"columns": [{"key": "name"}]})
        assert await client.get("/auth/v4/self/setting/columns") == {"data": {"columns": [{"key": "name"}]}}

        key = await client.post("/auth/v4/self/key", {}, 201)
        assert key["key"].startswith("2-")
        await client.post("/auth/v4/public/key", {"key": key["key"]}, 201)
        assert (await client.get("/auth/v4/self/subroles"))["subroles"] == ["@user"]

    with_client(scene)


def test_ssh_keys_are_each_users_own():
    async def scene(client: Client) -> None:
        await client.log_in(*ALICE)
        assert await client.post("/auth/v4/self/sshkey", {"name": "laptop", "ssh_pub_key": KEY}, 201) == {"id": 1}
        assert (await client.refused("POST", "/auth/v4/self/sshkey", {"name": "laptop", "ssh_pub_key": KEY}))[0] == 409
        for bad in ("", "ssh-rsa XXXX me", KEY.replace("ed25519", "rsa", 1), f"{KEY}\n{KEY}", "x" * 20000):
            body = {"name": "other", "ssh_pub_key": bad}
            assert (await client.refused("POST", "/auth/v4/self/sshkey", body))[3] == "ssh_pub_key"
        await client.post("/auth/v4/self/sshkey/1", {"name": "desktop"})
        assert await client.get("/auth/v4/self/sshkey/1") == {"id": 1, "name": "desktop", "ssh_pub_key": KEY}
        hers = await client.get("/auth/v4/self/sshkey")
        assert (await client.refused("GET", "/auth/v4/user/1/sshkey"))[0] in (403, 404)
        await client.log_in()
        assert await client.get("/auth/v4/user/2/sshkey") == await client.get("/auth/v3/user/2/sshkey") == hers
        assert (await client.refused("GET", "/auth/v4/self/sshkey/1"))[0] == 404
        assert (await client.refused("DELETE", "/auth/v4/self/sshkey/1"))[0] == 404
        await client.log_in(*ALICE)
        await client.delete("/auth/v4/self/sshkey/1")
        assert (await client.get("/auth/v4/self/sshkey"))["list"] == []

    with_client(scene)


def test_a_custom_role_opens_what_its_sub_roles_say_and_nothing_more():
    async def scene(client: Client) -> None:
        role = {
            "name": "@noc",
            "human_name": "NOC",
            "data": {"GET": ["@server_read", "@user_read"], "POST": ["@user_write"]},
        }
        assert await client.post("/auth/v4/role", role, 201) == {"id": 1}
        assert (await client.get("/auth/v4/public/roles"))["roles"] == ["@admin", "@user", "@noc"]
        noc = ("noc@example.com", "noc-secret")
        await client.post("/auth/v4/user", {**credentials(noc), "roles": ["@noc"]}, 201)
        await client.log_in(*noc)
        assert (await client.get("/dci/v3/server"))["size"] == 4
        assert (await client.refused("POST", "/dci/v3/server/1/power_on", {}))[:2] == (403, 3001)
        assert (await client.refused("GET", "/dci/v3/rack"))[0] == 403
        assert (await client.get("/auth/v4/user"))["size"] == 3
        await client.post("/auth/v4/user", {"email": "x@example.com", "password": "long-enough"}, 201)
        for method, path, body in (
            ("POST", "/auth/v4/user", {"email": "y@example.com", "password": "long-enough", "roles": ["@admin"]}),
            ("POST", "/auth/v4/user/1/password", {"password": "mine-all-mine"}),
            ("POST", "/auth/v4/user/1/key", {}), ("POST", "/auth/v4/user/2", {"roles": ["@admin"]}),
            ("POST", "/auth/v4/user/3", {"roles": ["@admin"]}), ("DELETE", "/auth/v4/user/1", None),
            ("POST", "/auth/v4/role/1", {"data": {}}), ("POST", "/auth/v4/user/1/suspend", {}),
            ("POST", "/auth/v4/user/1/acl", {"ip_list": ["::1"]}), ("POST", "/auth/v3/user/1/key", {}),
        ):  # fmt: skip
            assert (await client.refused(method, path, body))[:2] == (403, 3001), path
        assert (await client.refused("POST", "/auth/v4/user/1/su", {}))[0] == 404
        assert (await client.get("/auth/v4/self/subroles"))["subroles"] == ["@server_read", "@user_read", "@user_write"]
        open_to_noc = (await client.get("/auth/v4/self/handles"))["handles"]
        assert "/server" in open_to_noc["dci_v3"]["get"]
        assert "/rack" not in open_to_noc["dci_v3"]["get"]
        await client.log_in()
        assert (await client.refused("DELETE", "/auth/v4/role/1"))[0] == 403
        await client.delete(f"/auth/v4/user/{noc[0]}")
        await client.post("/auth/v4/role/1", {"human_name": "Night watch"})
        assert (await client.get("/auth/v4/role/1"))["human_name"] == "Night watch"
        await client.delete("/auth/v4/role/1")
        for bad in ({"name": "noc", "data": {}}, {"name": "@x", "data": {"GET": ["x"]}}, {"name": "@x"}):
            assert (await client.refused("POST", "/auth/v4/role", bad))[0] == 400
        assert (await client.refused("POST", "/auth/v4/role", {"name": "@admin", "data": {}}))[0] == 409

    with_client(scene)


def test_a_user_who_may_also_read_all_servers_still_works_his_own_only():
    async def scene(client: Client) -> None:
        await client.post("/auth/v4/role", {"name": "@eyes", "data": {"GET": ["@server_read"]}}, 201)
        await client.post("/auth/v4/user/2", {"roles": ["@user", "@eyes"]})
        await client.post("/dci/v3/server/2", {"owner": 2})
        await client.log_in(*ALICE)
        await client.get("/dci/v3/server/1")
        assert (await client.refused("POST", "/dci/v3/server/1/power_off", {}))[:2] == (403, 3001)
        await client.post("/dci/v3/server/2/power_on", {})

    with_client(scene)


def test_the_proxys_questions_are_answered():
    async def scene(client: Client) -> None:
        base = "/auth/v4/public/global/whoami"
        assert await client.get(base) == {"owner_id": 1, "trustee_id": 1, "roles": ["@admin"]}
        await client.log_in(*ALICE)
        for target, roles in (
            ("/dci/v3/server", ["@user"]), ("dci/v3/rack", None), ("api/dci/v3/server/7", ["@user"]), ("no/such", None)
        ):  # fmt: skip
            answer = await client.get(f"{base}/method/GET/target/{target}")
            assert answer == {"owner_id": 2, "trustee_id": 2, "roles": roles}, target
        one = "/auth/v4/public/instance/1/whoami/method/POST/target/dci/v3/server/1/power_on"
        assert (await client.get(one))["roles"] == ["@user"]
        assert (await client.refused("GET", "/auth/v4/public/instance/2/whoami"))[0] == 404
        assert (await client.refused("GET", f"{base}/method/PUT/target/x"))[0] == 400

    with_client(scene)


def test_what_only_the_platforms_services_may_call_is_closed_from_outside_whatever_the_header():
    async def scene(client: Client) -> None:
        body = {"service": "backup", "description": "a copy is made"}
        for headers in ({}, {"Internal-Auth": "on"}):
            answer = await client.http.post(
                "/auth/v4/user/2/lock", json=body, headers={**headers, "x-xsrf-token": client.token}
            )
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, 3001)

    with_client(scene)


def test_a_user_whom_a_service_has_locked_cannot_be_deleted():
    async def scene(client: Client) -> None:
        inside = client.inside()
        async with inside:
            body: dict[str, Any] = {"service": "backup", "description": "a copy is made"}
            assert (await inside.post("/auth/v4/user/2/lock", json=body)).status_code == 200
            status, _, message, _ = await client.refused("DELETE", "/auth/v4/user/2")
            assert status == 400
            assert "backup" in message
            roles = await inside.get("/auth/v4/user/2/method/GET/target/dci/v3/server")
            assert roles.json()["roles"] == ["@user"]
            assert (await inside.delete("/auth/v4/user/2/lock/backup")).status_code == 200
            assert (await inside.delete("/auth/v4/user/2/lock/backup")).status_code == 404
            body = {"email": "old@example.com", "encrypted_password": "$6$abcdefgh", "roles": ["@user"]}
            made = await inside.post("/auth/v4/instance/1/import/user", json=body)
            assert made.status_code == 200
        assert [each["email"] for each in (await client.get("/auth/v4/instance/1/user"))["list"]] == ["old@example.com"]
        await client.delete("/auth/v4/user/2")

    with_client(scene)


def test_grants_on_the_instance():
    async def scene(client: Client) -> None:
        path = "/auth/v4/instance/1/user/2"
        assert (await client.get(path))["roles"] == []
        await client.post(path, {"roles": ["@user"]})
        await client.post(f"{path}/trustee/1/roles", {"roles": ["@user"]})
        assert (await client.get(path))["roles"] == (await client.get(f"{path}/trustee/1"))["roles"] == ["@user"]
        await client.delete(path)
        await client.delete(f"{path}/trustee/1/roles")
        assert (await client.get("/auth/v4/instance/1/user"))["list"] == []
        assert (await client.refused("POST", path, {"roles": ["@king"]}))[0] == 400

    with_client(scene)


def test_old_clients_log_in_by_auth_v3():
    async def scene(client: Client) -> None:
        session = (await client.post("/auth/v3/auth", credentials(ADMIN)))["session"]
        client.token = session
        key = (await client.post(f"/api/auth/v3/user/{ALICE[0]}/key", {}))["key"]
        assert await client.delete(f"/auth/v3/session/{session}") == {}
        assert (await client.refused("GET", "/auth/v4/whoami"))[0] == 401
        answer = await client.http.post("/auth/v3/auth_by_key", json={"key": key})
        client.token = answer.json()["session"]
        assert (await client.get("/auth/v4/whoami"))["owner_email"] == ALICE[0]
        assert (await client.refused("POST", "/auth/v3/auth_by_key", {"key": key}))[0] == 401

    with_client(scene, login=False)


def test_the_first_user_is_there_already():
    async def scene(client: Client) -> None:
        assert (await client.refused("POST", "/auth/v4/public/first_user_invite", {}))[0] == 403
        body = {"email": "x@example.com", "password": "long-enough"}
        path = "/auth/v4/public/token/0123456789abcdef/invite_first_user"
        assert (await client.refused("POST", path, body))[0] == 400

    with_client(scene, login=False)


def test_the_last_administrator_stays():
    async def scene(client: Client) -> None:
        assert (await client.refused("POST", "/auth/v4/user/1/suspend", {}))[0] == 400
        assert (await client.refused("POST", "/auth/v4/user/1", {"roles": ["@user"]}))[0] == 400
        await client.post("/auth/v4/user/2", {"roles": ["@admin"]})
        await client.post("/auth/v4/user/1/suspend", {})
        assert (await client.refused("GET", "/auth/v4/whoami"))[0] == 401

    with_client(scene)

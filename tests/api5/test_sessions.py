"""Logging in: authinfo, sessions, one-time keys, acting as somebody else."""

from tests.api5.support.world import Client, with_client
from tests.dcim.support import ADMIN, ALICE


async def log_in(client: Client, name: str = ADMIN[0], password: str = ADMIN[1], **params: str) -> str:
    doc = await client.xml("auth", username=name, password=password, auth="", **params)
    element = doc.find("auth")
    assert element is not None
    assert element.text == element.get("id")
    return str(element.text)


def test_a_session_is_used_by_parameter_or_cookie_and_dies_an_hour_after_the_last_call():
    async def scene(client: Client) -> None:
        sid = await log_in(client)
        assert (await client.raw("auth", out="json", username=ADMIN[0], password=ADMIN[1], auth="")).json()["doc"][
            "auth"
        ]["$level"] == "29"
        assert len(await client.rows("server", auth=sid)) == 4
        answer = await client.http.get("/dcimgr?func=rack&out=text", headers={"cookie": f"dcimgrses5={sid}"})
        assert answer.text == "id=1 name=A1 inetport=4/8 powerport=4/8 traff=0\n"
        await client.world.clock.sleep(3500)
        assert len(await client.rows("server", auth=sid)) == 4
        await client.world.clock.sleep(3500)
        assert len(await client.rows("server", auth=sid)) == 4
        await client.world.clock.sleep(3601)
        assert await client.refused("server", auth=sid) == ("auth", "")

    with_client(scene)


def test_a_session_is_tied_to_the_address_of_its_maker():
    async def scene(client: Client) -> None:
        sid = await log_in(client)
        async with client.at("192.0.2.77") as other:
            answer = await other.post("/dcimgr", data={"func": "server", "out": "text", "auth": sid})
            assert answer.text.startswith("ERROR auth")
        assert len(await client.rows("server", auth=sid)) == 4

    with_client(scene)


def test_without_credentials_there_is_an_auth_error():
    async def scene(client: Client) -> None:
        client.http.cookies.clear()
        assert await client.refused("server", auth="") == ("auth", "")
        assert await client.refused("server", auth="nonsense") == ("auth", "")
        assert await client.refused("nonsense", auth="") == ("auth", "")
        assert await client.refused("auth", username="", password="", auth="") == ("auth", "badpassword")

    with_client(scene)


def test_a_one_time_key_opens_a_session_of_its_user_once():
    async def scene(client: Client) -> None:
        key = "0123456789abcdef"
        await client.xml("session.newkey", username=ALICE[0], key=key)
        assert await client.refused("session.newkey", username=ALICE[0], key="short") == ("value", "key")
        assert await client.refused("session.newkey", username="nobody", key=key) == ("missed", "user")
        assert await client.refused("auth", username=ADMIN[0], key=key) == ("auth", "badpassword")
        doc = await client.xml("auth", username=ALICE[0], key=key, auth="")
        assert doc.find("auth").get("level") == "16"
        sid = doc.findtext("auth")
        assert await client.rows("server", auth=sid) == []
        assert await client.refused("auth", username=ALICE[0], key=key) == ("auth", "badpassword")
        await client.xml("session.newkey", user=ALICE[0], key=key)

    with_client(scene)


def test_administrators_act_as_others_and_see_and_end_sessions():
    async def scene(client: Client) -> None:
        assert await client.rows("server", su=ALICE[0]) == []
        assert await client.refused("server", su=ADMIN[0], authinfo=":".join(ALICE)) == ("access", "su")
        assert await client.refused("server", su="nobody") == ("missed", "user")
        sid = (await client.xml("user.su", elid="2")).findtext("auth")
        (row,) = await client.rows("session")
        assert (row["id"], row["name"], row["level"], row["ip"]) == (sid, ALICE[0], "User", "127.0.0.1")
        await client.xml("session.delete", elid=sid)
        assert await client.refused("server", auth=sid) == ("auth", "")
        await client.xml("user.disable", elid="2")
        assert await client.refused("user.su", elid="2") == ("no_su_disabled_user", "")
        assert await client.refused("server", su=ALICE[0]) == ("no_su_disabled_user", "")
        assert await client.refused("server", authinfo=":".join(ALICE)) == ("auth", "badpassword")
        await client.xml("user.enable", elid="2")
        await client.xml("server.edit", sok="ok", elid="1", owner="2")
        assert (await client.xml("server.su", elid="1")).find("auth").get("level") == "16"
        assert await client.refused("server.su", elid="2") == ("missed", "user")

    with_client(scene)


def test_users_are_made_with_names_and_levels():
    async def scene(client: Client) -> None:
        new = {"sok": "ok", "name": "web1", "passwd": "long-enough"}
        doc = await client.xml("user.edit", level="lvUser", **new)
        assert [child.tag for child in doc][:2] == ["id", "ok"]
        number = doc.findtext("id")
        assert await client.refused("user.edit", level="lvUser", **new) == ("exists", "users")
        row = next(row for row in await client.rows("user") if row["id"] == number)
        assert row == {"id": number, "name": "web1", "level": "16", "servers": "0", "enabled": "on"}
        sid = await log_in(client, "web1", "long-enough")
        assert await client.refused("user", auth=sid) == ("access", "user")
        await client.xml("user.edit", sok="ok", elid=number, level="lvOperator")
        assert len(await client.rows("server", auth=sid)) == 4
        assert (await client.xml("user.edit", elid=number)).findtext("level") == "lvOperator"
        await client.xml("user.edit", sok="ok", elid=number, passwd="another-one", confirm="another-one")
        await log_in(client, "web1", "another-one")
        await client.xml("user.edit", sok="ok", elid=number, level="lvAdmin")
        assert len(await client.rows("user", auth=sid)) == 3
        assert await client.refused("user.edit", sok="ok", name="x y", passwd="long-enough") == ("value", "name")
        assert await client.refused("user.edit", sok="ok", name="xy", passwd="short") == ("value", "passwd")
        assert await client.refused("user.edit", sok="ok", name="xy", passwd="long-enough", confirm="no") == (
            "value",
            "confirm",
        )
        assert await client.refused("user.delete", elid="1") == ("self_delete_error", "")
        assert await client.refused("user.disable", elid="1") == ("self_disable_error", "")
        await client.xml("server.edit", sok="ok", elid="1", owner=number)
        assert await client.refused("user.delete", elid=number) == ("constraint_delete", "users")
        await client.xml("server.edit", sok="ok", elid="1", owner="no_owner")
        await client.xml("user.delete", elid=number)
        assert await client.refused("server", auth=sid) == ("auth", "")

    with_client(scene)

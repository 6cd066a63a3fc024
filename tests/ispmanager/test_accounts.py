"""Accounts: who may log in, and what becomes of them."""

import pytest

from simulator.ispmanager import Hosting, Setup
from simulator.ispmanager.errors import HostingError
from simulator.ispmanager.hosting import ACCOUNT, LIMITS, AccountEvent, AccountState
from simulator.kernel import LoopClock, Streams, run
from tests.ispmanager.support import ALICE, ROOT, Server, with_server

TOKEN = "a-one-time-key-of-24-ch"


def test_the_list_shows_users_by_name_with_their_limits():
    async def scene(server: Server) -> None:
        rows = await server.rows("user")
        assert [row["name"] for row in rows] == ["alice", "bob", "Bob", "dave"]
        assert {row["level"] for row in rows} == {"16"}
        alice = rows[0]
        assert (alice["fullname"], alice["preset"], alice["limit_quota"], alice["active"]) == (
            "Alice Ames",
            "shop",
            "10240",
            "on",
        )
        assert rows[3]["active"] == "off"
        assert [row["name"] for row in await server.rows("admin")] == ["root"]

    with_server(scene)


@pytest.mark.requirement("IM-7")
@pytest.mark.parametrize(
    ("name", "password", "in_"),
    [
        (*ALICE, True),
        ("Alice", ALICE[1], False),
        ("alice ", ALICE[1], False),
        ("alice", "Rosebud-1941", False),
        ("alice", "", False),
        ("alice", ROOT[1], False),
        ("bob", "bobs-secret", True),
        ("bob", "another-bob", False),
        ("Bob", "another-bob", True),
        ("dave", "daves-secret", False),  # disabled
        ("nobody", "x", False),
        ("", "", False),
    ],
)
def test_only_the_exact_name_and_password_of_an_enabled_user_log_in(name, password, in_):
    async def scene(server: Server) -> None:
        assert await server.logs_in(name, password) is in_
        answer = await server.raw("whoami", authinfo=f"{name}:{password}")
        assert ("badpassword" not in answer.text) is in_
        if in_:
            assert f'<user name="{name}" level="16"/>' in answer.text

    with_server(scene)


def test_a_session_ends_an_hour_after_the_last_call_and_is_tied_to_its_address():
    async def scene(server: Server) -> None:
        key = (await server.xml("auth", username=ROOT[0], password=ROOT[1], authinfo="")).findtext("auth")
        await server.clock.sleep(3599)
        await server.xml("user", auth=key)
        await server.clock.sleep(3599)
        await server.xml("user", auth=key)
        async with server.at("192.0.2.7") as elsewhere:
            assert 'type="auth"' in (await elsewhere.get(f"/ispmgr?out=xml&func=user&auth={key}")).text
        await server.clock.sleep(3600)
        assert await server.refused("user", auth=key) == ("auth", "")

    with_server(scene)


def test_a_users_sessions_end_with_the_account():
    async def scene(server: Server) -> None:
        key = (await server.xml("auth", username="alice", password=ALICE[1], authinfo="")).findtext("auth")
        await server.xml("whoami", auth=key)
        await server.xml("user.delete", elid="alice")
        await server.xml("user.add", name="alice", passwd="another-one", sok="ok")
        assert await server.refused("whoami", auth=key) == ("auth", "")

    with_server(scene)


def test_users_may_not_do_what_administrators_do():
    async def scene(server: Server) -> None:
        mine = ":".join(ALICE)
        for func in ("user", "admin", "user.edit", "user.delete", "preset", "session.newkey"):
            assert await server.refused(func, authinfo=mine, elid="bob") == ("access", func)
        assert await server.refused("whoami", authinfo=mine, su="bob") == ("access", "su")
        assert await server.refused("user", authinfo="") == ("auth", "")
        assert await server.refused("webdomain") == ("not_emulated", "func")

    with_server(scene)


def test_a_one_time_key_opens_once():
    async def scene(server: Server) -> None:
        await server.xml("session.newkey", username="alice", key=TOKEN)
        assert await server.refused("session.newkey", username="alice", key=TOKEN) == ("exists", "key")
        assert await server.refused("auth", username="bob", key=TOKEN, authinfo="") == ("auth", "badpassword")
        doc = await server.xml("auth", username="alice", key=TOKEN, authinfo="")
        assert doc.find("auth").get("level") == "16"
        assert await server.refused("auth", username="alice", key=TOKEN, authinfo="") == ("auth", "badpassword")
        assert await server.refused("session.newkey", username="dave", key=TOKEN + "2") == ("no_su_disabled_user", "")
        assert await server.refused("session.newkey", username="alice", key="short") == ("value", "key")

    with_server(scene)


# what an administrator does


@pytest.mark.parametrize("func", ["user.add", "user.add.finish", "user.edit"])
def test_a_new_user_gets_the_limits_of_the_template_and_can_log_in(func):
    async def scene(server: Server) -> None:
        made = await server.xml(
            func, sok="ok", name="eve", passwd="eves-secret", confirm="eves-secret", preset="start", limit_emails="3",
            webdomain="off", ipsrc="do_not_assign",
        )  # fmt: skip
        assert made.findtext("id") == "eve"
        assert made.find("ok") is not None
        row = await server.row("eve")
        assert (row["preset"], row["limit_quota"], row["limit_emails"], row["owner"]) == ("start", "1024", "3", "root")
        assert await server.logs_in("eve", "eves-secret")

    with_server(scene)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"name": "alice", "passwd": "long-enough"}, ("exists", "users")),
        ({"name": "root", "passwd": "long-enough"}, ("exists", "users")),
        ({"name": "no good", "passwd": "long-enough"}, ("value", "name")),
        ({"name": "-rm", "passwd": "long-enough"}, ("value", "name")),
        ({"passwd": "long-enough"}, ("value", "name")),
        ({"name": "eve", "passwd": "short"}, ("value", "passwd")),
        ({"name": "eve"}, ("value", "passwd")),
        ({"name": "eve", "passwd": "long-enough", "confirm": "another"}, ("value", "confirm")),
        ({"name": "eve", "passwd": "long-enough", "preset": "gold"}, ("missed", "preset")),
        ({"name": "eve", "passwd": "long-enough", "limit_quota": "much"}, ("value", "limit_quota")),
    ],
)
def test_a_user_that_cannot_be_is_refused_and_leaves_no_trace(params, error):
    async def scene(server: Server) -> None:
        before = await server.rows("user")
        assert await server.refused("user.add", sok="ok", **params) == error
        assert await server.rows("user") == before

    with_server(scene)


def test_a_form_changes_only_what_is_sent():
    async def scene(server: Server) -> None:
        form = await server.xml("user.edit", elid="alice")
        assert (form.findtext("name"), form.findtext("preset"), form.findtext("passwd")) == ("alice", "shop", "")
        assert [key.get("key") for key in form.find("slist")] == ["#custom", "start", "shop"]
        await server.xml("user.edit", elid="alice", sok="ok", comment="since 2019")
        assert (await server.row("alice"))["fullname"] == "Alice Ames"
        assert await server.logs_in(*ALICE)
        await server.xml("user.edit", elid="alice", sok="ok", passwd="new-secret", confirm="new-secret", preset="start")
        assert not await server.logs_in(*ALICE)
        assert await server.logs_in("alice", "new-secret")
        assert (await server.row("alice"))["limit_quota"] == "1024"
        assert await server.refused("user.edit", elid="alice", sok="ok", name="alicia") == ("value", "name")
        assert await server.refused("user.edit", elid="Alice", sok="ok", comment="") == ("missed", "user")
        assert await server.refused("user.edit", elid="root", sok="ok", passwd="hijacked") == ("missed", "user")
        assert (await server.xml("user.edit", elid="alice")).findtext("comment") == "since 2019"

    with_server(scene)


def test_ones_own_password_can_be_changed_and_an_administrator_changes_it_with_su():
    async def scene(server: Server) -> None:
        await server.xml("usrparam", authinfo=":".join(ALICE), sok="ok", passwd="mine-alone", confirm="mine-alone")
        assert await server.logs_in("alice", "mine-alone")
        await server.xml("usrparam", su="alice", sok="ok", passwd="set-by-staff")
        assert await server.logs_in("alice", "set-by-staff")
        assert await server.logs_in(*ROOT)
        assert await server.refused("usrparam", su="alice", sok="ok", passwd="x") == ("value", "passwd")
        assert await server.refused("usrparam", su="nobody", sok="ok") == ("missed", "user")

    with_server(scene)


def test_suspended_users_cannot_log_in_until_they_are_resumed():
    async def scene(server: Server) -> None:
        for _ in range(2):  # twice is as once
            await server.xml("user.suspend", elid="alice, bob")
        assert not await server.logs_in(*ALICE)
        assert (await server.row("bob"))["active"] == "off"
        assert await server.refused("whoami", su="alice") == ("no_su_disabled_user", "")
        await server.xml("user.resume", elid="alice")
        assert await server.logs_in(*ALICE)
        assert (await server.row("bob"))["active"] == "off"
        assert await server.refused("user.suspend", elid="root") == ("missed", "user")
        assert await server.refused("user.suspend") == ("missed", "elid")

    with_server(scene)


def test_a_group_action_does_what_it_can_and_names_what_it_could_not():
    async def scene(server: Server) -> None:
        error = (await server.raw("user.delete", elid="bob, nobody, alice")).text
        assert 'type="missed"' in error
        assert "nobody" in error
        assert [row["name"] for row in await server.rows("user")] == ["Bob", "dave"]

    with_server(scene)


def test_a_template_carries_its_accounts_along():
    async def scene(server: Server) -> None:
        assert [row["name"] for row in await server.rows("preset")] == ["start", "shop"]
        assert (await server.xml("preset.edit", elid="start")).findtext("limit_quota") == "1024"
        await server.xml("preset.edit", elid="start", sok="ok", limit_quota="2048")
        assert {(await server.row(name))["limit_quota"] for name in ("bob", "Bob", "dave")} == {"2048"}
        assert (await server.row("alice"))["limit_quota"] == "10240"
        await server.xml("preset.edit", sok="ok", name="gold", limit_quota="99")
        assert await server.refused("preset.edit", sok="ok", name="gold") == ("exists", "preset")
        assert await server.refused("preset.edit", elid="silver") == ("missed", "preset")
        assert await server.refused("preset.edit", sok="ok", name="#custom") == ("value", "name")

    with_server(scene)


def test_the_journal_has_every_request_with_its_error_and_no_password():
    async def scene(server: Server) -> None:
        await server.logs_in("alice", "wrong")
        await server.rows("user")
        lines = [str(record) for record in server.journal]
        assert "func=auth" in lines[0]
        assert "error=auth:badpassword" in lines[0]
        assert "func=user" in lines[1]
        assert "rackloop-root" not in "".join(lines)

    with_server(scene)


# tables and set-ups


@pytest.mark.parametrize("state", list(AccountState))
@pytest.mark.parametrize("event", list(AccountEvent))
def test_every_button_works_in_every_state(state, event):
    expected = AccountState.SUSPENDED if event is AccountEvent.SUSPEND else AccountState.ACTIVE
    assert ACCOUNT.next(state, event) is expected


@pytest.mark.parametrize(
    ("users", "presets"),
    [
        ([Setup("a", "x"), Setup("a", "y")], {}),
        ([Setup("root", "x")], {}),
        ([Setup("a b", "x")], {}),
        ([Setup("a", "x", preset="gold")], {}),
        ([Setup("a", "x", limits={"limit_sun": "1"})], {}),
        ([], {"#custom": {}}),
    ],
)
def test_a_set_up_that_cannot_be_is_refused(users, presets):
    async def play() -> None:
        with pytest.raises(HostingError):
            Hosting(LoopClock(), Streams(1)["x"].randbytes, admin=Setup(*ROOT), users=users, presets=presets)

    run(play())


def test_limits_that_nobody_set_are_empty():
    async def scene(server: Server) -> None:
        await server.xml("user.add", sok="ok", name="eve", passwd="eves-secret")
        form = await server.xml("user.edit", elid="eve")
        assert form.findtext("preset") == "#custom"
        assert {form.findtext(name) for name in LIMITS} == {""}

    with_server(scene)

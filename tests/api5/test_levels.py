"""Who may call what, function by function and level by level; and where a caller may call from.

The levels are facts section 1.3's: what META says users may call, what its menus give administrators, and what concerns
the panel's own users is for full administrators. What operators may call is ours: all that administrators' menus have on
equipment and servers.
"""

import pytest

from simulator.api5.calls import FUNCTIONS
from simulator.dcim.errors import Banned, WrongCredentials
from simulator.dcim.people.accounts5 import Level
from tests.api5.support.world import Client, with_client
from tests.dcim.support import ADMIN, ALICE

ANYBODY = {"auth"}
USERS = {
    "dashboard.info", "ipmiredirect", "iplist", "iplist.edit", "server", "server.edit", "server.filter",
    "server.operations", "server.opercancel", "server.poweroff", "server.poweron", "server.reboot", "sshpubkey",
    "sshpubkey.delete", "sshpubkey.edit", "trafficdetails", "currentdetails",
}  # fmt: skip
ADMINISTRATORS = {
    "globalsettings", "server.moveip", "server.su", "session", "session.delete", "session.newkey", "user",
    "user.delete", "user.disable", "user.edit", "user.enable", "user.filter", "user.su",
}  # fmt: skip
STAFF = {
    "connwizdev", "connwizfinish", "connwizipmi", "connwizport", "conncreatewiz", "iplist.delete", "new_net",
    "operation", "operation.cancel", "operation.cclear", "operation.log", "operstat", "osmgr", "osmgr.edit", "osmgr.install",
    "osmgr.restrict.toggle", "overallpower", "overalltraffic", "pdu", "pdu.delete", "pdu.edit", "pdu.off", "pdu.on",
    "pdu.port", "pdu.port.off", "pdu.port.on", "pdu.port.refresh", "pdu.refresh", "pducreatewiz", "power",
    "powerdetails", "problems", "rack", "rack.delete", "rack.edit", "repo", "server.connection",
    "server.connection.delete", "server.connection.ipmiuser", "server.connection.ipmiuser.delete",
    "server.connection.ipmiuser.edit", "server.connection.edit", "server.connection.off", "server.connection.on",
    "server.delete", "server.disable", "server.enable", "serverconnstat", "serversearch", "serversearch.approve",
    "servertype", "servertype.oslist", "switch", "switch.delete", "switch.edit", "switch.filter", "switch.port",
    "switch.port.edit", "switch.port.off", "switch.port.on", "switch.port.refresh", "switch.refresh",
    "switchcreatewiz", "server.connection.autocreateipmi", "traffic", "trafficburstable", "trafficburstable_pie", "trafficpie", "vlan", "vlan.delete", "vlan.edit",
}  # fmt: skip
TABLE = {
    **dict.fromkeys(ANYBODY, Level.NOBODY),
    **dict.fromkeys(USERS, Level.USER),
    **dict.fromkeys(STAFF, Level.OPERATOR),
    **dict.fromkeys(ADMINISTRATORS, Level.ADMIN),
}
CALLERS = {
    Level.NOBODY: "",
    Level.USER: "user16:long-enough",
    Level.OPERATOR: "user17:long-enough",
    Level.ADMIN: ":".join(ADMIN),
}


def test_every_function_has_a_level_in_the_table_and_no_other_is_known():
    assert set(TABLE) == set(FUNCTIONS)


@pytest.mark.parametrize("level", CALLERS, ids=lambda level: str(int(level)))
def test_a_function_is_refused_below_its_level_and_at_it_and_above_it_is_not(level):
    async def scene(client: Client) -> None:
        for name, word in (("user16", "lvUser"), ("user17", "lvOperator")):
            await client.xml("user.edit", sok="ok", name=name, passwd="long-enough", level=word)
        number = (await client.rows("user"))[-2]["id"]
        await client.xml("server.edit", sok="ok", elid="1", owner=number)
        for func, lowest in sorted(TABLE.items()):
            caller = {"authinfo": CALLERS[level]} if level else {"auth": ""}
            answer = await client.raw(func, elid="1", **caller)
            refused = '<error type="access"' in answer.text or '<error type="auth" lang' in answer.text
            assert refused == (level < lowest), func

    with_client(scene)


@pytest.mark.parametrize("level", [Level.USER, Level.OPERATOR])
def test_only_administrators_act_as_others_and_then_with_the_others_level(level):
    async def scene(client: Client) -> None:
        word = {Level.USER: "lvUser", Level.OPERATOR: "lvOperator"}[level]
        await client.xml("user.edit", sok="ok", name="other", passwd="long-enough", level=word)
        own = {"authinfo": "other:long-enough"}
        for func in sorted(set(FUNCTIONS) - ANYBODY):
            assert await client.refused(func, su=ADMIN[0], **own) == ("access", "su")
        for func, lowest in sorted(TABLE.items()):
            if lowest > level:
                assert await client.refused(func, su="other") == ("access", func)

    with_client(scene)


def test_a_disabled_user_may_call_nothing_by_any_way():
    async def scene(client: Client) -> None:
        sid = (await client.xml("user.su", elid="2")).findtext("auth")
        await client.xml("user.disable", elid="2")
        for func in sorted(set(FUNCTIONS) - ANYBODY):
            assert (await client.refused(func, authinfo=":".join(ALICE)))[0] == "auth"
            assert await client.refused(func, auth=sid) == ("auth", "")

    with_client(scene)


@pytest.mark.parametrize("way", ["authinfo", "auth"])
def test_however_many_passwords_were_wrong_the_right_one_works_at_once(way):
    """No source gives version 5 a delay between tries, nor a ban: both are version 6's."""

    async def scene(client: Client) -> None:
        name, right = ALICE

        def params(password: str) -> dict[str, str]:
            if way == "authinfo":
                return {"func": "rack", "authinfo": f"{name}:{password}"}
            return {"func": "auth", "auth": "", "username": name, "password": password}

        for _ in range(12):
            assert await client.refused(**params("wrong")) == ("auth", "badpassword")
        assert (await client.rows("server", authinfo=f"{name}:{right}")) == []
        assert (await client.xml("auth", auth="", username=name, password=right)).find("auth") is not None

    with_client(scene)


def test_neither_version_is_locked_by_wrong_passwords_in_the_other():
    async def scene(client: Client) -> None:
        users = client.world.panel.users
        email = users.all.get(2).email
        assert await client.refused("server", authinfo=f"{ALICE[0]}:no") == ("auth", "badpassword")
        users.log_in(email, ALICE[1], "127.0.0.1")
        with pytest.raises(WrongCredentials):
            users.log_in(email, "no", "127.0.0.1")
        with pytest.raises(Banned):
            users.log_in(email, ALICE[1], "127.0.0.1")
        assert await client.rows("server", authinfo=":".join(ALICE)) == []

    with_client(scene)


def test_a_user_with_a_list_of_addresses_calls_from_those_alone():
    async def scene(client: Client) -> None:
        client.world.panel.users.access_lists.set_own(2, ["192.0.2.0/24"])
        alice, key = {"authinfo": ":".join(ALICE)}, "0123456789abcdef"
        assert await client.refused("server", **alice) == ("auth", "badpassword")
        assert await client.refused("auth", username=ALICE[0], password=ALICE[1]) == ("auth", "badpassword")
        await client.xml("session.newkey", username=ALICE[0], key=key)
        assert await client.refused("auth", username=ALICE[0], key=key) == ("auth", "badpassword")
        async with client.at("192.0.2.77") as allowed:
            answers = [
                await allowed.post("/dcimgr", data={"out": "text", "func": "server", **alice}),
                await allowed.post("/dcimgr", data={"out": "text", "func": "auth", "username": ALICE[0], "key": key}),
            ]
            assert not any(answer.text.startswith("ERROR") for answer in answers)
        assert len(await client.rows("server")) == 4

    with_client(scene)

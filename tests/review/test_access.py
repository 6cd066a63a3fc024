"""Clients that leave doors open: BMC users, VLANs, unwatched recovery and disk clearing."""

from __future__ import annotations

import pytest

from tests.review.support import trial

BMC = "3"
"""The connection of srv-01's BMC in DCImanager 5."""


async def sold(client, server=1):
    await client.login()
    await client.say(f"POST /dci/v3/server/{server}/owner", {"owner": await client.user()})


async def install(lab, client):
    operation = (await client.install(1)).json()["operation"]
    await lab.clock.sleep(3000)
    await client.say(f"GET /dci/v3/operation/{operation}")


@pytest.mark.parametrize("removed", [False, True])
def test_a_user_of_the_bmc_whose_client_has_given_the_server_back(removed):
    async def scene(lab, client):
        await sold(client)
        form = {"name": "alice", "passwd": "alices-bmc", "confirm": "alices-bmc", "level": "3", "sok": "ok"}
        answer = await client.five("server.connection.ipmiuser.edit", plid=BMC, **form)
        slot = answer.text.partition("<id>")[2].partition("</id>")[0]
        assert slot
        if removed:
            await client.five("server.connection.ipmiuser.delete", plid=BMC, elid=slot)
        await client.say("DELETE /dci/v3/server/1/owner")

    found = trial(scene)
    found.pop("data-left-on-disks", None)
    if removed:
        assert found == {}
    else:
        (finding,) = found.pop("bmc-left-open")
        assert found == {}
        assert finding["text"] == "was taken from alice@example.com, and alice may still log in to its BMC"
        assert finding["calls"][0]["values"]["passwd"] == "********"


def test_a_user_of_the_bmc_is_no_fault_while_the_client_has_the_server():
    async def scene(lab, client):
        await sold(client)
        form = {"name": "alice", "passwd": "alices-bmc", "level": "3", "sok": "ok"}
        await client.five("server.connection.ipmiuser.edit", plid=BMC, **form)

    assert trial(scene) == {}


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("dialect", [5, 6])
def test_a_port_that_stays_in_a_clients_vlan(back, dialect):
    async def scene(lab, client):
        port = lab.panel.inventory.servers.get(1).ports[0]

        async def put(vlan):
            if dialect == 5:
                answer = await client.five("switch.port.edit", elid=str(port), sok="ok", vlan=str(vlan))
                assert b"<ok" in answer.content
            else:
                switch = lab.panel.inventory.switch_ports.get(port).switch
                assert (
                    await client.say(f"POST /dci/v3/switch/{switch}/port/{port}", {"vlan": vlan})
                ).status_code == 200

        await sold(client)
        await client.five("vlan.edit", id="77", name="alice", sok="ok")
        await lab.clock.sleep(300)  # the switch is read
        was = lab.panel.inventory.switch_ports.get(port).vlan
        assert was not in (0, 77)
        await put(77)
        if back:
            await put(was)
        await client.say("DELETE /dci/v3/server/1/owner")
        await lab.clock.sleep(300)

    found = trial(scene)
    found.pop("data-left-on-disks", None)
    if back:
        assert found == {}
    else:
        (finding,) = found.pop("port-left-in-vlan")
        assert found == {}
        assert finding["where"] == "srv-01"
        assert "is in VLAN 77, not 1" in finding["text"]


@pytest.mark.parametrize("what", ["recovery", "clean"])
def test_recovery_and_disk_clearing_are_operations_to_be_watched(what):
    async def scene(lab, client):
        await sold(client)
        await client.say("POST /dci/v3/server/1/ip", {"ippool": 1, "family": "ipv4", "count": 1})
        if what == "recovery":
            answer = await client.say("POST /dci/v3/server/1/recovery", {"template": "Sysrescd"})
        else:
            body = {"template": "Diag6", "clear_disks": True}
            answer = await client.say("POST /dci/v3/server/1/diagnostic", body)
        assert answer.status_code == 200
        await lab.clock.sleep(7200)

    (finding,) = trial(scene)["operation-not-watched"]
    assert finding["calls"][0]["action"] == {"recovery": "server.recovery", "clean": "server.diagnostic"}[what]
    assert {"recovery": "rescue", "clean": "diagnostic"}[what] in finding["text"]


def test_recovery_of_5_begun_while_an_installation_runs():
    async def scene(lab, client):
        await sold(client)
        await client.install(1)
        await lab.clock.sleep(60)
        form = {"operation": "rescue", "rescue": "Sysrescd", "passwd": "secret-enough", "sok": "ok"}
        await client.five("server.operations", elid="1", **form)

    (finding,) = trial(scene)["asked-for-what-runs"]
    assert finding["calls"][1]["action"] == "server.operations"


def test_an_address_moved_to_a_server_that_nobody_has_stays_there():
    async def scene(lab, client):
        await sold(client)
        for _ in range(2):
            await client.say("POST /dci/v3/server/1/ip", {"ippool": 1, "family": "ipv4", "count": 1})
        _, more = lab.panel.addresses.of_server(1)
        await client.say("POST /dci/v3/server/2/ip", {"ippool": 1, "family": "ipv4", "count": 1})
        answer = await client.five("server.moveip", elid=str(more.id), servertree="2", sok="ok")
        assert b"<ok" in answer.content

    found = trial(scene)["address-left-behind"]
    assert [finding["where"] for finding in found] == ["srv-02"]
    assert found[0]["calls"][0]["action"] == "server.moveip"


def test_a_block_that_does_not_cut_the_server_off():
    async def scene(lab, client):
        await sold(client)
        await client.say("POST /dci/v3/server/1/power_on", {})
        await client.say("POST /dci/v3/server/1/suspend", {})
        await lab.clock.sleep(60)
        lab.plant.switches["sw-a1"].ports[0].set_admin(True)
        await lab.clock.sleep(60)

    assert "nic1" in trial(scene)["suspended-but-connected"][0]["text"]


def test_a_server_marked_faulty_after_a_refusal_is_given_up():
    async def scene(lab, client):
        await sold(client)
        body = {"os_template": 1, "password": "secret-enough"}  # it has no address
        assert (await client.say("POST /dci/v3/server/1/os_install", body)).status_code == 409
        await client.say("POST /dci/v3/server/1", {"faulty": {"reason": "no address"}})

    assert "refusal-ignored" not in trial(scene)

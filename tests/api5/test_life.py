"""A service's life through version 5 on a simulated datacenter, by two clients that do what a real one was seen to do."""

import httpx
import pytest

from simulator.dcim.records import PowerStatus
from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Lab
from tests.api5.support.billing import JsonSessions, Module, XmlAuthinfo

SMALL = Lab.load("small")
PACKAGE = "E3-1230-16Gb-2x1000SSD"
ORDER = {
    "package": PACKAGE,
    "name": "client1",
    "password": "s3cret-pass",
    "domain": "web.example.com",
    "template": "ISPsystem__debian-12",
    "extra": 2,
}
CLIENTS = {"xml with authinfo": XmlAuthinfo, "json with sessions": JsonSessions}


def in_lab(scene, kind, seed=1):
    async def main():
        async with SMALL.simulated(seed=seed) as lab:
            await lab.clock.sleep(30)
            async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci5_url) as http:
                return await scene(lab, Module(CLIENTS[kind](http, *lab.admin), lab.clock))

    return run(main())


def truth(lab, module):
    """The server as the panel has it, and as it stands in the hall."""
    record = lab.panel.inventory.servers.get(int(module.server))
    return record, lab.plant.servers[record.name]


def ledger(lab):
    """Owners and addresses that are held, by server."""
    owners = {one.name: lab.panel.users.all.get(one.owner).email for one in lab.panel.inventory.servers if one.owner}
    names = {one.id: one.name for one in lab.panel.inventory.servers}
    return owners, [names[address.server] for address in lab.panel.addresses.used]


def told(calls, kind):
    """The calls as `TRAFFIC` has them: polls that follow each other as one, and without the client's own log-ins."""
    lines = []
    for call in calls:
        if call.func == "auth" and kind == "json with sessions" and "key" not in call.params:
            continue
        line = str(call)
        if not (lines and lines[-1] == line and call.func == "server"):
            lines.append(line)
    return lines


GIVE = ["server.edit(elid)", "server.edit(elid mac name notes= owner sok=ok type)"]
ADD = "iplist.edit(domain family=ipv4 ip= iptype=public plid sok=ok)"
RENAME = "iplist.edit(domain elid plid sok=ok)"
TRAFFIC = {
    "create": [
        "user()", "user.edit(level=lvUser name passwd sok=ok)", "server()", *GIVE, "server.enable(elid)",
        "server.poweron(elid)", "server()", "iplist(elid)", ADD, ADD,
        "server.operations(checkpasswd confirm elid operation=ostemplate ostemplate passwd recipe=null sok=ok)",
        "server.edit(elid)", "server.connection(elid)", "server.connection.edit(elid plid)",
        "server.connection.edit(elid plid)", "server()", *GIVE, "iplist(elid)", RENAME, RENAME,
    ],
    "the test looks": ["server()"],
    "suspend": ["server.disable(elid)"],
    "the test looks at that": ["server()"],
    "unsuspend": ["server.enable(elid)"],
    "reboot": ["session.newkey(key username)", "auth(key username)", "server.reboot(elid)"],
    "network off": ["server.connection(elid)", "server.connection.off(elid plid)"],
    "the test looks again": ["server()"],
    "terminate": [
        "server.enable(elid)", "server()", "server.connection(elid)", "server.poweroff(elid)", "server()", "iplist(elid)",
        "iplist.delete(elid plid)", *GIVE, "iplist(elid)", RENAME,
    ],
    "the test looks at last": ["server()"],
}  # fmt: skip
"""Facts 4.2, the recorded calls with their parameters, in order. Polls are one line; values where they matter."""
USED = {"xml with authinfo": {"authinfo", "auth"}, "json with sessions": {"auth"}}
"""What calls came with; the reboot's session is the client's in both."""


@pytest.mark.requirement("HW-4")
@pytest.mark.parametrize("kind", CLIENTS)
def test_a_service_is_created_suspended_resumed_rebooted_cut_off_and_terminated(kind):
    async def scene(lab, module):
        assert await module.create(**ORDER) == "success"
        server, _ = truth(lab, module)
        assert lab.panel.users.all.get(server.owner).email.startswith("client1@")
        addresses = [address.name for address in lab.panel.addresses.of_server(server.id)]
        assert addresses == ["192.0.2.10", "192.0.2.11"]
        assert lab.plant.answering(addresses[0])
        row = await module.row()
        assert (row["hostname"], row["owner"], row["os"]) == ("web.example.com", "client1", "debian-12")

        assert await module.suspend() == "success"
        assert "disabled" in await module.row()
        await lab.clock.sleep(1)
        assert not lab.plant.answering(addresses[0])
        assert lab.panel.inventory.power_status(truth(lab, module)[0]) is PowerStatus.ON
        assert await module.unsuspend() == "success"
        await lab.clock.sleep(60)
        assert lab.plant.answering(addresses[0])

        assert await module.client_reboot("client1", "0123456789abcdef") == "success"
        assert not lab.plant.answering(addresses[0])
        await lab.clock.sleep(600)
        assert lab.plant.answering(addresses[0])

        assert await module.network_off() == "success"
        assert "inetoff" in await module.row()
        assert not lab.plant.answering(addresses[0])

        assert await module.terminate() == "success"
        server, _ = truth(lab, module)
        assert server.owner is None
        assert lab.panel.is_free(server)
        assert (await module.row())["hostname"] == "free.ds"
        owners, held = ledger(lab)
        assert owners == {}
        assert held == [server.name]  # the main address stays with the server, as this panel has it
        return module.call.calls

    calls = in_lab(scene, kind)
    assert told(calls, kind) == [line for lines in TRAFFIC.values() for line in lines]
    assert {call.credential for call in calls if call.func != "auth"} == {*USED[kind], "auth"}


@pytest.mark.parametrize("kind", CLIENTS)
def test_after_a_failed_installation_the_ledger_shows_what_the_client_leaves_behind(kind):
    async def scene(lab, module):
        unplugged = CATALOGUE["cable.unplugged"].params.model_validate({"server": "srv-01"})
        lab.faults.inject("cable.unplugged", unplugged)
        began = lab.clock.now()
        assert await module.create(**ORDER) == "Can not install server!"
        assert 7230 <= lab.clock.now() - began <= 7320  # recorded: 7260 s, some 240 looks at the list
        assert 235 <= sum(call.func == "server" for call in module.call.calls) <= 250
        row = await module.row()
        assert "operation_failed" in row
        assert row["hostname"] == "free.ds"
        owners, held = ledger(lab)
        assert owners == {"srv-01": lab.admin[0]}
        assert held == ["srv-01", "srv-01"]

    in_lab(scene, kind)


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_server_that_does_not_power_on_leaves_the_free_pool_with_the_host_name_of_a_free_one(kind):
    async def scene(lab, module):
        dead = CATALOGUE["board.dead"].params.model_validate({"server": "srv-01"})
        lab.faults.inject("board.dead", dead)
        began = lab.clock.now()
        assert await module.create(**ORDER) == "Can not power on server!"
        assert 595 <= lab.clock.now() - began <= 640  # recorded: 20 looks after the search
        assert sum(call.func == "server" for call in module.call.calls) == 21
        owners, held = ledger(lab)
        assert owners == {"srv-01": lab.admin[0]}
        assert held == []
        assert (await module.row())["hostname"] == "free.ds"

    in_lab(scene, kind)


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_refused_template_leaves_the_server_with_the_administrator(kind):
    async def scene(lab, module):
        answer = await module.create(**{**ORDER, "template": "ISPsystem__windows-95"})
        assert answer == "value:You have selected an incorrect OS template"
        owners, held = ledger(lab)
        assert owners == {"srv-01": lab.admin[0]}
        assert held == ["srv-01", "srv-01"]
        assert (await module.row())["hostname"] == "free.ds"

    in_lab(scene, kind)


def test_both_panels_and_their_journal_are_one_and_the_same_for_the_same_seed():
    async def scene(lab, module):
        await module.create(**ORDER)
        await module.terminate()
        requests = [record for record in lab.journal if record.layer == "api5"]
        assert requests[0].subject == "POST /dcimgr?func=user"
        return [str(record) for record in lab.journal]

    assert in_lab(scene, "xml with authinfo", seed=4) == in_lab(scene, "xml with authinfo", seed=4)


def test_a_server_that_comes_back_is_diagnosed_wiped_and_switched_off_before_it_is_sold_again():
    async def scene(lab, module):
        await module.call(
            "globalsettings",
            sok="ok",
            diagonfree="on",
            clearhdd="on",
            shutdownafterdiag="on",
            servers_autoshutdown="on",
        )
        assert await module.create(**ORDER) == "success"
        server, machine = truth(lab, module)
        assert not machine.disks_clean
        assert await module.terminate() == "success"
        row = await module.row()
        assert "diag_in_progress" in row
        assert not lab.panel.is_free(server)
        await lab.clock.sleep(3600)
        row = await module.row()
        assert "diag_in_progress" not in row
        assert "poweroff" in row
        assert not machine.powered
        assert machine.disks_clean
        assert lab.panel.is_free(truth(lab, module)[0])

    in_lab(scene, "xml with authinfo")

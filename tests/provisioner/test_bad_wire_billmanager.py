"""Answers that are lost, orders that come twice or late: for BILLmanager's modules as for that of WHMCS."""

from __future__ import annotations

from urllib.parse import parse_qsl

import httpx
from hypothesis import example, given, settings

from provisioner.services import State
from simulator.kernel import LoopClock, run
from tests.provisioner.support.bad_wire import FATES, LATE, LOST, TWICE, UNSENT, about6, bad_wire
from tests.provisioner.support.billmanager5 import Shop5
from tests.provisioner.support.billmanager6 import EMAIL, BillShop
from tests.provisioner.support.dcimanager5 import Panel5
from tests.provisioner.support.dcimanager6 import Panel


@settings(deadline=None, max_examples=30)
@example(fates=[LOST] * 60)
@example(fates=[UNSENT, LOST] * 30)
@example(fates=[LATE] * 60)
@given(fates=FATES)
def test_with_dcimanager_6_a_whole_life_ends_as_over_a_good_wire(fates: list[str]):
    async def main() -> None:
        panel = Panel(LoopClock(), 3)
        panel.boxes[1].ips = [(50, "192.0.2.250")]
        it = BillShop(panel=panel, transport=bad_wire(panel, fates, about6), poll=300)
        await it.set_up()
        await it.sell(ipv4=2)
        service, box = it.manager.service("web1"), panel.boxes[1]
        assert (service.state, service.server, box.power, box.ports) == (State.ACTIVE, 1, "on", ["up"])
        assert [panel.users[each.owner]["email"] for each in panel.boxes.values() if each.owner] == [EMAIL]
        assert service.addresses == tuple(name for _, name in box.ips)
        assert (len(box.ips), [op.type for op in panel.ops.values()], len(panel.users)) == (2, ["os_install"], 2)
        await it.manager.change("web1", {"ipv4": 3})
        assert len(box.ips) == 3
        await it.manager.suspend("web1")
        assert box.ports == ["down"]
        await it.manager.unsuspend("web1")
        await it.manager.terminate("web1")
        assert (service.state, box.ips, box.owner, box.power) == (State.CLOSED, [], None, "off")
        assert [op.type for op in panel.ops.values()] == ["os_install", "diagnostic"]
        assert it.manager.office.tasks == []
        await it.manager.close()

    run(main())


def about5(request: httpx.Request) -> str | None:
    """An order to a DCImanager 5: each call is a POST. What gives something out is not sent twice."""
    asked = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
    func, verb = asked["func"], asked["func"].rpartition(".")[2]
    if "sok" in asked:
        new = "elid" not in asked or func == "server.operations"
        return f"!{func}" if new else f"{func}"
    if verb in ("on", "off", "enable", "disable"):
        return "ports"  # a server that is disabled has its ports off
    return {"poweron": "power", "delete": "!delete"}.get(verb)


@settings(deadline=None, max_examples=15)
@example(fates=[LOST] * 60)
@example(fates=[UNSENT, LOST] * 30)
@example(fates=[TWICE, LATE] * 30)
@given(fates=FATES)
def test_with_dcimanager_5_a_whole_life_ends_as_over_a_good_wire(fates: list[str]):
    async def main() -> None:
        panel = Panel5(LoopClock(), 2)
        it = Shop5({"alias_addresses": 1}, panel=panel, transport=bad_wire(panel, fates, about5))
        service, box = await it.desk.order("web1", EMAIL), panel.boxes[1]
        assert (service.state, service.server, box.on, set(box.ports.values())) == (State.ACTIVE, 1, True, {True})
        assert [name for name, _, _ in panel.users.values()] == ["billing", "aliceexamplecom"]
        assert (panel.users[box.owner or 0][0], panel.boxes[2].owner) == ("aliceexamplecom", None)
        assert service.addresses == tuple(ip for ip, _ in box.ips.values()) == ("192.0.2.10", "192.0.2.11")
        assert box.hostname == "aliceexamplecom-1.example.com"
        (welcome,) = it.office.messages
        assert panel.users[2][2] in welcome.text
        added = await it.desk.add_address("web1")
        assert [ip for ip, _ in box.ips.values()] == ["192.0.2.10", "192.0.2.11", added]
        await it.desk.delete_address("web1", added)
        await it.desk.change_password("web1", "hunter2")
        assert panel.users[2][2] == "hunter2"
        await it.desk.suspend("web1")
        assert set(box.ports.values()) == {False}
        await it.desk.unsuspend("web1")
        assert set(box.ports.values()) == {True}
        await it.desk.terminate("web1")
        assert (service.state, box.owner, box.hostname, box.disabled) == (State.CLOSED, None, "free.ds", True)
        assert ([ip for ip, _ in box.ips.values()], len(panel.free)) == (["192.0.2.10"], 19)
        assert panel.boxes[2].owner is None
        await it.core.close()

    run(main())

"""A list of servers that is asked for again shows what has changed since, whatever it was."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.dcim.errors import PanelError
from simulator.dcim.people.accounts5 import Level
from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.web.in_process import InProcessTransport

SMALL = Lab.load("small")


def strike(kind: str, **values: Any) -> Callable[[Run], None]:
    def inject(lab: Run) -> None:
        lab.faults.inject(kind, CATALOGUE[kind].params.model_validate({**values, "for": "8m"}))

    return inject


def diagnostics(lab: Run) -> None:
    lab.panel.operations.diagnose(1, "Diag6", clear_disks=False, pool=None)


def address(lab: Run) -> None:
    lab.panel.addresses.allocate(lab.panel.addresses.pool("public"), 1, family=4, subject="srv-01")


def owner(lab: Run) -> None:
    ann = lab.panel.users.by_email("ann@example.com") or lab.panel.users.create("ann@example.com", "Se-cret-1-word")
    lab.panel.set_owner(1, ann.id)


def renamed(lab: Run) -> None:
    ann = lab.panel.users.by_email("ann@example.com")
    if ann is not None:
        lab.panel.users.all.change(ann.id, email=f"ann-{lab.clock.now():g}@example.com")


def rescue(lab: Run) -> None:
    lab.panel.operations.rescue(1, "Sysrescd")


HANDS: dict[str, Callable[[Run], Any]] = {
    "a moment": lambda lab: lab.clock.sleep(3),
    "a poll": lambda lab: lab.clock.sleep(310),
    "power on": lambda lab: lab.panel.power.on(1),
    "power off": lambda lab: lab.panel.power.off(1),
    "button": lambda lab: lab.plant.servers["srv-02"].power_on(),
    "diagnostics": diagnostics,
    "rescue": rescue,
    "ports off": lambda lab: lab.panel.ports.set(1, False),
    "owner": owner,
    "nobody": lambda lab: lab.panel.set_owner(1, None),
    "owner renamed": renamed,
    "traffic": lambda lab: lab.plant.servers["srv-02"].nics[0].count(10**9, 10**8),
    "outlet off": lambda lab: lab.panel.power.set_outlet(1, 1, False),
    "rack renamed": lambda lab: lab.panel.inventory.racks.change(1, name=f"R{lab.clock.now():g}"),
    "notes": lambda lab: lab.panel.edit_server(2, {"notes": f"at {lab.clock.now():g}"}),
    "faulty": lambda lab: lab.panel.edit_server(2, {"faulty": "it smells"}),
    "address": address,
    "dead switch": strike("switch.dead", switch="sw-a1"),
    "dead PDU": strike("pdu.dead", pdu="pdu-a1"),
    "dead BMC": strike("bmc.dead", server="srv-01"),
}


async def listed(lab: Run, name: str, password: str) -> bytes:
    way = InProcessTransport(lab.gateway5.services)
    form = urlencode({"authinfo": f"{name}:{password}", "out": "xml", "func": "server"}).encode()
    sent = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"%d" % len(form))]
    status, _, body = await way.exchange("POST", f"{lab.dci5_url}/dcimgr", sent, form)
    assert status == 200
    return body


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(sorted(HANDS)), max_size=10))
@example(["address", "rescue", "a poll", "a poll", "a poll", "power off", "power on"])
@example(["diagnostics", "a poll", "dead switch", "dead PDU", "a poll", "dead BMC", "a poll", "a poll"])
@example(["a moment", "owner", "owner renamed", "nobody"])
@example(["dead switch", "a moment", "a poll"])
@example(["a poll", "ports off"])
@example(["a poll", "outlet off", "a poll", "rack renamed"])
@example(["button", "a poll", "a poll", "traffic", "a poll", "a poll"])
def test_it_shows_what_a_list_that_is_asked_for_first_shows(hands: list[str]) -> None:
    async def main() -> None:
        async with SMALL.simulated(seed=2) as lab:
            name, password = lab.admin
            await listed(lab, name, password)
            for hand in hands:
                with contextlib.suppress(PanelError):
                    done = HANDS[hand](lab)
                    if isinstance(done, Awaitable):
                        await done
                again = await listed(lab, name, password)
                lab.panel.dialect_state.pop("api5 server rows", None)
                assert again == await listed(lab, name, password), hand

    run(main())


@pytest.mark.parametrize("first", ["staff", "client"])
def test_a_client_sees_no_row_that_was_made_for_staff(first: str) -> None:
    async def main() -> None:
        async with SMALL.simulated(seed=2) as lab:
            owner = lab.panel.users.create("ann@example.com", "Se-cret-1-word", full_name="Ann")
            assert Level.USER is not Level.ADMIN
            lab.panel.edit_server(1, {"owner": owner.id, "notes": "for staff only"})
            who = {"staff": lab.admin, "client": ("ann@example.com", "Se-cret-1-word")}
            for name in (first, *who):
                body = await listed(lab, *who[name])
                assert (b"for staff only" in body) is (name == "staff")

    run(main())

"""A lab that stops and goes on: the panel's records and the hall are as they were, but for what a power cut takes away."""

import ast
import copy
import functools
import inspect
import json
import sys
from dataclasses import is_dataclass
from enum import Enum
from operator import attrgetter
from pathlib import Path
from textwrap import dedent
from typing import get_args, get_type_hints

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.bmc.snapshot import SAVED as BMC
from simulator.dcim.records import ServerState
from simulator.dcim.snapshot import SAVED as PANEL
from simulator.dcim.work.operation_table import OperationStatus
from simulator.fabric.memory import MemoryFabric
from simulator.ispmanager.snapshot import SAVED as HOSTING
from simulator.kernel import run, snapshot
from simulator.kernel.snapshot import BadSnapshot
from simulator.lab import Lab
from simulator.lab.old_formats import FORMAT_1, from_format_1
from simulator.lab.snapshot import OtherLab, save_lab
from simulator.pdu.snapshot import SAVED as PDU_CARD
from simulator.plant import snapshot as hall
from simulator.plant.ethernet import LinkSetting
from simulator.plant.lifecycle import BootState
from simulator.switch.snapshot import SAVED as SWITCH_AGENT

SMALL, ONE, HOSTED = Lab.load("small"), Lab.load("one"), Lab.load("hosting")


def stop(lab):
    """What is written down when it ends; as a file has it."""
    return json.loads(json.dumps(save_lab(lab), allow_nan=False))


def two_lives(first, second, lab=SMALL):
    """`first` in a lab, then `second` in the lab that goes on from its end; what `second` returns."""

    async def main():
        async with lab.simulated() as before:
            await first(before)
            state = stop(before)
        async with lab.simulated(state=state) as after:
            return await second(after, state)

    return run(main())


async def sold(lab, number=1):
    """A server is given to a client, gets an address, and a system is installed."""
    panel = lab.panel
    panel.set_owner(number, 2)
    panel.addresses.allocate(panel.addresses.plan.pool("public"), number, family=4, subject="test")
    operation = panel.operations.install(number, "debian-12")
    await lab.clock.sleep(3000)
    assert panel.operations.all.get(operation.id).status is OperationStatus.OK


def test_the_panel_s_records_come_back_equal_and_ids_go_on():
    async def after(lab, state):
        again = stop(lab)
        assert again["panel"] == state["panel"]
        assert again["hall"]["switches"] == state["hall"]["switches"]
        assert again["hall"]["pdus"] == state["hall"]["pdus"]
        assert lab.clock.now() == state["now"] == 3000.0
        assert lab.panel.operations.install(1, "debian-12").id == 2
        return [address.host for address in lab.panel.addresses.of_server(1)]

    assert two_lives(sold, after) == ["192.0.2.10"]


def test_a_server_that_ran_runs_again_from_its_disk_and_one_that_was_off_stays_off():
    async def after(lab, state):
        servers = lab.plant.servers
        assert servers["srv-01"].state is not BootState.RUNNING, "the power was away: it starts"
        assert servers["srv-01"].os.name == "debian-12"
        await lab.clock.sleep(900)
        assert servers["srv-01"].answers_ping("192.0.2.10")
        assert not servers["srv-02"].powered
        assert lab.panel.inventory.power_status(lab.panel.inventory.servers.get(1)).value == "on"

    two_lives(sold, after)


def test_a_lab_that_goes_on_passes_over_what_cannot_differ_as_a_new_one_does(monkeypatch):
    """Its clock does not begin with 0, as the loop's does."""
    passed = []
    pass_over = MemoryFabric.pass_over

    def noted(fabric, address, hops, then):
        passed.append(hops)
        return pass_over(fabric, address, hops, then)

    monkeypatch.setattr(MemoryFabric, "pass_over", noted)

    async def an_hour(lab, state=None):
        await lab.clock.sleep(3600)
        passed.clear()
        await lab.clock.sleep(3600)
        return sorted(passed)

    async def never(lab):
        await lab.clock.sleep(500)

    async def new():
        async with SMALL.simulated() as lab:
            return await an_hour(lab)

    assert two_lives(never, an_hour) == run(new()) != []


@pytest.mark.parametrize(
    ("policy", "was_on", "on"),
    [("always off", True, False), ("on", False, True), ("previous", True, True), ("previous", False, False)],
)
def test_the_bmc_s_restore_policy_decides_what_a_server_does_after_the_stop(policy, was_on, on):
    async def before(lab):
        server = lab.plant.servers["srv-01"]
        server.set_restore_policy(policy)
        if was_on:
            server.power_on()
        await lab.clock.sleep(5)

    async def after(lab, state):
        server = lab.plant.servers["srv-01"]
        assert server.restore_policy == policy
        await lab.clock.sleep(1)
        return server.powered

    assert two_lives(before, after) is on


def test_an_operation_under_way_has_failed_and_says_why_and_the_server_can_be_tried_again():
    async def before(lab):
        lab.panel.set_owner(1, 2)
        lab.panel.addresses.allocate(lab.panel.addresses.plan.pool("public"), 1, family=4, subject="test")
        lab.panel.operations.install(1, "debian-12")
        lab.panel.operations.diagnose(2, "Diag6")
        await lab.clock.sleep(300)

    async def after(lab, state):
        panel = lab.panel
        for number in (1, 2):
            operation = panel.operations.all.get(number)
            assert operation.status is OperationStatus.FAILED
            assert operation.message == "interrupted: the panel was restarted"
        assert panel.addresses.of_server(2) == [], "the address of its diagnostics went back"
        await lab.clock.sleep(900)
        again = panel.operations.install(1, "debian-12")
        await lab.clock.sleep(3000)
        assert panel.operations.all.get(again.id).status is OperationStatus.OK

    two_lives(before, after)


def test_a_blocking_under_way_has_failed():
    async def before(lab):
        await lab.clock.sleep(60)
        lab.panel.inventory.servers.change(1, state=ServerState.SUSPENDING)

    async def after(lab, state):
        server = lab.panel.inventory.servers.get(1)
        assert (server.state, server.state_info) == (ServerState.ACTIVE, "interrupted: the panel was restarted")

    two_lives(before, after)


def test_relays_ports_vlans_and_device_settings_stay_and_faults_do_not():
    async def before(lab):
        lab.plant.pdus["pdu-a1"].outlets[2].turn_off()
        switch = lab.plant.switches["sw-a1"]
        switch.ports[1].set_admin(False)
        switch.ports[2].set_link(LinkSetting(10**8, full=False))
        lab.stations["sw-a1"].agent.state.aliases[2] = b"client 7"
        bmc = lab.bmc("srv-01")
        bmc.settings.asset_tag = b"A-17"
        bmc.board.log.append(bytes(14), 5)
        lab.plant.servers["srv-04"].bmc_failed = True
        await lab.clock.sleep(60)

    async def after(lab, state):
        assert not lab.plant.pdus["pdu-a1"].outlets[2].on
        assert lab.plant.servers["srv-03"].state is BootState.NO_AC
        assert not lab.plant.switches["sw-a1"].ports[1].admin_up
        assert lab.plant.switches["sw-a1"].ports[2].setting == (10**8, False)
        assert lab.stations["sw-a1"].agent.state.aliases == {2: b"client 7"}
        assert lab.bmc("srv-01").settings.asset_tag == b"A-17"
        assert len(lab.bmc("srv-01").board.log.entries) == len(state["bmcs"]["srv-01"]["board"]["log.entries"]["value"])
        assert lab.plant.servers["srv-04"].bmc_alive

    two_lives(before, after)


def test_sessions_of_the_panel_go_on_and_new_tokens_are_others():
    async def before(lab):
        lab.panel.users.log_in(*lab.admin)

    async def after(lab, state):
        (kept,) = state["panel"]["users._tokens"]
        assert lab.panel.users.session(kept).user.email == lab.admin[0]
        assert lab.panel.users.log_in(*lab.admin).value != kept

    two_lives(before, after)


def test_accounts_of_an_ispmanager_stay():
    async def before(lab):
        lab.hosting._accounts.pop(next(name for name in lab.hosting._accounts if name != "root"), None)

    async def after(lab, state):
        assert stop(lab)["ispmanager"] == state["ispmanager"]

    two_lives(before, after, HOSTED)


def test_equipment_that_answers_elsewhere_now_is_reached_there():
    async def before(lab):
        await lab.clock.sleep(10)

    async def main():
        async with SMALL.simulated() as lab:
            await before(lab)
            state = stop(lab)
        state["places"]["BMC srv-01"] = ["127.99.0.1", 1]
        for record in state["panel"]["inventory.servers"]["records"][:1]:
            record["bmc"] |= {"host": "127.99.0.1", "port": 1}
        async with SMALL.simulated(state=state) as lab:
            bmc = lab.panel.inventory.servers.get(1).bmc
            assert (bmc.host, bmc.port) == lab.bmcs["srv-01"]
            await lab.clock.sleep(400)
            assert lab.panel.inventory.servers.get(1).bmc_error is None

    run(main())


@functools.cache
def kept():
    """The state of a lab of one server after ten minutes: made by the first test that wants it, not by every collection."""

    async def main():
        async with ONE.simulated() as lab:
            await lab.clock.sleep(600)
            return stop(lab)

    return run(main())


def test_the_state_of_another_lab_is_refused_with_what_differs():
    with pytest.raises(OtherLab, match=r"lab 'small' is not the one that it was made with: PDU .* more differ"):
        SMALL.simulated(state=kept())


def spots(value, path=()):
    """The way to everything in it."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from spots(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from spots(item, (*path, place))


@settings(deadline=None, max_examples=60)
@given(
    st.deferred(lambda: st.sampled_from([spot for spot in spots(kept()) if spot])),
    st.sampled_from([None, -1, "x", [], {}, {"~": "tuple", "value": 3}, {"~": "os.system"}]),
    st.booleans(),
)
@example(("panel", "release.settings"), None, False)
@example(("panel", "inventory._server_by_mac"), [], False)
@example(("panel", "search.settings"), {"~": "release settings"}, False)
def test_a_damaged_state_is_refused_with_the_declared_error_or_taken(spot, value, gone):
    state = copy.deepcopy(kept())
    inner = state
    for step in spot[:-1]:
        inner = inner[step]
    if gone:
        del inner[spot[-1]]
    else:
        inner[spot[-1]] = value

    async def main():
        async with ONE.simulated(state=state):
            pass

    try:
        run(main())
    except BadSnapshot:
        return


# nothing is forgotten

LEFT = {
    "AccessLog": {"_listeners"},
    "Panel": {"config", "dialect_state", "zone"},
    "Users": {"_waiting"},  # who listens
    "RecentlySet": {"_last"},  # of readings under way
    "Settings": {"_first_ttl"},  # the lab file's
    "Inventory": {"_counts", "_repository"},  # counted anew; the lab file's
    "Operations": {"_runs", "_dhcp_timeout", "_diagnostic_timeout"},  # work under way; the lab file's
    "Boot": {"_entries"},  # of work under way
    "Devices": {
        "_ports_seen",
        "_outlets_seen",
        "_switched",
        "_factory",
        "_bmcs",
        "_switches",
        "_pdus",
        "_refused",
        "_denied",
    },  # connections
    "Meters": {
        "_still",
        "_drawn",
        "_counters",
        "_rates",
        "_watts",
        "_zone",
        "_dates",
        "_dated",
    },  # read anew: the devices' counters began anew too
    "Power": {"_waiting"},
    "Restrictions": {"_begun"},  # the time of those who wait outside
    "Release": {"_timer"},
    "Notifier": {"_listeners", "_next"},
    "Background": {"_tasks", "_stopped"},
    "Polling": {"_rounds", "_started", "_ways"},
}
"""What is not kept on purpose, by class."""
ALWAYS = {"_clock", "_journal", "_streams", "clock", "journal"}


def attributes(thing):
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name for name in (*slots, *getattr(thing, "__dict__", {})) if hasattr(thing, name)}


def test_every_attribute_of_the_panel_is_kept_or_left_on_purpose():
    async def main():
        async with SMALL.simulated() as lab:
            kept = {id(attrgetter(path)(lab.panel)): set(names) for path, names in PANEL.items()}
            registers = {
                id(getattr(attrgetter(path)(lab.panel), name)) for path, names in PANEL.items() for name in names
            }
            seen, forgotten = set(), []

            def walk(part):
                seen.add(id(part))
                kind = type(part).__name__
                for name in sorted(attributes(part) - ALWAYS - kept.get(id(part), set()) - LEFT.get(kind, set())):
                    value = getattr(part, name)
                    if type(value).__module__.startswith("simulator.dcim.") and type(value).__name__ != "Register":
                        if id(value) not in seen:
                            walk(value)
                    elif id(value) not in registers:
                        forgotten.append(f"{kind}.{name}")

            walk(lab.panel)
            assert forgotten == []
            assert kept.keys() <= seen

    run(main())


@pytest.mark.parametrize(
    ("kind", "parts", "left"),
    [
        (
            "switch",
            SWITCH_AGENT,
            {"hardware", "clock", "ports", "traffic", "vlan", "editing", "_views", "_rows", "copies", "_saved"},
        ),
        ("pdu", PDU_CARD, {"hardware", "clock", "outlets", "traffic", "_page", "_pending", "_commanded", "_moving"}),
        ("hosting", HOSTING, {"clock", "address", "_octets", "_sessions", "_keys", "_clock"}),
        (
            "port",
            hall.PORT,
            {
                "_link",
                "_seen",
                "_switch",
                "broken",
                "cable",
                "fcs_errors",
                "last_change",
                "late_collisions",
                "mac",
                "nominal_speed",
                "number",
                "octets_in",
                "octets_out",
                "stp_edge",
                "stp_since",
            },
        ),
        (
            "board",
            {"": BMC["board"][""]},
            {
                "_alarm",
                "_asserted",
                "_reservations",
                "chassis",
                "frozen",
                "generates",
                "log",
                "logs",
                "on_event",
                "personality",
                "sensors",
                "watchdog",
            },
        ),
        ("log", {"": BMC["board"]["log"]}, {"capacity"}),
        ("filtering", BMC["filtering"], {"_alarms", "_bmc", "_late", "in_progress", "postponed_until"}),
        ("settings", BMC["settings"], {"present_limit", "present_mode", "system_in_progress"}),
        ("power", BMC["power"], {"_board", "_chassis", "_exceeded", "_sampling", "_warm"}),
    ],
)
def test_every_attribute_of_a_device_is_kept_or_left_on_purpose(kind, parts, left):
    async def main():
        async with (HOSTED if kind == "hosting" else SMALL).simulated() as lab:
            bmc = next(iter(lab.bmc_devices.values()), None)
            thing = {
                "switch": lambda: lab.stations[next(iter(lab.plan.switches))].agent.state,
                "pdu": lambda: lab.stations[next(iter(lab.plan.pdus))].agent.state,
                "hosting": lambda: lab.hosting,
                "port": lambda: next(iter(lab.plant.switches.values())).ports[0],
                "board": lambda: bmc.board,
                "log": lambda: bmc.board.log,
                "filtering": lambda: bmc.filtering,
                "settings": lambda: bmc.settings,
                "power": lambda: bmc.power,
            }[kind]()
            assert attributes(thing) - left == set(parts[""])

    run(main())


# names of records, and states of earlier versions

STATES = Path(__file__).parent / "states"


@pytest.mark.parametrize("name", ["one", "hosting"])
def test_a_state_that_version_0_1_wrote_is_read_and_written_again_with_the_same_content(name):
    written = json.loads((STATES / f"format-1-{name}.json").read_text(encoding="utf-8"))
    assert written["format"] == 1

    async def main():
        async with Lab.load(name).simulated(state=written) as lab:
            return stop(lab)

    again = run(main())
    here = from_format_1(written)
    for part in ("epoch", "now", "places", "bmcs", "switches", "pdus", "ispmanager"):
        assert as_far_as(here[part], again[part]) == here[part], part
    for part in here["panel"].keys() - {"history.all", "notifier._kept", "notifier.last", "inventory.outlets"}:
        assert again["panel"][part] == here["panel"][part], part


def as_far_as(old, new):
    """The new state without what records have learnt to hold since."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: as_far_as(old.get(key), new[key]) for key in new if key in old or "~" not in old}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [as_far_as(*pair) for pair in zip(old, new, strict=True)]
    return new


def test_every_kind_that_version_0_1_saved_has_a_name_today_and_all_that_a_saved_record_holds_has_one_too():
    assert set(FORMAT_1.values()) <= snapshot._KINDS.keys()
    for kind in tuple(snapshot._NAMES):
        if not is_dataclass(kind):
            continue
        for field, hint in get_type_hints(kind).items():
            for inner in inside(hint):
                assert inner in snapshot._NAMES, f"{kind.__name__}.{field} holds a {inner.__name__} that has no name"


def inside(hint):
    """The kinds of records within a type."""
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, Enum) or hasattr(hint, "_fields")):
        yield hint
    for each in get_args(hint):
        yield from inside(each)


def test_all_that_the_source_says_a_saved_attribute_holds_has_a_name():
    """What stands in no state of these tests may stand in a user's."""

    async def main():
        async with SMALL.simulated() as lab, HOSTED.simulated() as hosted:
            bmc = next(iter(lab.bmc_devices.values()))
            wholes = [(lab.panel, PANEL), (hosted.hosting, HOSTING)]
            wholes += [(getattr(bmc, name) if name else bmc, parts) for name, parts in BMC.items()]
            for group, parts in ((lab.plan.switches, SWITCH_AGENT), (lab.plan.pdus, PDU_CARD)):
                wholes.append((lab.stations[next(iter(group))].agent.state, parts))
            switch, server = next(iter(lab.plant.switches.values())), next(iter(lab.plant.servers.values()))
            wholes += [(switch, hall.SWITCH), (switch.ports[0], hall.PORT), (server, hall.SERVER)]
            wholes += [(server.disks[0], hall.DISK)]
            nameless = set()
            for whole, parts in wholes:
                for path, names in parts.items():
                    part = attrgetter(path)(whole) if path else whole
                    for kind in type(part).__mro__[:-1]:
                        module = sys.modules[kind.__module__]
                        for found in names_in_source(kind, set(names)):
                            nameless.update(
                                each.__name__
                                for each in inside(getattr(module, found, None))
                                if each not in snapshot._NAMES
                            )
            assert nameless == set()

    run(main())


def names_in_source(kind, attributes):
    """Every name in the annotations and the values that a class gives these attributes."""
    for node in ast.walk(ast.parse(dedent(inspect.getsource(kind)))):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            name = (
                target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
            )
            if name in attributes:
                yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name))

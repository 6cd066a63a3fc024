"""Every call of the dialects is known to the review: as an act, as a look, or with the reason why no rule asks for it."""

import json

import pytest

import simulator.api5.app
import simulator.ispmanager.app  # noqa: F401 - registers its functions
from simulator.api5.calls import FUNCTIONS as FUNCTIONS_5
from simulator.api6.routes import known_routes
from simulator.ispmanager.calls import FUNCTIONS as FUNCTIONS_HOSTING
from simulator.review import ActionKind, HttpCall
from simulator.review.action_tables import (
    ACTIONS_6,
    ACTIONS_HOSTING,
    BUTTONS_5,
    FORMS_5,
    FORMS_HOSTING,
    LOOKS_5,
    LOOKS_HOSTING,
    WITHOUT_5,
    WITHOUT_6,
    WITHOUT_HOSTING,
)
from simulator.review.actions import action_of
from simulator.review.masking import masked
from simulator.review.parsing import parse_call
from tests.review.support import LAB, Client, run

SERVED = {(method, path, action) for method, path, action in known_routes().served()}
CHANGING = {action for method, _, action in SERVED if method not in ("GET", "HEAD", "OPTIONS")}


def test_every_route_of_6_that_changes_something_is_classified_or_left_out_for_a_reason():
    known = [set(ACTIONS_6), set(WITHOUT_6)]
    assert set.union(*known) == CHANGING, "put new actions into simulator/review/action_tables.py"
    assert not set.intersection(*known)
    assert all(len(reason) > 20 for reason in WITHOUT_6.values())


@pytest.mark.parametrize(
    ("functions", "tables"),
    [
        (FUNCTIONS_5, (BUTTONS_5, FORMS_5, WITHOUT_5, LOOKS_5)),
        (FUNCTIONS_HOSTING, (ACTIONS_HOSTING, FORMS_HOSTING, WITHOUT_HOSTING, LOOKS_HOSTING)),
    ],
)
def test_every_function_of_coremanager_is_in_exactly_one_table(functions, tables):
    known = [name for table in tables for name in table]
    assert sorted(known) == sorted(functions), "put new functions into simulator/review/action_tables.py"
    assert all(len(reason) > 20 for reason in tables[2].values())


def test_what_is_said_to_look_changes_no_record_of_the_panel_though_a_form_is_sent():
    async def main():
        async with LAB.simulated(seed=1) as lab:
            client, panel = Client(lab), lab.panel
            kinds = ("servers", "switches", "switch_ports", "pdus", "outlets", "racks", "templates")
            registers = [getattr(panel.inventory, kind) for kind in kinds]
            registers += [panel.users.all, panel.operations.all, panel.addresses.used, panel.recipes.all]

            def state():
                return [list(register) for register in registers], list(panel.vlans)

            before, changing = state(), []
            for func in sorted(LOOKS_5):
                if not func.endswith("refresh"):  # which reads a device anew
                    await client.five(
                        func, elid="1", plid="1", sok="ok", name="x", owner="1", vlan="1", devtype="switch"
                    )
                if state() != before:
                    changing, before = [*changing, func], state()
            await client.http.aclose()
            return changing

    assert run(main()) == []


def called(panel, path="/dcimgr", method="POST", **values):
    """The action of a call that was answered with an empty document."""
    body = json.dumps(values).encode() if panel == 6 else "&".join(f"{k}={v}" for k, v in values.items()).encode()
    parsed = parse_call(panel, method, path, "", body)
    return action_of(HttpCall(1, 0.0, 0.0, panel, "me", "", method, path, "", body, parsed, 200, b"{}"))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"func": "server.operations", "elid": "1"}, ActionKind.LOOK),
        ({"func": "server.operations", "elid": "1", "sok": "ok", "operation": "ostemplate"}, ActionKind.INSTALL),
        ({"func": "server.operations", "elid": "1", "sok": "ok", "operation": "rescue"}, ActionKind.RESCUE),
        ({"func": "server.operations", "elid": "1", "sok": "ok", "operation": "diag"}, ActionKind.DIAGNOSE),
        (
            {"func": "server.operations", "elid": "1", "sok": "ok", "operation": "diag", "clearhdd": "on"},
            ActionKind.CLEAN,
        ),
        ({"func": "server.edit", "elid": "1", "sok": "ok", "owner": "2"}, ActionKind.OWNER),
        ({"func": "server.edit", "elid": "1", "sok": "ok", "notes": "x"}, ActionKind.EDIT),
        ({"func": "server.edit", "sok": "ok", "owner": "2"}, ActionKind.OTHER),
        ({"func": "server.connection.off", "plid": "1", "elid": "4"}, ActionKind.PORTS_OFF),
        ({"func": "server.connection.off", "plid": "1", "elid": "5"}, ActionKind.POWER),
        ({"func": "server.connection.off", "plid": "1", "elid": "²"}, ActionKind.PORTS_OFF),
        ({"func": "server.connection.ipmiuser", "elid": "3"}, ActionKind.LOOK),
        ({"func": "server.connection.ipmiuser.edit", "plid": "3", "sok": "ok"}, ActionKind.BMC_USER),
        ({"func": "server.connection.edit", "plid": "1", "elid": "3"}, ActionKind.LOOK),
        ({"func": "server.connection.edit", "plid": "1", "elid": "3", "sok": "ok"}, ActionKind.BMC),
        ({"func": "iplist.edit", "plid": "1", "elid": "7", "sok": "ok"}, ActionKind.ADDRESS_EDIT),
        ({"func": "switch.port.edit", "elid": "1", "sok": "ok", "vlan": "7"}, ActionKind.PORT),
        ({"func": "user.su", "elid": "1"}, ActionKind.OTHER),
        ({"func": "user.filter", "sok": "ok"}, ActionKind.LOOK),
        ({"func": "no.such.delete", "elid": "1"}, ActionKind.OTHER),
    ],
)
def test_a_function_of_5_acts_when_its_form_is_sent_or_it_is_a_button(values, kind):
    assert called(5, **values).kind is kind


@pytest.mark.parametrize(
    ("call", "values", "kind"),
    [
        ("POST /dci/v3/server/1/recovery", {"template": "Sysrescd"}, ActionKind.RESCUE),
        ("POST /api/dci/v3/server/1/diagnostic", {"template": "Diag6"}, ActionKind.DIAGNOSE),
        ("POST /dci/v3/server/1/diagnostic", {"template": "Diag6", "clear_disks": True}, ActionKind.CLEAN),
        ("POST /dci/v3/server/1", {"owner": 3}, ActionKind.OWNER),
        ("POST /dci/v3/server/1", {"note": "x"}, ActionKind.EDIT),
        ("POST /dci/v3/switch/1/port/2", {"vlan": 7}, ActionKind.PORT),
        ("POST /dci/v3/server/1/bmc", {"ip": ""}, ActionKind.BMC),
        ("DELETE /dci/v3/server/1/connection/switch_port/2", {}, ActionKind.NO_CABLE),
        ("POST /dci/v3/rack", {"name": "B"}, ActionKind.OTHER),
        ("GET /dci/v3/rack", {}, ActionKind.LOOK),
    ],
)
def test_a_call_of_6_is_read_with_its_body(call, values, kind):
    method, path = call.split()
    assert called(6, path, method, **values).kind is kind


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("GET /dci/v3/operation/1", {}),
        ("POST /dci/v3/server/1/power_on", {}),
        ("POST /dci/v3/switch/1/port/1/off", {}),
        ("POST /dci/v3/pdu/1/port/1/on", {}),
        ("", {"func": "server.connection.ipmiuser", "elid": "3"}),
        ("", {"func": "server.connection.ipmiuser.edit", "plid": "3"}),
        ("", {"func": "server.connection.edit", "elid": "3"}),
        ("", {"func": "server.connection.edit", "elid": "4"}),
        ("", {"func": "server.connection.off", "plid": "1", "elid": "4"}),
        ("", {"func": "switch.port.on", "elid": "1"}),
        ("", {"func": "pdu.port.on", "elid": "1"}),
        ("", {"func": "connwizfinish", "plid": "1"}),
        ("", {"func": "operation.cancel", "elid": "1"}),
        ("", {"func": "iplist.delete", "plid": "1", "elid": "99"}),
    ],
)
def test_a_call_about_a_part_of_a_server_is_about_the_server(call, values):
    from simulator.review import Recorder

    async def main():
        async with LAB.simulated(seed=1) as lab:
            client = Client(lab)
            await client.login()
            await client.install(1)  # operation 1
            inventory = lab.panel.inventory
            assert inventory.switch_ports.get(1).server == inventory.outlets.get(1).server == 1
            recorder = Recorder(lab)
            recorder.watch()
            await (client.say(call, {}) if call else client.five(**values))
            (seen,) = recorder
            await client.http.aclose()
            return action_of(seen).server

    assert run(main()) == "srv-01"


def test_a_password_deep_in_a_body_is_not_shown():
    shown = masked(
        {"name": "srv", "bmc": {"ip": "192.0.2.1", "password": "p"}, "users": [{"passwd": "p"}], "ipmipass": "p"}
    )
    assert shown["bmc"] == {"ip": "192.0.2.1", "password": "********"}
    assert (shown["users"], shown["ipmipass"]) == ([{"passwd": "********"}], "********")

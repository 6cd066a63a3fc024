"""The money ledger: hours charged against hours delivered, in the real lab and for any order of events."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from provisioner.accounts import Money
from provisioner.services import Client, Service, State
from simulator.files.lab_file import data_directory
from simulator.files.problems import FileProblems
from simulator.invariants.ledger import THINGS, Account, Ledger, Statement
from simulator.kernel import Journal
from simulator.plant import BootState
from simulator.scenario import runner
from simulator.scenario.actors import Actors
from simulator.scenario.language import scenario_from_text
from simulator.scenario.reports import page, print_results, summary
from simulator.scenario.result import Result
from simulator.scenario.runner import run_scenario

SCENARIOS = data_directory("scenarios")
HEAD = """\
scenario: A test
lab: one
settings: {configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public, diagnostic_pool: diag}
steps:
"""
CREATE = "  - create: {service: web1, client: alice@example.com}\n"


def run(steps: str, expect: str = "", head: str = HEAD) -> Result:
    return run_scenario(scenario_from_text(f"{head}{steps}" + (f"expect:\n{expect}" if expect else ""), "s.yaml"))


def account(result: Result) -> Account:
    assert result.account is not None
    return result.account


def test_a_whole_life_is_charged_for_exactly_what_was_delivered() -> None:
    result = run(
        CREATE + "  - wait: 2h\n  - suspend: {service: web1}\n  - wait: 1h\n  - unsuspend: {service: web1}\n"
        "  - wait: 30m\n  - terminate: {service: web1}\n  - wait: 5h\n"
    )
    seen = account(result)
    assert (result.failures, seen.differences) == ((), ())
    assert seen.charged == seen.delivered == {"server": 3.5 * 3600, "address": 3.5 * 3600, "port": 2.5 * 3600}


def test_a_cable_that_is_pulled_while_the_client_pays_is_a_difference_with_its_reason_and_its_hours() -> None:
    steps = (
        CREATE + "  - wait: 1h\n  - fault: {cable.unplugged: {server: srv-1}}\n  - wait: 90m\n"
        "  - clear: srv-1\n  - wait: 1h\n"
    )
    (failure,) = run(steps).failures
    assert failure.what == "ledger"
    assert failure.seen == "port nic1 of srv-1 (service web1): charged, not delivered for 1.50 h: it has no link"
    assert (
        run(steps, "  - ledger: [{undelivered: port, of: web1, reason: '*no link', least: 90m, most: 90m}]\n").failures
        == ()
    )
    (failure,) = run(steps, "  - ledger: [{undelivered: port, of: web1, most: 1h}, {undelivered: port}]\n").failures
    assert failure.expected == "undelivered port, of web1, most 3600.0"


def test_a_server_that_loses_its_power_is_not_delivered_and_its_port_is_no_second_difference() -> None:
    steps = CREATE + "  - fault: {outlet.off: {pdu: pdu-1, outlet: 1}}\n  - wait: 1h\n"
    (failure,) = run(steps).failures
    assert failure.seen == "srv-1 (service web1): charged, not delivered for 1.00 h, and still so: it is off"


def test_what_a_failed_order_leaves_behind_is_delivered_to_nobodys_account() -> None:
    head = HEAD.replace("diagnostic_pool: diag", "install_timeout: 30m").replace(
        "steps:", "faults: [{installer.stall: {server: srv-1, at: 40%}}]\nsteps:"
    )
    steps = CREATE + '    expect: {error: "*time*"}\n  - wait: 10h\n'
    result = run(steps, "  - leaks: [owner of srv-1, one address]\n", head)
    assert result.failures == ()
    assert account(result).charged == dict.fromkeys(THINGS, 0.0)
    how = "(service web1): delivered, not charged for 10.00 h, and still so: the service is failed"
    assert [str(each) for each in account(result).differences] == [
        f"address 192.0.2.10 of srv-1 {how}, and the panel keeps its address",
        f"srv-1 {how}, and alice@example.com owns it",
    ]
    given_back = steps + "  - clear: srv-1\n  - terminate: {service: web1}\n"
    (first, second) = run(given_back, "", head).failures
    assert (first.what, second.what) == ("ledger", "ledger")
    assert "delivered, not charged for 10.00 h: the service is failed" in first.seen


def test_a_difference_that_is_named_and_not_there_fails() -> None:
    (failure,) = run(CREATE, "  - ledger: [{uncharged: server, of: srv-1}]\n").failures
    assert (failure.what, failure.expected, failure.seen) == (
        "ledger",
        "uncharged server, of srv-1",
        "no difference",
    )
    assert run(CREATE, "  - ledger: none\n").failures == ()


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("{undelivered: server, of: web2}", "there is no service or server `web2`"),
        ("{undelivered: server, uncharged: port}", "one of them"),
        ("{of: web1}", "one of them"),
        ("{undelivered: rack}", "'rack' is not possible here; possible: `server`, `address`, `port`$"),
    ],
)
def test_a_ledger_that_is_not_understood_is_told_with_its_place(args: str, text: str) -> None:
    with pytest.raises(FileProblems, match=text):
        scenario_from_text(f"{HEAD}{CREATE}expect:\n  - ledger: [{args}]\n")


def test_reports_show_hours_and_differences() -> None:
    result = run(CREATE + "  - wait: 1h\n  - fault: {cable.unplugged: {server: srv-1}}\n  - wait: 30m\n")
    console = Console(file=io.StringIO(), width=100, no_color=True)
    print_results([result], console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "server  1.50 h charged, 1.50 h delivered: no difference" in text
    assert "port    1.50 h charged, 1.00 h delivered: 0.50 h charged and not delivered" in text
    difference = "port nic1 of srv-1 (service web1): charged, not delivered for 0.50 h, and still so: it has no link"
    assert difference in text
    assert difference in page([result])
    (ledger,) = [each["ledger"] for each in json.loads(summary([result], seed=0, mode="simulated"))["scenarios"]]
    assert ledger["delivered"] == {"server": 5400.0, "address": 5400.0, "port": 3600.0}
    assert (ledger["differences"][0]["reason"], ledger["differences"][0]["seconds"]) == ("it has no link", 1800.0)


@pytest.mark.parametrize(
    "name", ["whmcs6/options", "whmcs6/processed-again", "billmanager5/sold-again", "billmanager6/whole-life"]
)
def test_what_the_journal_tells_of_owners_and_addresses_is_what_the_panel_shows(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    real = runner.Session._check

    async def check(session: Any, expected: Any, actors: Actors) -> None:
        held = {each.server: (each.owner, each.addresses) for each in await actors.holdings()}
        shown.append((held, actors.ledger.holdings()))
        await real(session, expected, actors)

    monkeypatch.setattr(runner.Session, "_check", check)
    assert run_scenario(SCENARIOS / f"{name}.yaml").verdict == "passed"
    assert shown
    for panel, journal in shown:
        assert panel == journal


# any order of events, in front of a plant and a panel that are nothing but what the ledger reads


class World:
    """One server; a service that goes through its table; everything may change at any time."""

    def __init__(self) -> None:
        self.time = 0.0
        self.journal = Journal(SimpleNamespace(now=lambda: self.time))  # type: ignore[arg-type]
        nic = SimpleNamespace(name="nic1", cable=object(), link_up=True)
        self.server: Any = SimpleNamespace(state=BootState.RUNNING, powered=True, nics=[nic], os=None)
        self.service = Service("web1", Client("alice@example.com"), "x", server=1, server_name="srv-1")
        billing = SimpleNamespace(services={"web1": self.service})
        self.money: dict[str, Money] = {}
        view: Any = SimpleNamespace(
            services=billing.services, meant_to_stay=lambda held, services: (False, 0), money=lambda: self.money
        )
        plant = SimpleNamespace(servers={"srv-1": self.server})
        self.ledger = Ledger(SimpleNamespace(clock=self, journal=self.journal, plant=plant), view)  # type: ignore[arg-type]

    def now(self) -> float:
        return self.time

    def do(self, event: str) -> None:
        what, _, value = event.partition(" ")
        if what == "wait":
            self.time += float(value)
        elif what == "state":
            self.service.state = State(value)
        elif what == "busy":
            self.service.busy = value
        elif what == "owner":
            self.journal.write("panel", "srv-1", "owner set", owner=value or None)
        elif what == "give":
            self.journal.write("panel", "srv-1", "address allocated", address=value, server=1)
        elif what == "take":
            self.journal.write("panel", "srv-1", "address released", address=value, server=1)
        elif what == "card":
            self.service.addresses = tuple(value.split())
        elif what == "power":
            self.server.powered = value == "on"
            self.server.state = BootState.RUNNING if value == "on" else BootState.OFF
        elif what == "install":
            self.journal.write("panel", "srv-1", "operation started", kind="os_install")
        elif what == "system":
            self.server.os = object() if value == "new" else None
        elif what == "email":
            self.service.client = Client(value)
        elif what == "link":
            self.server.nics[0].link_up = value == "up"
        self.journal.write("test", "srv-1", event)


EVENTS = [
    *(
        "wait 10",
        "wait 3600",
        "state active",
        "state suspended",
        "state closed",
        "state failed",
        "busy Suspend",
        "busy",
    ),
    *("owner alice@example.com", "owner bob@example.com", "owner", "give 192.0.2.1", "give 192.0.2.2"),
    *("take 192.0.2.1", "take 192.0.2.2", "card 192.0.2.1", "card 192.0.2.1 192.0.2.2", "card"),
    *("power on", "power off", "link up", "link down", "install", "system new", "system", "email carol@example.com"),
]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_charged_and_delivered_differ_by_exactly_the_differences_that_are_told(events: list[str]) -> None:
    world = World()
    for event in ["owner alice@example.com", *events]:
        world.do(event)
    seen = world.ledger.account()
    assert seen is not None
    for thing in THINGS:
        apart = sum(each.seconds if each.charged else -each.seconds for each in seen.differences if each.thing == thing)
        assert seen.charged[thing] - seen.delivered[thing] == pytest.approx(apart)
        assert 0 <= seen.charged[thing] <= world.time * 2
    assert world.ledger.account() == seen


def test_the_account_tells_the_money_of_what_is_sold_for_a_price() -> None:
    world = World()
    world.do("owner alice@example.com")
    world.money = {"web1": Money("month", 5990, 11980, 5990, 0), "gift": Money("month", 0, 0, 0, 0)}
    seen = world.ledger.account()
    assert seen is not None
    assert seen.money == (Statement("web1", "month", 5990, 11980, 5990, 5990, 0),)


def test_while_billing_works_on_a_service_nothing_is_counted() -> None:
    world = World()
    for event in ["owner alice@example.com", "state active", "busy Terminate", "owner", "power off", "wait 3600"]:
        world.do(event)
    seen = world.ledger.account()
    assert seen is not None
    assert (seen.charged["server"], seen.differences) == (0.0, ())


def test_a_panel_that_writes_no_journal_is_not_audited() -> None:
    world = World()
    for event in ["state active", "wait 3600"]:
        world.do(event)
    assert world.ledger.account() is None


def test_a_scenarios_journal_is_the_same_with_the_ledger_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(SCENARIOS / "installation" / "never-ends.yaml")
    whole = run_scenario(file).journal_hash
    monkeypatch.setattr(Ledger, "_record", lambda ledger, record: None)
    assert run_scenario(file).journal_hash == whole


def hours(*events: str) -> tuple[float, list[str]]:
    """Of the server, delivered; and why not all of them were."""
    world = World()
    for event in events:
        world.do(event)
    seen = world.ledger.account()
    assert seen is not None
    return seen.delivered["server"] / 3600, [each.reason for each in seen.differences if each.thing == "server"]


ORDER = ("system new", "busy Create", "owner alice@example.com", "install")


def test_the_last_clients_system_is_not_what_an_order_is_for():
    """The board ignored the boot flag, or the list was old: what runs is what ran before."""
    why = ["the system that runs was there before the client's"]
    assert hours(*ORDER, "state active", "busy", "wait 3600") == (0.0, why)
    assert hours(*ORDER, "system new", "state active", "busy", "wait 3600") == (1.0, [])
    assert hours(
        "busy Create", "owner alice@example.com", "install", "system new", "state active", "busy", "wait 3600"
    ) == (1.0, [])


def test_a_client_who_has_his_server_installed_anew_has_his_own_system_until_then():
    life = (*ORDER, "system new", "state active", "busy", "wait 3600")
    assert hours(*life, "install", "wait 3600") == (2.0, [])
    assert hours(*life, "install", "system new", "wait 3600") == (2.0, [])


def test_a_machine_that_nobody_installed_runs_what_it_runs():
    """Colocation: the system is the client's own."""
    assert hours("system new", "owner alice@example.com", "state active", "wait 3600") == (1.0, [])


@pytest.mark.parametrize("owner", ["alice@example.com", "aliceexamplecom", "carol@example.com"])
def test_a_client_who_changes_his_email_is_still_the_owner(owner):
    first = ("owner alice@example.com", "state active", "wait 3600")
    assert hours(*first, "email carol@example.com", f"owner {owner}", "wait 3600") == (2.0, [])
    assert hours(*first, "email carol@example.com", "owner bob@example.com", "wait 3600")[0] == 1.0

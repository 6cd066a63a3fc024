"""The runner: steps, expectations, verdicts. In front of the small panel of the billing tests."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from simulator.scenario.language import scenario_from_text
from simulator.scenario.result import Result
from simulator.scenario.runner import run_scenario
from tests.scenario.support import FakeRun, fake_lab

HEAD = """\
scenario: A test
lab: one
settings: {configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public}
"""
CREATE = "  - create: {service: web1, client: alice@example.com}\n"


def run(steps: str, expect: str = "", head: str = HEAD, prepare: Any = lambda run: None, **options: Any) -> Result:
    text = f"{head}steps:\n{steps}" + (f"expect:\n{expect}" if expect else "")
    return run_scenario(scenario_from_text(text, "s.yaml"), open_lab=fake_lab(prepare), **options)


def told(result: Result) -> list[tuple[str, str, str, int]]:
    return [(failure.what, failure.expected, failure.seen, failure.line) for failure in result.failures]


def test_a_scenario_in_which_all_holds_passes() -> None:
    result = run(
        CREATE
        + "  - check: [{server: srv-1, has: {ports: up, owner: alice@example.com, addresses: 1, operation: ok}}]\n"
        + "  - suspend: {service: web1}\n"
        + "  - check: [{server: srv-1, has: {ports: down}}]\n"
        + "  - unsuspend: {service: web1}\n  - wait: 10m\n  - terminate: {service: web1}\n",
        "  - {service: web1, is: closed, on: srv-1, addresses: 0}\n"
        "  - {server: srv-1, has: {owner: none, addresses: 0, power: on}, really: {power: off, os: none}}\n"
        "  - order: [POST */owner, POST */os_install, POST */port_off, POST */diagnostic]\n"
        "  - {called: POST */os_install, times: 1}\n"
        "  - never_called: POST */power_reset\n"
        "  - leaks: none\n"
        "  - journal: {layer: scenario, subject: web1, what: create ends}\n",
    )
    assert (result.verdict, told(result)) == ("passed", [])
    assert result.simulated_s > 600
    assert len(result.journal_hash) == 64
    assert result.replay == "rackloop run s.yaml --seed 0"


@pytest.mark.requirement("W6-A10")
def test_a_step_that_must_fail_and_does_is_as_expected_and_its_leaks_must_be_named() -> None:
    head = HEAD.replace("pool: public", "pool: public, install_timeout: 90m")

    def never_ends(run: FakeRun) -> None:
        run.boxes.install_takes = 1e9

    steps = CREATE + '    expect: {error: "*time*", within: 95m}\n'
    result = run(steps, "  - leaks: [owner of srv-1, one address]\n", head, never_ends)
    assert told(result) == []
    result = run(steps, "  - {service: web1, is: failed}\n", head, never_ends)
    assert [failure[:2] for failure in told(result)] == [("leak", "none"), ("leak", "none")]
    assert told(result)[0][2] == "owner alice@example.com of srv-1 (service web1)"


def test_a_leak_that_is_named_and_not_there_fails() -> None:
    result = run(CREATE, "  - leaks: [owner of srv-1]\n")
    assert told(result) == [("leaks", "owner of srv-1", "no leak", 7)]


def test_a_step_that_fails_ends_the_steps_and_tells_expected_against_seen() -> None:
    def owned(run: FakeRun) -> None:
        run.boxes.boxes[1].owner = 1

    result = run(CREATE + "  - terminate: {service: web1}\n", prepare=owned)
    assert told(result) == [
        ("create web1", "success", "error: There is no free server of configuration E3-1230-16Gb-480SSD", 5)
    ]
    assert any("create ends" in record for record in result.failures[0].records)
    assert result.verdict == "failed"


def refused(run: FakeRun) -> None:
    run.boxes.install_takes = 1e9


def test_after_the_last_step_has_failed_all_that_is_expected_is_judged_with_its_lines() -> None:
    result = run(
        CREATE + "    expect: {within: 95m}\n",
        "  - {service: web1, is: active}\n"
        "  - {server: srv-1, has: {owner: none}}\n"
        "  - {called: POST */power_reset, times: 3}\n"
        "  - {server: srv-1, has: {addresses: 1}}\n",
        prepare=refused,
    )
    assert [(failure.what, failure.line) for failure in result.failures] == [
        ("create web1", 5),
        ("service web1 is", 8),
        ("srv-1 has owner", 9),
        ("calls", 10),
    ]
    assert result.unjudged == 0


def test_what_a_step_bears_on_that_was_left_out_is_not_judged() -> None:
    expected = (
        "  - {service: web1, is: active}\n"
        "  - {server: srv-1, has: {owner: none}}\n"
        "  - {service: web2, is: active}\n"
        "  - {called: POST */os_install, times: 9}\n"
    )
    fails = CREATE + "    expect: {within: 95m}\n"
    ended = run(fails + "  - terminate: {service: web1}\n", expected.replace("web2", "web1"), prepare=refused)
    assert [failure.line for failure in ended.failures] == [5], "srv-1 is web1's"
    assert ended.unjudged == 4
    other = run(fails + "  - create: {service: web2, client: bob@example.com}\n", expected, prepare=refused)
    assert [failure.line for failure in other.failures] == [5, 9, 10]
    assert other.unjudged == 2


def test_where_time_was_to_pass_nothing_is_judged() -> None:
    result = run(
        CREATE + "    expect: {within: 95m}\n  - wait: 1h\n", "  - {service: web1, is: closed}\n", prepare=refused
    )
    assert [failure.line for failure in result.failures] == [5]
    assert result.unjudged == 1


def test_a_step_that_must_fail_and_succeeds_is_a_failure() -> None:
    result = run(CREATE + '    expect: {error: "*time*"}\n')
    assert told(result) == [("create web1", "an error like '*time*'", "success", 5)]


def test_a_step_that_takes_longer_than_it_may_is_ended() -> None:
    result = run(CREATE + "    expect: {within: 5m}\n")
    assert told(result) == [("create web1", "an end within 5 min", "not ended after 5 min", 5)]
    assert result.simulated_s == pytest.approx(300)


def test_a_run_that_hangs_is_ended_at_its_limit_and_says_who_waits() -> None:
    head = HEAD.replace("pool: public", "pool: public, install_timeout: 9d") + "limit: 2h\n"
    result = run(CREATE, head=head, prepare=lambda run: setattr(run.boxes, "install_takes", 1e9))
    assert told(result) == [("the run", "an end within 2 h", "still waiting: create web1", 6)]


def test_a_run_in_which_nothing_can_happen_any_more_fails() -> None:
    def stuck(run: FakeRun) -> None:
        def never(request: httpx.Request) -> float:
            return float("inf")

        unset = lambda *args: type("Never", (), {"cancel": lambda self: None})()  # noqa: E731
        run.clock.call_at = run.clock.call_later = unset  # type: ignore[method-assign]
        run.boxes.bend("os_install", never)

    result = run(CREATE, prepare=stuck)
    assert result.verdict == "failed"
    assert "nothing is ready and no timer is set" in result.failures[0].seen


def test_services_that_are_made_together_begin_at_once() -> None:
    lab = """\
scenario: Two at once
lab:
  lab: two
  racks: [{name: A, servers: [{name: "s-{n}", count: 2, configuration: E3-1230-16Gb-480SSD, cables: {nic1: unmanaged}}]}]
  panel:
    pools: [{name: public, range: 192.0.2.10-192.0.2.99, gateway: 192.0.2.1}]
    templates: [{name: debian-12, type: os}]
settings: {configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public}
"""
    pair = (
        "  - together:\n"
        "      - create: {service: web1, client: alice@example.com, server: s-2}\n"
        "      - create: {service: web2, client: bob@example.com, server: s-1}\n"
    )
    result = run(pair, "  - {service: web1, is: active, on: s-2}\n  - {service: web2, on: s-2}\n", lab)
    assert told(result) == [("service web2 is on", "s-2", "s-1", 15)]
    assert result.simulated_s < 30 * 60


@pytest.mark.requirement("W6-S7")
def test_a_client_who_is_not_verified_is_turned_away_only_when_he_asks_himself() -> None:
    head = HEAD.replace("pool: public", "pool: public, check_email_verified: true")
    steps = (
        "  - create: {service: web1, client: alice@example.com, verified: false}\n"
        "  - suspend: {service: web1, by_client: true}\n"
        '    expect: {error: "*verified*"}\n'
    )
    assert told(run(steps, head=head)) == []


def test_a_fault_that_never_fired_fails_its_scenario() -> None:
    result = run(CREATE, head=HEAD + "faults:\n  - installer.stall: {server: srv-1, at: 40%}\n")
    assert told(result) == [
        ("installer.stall on srv-1", "to strike", "a fault that never fired (at 40% of the image)", 5)
    ]


def test_faults_strike_and_are_mended_by_steps() -> None:
    steps = (
        "  - fault: {bmc.dead: {server: srv-1}}\n"
        "  - check: [{journal: {layer: fault, subject: srv-1, what: bmc.dead}, times: 1}]\n"
        "  - clear: bmc.dead\n"
        "  - check: [{journal: {layer: fault, what: bmc.dead ends}}]\n"
        "  - clear: srv-1\n"
    )
    assert told(run(steps)) == [("clear srv-1", "a fault to mend", "none", 9)]


def test_the_operating_system_of_one_order_does_not_change_the_next() -> None:
    head = HEAD.replace("debian-12", "Diag6").replace("lab: one", "lab: small").replace("16Gb-480", "16Gb-2x1000")
    head = head.replace("os: Diag6", "os: debian-12")
    steps = (
        "  - create: {service: web1, client: alice@example.com, os: alma-9}\n"
        "  - create: {service: web2, client: bob@example.com}\n"
    )
    bodies: list[Any] = []

    def watch(run: FakeRun) -> None:
        run.boxes.bend("os_install", lambda request: bodies.append(request.content) or 0.0, times=2)

    assert told(run(steps, head=head, prepare=watch)) == []
    assert [b'"os_template":2' in body.replace(b" ", b"") for body in bodies] == [True, False]


def test_the_same_seed_gives_the_same_journal_and_another_seed_its_own_passwords() -> None:
    first, second = run(CREATE), run(CREATE)
    assert first.journal_hash == second.journal_hash
    assert run(CREATE, seed=9).replay == "rackloop run s.yaml --seed 9"
    assert run(CREATE, head=HEAD + "seed: 4\n").seed == 4
    assert run(CREATE, head=HEAD + "seed: 4\n", seed=5).seed == 5


def test_an_error_of_our_own_is_an_error_and_not_a_failure() -> None:
    def broken(run: FakeRun) -> None:
        run.boxes.bend("os_install", lambda request: ZeroDivisionError("ours"))

    result = run(CREATE, prepare=broken)
    assert result.verdict == "error"
    assert "ZeroDivisionError: ours" in result.failures[0].seen
    assert result.journal_hash


def test_an_error_that_nobody_awaited_is_seen_too() -> None:
    def broken(run: FakeRun) -> None:
        def fail() -> None:
            raise ZeroDivisionError("in a timer")

        run.clock.call_later(5, fail)

    result = run("  - wait: 10s\n", prepare=broken)
    assert result.verdict == "error"
    assert "in a timer" in result.failures[0].seen


def test_each_kind_of_expectation_tells_what_it_saw() -> None:
    result = run(
        CREATE,
        "  - {service: web1, is: suspended, error: '*boom*', addresses: 2}\n"
        "  - {server: srv-1, has: {operation: failed, owner: none, addresses: 2, os: debian-12}}\n"
        "  - {server: srv-1, really: {power: on, answers_ping: true}}\n"
        "  - {called: POST */os_install, times: 2}\n"
        "  - called: POST */power_reset\n"
        "  - never_called: POST */os_inst*\n"
        "  - order: [POST */os_install, POST */owner]\n"
        "  - {journal: {layer: plant, subject: nobody}}\n"
        "  - {journal: {layer: scenario}, times: 5}\n",
    )
    assert told(result) == [
        ("service web1 is", "suspended", "active", 7),
        ("error of service web1", "*boom*", "no error", 7),
        ("addresses of service web1", "2", "1 (192.0.2.12)", 7),
        ("srv-1 has operation", "failed", "ok", 8),
        ("srv-1 has owner", "none", "alice@example.com", 8),
        ("srv-1 has addresses", "2", "1 (192.0.2.12)", 8),
        ("srv-1 has os", "debian-12", "none", 8),
        ("srv-1 is really power", "on", "off", 9),
        ("srv-1 is really answers ping", "yes", "no", 9),
        ("calls", "POST */os_install, 2 times", "1 time, first POST /dci/v3/server/1/os_install", 10),
        ("calls", "POST */power_reset", "never, among 64 calls", 11),
        ("calls", "never POST */os_inst*", "1 time, first POST /dci/v3/server/1/os_install", 12),
        ("order of calls", "POST */os_install → POST */owner", "no POST */owner after POST */os_install", 13),
        ("journal", "a record with layer plant, subject nobody", "no such record", 14),
        ("journal", "5 records with layer scenario", "2", 15),
    ]

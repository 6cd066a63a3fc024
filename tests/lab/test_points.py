"""Every message of a life has a point, the same in every run; any of them may meet a fate."""

from __future__ import annotations

import pytest

from provisioner.errors import PanelError
from simulator.kernel import run
from simulator.kernel.wire import Choice, Cut, Error, Fate, Garbled, Late, Lost, Network, Point, Rule, Twice
from simulator.scenario.labs import OPEN
from simulator.scenario.language import scenario_from_text
from simulator.scenario.stage import Stage

LIFE = scenario_from_text(
    """
scenario: A life
lab: one
settings: {os: debian-12, pool: public, configuration: E3-1230-16Gb-480SSD}
steps:
  - create: {service: web1, client: alice@example.com}
  - suspend: {service: web1}
  - unsuspend: {service: web1}
""",
    "s.yaml",
)


def lost(error: BaseException) -> None:
    raise error


def live(rules: list[Rule], *, watched: bool = False) -> tuple[list[Point], str, str]:
    """The points of a life, its journal's hash, and how the service ends."""
    points: list[Point] = []
    ends: list[str] = []

    async def main() -> None:
        stage = Stage(LIFE, 5, "simulated", OPEN)
        async with stage.opened(lost):
            wire = stage.run.wire  # type: ignore[attr-defined]
            if watched:
                wire.watch(points.append)
            for rule in rules:
                wire.add(rule)
            for step in LIFE.steps:
                await stage.actors.do(step)  # type: ignore[arg-type]
            ends.append(stage.run.journal.hash())
            service = stage.actors.service("web1")
            assert service is not None
            ends.append(service.state.value)

    run(main())
    return points, ends[0], ends[1]


def test_points_are_the_same_in_every_run_and_looking_at_them_changes_nothing() -> None:
    first, watched, _ = live([], watched=True)
    assert first == live([], watched=True)[0]
    assert watched == live([])[1]
    kinds = {(point.network, point.what) for point in first}
    assert {
        ("http", "POST /dci/v3/server/{}/os_install"),
        ("ipmi", "RMCP+ Open Session"),
        ("ipmi", "RAKP 1"),
        ("ipmi", "RAKP 3"),
        ("ipmi", "Chassis Control"),
        ("ipmi", "Close Session"),
        ("snmp", "SET ifAdminStatus"),
        ("data", "DHCP"),
        ("data", "image"),
        ("data", "phone-home done"),
    } <= kinds
    assert len({(p.network, p.sender, p.receiver, p.what, p.n) for p in first}) == len(first)


@pytest.mark.parametrize("network", ["ipmi", "snmp"])
@pytest.mark.parametrize("fate", [Lost(), Lost("after"), Late(0.5), Twice(), Cut(), Garbled("wrong_id")], ids=repr)
def test_a_datagram_that_meets_its_fate_once_is_sent_again_and_the_life_goes_on(network: Network, fate: Fate) -> None:
    what = {"ipmi": "Chassis Control", "snmp": "SET ifAdminStatus"}[network]
    rule = Rule(Choice(network, what=what, times=1), fate)
    assert live([rule])[2] == "active"
    assert rule.hits == 1


@pytest.mark.parametrize("step", ["RMCP+ Open Session", "RAKP 1", "RAKP 3"])
@pytest.mark.parametrize(
    "fate",
    [Lost(), Lost("after"), Late(0.5), Twice(), Cut(), Garbled("garbage")],
    ids=repr,
)
def test_a_step_of_a_log_in_that_meets_its_fate_once_is_taken_again_and_the_life_goes_on(step: str, fate: Fate) -> None:
    rule = Rule(Choice("ipmi", what=step, times=1), fate)
    assert live([rule])[2] == "active"
    assert rule.hits == 1


def test_an_answer_to_a_resent_command_can_be_lost_as_the_first_one_can() -> None:
    rule = Rule(Choice("ipmi", what="Chassis Control", times=3), Lost("after"))
    assert live([rule])[2] == "active"
    assert rule.hits == 3


@pytest.mark.parametrize("step", ["RMCP+ Open Session", "RAKP 1", "RAKP 3"])
def test_a_bmc_refuses_a_step_of_a_log_in_with_the_status_that_the_wire_says(step: str) -> None:
    rules = [Rule(Choice("ipmi", what=step), Error({"status": 0x0D}))]
    with pytest.raises(PanelError, match=r"BMC of srv-1: .*(unknown user|user name)"):
        live(rules)
    assert rules[0].hits


def test_a_bmc_refuses_with_a_completion_code_where_the_wire_says_so_and_is_asked_again() -> None:
    rule = Rule(Choice("ipmi", what="Get Chassis Status", times=1), Error({"code": 0xC0}))
    assert live([rule])[2] == "active"
    assert rule.hits == 1


def test_a_switch_refuses_with_an_error_where_the_wire_says_so_and_the_order_fails_with_its_words() -> None:
    with pytest.raises(PanelError, match="genErr"):
        live([Rule(Choice("snmp", what="SET ifAdminStatus", times=1), Error({"status": 5}))])

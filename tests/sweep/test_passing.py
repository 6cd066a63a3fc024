"""What a sweep or an exploration says that never recovers, or is left behind, is so after the trouble has passed."""

from __future__ import annotations

import pytest

from simulator.files.lab_file import data_directory
from simulator.scenario.language import scenario_from_text
from simulator.sweep.playing import PAUSE, PersistentSession, Played

GROUND = """
scenario: Here
lab: small
settings: {{configuration: E3-1230-16Gb-2x1000SSD, os: debian-12, pool: public, dont_wait: true}}
limit: 72h
steps:
{steps}
"""
FILE = str(data_directory("scenarios") / "life" / "here.yaml")


def played(*steps: str) -> PersistentSession:
    text = GROUND.format(steps="\n".join(f"  - {step}" for step in steps))
    session = PersistentSession(scenario_from_text(text, FILE), 0, trouble=0)
    session.run()
    session.result()
    return session


def tries(session: PersistentSession) -> list[Played]:
    return [each for each in session.played if each.again]


CREATE = "create: {service: web1, client: alice@example.com}"
SUSPEND = "suspend: {service: web1}"


@pytest.mark.parametrize("times", [1, 3, 5])
def test_a_try_that_a_passing_trouble_has_met_does_not_count(times: int) -> None:
    session = played(CREATE, f"fault: {{snmp.set_ignored: {{switch: sw-a1, times: {times}}}}}", SUSPEND)
    assert session.found == []
    assert len(session.told) == 1
    assert len(tries(session)) == times
    assert session.simulated == pytest.approx(times * PAUSE, rel=0.01)


def test_nor_does_one_during_which_a_trouble_comes_or_holds() -> None:
    """The switch refuses the panel four times for ten minutes, each time when it is tried again."""
    faults = [f"fault: {{snmp.community: {{switch: sw-a1, at: {at}, for: 10m}}}}" for at in ("0s", "14m", "29m", "44m")]
    session = played(*faults, CREATE)
    assert session.verdict == "passed"
    assert len(tries(session)) == 4


@pytest.mark.parametrize("forever", ["snmp.set_ignored: {switch: sw-a1}", "switch.dead: {switch: sw-a1}"])
def test_a_trouble_that_stays_is_tried_three_times(forever: str) -> None:
    session = played(CREATE, f"fault: {{{forever}}}", SUSPEND)
    assert [each.name for each in session.found][:1] == ["never-recovers"]
    assert len(tries(session)) == 2


def test_an_order_that_is_taken_back_is_taken_back_although_the_first_try_of_that_fails() -> None:
    never = 'fault: {http.error: {panel: dci6, call: "POST /dci/v3/server/*/os_install"}}'
    once = 'fault: {http.error: {panel: dci6, call: "DELETE *", nth: 3}}'
    session = played(never, once, CREATE)
    assert [each.name for each in session.found] == ["never-recovers"]
    assert len([each for each in session.told if each.startswith("terminate web1")]) == 1
    ends = [each for each in tries(session) if str(each.step).startswith("terminate")]
    assert [(each.at_once, bool(each.failed)) for each in ends] == [(True, True), (False, False)]


def test_a_panel_that_stays_down_is_no_crash() -> None:
    session = played(CREATE, "fault: {panel.crash: {}}")
    assert not session.broken
    assert [each.name for each in session.found] == ["unlike"]
    assert "the panel: an answer without the trouble" in session.found[0].text


@pytest.mark.parametrize("minutes", [2, 20])
def test_what_is_left_behind_is_asked_of_a_panel_that_answers_again(minutes: int) -> None:
    session = played(CREATE, f"fault: {{panel.crash: {{for: {minutes}m}}}}")
    assert session.verdict == "passed"
    assert session.found == []

"""What a scenario can say of BILLmanager, and what it cannot say of other modules."""

from __future__ import annotations

import pytest

from simulator.files.problems import FileProblems
from simulator.scenario.language import scenario_from_text
from simulator.scenario.runner import run_scenario

HEAD = "scenario: S\nlab: small\nmodule: {}\nsettings: {{configuration: E3-1230-16Gb-2x1000SSD, os: debian-12}}\n"


def test_a_step_of_another_module_is_refused_where_it_stands() -> None:
    text = HEAD.format("whmcs6") + "steps:\n  - add_panel: {}\n"
    with pytest.raises(FileProblems, match="the module whmcs6 has no `add_panel`"):
        scenario_from_text(text)


def test_a_setting_of_another_module_is_refused() -> None:
    text = "scenario: S\nmodule: billmanager5\nsettings: {pool: public}\nsteps:\n  - add_panel: {}\n"
    with pytest.raises(FileProblems, match="unknown setting `pool`"):
        scenario_from_text(text)


def test_messages_tickets_and_saved_properties_that_are_not_there_are_told() -> None:
    text = HEAD.format("billmanager5") + (
        "steps:\n  - order_colocation: {service: colo1, client: alice@example.com}\n"
        "expect:\n"
        "  - {message: {to: nobody@example.com}}\n"
        "  - {ticket: {service: colo1, open: false}, times: 2}\n"
        "  - {service: colo1, is: manual, saved: {label: srv-01}}\n"
        "  - {server: srv-01, has: {hostname: sold.*, disabled: true}}\n"
    )
    result = run_scenario(scenario_from_text(text))
    assert [failure.seen for failure in result.failures] == [
        "0 of: no message",
        "0 of: Set up colocation colo1",
        "nothing",
        "free.ds",
        "no",
    ]

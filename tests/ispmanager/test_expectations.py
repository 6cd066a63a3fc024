"""What a scenario can say of an account, and how it is told when it is otherwise."""

import pytest

from provisioner.billmanager.protocol import Item
from provisioner.modules.ispmanager import Ispmanager
from simulator.files.problems import FileProblems
from simulator.scenario.language import scenario_from_text
from simulator.scenario.runner import run_scenario

TEXT = """
scenario: x
lab: {lab}
module: billmanager6
steps:
  - add_department: {{name: Hosting}}
  - add_module: {{name: ispmanager, type: pmispmanager, department: Hosting}}
  - add_tariff: {{name: Shared, itemtype: vhost, modules: [ispmanager], params: {{preset: start}}}}
  - order: {{service: web1, client: alice@example.com, tariff: Shared}}
  - pay: {{service: web1}}
expect:
  - {expect}
"""


@pytest.mark.parametrize(
    ("expect", "expected", "seen"),
    [
        ("{account: user1, is: active, preset: start, of: web1}", "", ""),
        ("{account: dave, is: disabled, of: none}", "", ""),
        ("{account: alice, password: rosebud-1941}", "", ""),
        ("{account: nobody, is: absent, of: none}", "", ""),
        ("{account: Alice}", "a user of this name", "absent"),
        ("{account: alice, is: absent}", "absent", "active"),
        ("{account: dave, is: active}", "active", "disabled"),
        ("{account: alice, preset: start}", "start", "shop"),
        ("{account: alice, password: rosebud}", "a log-in with this password", "refused"),
        ("{account: alice, of: web1}", "web1", "none"),
        ("{account: user1, of: none}", "none", "web1"),
    ],
)
def test_an_account_is_held_against_what_the_panel_shows(expect, expected, seen):
    result = run_scenario(scenario_from_text(TEXT.format(lab="hosting", expect=expect)))
    if not expected:
        assert result.verdict == "passed", result.failures
        return
    (failure,) = result.failures
    assert (failure.expected, failure.seen) == (expected, seen)


@pytest.mark.parametrize(
    ("lab", "expect", "message"),
    [
        ("one", "{account: alice}", "the lab has no ispmanager"),
        ("hosting", "{account: alice, of: web2}", "there is no service `web2`"),
        ("hosting", "{account: alice, is: gone}", "gone"),
    ],
)
def test_a_file_that_cannot_be_meant_so_is_refused(lab, expect, message):
    with pytest.raises(FileProblems) as caught:
        scenario_from_text(TEXT.format(lab=lab, expect=expect))
    assert message in "\n".join(map(str, caught.value.problems))


def test_a_lab_without_ispmanager_has_none_to_connect():
    text = TEXT.format(lab="one", expect="{service: web1, is: active}")
    (failure, *_) = run_scenario(scenario_from_text(text)).failures
    assert "the lab has no ispmanager" in failure.seen


FORGOTTEN = """
scenario: x
lab: hosting
module: billmanager6
steps:
  - add_department: {{name: Hosting, staff: [sam@example.com]}}
  - add_module: {{name: ispmanager, type: pmispmanager, department: Hosting}}
  - add_tariff: {{name: Shared, itemtype: vhost, modules: [ispmanager]}}
  - order: {{service: web1, client: alice@example.com, tariff: Shared}}
  - pay: {{service: web1}}
  - terminate: {{service: web1}}
expect: [{expect}]
"""


def test_an_account_that_billing_made_and_forgot_is_a_leak(monkeypatch):
    async def forget(module: Ispmanager, item: Item) -> None:
        """A module that does not delete what it made."""

    whole = scenario_from_text(FORGOTTEN.format(expect=""))
    assert run_scenario(whole).verdict == "passed"
    monkeypatch.setattr(Ispmanager, "close", forget)
    (failure,) = run_scenario(whole).failures
    assert (failure.what, failure.seen) == ("leak", "account user1 of ispmanager")
    assert run_scenario(scenario_from_text(FORGOTTEN.format(expect="{leaks: account user1}"))).verdict == "passed"
    (failure,) = run_scenario(
        scenario_from_text(FORGOTTEN.format(expect="{leaks: [account user1, account x]}"))
    ).failures
    assert failure.expected == "account x"

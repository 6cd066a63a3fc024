"""What is made smaller is smaller, and a trouble that passes stays one that passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import OperationFailed, ProvisioningError
from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario, scenario_from_text
from simulator.scenario.plan import Strike, Wait
from simulator.sweep.cuts import seconds, smaller_fault, smaller_labs, smaller_step
from simulator.sweep.emit import emit
from simulator.sweep.playing import PersistentSession
from simulator.sweep.shrinking import shrink_story
from simulator.sweep.stories import faults_of, ground_of
from tests.sweep.doubles import LIFE

ROOT = data_directory("scenarios").parent
GROUND = ground_of(load_scenario(ROOT / LIFE))
FILE = str(ROOT / LIFE)


def params_of(fault: dict[str, Any]) -> dict[str, Any]:
    ((_, params),) = fault.items()
    return dict(params or {})


def ends(fault: dict[str, Any]) -> bool:
    return not {"for", "nth", "times"}.isdisjoint(params_of(fault))


@given(faults_of(GROUND))
@settings(max_examples=60, deadline=None)
def test_a_trouble_that_passes_is_made_no_trouble_that_stays(fault: dict[str, Any]) -> None:
    assert ends(fault)
    for smaller in smaller_fault(fault):
        assert ends(smaller)
        assert seconds(params_of(smaller).get("for", "0s")) <= seconds(params_of(fault).get("for", "0s"))
        assert params_of(smaller) != params_of(fault)


def test_one_that_stays_may_lose_whatever_it_says() -> None:
    assert list(smaller_fault({"bmc.dead": {"server": "srv-01", "at": "10m"}})) == [
        {"bmc.dead": {"at": "10m"}},
        {"bmc.dead": {"server": "srv-01"}},
        {"bmc.dead": {"server": "srv-01", "at": "10s"}},
        {"bmc.dead": {"server": "srv-01", "at": "1m"}},
    ]


def test_of_two_ends_one_may_go() -> None:
    fault = {"http.lost": {"times": 3, "for": "2m"}}
    assert {"http.lost": {"times": 3}} in list(smaller_fault(fault))
    assert {"http.lost": {"for": "2m"}} in list(smaller_fault(fault))
    assert {"http.lost": {"times": 1, "for": "2m"}} in list(smaller_fault(fault))


def test_steps_have_smaller_ones_too() -> None:
    assert {"fault": {"snmp.drop": {"times": 1}}} in list(smaller_step({"fault": {"snmp.drop": {"times": 5}}}))
    assert list(smaller_step({"wait": "7m"})) == [{"wait": "1m"}]
    assert list(smaller_step({"create": {"service": "web1", "os": "debian-12"}})) == [{"create": {"service": "web1"}}]


def test_every_smaller_lab_is_another_one() -> None:
    whole = {"lab": "small", "steps": []}
    first = list(smaller_labs(whole, FILE))
    assert first
    assert all(each != whole for each in first)


def test_what_never_recovers_is_shown_by_a_try_long_after_the_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that after one failure of a switch never asks for its ports again, and says that they are shut."""
    ask = Dci6Client.ports_on

    async def sulks(self: Dci6Client, *args: Any, **more: Any) -> Any:
        if getattr(self, "hurt", False):
            raise OperationFailed("the ports are shut")
        try:
            return await ask(self, *args, **more)
        except ProvisioningError:
            self.hurt = True  # type: ignore[attr-defined]
            raise

    monkeypatch.setattr(Dci6Client, "ports_on", sulks)
    document = {
        "scenario": "Here",
        "lab": "small",
        "settings": {"configuration": "E3-1230-16Gb-2x1000SSD", "os": "debian-12", "pool": "public"},
        "limit": "72h",
        "faults": [{"nic.silent": {"server": "srv-09", "for": "1m"}}],
        "steps": [
            {"create": {"service": "web1", "client": "alice@example.com"}},
            {"fault": {"snmp.community": {"switch": "sw-a1", "for": "10m"}}},
            {"wait": "1m"},
            {"create": {"service": "web2", "client": "bob@example.com"}},
        ],
    }
    scenario = scenario_from_text(emit(document), FILE)
    session = PersistentSession(scenario, 0, trouble=0)
    session.run()
    session.result()
    assert session.found[0].name == "never-recovers"
    shrunk = shrink_story(document, scenario, 0, "never-recovers", session.played, "Here.")
    small = scenario_from_text(shrunk.text, FILE)
    assert [type(each).__name__ for each in small.steps] == ["Strike", "Action", "Wait", "Action"]
    fault, wait = small.steps[0], small.steps[2]
    assert isinstance(fault, Strike)
    assert isinstance(wait, Wait)
    assert (fault.fault.params.lasts or 0.0) < wait.seconds

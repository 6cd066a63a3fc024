"""What a certificate says of a module: levels, what failed and why, how to repeat it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.certify import writing
from simulator.certify.certificate import Certificate
from simulator.certify.levels import LEVELS
from simulator.certify.proof import Proof, prove
from simulator.certify.suite import Played, play_all
from simulator.files.lab_file import data_directory
from simulator.review import Finding, Severity
from simulator.scenario.batch import find_scenarios
from simulator.scenario.billing.outside.plan import load_module
from simulator.scenario.for_module import LeftOut, load_for
from simulator.scenario.result import Failure, Result
from tests.interop.programs import need
from tests.scenario.outside.support import EXAMPLES

LIBRARY = data_directory("scenarios") / "any"
MODULE = load_module("whmcs6")
ERROR = Finding("owner-left-behind", Severity.ERROR, "srv-01", "belongs to <b>alice</b>", "Give it back.", "W6-D5")


def played(name: str, verdict: str = "passed", findings: tuple[Finding, ...] = ()) -> Played:
    failures = (
        ()
        if verdict == "passed"
        else (Failure("leak", "none", "owner <alice> | of srv-01", 0, ("1.0 panel owner set",)),)
    )
    theme, _, stem = name.partition("/")
    result = Result(
        "It works",
        f"scenarios/any/{name}.yaml",
        verdict,
        0,
        "wire",
        "",
        60.0,
        0.1,
        failures,
        ("W6-A1",),
        f"rackloop run {stem}",
    )
    return Played(theme, result, findings)


def certificate(*failed: str, findings: tuple[Finding, ...] = (), sweep: bool | None = None) -> Certificate:
    names = [f"{theme}/one" for level in LEVELS for theme in level.themes]
    trials = [played(name, "failed" if name in failed else "passed", findings) for name in names]
    left = [LeftOut(Path("x/life/two.yaml"), "the module does not offer renew")]
    proof = None if sweep is None else Proof(10, 0 if sweep else 1, ())
    return Certificate(MODULE, trials, left, "0.1.0", proof)


@pytest.mark.parametrize(
    ("made", "reached"),
    [
        (certificate(), ["sells", "cleans up", "survives"]),
        (certificate(sweep=True), ["sells", "cleans up", "survives", "proven by sweep"]),
        (certificate(sweep=False), ["sells", "cleans up", "survives"]),
        (certificate("messages/one"), ["sells", "cleans up"]),
        (certificate("messages/one", sweep=True), ["sells", "cleans up"]),
        (certificate("network/one"), ["sells"]),
        (certificate("life/one"), []),
        (certificate(findings=(ERROR,)), ["sells", "cleans up"]),
        (certificate(findings=(replace(ERROR, severity=Severity.NOTE),)), ["sells", "cleans up", "survives"]),
    ],
)
def test_a_level_asks_for_those_below_it(made: Certificate, reached: list[str]):
    assert made.reached == reached


def test_a_level_of_which_nothing_was_played_is_not_reached():
    made = Certificate(MODULE, [played("life/one")], [], "0.1.0")
    assert made.reached == []
    assert "no scenario of stock was played" in writing.as_text(made)


def test_the_text_says_what_failed_how_to_repeat_it_and_what_is_missing():
    text = writing.as_text(certificate("messages/one", findings=(ERROR,)))
    assert "failed     messages/one: leak: expected none, seen owner <alice> | of srv-01" in text
    assert "rackloop run one" in text
    assert 'missing for "survives": messages/one, report: owner-left-behind' in text
    assert "left out   life/two: the module does not offer renew" in text


def test_the_page_the_markdown_the_json_and_the_badge_tell_the_same():
    made = certificate("messages/one", findings=(ERROR,))
    page, text, data = writing.html(made), writing.markdown(made), json.loads(writing.as_json(made))
    assert "owner &lt;alice&gt; | of srv-01" in page
    assert "<alice>" not in page
    assert "seen owner &lt;alice> \\| of srv-01" in text
    assert [each["name"] for each in data["levels"] if each["reached"]] == ["sells", "cleans up"]
    (failed,) = [each for each in data["suite"] if each["verdict"] != "passed"]
    assert (failed["replay"], failed["source"], failed["failures"][0]["chain"]) == (
        "rackloop run one",
        ["W6-A1"],
        ["1.0 panel owner set"],
    )
    assert ET.fromstring(writing.badge(made)).attrib["aria-label"] == "rackloop: cleans up"


def suite(module: str, *words: str, every: int = 1) -> Certificate:
    """Of the library those that have one of these words in their names; of each theme one in `every`."""
    plan = load_module(module)
    files = [file for file in find_scenarios([LIBRARY]) if not words or any(word in str(file) for word in words)]
    themes = [
        [file for file in files if file.parent == theme] for theme in dict.fromkeys(each.parent for each in files)
    ]
    files = [file for theme in themes for file in theme[::every]]
    scenarios, left = load_for(plan, files, [])
    return Certificate(plan, play_all(plan, scenarios, jobs=1), left, "0.1.0")


def test_a_bundled_module_is_played_and_watched():
    made = suite("whmcs6", "stock/last", "installation/image-cut", "messages/answer-cut")
    assert [(each.name, each.result.verdict) for each in made.played] == [
        ("installation/image-cut", "passed"),
        ("messages/answer-cut", "passed"),
        ("stock/last-of-its-kind", "passed"),
    ]
    assert {rule for rule in made.findings if made.findings[rule][0].severity is Severity.ERROR} == set()


@pytest.mark.slow
@pytest.mark.parametrize("module", ["whmcs6", "billmanager5", "billmanager6"])
def test_the_bundled_modules_reach_what_can_be_reached_without_a_sweep(module: str):
    assert suite(module).reached == ["sells", "cleans up", "survives"]


@pytest.mark.slow
@pytest.mark.interop
@pytest.mark.parametrize(("name", "program"), [("whmcs6", "whmcs6"), ("billmanager6", "pmdci6")])
def test_a_bundled_module_called_as_a_program_has_the_same_verdicts_as_inside(name: str, program: str):
    words = (
        "life/whole",
        "stock/",
        "installation/image-cut",
        "messages/answer-5",
        "network/suspension",
        "money/nothing",
    )
    inside, outside = (
        {each.name: each.result.verdict for each in suite(module, *words).played}
        for module in (name, str(EXAMPLES / "bundled" / f"{program}.yaml"))
    )
    assert inside == outside
    assert set(inside.values()) == {"passed"}


@pytest.mark.slow
@pytest.mark.interop
@pytest.mark.parametrize(("name", "every"), [("php/rackmate", 3), ("python/provision", 4), ("node/provision", 4)])
def test_the_examples_reach_it_too(name: str, every: int):
    """The whole library takes minutes on real sockets: `rackloop certify` plays it."""
    need(name.partition("/")[0].replace("python", "python3"))
    assert suite(str(EXAMPLES / f"{name}.yaml"), every=every).reached == ["sells", "cleans up", "survives"]


@pytest.mark.slow
@pytest.mark.interop
@pytest.mark.parametrize(
    ("name", "scenario", "seen"),
    [
        ("php/careless", "installation/image-cut", "owner alice@example.com of srv-03"),
        ("python/careless", "messages/answer-6-lost", "2 (192.0.2.10, 192.0.2.11)"),
        ("node/careless", "installation/image-cut", "success"),
    ],
)
def test_the_mistakes_of_their_twins_are_found_and_explained(name: str, scenario: str, seen: str):
    need(name.partition("/")[0].replace("python", "python3"))
    made = suite(str(EXAMPLES / f"{name}.yaml"), scenario)
    assert seen in writing.as_text(made)
    assert made.played[0].result.failures[-1].records


def test_a_life_is_proven_by_a_sweep_of_it_and_not_when_there_was_no_time():
    plan = load_module("whmcs6")
    proof = prove(plan, seed=0, jobs=1, budget=None, kinds="http,refused")
    assert proof.holds
    assert proof.tried > 10
    assert "nothing was found" in str(proof)
    hurried = prove(plan, seed=0, jobs=1, budget=0.0, kinds="http,refused")
    assert not hurried.holds
    assert "no time for" in str(hurried)

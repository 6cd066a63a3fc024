"""Reports: complete, valid whatever the data, the same on every machine."""

from __future__ import annotations

import dataclasses
import io
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import junitparser
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from simulator.kernel import Record
from simulator.scenario.reports import (
    Progress,
    journals,
    junit,
    markdown,
    page,
    print_results,
    summary,
    workflow_commands,
)
from simulator.scenario.result import Failure, Result

PASSED = Result(
    "It works", "scenarios/a/works.yaml", "passed", 3, "simulated", "ab" * 32, 5645.4, 0.0421, (), ("W6-A1",),
    "rackloop run scenarios/a/works.yaml --seed 3",
)  # fmt: skip
FAILED = dataclasses.replace(
    PASSED,
    name="It <fails> & ends",
    file="scenarios/a/fails.yaml",
    verdict="failed",
    failures=(Failure("service web1 is", "active", "failed (error: no\x00 time)", 12, ("1.000  panel srv-1 x",)),),
    replay="rackloop run scenarios/a/fails.yaml --seed 3",
)
BROKEN = dataclasses.replace(
    FAILED, verdict="error", failures=(Failure("the run", "no error of the simulator", "Traceback\n  boom", 0),)
)


EXPLAINED = dataclasses.replace(
    FAILED,
    why=(Record(4, 480.0, "fault", "pdu-1", "bank.tripped"), Record(9, 480.0, "plant", "srv-1", "no<ac>", {"event": "x"}, 4)),
    records=214,
    journal=(),
)  # fmt: skip


def printed(results: list[Result]) -> str:
    console = Console(file=io.StringIO(), width=100, no_color=True)
    print_results(results, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_console_shows_verdicts_times_and_for_each_failure_what_is_needed_to_understand_it() -> None:
    text = printed([PASSED, FAILED])
    lines = text.splitlines()
    assert lines[0].split() == ["1/2", "passed", "scenarios/a/works.yaml", "1:34:05", "42", "ms"]
    assert lines[1].split()[:3] == ["2/2", "failed", "scenarios/a/fails.yaml"]
    assert "failed  It <fails> & ends" in lines
    assert "  scenarios/a/fails.yaml:12: service web1 is" in lines
    assert "    expected  active" in lines
    assert "    seen      failed (error: no\ufffd time)" in lines
    assert "    1.000  panel srv-1 x" in lines
    assert "  repeat    rackloop run scenarios/a/fails.yaml --seed 3" in lines
    assert lines[-1] == "1 passed, 1 failed"
    assert "\x1b" not in text


def test_every_report_says_why_once_and_fault_first() -> None:
    lines = [" ".join(line.split()) for line in printed([EXPLAINED]).splitlines()]
    first = lines.index("why 8:00 fault pdu-1 bank.tripped")
    assert lines[first + 1] == "8:00 plant srv-1 no<ac>: event x"
    assert lines.index("scenarios/a/fails.yaml:12: service web1 is") == first + 2
    assert "--journal FILE writes all 214 records" in lines
    (scenario,) = json.loads(summary([EXPLAINED], seed=None, mode="simulated"))["scenarios"]
    assert [(each["number"], each["what"], each["cause"]) for each in scenario["why"]] == [
        (4, "bank.tripped", None),
        (9, "no<ac>", 4),
    ]
    failure = ET.fromstring(junit([EXPLAINED])).find(".//failure")
    assert failure is not None
    assert failure.text is not None
    assert failure.text.startswith("why:\n")
    assert "no<ac>: event x" in failure.text
    links = Links()
    links.feed(page([EXPLAINED]))
    assert links.text.index("bank.tripped") < links.text.index("no<ac>: event x") < links.text.index("active")


def test_the_journal_file_has_a_line_for_each_scenario_and_its_records() -> None:
    text = journals([PASSED, dataclasses.replace(EXPLAINED, journal=tuple(each.as_line() for each in EXPLAINED.why))])
    first, second, *records = map(json.loads, text.splitlines())
    assert (first["scenario"], first["verdict"]) == (PASSED.file, "passed")
    assert second == {"scenario": FAILED.file, "seed": 3, "mode": "simulated", "verdict": "failed"}
    assert [record.get("cause") for record in records] == [None, 4]


def test_progress_shows_nothing_where_nobody_watches() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    with Progress(1, console) as progress:
        progress.begin("x")
        progress.end(PASSED)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == ""


def test_in_a_pipe_a_line_now_and_then_says_how_far_it_is_and_how_long_it_takes() -> None:
    console = Console(file=io.StringIO(), force_terminal=False)
    now = [0.0]
    with Progress(100, console, lambda: now[-1]) as progress:
        for seconds in (10.0, 20.0, 30.0, 400.0):
            now.append(seconds)
            progress.end(PASSED)
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue().splitlines()
    assert said == ["2 of 100 played, about 16 min left", "4 of 100 played, about 160 min left"]


def test_markdown_for_a_ci_service_is_well_formed_whatever_the_data() -> None:
    ugly = dataclasses.replace(EXPLAINED, name="a | b <script> `c`", failures=(Failure("x", "``` y", "z", 3),))
    text = markdown([PASSED, ugly, ugly], of=9)
    lines = text.splitlines()
    assert lines[0] == "### Rackloop: called off: 3 of 9 were played, 1 passed, 2 failed"
    assert "| failed | a \\| b <script> `c` | `scenarios/a/fails.yaml` |" in lines
    assert "<details><summary>a \\| b &lt;script> `c`</summary>" in lines
    assert lines.count("````text") == lines.count("````") == 2
    assert any(line.split() == ["why", "8:00", "fault", "pdu-1", "bank.tripped"] for line in lines)


def test_commands_for_github_are_escaped_and_absent_elsewhere() -> None:
    ugly = dataclasses.replace(EXPLAINED, name="50 %, or: less\n", failures=(Failure("x", "y\nz", "100 %", 3),))
    assert list(workflow_commands([ugly], {})) == []
    (line,) = workflow_commands([PASSED, ugly], {"GITHUB_ACTIONS": "true"})
    assert line.startswith(
        "::error file=scenarios/a/fails.yaml,line=3,title=50 %25%2C or%3A less%0A::x: expected y%0Az, seen 100 %25%0A"
    )
    assert len(list(workflow_commands([ugly] * 99, {"GITHUB_ACTIONS": "true"}))) == 10


def test_json_has_the_promised_shape() -> None:
    document = json.loads(summary([PASSED, FAILED], seed=3, mode="simulated"))
    assert (document["seed"], document["mode"]) == (3, "simulated")
    first = document["scenarios"][0]
    assert {
        key: first[key] for key in ("name", "file", "verdict", "journal_hash", "simulated_s", "wall_s", "replay")
    } == {
        "name": "It works",
        "file": "scenarios/a/works.yaml",
        "verdict": "passed",
        "journal_hash": "ab" * 32,
        "simulated_s": 5645.4,
        "wall_s": 0.0421,
        "replay": "rackloop run scenarios/a/works.yaml --seed 3",
    }


def test_junit_counts_and_carries_what_replays_the_run() -> None:
    root = ET.fromstring(junit([PASSED, FAILED, BROKEN]))
    suite = root[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    case = suite[1]
    assert (case.get("name"), case.get("classname")) == ("It <fails> & ends", "scenarios.a")
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert properties["seed"] == "3"
    assert properties["simulated_s"] == "5645.400"
    assert properties["journal_hash"] == "ab" * 32
    assert properties["replay"] == FAILED.replay
    failure = case.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "seen:     failed (error: no\ufffd time)" in failure.text
    assert suite[2].find("error") is not None


def test_a_reader_that_is_not_ours_finds_the_same_verdicts_in_junit() -> None:
    document = junitparser.JUnitXml.fromstring(junit([PASSED, FAILED, BROKEN]).encode())
    counted = (document.tests, document.failures, document.errors)
    document.update_statistics()
    assert counted == (document.tests, document.failures, document.errors) == (3, 1, 1)
    passed, failed, broken = (case for suite in document for case in suite)
    assert passed.is_passed
    assert (failed.is_failure, failed.name, failed.result[0].message) == (
        True,
        FAILED.name,
        "service web1 is: expected active, seen failed (error: no\ufffd time)",
    )
    assert broken.is_error


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_else_and_shows_everything() -> None:
    html = page([PASSED, FAILED])
    links = Links()
    links.feed(html)
    assert links.fetched == []
    assert "url(" not in html
    assert "@import" not in html
    assert "<script" not in html
    for part in ("It <fails> & ends", "failed (error: no\ufffd time)", FAILED.replay, "W6-A1", "1:34:05"):
        assert part in links.text


_TEXT = st.text(max_size=30)


@settings(deadline=None, max_examples=60)
@given(_TEXT, _TEXT, _TEXT, st.sampled_from(["failed", "error"]))
def test_every_report_is_well_formed_whatever_the_data(name: str, seen: str, file: str, verdict) -> None:
    result = dataclasses.replace(
        FAILED, name=name, file=file, verdict=verdict, failures=(Failure(name, seen, file, 3, (seen,)),), replay=file
    )
    ET.fromstring(junit([result]))
    json.loads(summary([result], seed=None, mode="wire"))
    page([result]).encode()
    text = printed([result])
    assert "\x1b" not in text
    text.encode()

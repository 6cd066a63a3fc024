"""A run as a timeline has it: everything is in it, nothing of it changes the run, and no secret is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.files.lab_file import data_directory
from simulator.kernel import Record, run
from simulator.lab import Lab
from simulator.review.masking import HIDDEN
from simulator.scenario.batch import find_scenarios, load_all, run_all
from simulator.scenario.reports import page
from simulator.scenario.runner import run_scenario
from simulator.snmp.message import GET, SET, encode_message
from simulator.timeline.datagrams import ipmi_exchange, snmp_exchange
from simulator.timeline.lanes import LANES, is_bad, lane_of
from simulator.timeline.recording import LONGEST, Recording
from simulator.timeline.traffic import Traffic

SCENARIOS = data_directory("scenarios")
LIFE = SCENARIOS / "life" / "whole-life.yaml"
FAILS = """
scenario: It is not so
lab: small
steps:
  - create: {service: web1, client: alice@example.com, configuration: E3-1230-16Gb-2x1000SSD}
settings: {os: debian-12, pool: public}
expect:
  - {service: web1, is: suspended}
"""


@pytest.fixture(scope="module")
def life():
    return run_scenario(LIFE, timelines="all")


def test_whose_timeline_is_kept_has_the_same_journal_and_the_same_verdict(life):
    plain = run_scenario(LIFE)
    assert (life.journal_hash, life.verdict, life.records) == (plain.journal_hash, plain.verdict, plain.records)
    assert plain.marks == ()
    assert sum("number" in mark for mark in life.marks) == life.records


def test_each_lane_has_its_marks_and_calls_have_their_bodies(life):
    lanes = {mark["lane"] for mark in life.marks}
    assert {key for key, _ in LANES} - lanes == {"faults"}
    times = [mark["time"] for mark in life.marks]
    assert times == sorted(times)
    install = next(mark for mark in life.marks if "os_install" in mark["subject"])
    assert install["call"]["body"]["password"] == HIDDEN
    assert install["call"]["answer"]["id"]
    onlookers = [mark["subject"] for mark in life.marks if mark["what"] == "request" and "call" not in mark]
    assert len(onlookers) < 10 < sum("call" in mark for mark in life.marks)
    assert all(each.startswith("GET ") or each.endswith("/token") for each in onlookers), (
        "they only look, by a way of their own"
    )
    control = next(mark for mark in life.marks if mark["what"] == "Chassis Control")
    assert (control["lane"], control["detail"]["action"]) == ("ipmi", "power on")
    cause = next(mark for mark in life.marks if mark.get("number") == control["cause"])
    assert cause["what"] == "create begins"


def test_calls_of_coremanager_have_their_bodies_by_function():
    account = run_scenario(SCENARIOS / "ispmanager" / "life-of-an-account.yaml", timelines="all")
    calls = [mark for mark in account.marks if "call" in mark]
    assert len(calls) == 9
    for mark in calls:
        assert mark["subject"] == f"POST /ispmgr?func={mark['call']['body']['func']}", (
            "and not an onlooker's of the same moment"
        )
        assert mark["call"]["body"]["authinfo"] == HIDDEN
        assert "<doc" in mark["call"]["answer"]


@pytest.mark.slow
@pytest.mark.parametrize("file", find_scenarios([SCENARIOS])[::12], ids=lambda file: file.stem)
def test_whose_timeline_is_kept_has_the_same_journal_in_every_kind_of_scenario(file):
    kept, plain = run_scenario(file, timelines="all"), run_scenario(file)
    assert (kept.journal_hash, kept.verdict) == (plain.journal_hash, plain.verdict)


def test_no_secret_is_in_a_timeline(life):
    whole = json.dumps(life.marks)
    assert HIDDEN in whole
    for secret in ("rackloop-admin", "private", '"ADMIN-'):
        assert secret not in whole
    assert all(len(json.dumps(mark)) < 3 * LONGEST for mark in life.marks)


def test_of_many_scenarios_those_that_failed_have_their_timeline_from_any_process(tmp_path: Path):
    file = tmp_path / "fails.yaml"
    file.write_text(FAILS, encoding="utf-8")
    scenarios = load_all([file, LIFE])
    failed, passed = run_all(scenarios, seed=None, mode="simulated", jobs=2, timelines="failed")
    assert (failed.verdict, passed.verdict) == ("failed", "passed")
    assert len(failed.marks) > failed.records
    assert passed.marks == ()
    text = page([passed, failed])
    assert text.index("It is not so") < text.index(passed.name), "failures first"
    assert text.count('class="timeline"') == 1


def test_a_name_in_a_lab_cannot_end_the_script_that_it_stands_in(life):
    marks = [{**life.marks[0], "subject": "</script><script>alert(1)</script>"}]
    assert "<script>alert" not in page([life.__class__(**{**_fields(life), "marks": marks})])


def _fields(result):
    return {name: getattr(result, name) for name in result.__dataclass_fields__}


def test_calls_that_never_came_to_a_panel_are_shown_too():
    async def main():
        async with Lab.load("one").simulated() as lab:
            recording = Recording(lab)
            lab.faults.inject("http.lost", _params("http.lost", call="GET */server"))
            import httpx

            async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as client:
                with pytest.raises(httpx.HTTPError):
                    await client.get("/dci/v3/server", timeout=1)
            recording.close()
            lost = [mark for mark in recording.marks(lab.journal) if mark["what"] == "request without an answer"]
            assert [(mark["subject"], mark["bad"]) for mark in lost] == [("GET /dci/v3/server", True)]

    run(main())


def _params(kind, **params):
    from simulator.faults import CATALOGUE

    return CATALOGUE[kind].params.model_validate(params)


def test_who_looks_at_devices_keeps_what_changes_something_and_counts_the_rest():
    async def main():
        async with Lab.load("one").simulated() as lab:
            traffic = Traffic(lab.clock, lab.bmc_devices, lab.stations, most=100, routine=False)
            traffic.attach()
            await lab.clock.sleep(1800)
            assert [each.what for each in traffic.exchanges] == []
            assert traffic.counts["ipmi"] > 0
            assert traffic.counts["snmp"] > 0
            traffic.detach()
            counted = dict(traffic.counts)
            await lab.clock.sleep(1800)
            assert dict(traffic.counts) == counted
            assert all(device.observer is None for device in (*lab.bmc_devices.values(), *lab.stations.values()))

    run(main())


def test_an_ipmi_command_is_taken_apart_and_a_password_is_not_shown():
    told = {"command": "Set User Password", "user": "ADMIN", "data": "0202736563726574", "code": 0, "answer": ""}
    assert ipmi_exchange(told)["request data"] == HIDDEN
    status = {"command": "Get Chassis Status", "user": "ADMIN", "data": "", "code": 0xC0, "answer": ""}
    assert ipmi_exchange(status)["completion"] == "C0h node busy"
    assert ipmi_exchange({**status, "code": 0, "answer": "01104000"})["power"] == "on"
    assert "action" not in ipmi_exchange({**status, "command": "Chassis Control", "data": ""})


def test_an_snmp_datagram_is_taken_apart_by_name_and_what_is_not_understood_says_so():
    asked = encode_message(1, b"private", SET, 7, 0, 0, [bytes.fromhex("300f060a2b060102010202010707020101")])
    shown = snmp_exchange(asked, None)
    assert shown["answer"] == "none"
    assert shown["request"]["PDU"] == "SET"
    assert shown["request"]["bindings"] == {"ifAdminStatus.7": 1}
    assert "not understood" in snmp_exchange(b"\x30\x01", None)["request"]
    assert snmp_exchange(encode_message(0, b"x", GET, 1, 0, 0, []), asked)["request"]["version"] == "1"


@pytest.mark.parametrize(
    ("layer", "what", "detail", "lane", "bad"),
    [
        ("panel", "operation running", {}, "operations", False),
        ("panel", "device error", {"message": "no answer"}, "panel", True),
        ("api6", "request", {"status": 503}, "billing", True),
        ("api5", "request", {"status": 200}, "billing", False),
        ("fault", "bmc.dead", {}, "faults", True),
        ("fault", "bmc.dead ends", {}, "faults", False),
        ("wire", "request lost", {}, "faults", True),
        ("plant", "no_ac", {}, "plant", True),
        ("scenario", "create begins", {}, "billing", False),
    ],
)
def test_a_record_has_its_lane(layer, what, detail, lane, bad):
    record = Record(1, 0.0, layer, "srv-1", what, detail)
    assert (lane_of(record), is_bad(record)) == (lane, bad)

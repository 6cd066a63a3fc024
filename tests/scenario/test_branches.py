"""A scenario played to a moment and on from there with other faults is the whole run in which they strike at that moment."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from simulator import kernel
from simulator.cli import app
from simulator.files.lab_file import data_directory
from simulator.files.problems import FileProblems
from simulator.lab import Lab
from simulator.scenario import branches, labs
from simulator.scenario.branches import NotReached, Then, run_branches
from simulator.scenario.language import fault_from_text, faults_from_file, load_scenario
from simulator.scenario.runner import run_scenario
from simulator.sweep.playing import PersistentSession

FILE = data_directory("scenarios") / "life" / "whole-life.yaml"
LIFE = load_scenario(FILE)
FAULTS = (
    "bmc.dead: {server: srv-01, for: 3m}",
    "port.broken: {switch: sw-a1, port: 1}",
    "http.lost: {after: 1, times: 3}",
    "ipmi.lost: {server: srv-01, share: 0.3}",
    "outlet.off: {pdu: pdu-a1, outlet: 1}",
)


def then(*texts: str) -> Then:
    return Then("then.yaml", [fault_from_text(text, LIFE) for text in texts])


def same(moment: float, faults: list[str]) -> None:
    what = [then(*faults), then()]
    forked = run_branches(LIFE, moment, what, keep_journal=True)
    again = run_branches(LIFE, moment, what, keep_journal=True, again=True)
    assert [each.journal for each in forked] == [each.journal for each in again]
    assert [each.journal_hash for each in forked] == [each.journal_hash for each in again]
    assert [(each.verdict, each.why) for each in forked] == [(each.verdict, each.why) for each in again]
    assert forked[1].journal_hash == run_scenario(LIFE).journal_hash, "nothing more has happened in it"
    assert forked[0].journal_hash != forked[1].journal_hash


MOMENTS = st.one_of(st.floats(0, 4860), st.sampled_from([0.0, 1500.0, 1560.0, 1500.0 + 2**-40]))


@given(MOMENTS, st.lists(st.sampled_from(FAULTS), min_size=1, max_size=2, unique=True))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_the_journal_of_a_branch_is_that_of_a_whole_run(moment: float, faults: list[str]) -> None:
    same(moment, faults)


@pytest.mark.slow
@given(MOMENTS, st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3, unique=True))
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_so_it_is_at_many_moments(moment: float, faults: list[str]) -> None:
    same(moment, faults)


def test_faults_strike_at_moments_as_they_do_in_files() -> None:
    bent = fault_from_text("bmc.dead: {server: srv-01, at: 83s}", LIFE)
    (forked,) = run_branches(LIFE, 83.0, [then("bmc.dead: {server: srv-01}")])
    assert forked.journal_hash == run_scenario(replace(LIFE, faults=(bent,))).journal_hash


def test_several_copies_at_once_come_to_the_same() -> None:
    what = [then(each) for each in FAULTS]
    alone, together = (run_branches(LIFE, 100.0, what, jobs=jobs) for jobs in (1, 4))
    assert [each.journal_hash for each in together] == [each.journal_hash for each in alone]


def test_where_no_process_can_be_copied_it_is_run_again(monkeypatch) -> None:
    forked = run_branches(LIFE, 100.0, [then(FAULTS[0])])
    monkeypatch.setattr(branches, "can_branch", lambda: False)
    monkeypatch.setattr(branches, "fork", None)
    again = run_branches(LIFE, 100.0, [then(FAULTS[0])])
    assert again[0].journal_hash == forked[0].journal_hash


def test_branches_can_be_judged_as_sweeps_do() -> None:
    def make(scenario):
        return PersistentSession(scenario, 0, trouble=0, open_lab=labs.OPEN)

    forked, again = (
        run_branches(LIFE, 1560.0, [then("bmc.dead: {server: srv-01, for: 3m}")], again=each, make=make)[0]
        for each in (False, True)
    )
    assert forked.verdict == again.verdict == "passed", "tried again a quarter of an hour later"
    assert forked.journal_hash == again.journal_hash


@pytest.mark.parametrize("again", [False, True])
def test_a_moment_after_the_end_is_not_reached(again: bool) -> None:
    with pytest.raises(NotReached, match="ended after 4860"):
        run_branches(LIFE, 4900.0, [then(FAULTS[0])], again=again)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "dead.yaml").write_text("bmc.dead: {server: srv-01}\n")
    (tmp_path / "calm.yaml").write_text("faults:\n  - port.broken: {switch: sw-b1, port: 1}\n")
    runner = CliRunner()
    words = ["run", str(FILE), "--at", "83s", "--json", str(tmp_path / "out.json")]
    for name in ("dead.yaml", "calm.yaml"):
        words += ["--then", str(tmp_path / name)]
    done = runner.invoke(app, words)
    assert done.exit_code == 1, done.output
    assert "1 passed, 1 failed" in done.stdout
    dead, calm = json.loads((tmp_path / "out.json").read_text())["scenarios"]
    assert (dead["verdict"], calm["verdict"]) == ("failed", "passed")
    assert dead["why"][0]["what"] == "bmc.dead"
    assert dead["why"][0]["time"] == 83
    assert dead["replay"].endswith(f"--at 83s --then {tmp_path / 'dead.yaml'}")
    for wrong in (["--at", "83s"], ["--then", "x.yaml"], ["--at", "soon", "--then", str(tmp_path / "dead.yaml")]):
        done = runner.invoke(app, ["run", str(FILE), *wrong])
        assert (done.exit_code, done.stdout) == (2, "")
    done = runner.invoke(app, ["run", str(FILE), "--at", "90h", "--then", str(tmp_path / "dead.yaml")])
    assert done.exit_code == 2
    assert "it has ended after" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bmc.dead: {server: srv-01, at: 5s}", "then.yaml:1:28: it strikes at the moment of the branch"),
        ("faults: [bmc.dead]", "then.yaml:1:10: a fault is one kind with its parameters"),
        ("bmc.deaf: {server: srv-01}", "did you mean `bmc.dead`?"),
        ("faults: [bmc.dead: {server: srv-99}]", "there is no server `srv-99`"),
        ("faults: []\nseed: 4", "beside `faults: [...]` nothing else stands in the file"),
    ],
)
def test_a_bad_file_of_faults_says_where(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "then.yaml"
    file.write_text(text)
    with pytest.raises(FileProblems) as problems:
        faults_from_file(file, LIFE)
    assert said in str(problems.value.problems[0])


def test_a_lab_of_a_test_can_branch() -> None:
    async def main() -> None:
        async with Lab.load("small").simulated(seed=1) as lab:
            await lab.clock.sleep(100)

            async def without_current() -> tuple[float, bool, int]:
                lab.plant.pdus["pdu-a1"].outlets[0].turn_off()
                await lab.clock.sleep(60)
                return lab.clock.now(), lab.plant.servers["srv-01"].bmc_alive, len(lab.journal)

            before = len(lab.journal)
            now, alive, records = await lab.branch(without_current)
            assert (now, alive) == (160.0, False)
            assert records > before == len(lab.journal)
            assert lab.plant.servers["srv-01"].bmc_alive
            assert lab.clock.now() == 100.0

    kernel.run(main())

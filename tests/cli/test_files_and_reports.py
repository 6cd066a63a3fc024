"""`rackloop validate` of directories, and reports that cannot be written: said before anything runs."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.files.lab_file import data_directory
from tests.files.test_mistakes import LAB, SCENARIO


def rackloop(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_directory_is_validated_at_any_depth(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "order.yaml").write_text(SCENARIO)
    (tmp_path / "lab.yml").write_text(LAB)
    (tmp_path / "compose.yaml").write_text("services: {web: {image: nginx}}\n")
    done = rackloop("validate", tmp_path)
    assert done.exit_code == 0
    assert f"{tmp_path}: 1 lab, 1 scenario\n" in done.output
    assert f"left out: {tmp_path / 'compose.yaml'}: neither a lab, a scenario, a module nor a list" in done.output


def test_each_problem_in_a_directory_is_told_with_its_place(tmp_path):
    (tmp_path / "a.yaml").write_text(SCENARIO.replace("srv-03", "srv-50"))
    (tmp_path / "b.yaml").write_text(SCENARIO.replace("scenario:", "scenaro:").replace("steps:", "stepz:"))
    done = rackloop("validate", tmp_path)
    assert done.exit_code == 2
    assert f"{tmp_path / 'a.yaml'}:5:24: there is no server `srv-50`; servers: `srv-01` to `srv-12`" in done.output
    assert "unusable" in done.output
    assert f"{tmp_path / 'b.yaml'}:1:1: " in done.output


def test_an_empty_directory_is_told(tmp_path):
    assert f"{tmp_path}: there is no .yaml file in it" in rackloop("validate", tmp_path).output


def test_known_findings_are_validated():
    done = rackloop("validate", data_directory("fixtures") / "sweeps" / "bundled.yaml")
    assert (done.exit_code, "known findings for sweeps" in done.output) == (0, True)


@pytest.mark.parametrize("option", ["--junit", "--html", "--json", "--journal"])
def test_a_report_that_cannot_be_written_is_told_before_the_run(tmp_path, option, monkeypatch):
    monkeypatch.setattr("simulator.scenario.batch.run_all", lambda *args, **keys: pytest.fail("it ran"))
    (tmp_path / "order.yaml").write_text(SCENARIO)
    done = rackloop("run", tmp_path / "order.yaml", option, tmp_path)
    assert (done.exit_code, done.output) == (2, f"{tmp_path}: cannot be written: it is a directory\n")
    done = rackloop("run", tmp_path / "order.yaml", option, tmp_path / "order.yaml" / "x")
    assert f"cannot be written: {tmp_path / 'order.yaml'} is no directory" in done.output


@pytest.mark.parametrize("words", [["sweep"], ["compare-versions"], ["explore"]])
def test_other_commands_look_first_as_well(tmp_path, words):
    (tmp_path / "order.yaml").write_text(SCENARIO)
    done = rackloop(*words, tmp_path / "order.yaml", "--json", tmp_path)
    assert (done.exit_code, done.output) == (2, f"{tmp_path}: cannot be written: it is a directory\n")

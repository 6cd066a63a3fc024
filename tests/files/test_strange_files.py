"""Files that are not ours, or not what they should be: what they may make the process do, and how soon it says no."""

import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.files.lab_file import foreign_programs, lab_from_mapping, load_lab
from simulator.files.problems import FileProblems

LAB = """
lab: theirs
racks:
  - name: A1
    pdus: [{name: pdu-1, outlets: 8, handler: {executable: %s}}]
    servers: [{name: srv-1, configuration: E3-1230-16Gb-480SSD, cables: {psu1: pdu-1/1}}]
panel:
  pools:
    - {name: public, range: 192.0.2.10-192.0.2.19, gateway: 192.0.2.1}
  templates:
    - {name: debian-12, type: os, image: 900 MB, work: 20m}
"""


def with_program(folder: Path, where: str = "handler") -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / where
    program.parent.mkdir(exist_ok=True, parents=True)
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    lab = folder / "lab.yaml"
    lab.write_text(LAB % where)
    return lab


def test_a_program_of_a_lab_elsewhere_runs_only_when_it_is_allowed(tmp_path, monkeypatch):
    lab = with_program(tmp_path / "theirs")
    project = tmp_path / "mine"
    project.mkdir()
    monkeypatch.chdir(project)
    for words in (["up", str(lab)], ["run", "--wire", str(scenario_of(lab))]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 2
        assert "--allow-programs lets it" in done.output
        assert "handler, which is not of the project in this folder" in done.output
    assert foreign_programs(load_lab(lab), project) == [str((lab.parent / "handler").resolve())]
    up = CliRunner().invoke(app, ["up", str(lab), "--allow-programs", "--host", "192.0.2.1"])
    assert "--host 192.0.2.1" in up.output  # it came as far as that


def scenario_of(lab: Path) -> Path:
    file = lab.parent / "scenario.yaml"
    file.write_text(
        f'scenario: it\nlab: {lab}\nsteps:\n  - wait: 1m\nexpect:\n  - {{server: srv-1, really: {{power: "off"}}}}\n'
    )
    return file


def test_a_program_of_one_s_own_project_runs(tmp_path):
    lab = with_program(tmp_path / "labs")
    assert foreign_programs(load_lab(lab), tmp_path) == []


def test_a_program_beside_the_lab_s_folder_or_by_a_link_out_of_it_is_not_the_lab_s(tmp_path):
    with_program(tmp_path / "labs", "../handler")
    assert foreign_programs(load_lab(tmp_path / "labs" / "lab.yaml"), tmp_path) == [str(tmp_path / "handler")]
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "handler").symlink_to("/bin/sh")
    (linked / "lab.yaml").write_text(LAB % "handler")
    assert foreign_programs(load_lab(linked / "lab.yaml"), tmp_path) == [str(Path("/bin/sh").resolve())]


def test_a_lab_that_a_program_has_put_together_is_its_own():
    lab = {
        "lab": "mine",
        "racks": [{"name": "A1", "pdus": [{"name": "p", "outlets": 8, "handler": {"executable": "/bin/sh"}}]}],
    }
    assert foreign_programs(lab_from_mapping(lab), Path("/nowhere")) == []


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "linked"])
def test_a_dialect_is_read_from_the_lab_s_folder_only(tmp_path, name):
    lab = with_program(tmp_path / "labs")
    (tmp_path / "secret").write_text("routes: []")
    (lab.parent / "linked").symlink_to(tmp_path / "secret")
    lab.write_text(lab.read_text().replace("panel:\n", f"panel:\n  dialect: {name}\n"))
    with pytest.raises(FileProblems, match="is outside of the lab's folder"):
        load_lab(lab)


@pytest.mark.parametrize("odd", ["/dev/zero", "/dev/random", "pipe", "big", "folder.yaml"])
def test_an_odd_or_endless_file_ends_in_a_message(tmp_path, odd):
    file = Path(odd) if odd.startswith("/") else tmp_path / odd
    if odd == "pipe":
        os.mkfifo(file)
    elif odd == "big":
        file.write_bytes(b"# " + b"x" * (1 << 20))
    elif odd == "folder.yaml":
        file.mkdir()
    with pytest.raises(FileProblems) as raised:
        load_lab(file)
    (problem,) = raised.value.problems
    assert "cannot be read: it " in str(problem) or "Is a directory" in str(problem)


def _racks(count: int) -> str:
    return "lab: x\nracks:\n" + "".join(f"  - {{name: r{number}}}\n" for number in range(count))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lab: x\nracks: []\n" + "".join(f"k{number}: 1\n" for number in range(3_000)), "and 2901 problems more"),
        (
            "lab: x\nracks:\n  - {name: A1, " + ", ".join(f"k{number}: 1" for number in range(2_000)) + "}\n",
            "problems more",
        ),
        ("lab: x\nracks: []\n" + "lab: x\n" * 2_000, "and 1900 problems more"),
        (_racks(600_000), "it has more than 1 MiB"),
    ],
    ids=["unknown keys", "unknown keys of a rack", "a key again and again", "racks"],
)
def test_a_file_with_very_much_wrong_says_so_in_time_that_grows_with_it(tmp_path, text, says):
    file = tmp_path / "lab.yaml"
    file.write_text(text)
    began = time.process_time()
    with pytest.raises(FileProblems, match=says):
        load_lab(file)
    assert time.process_time() - began < 5

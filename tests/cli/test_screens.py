"""What `rackloop run` shows on a terminal of 80 columns, in a pipe, without colours, on two processes, and when it is called off."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.files.lab_file import data_directory

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals and signals are POSIX's")
RACKLOOP = str(Path(sys.executable).with_name("rackloop"))
GOOD = """\
scenario: An order of one server, which takes its time and is followed by another good hour
lab: one
settings: {configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public}
steps:
  - create: {service: web1, client: alice@example.com}
  - wait: 1h
"""
BAD = """\
scenario: A server loses its power while it is installed, and nobody has said what comes of that, which is a long name
lab: one
settings: {configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public, install_timeout: 40m}
faults:
  - psu.dead: {server: srv-1, at: 8m}
steps:
  - create: {service: web1, client: alice@example.com}
expect:
  - {service: web1, is: active}
  - {server: srv-1, really: {power: on}}
"""
LONG = "scenarios/a-folder-with-a-name/a-scenario-with-a-longer-one.yaml"
"""It fits beside the verdict, and not beside the times."""
OURS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE")
"""What in the environment of whoever runs the tests would change a screen."""
_CONTROL = re.compile(r"\x1b\[[0-9;?]*([a-zA-Z])")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"scenarios/a.yaml": GOOD, "scenarios/b.yaml": BAD, LONG: GOOD}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def plain_environment(more: Mapping[str, str] = {}) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name not in OURS}, "TERM": "xterm", **more}


def on_a_terminal(folder: Path, *words: str, columns: int = 80, **env: str) -> tuple[str, int]:
    """What a program writes to a terminal so wide, and its exit status."""
    import fcntl
    import pty
    import struct
    import termios

    first, second = pty.openpty()
    fcntl.ioctl(second, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [RACKLOOP, *words], cwd=folder, env=plain_environment(env), stdin=second, stdout=second, stderr=second
    )
    os.close(second)
    written = b""
    while True:
        try:
            octets = os.read(first, 65536)
        except OSError:  # Linux says so that nobody has the other end any more
            break
        if not octets:
            break
        written += octets
    os.close(first)
    return written.decode(), process.wait()


def shown(written: str) -> list[str]:
    """The lines that stay on the screen: what was written over, or erased, is gone."""
    lines = []
    for line in written.replace("\r\n", "\n").split("\n"):
        kept = re.split(r"\x1b\[2K|\r", line)[-1]
        lines.append(_CONTROL.sub("", kept).rstrip())
    return lines


def test_a_terminal_of_80_columns(folder: Path) -> None:
    written, status = on_a_terminal(folder, "run")
    lines = shown(written)
    assert status == 1
    assert [line for line in lines if len(line) > 80] == []
    assert any(re.fullmatch(r"2/3  passed  scenarios/a\.yaml +1:25:00 +\d+ m?s", line) for line in lines), written
    place = lines.index(f"1/3  passed  {LONG}")
    assert re.fullmatch(r" +1:25:00 +\d.*", lines[place + 1])
    assert "about" in written, "the time left"
    assert "\x1b[32mpassed\x1b[0m" in written
    head = lines.index("failed  A server loses its power while it is installed, and nobody has said what")
    assert lines[head + 1] == "        comes of that, which is a long name"
    assert lines[head + 2].split() == ["why", "8:00", "fault", "srv-1", "psu.dead"]
    assert lines[-2] == "2 passed, 1 failed"


@pytest.fixture
def in_a_pipe(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command in this process, with an environment of its own."""

    def call(*words: str, where: str = ".", **env: str) -> str:
        monkeypatch.chdir(folder / where)
        for name in OURS:
            monkeypatch.delenv(name, raising=False)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 1
        return done.stdout

    return call


def test_what_is_expected_is_judged_after_a_step_that_failed_with_its_line(in_a_pipe) -> None:
    said = in_a_pipe("run", "scenarios/b.yaml")
    lines = said.splitlines()
    places = [line.strip() for line in lines if line.startswith("  scenarios/")]
    assert places == [
        "scenarios/b.yaml:7: create web1",
        "scenarios/b.yaml:9: service web1 is",
        "scenarios/b.yaml:10: srv-1 is really power",
    ]
    assert sum(line == "  journal" for line in lines) == 1, "one excerpt"
    assert "\x1b" not in said


@pytest.mark.parametrize(("columns", "least", "most"), [("50", 40, 50), ("nonsense", 70, 80), ("", 70, 80)])
def test_columns_are_heeded_in_a_pipe(in_a_pipe, columns: str, least: int, most: int) -> None:
    widths = [len(line) for line in in_a_pipe("run", "scenarios/b.yaml", COLUMNS=columns).splitlines()]
    assert least < max(widths) <= most


def test_without_colours_on_two_processes_all_is_shown_and_counted(folder: Path) -> None:
    written, status = on_a_terminal(folder, "run", "-j", "2", "--json", "out.json", NO_COLOR="1")
    assert set(_CONTROL.findall(written)) <= {"K", "A", "h", "l"}, "it moves, and does not colour"
    assert "2 passed, 1 failed" in shown(written)
    lines = [line for line in shown(written) if re.match(r"[123]/3  ", line)]
    assert [line[:3] for line in lines] == ["1/3", "2/3", "3/3"]
    assert status == 1
    files = [each["file"] for each in json.loads((folder / "out.json").read_text())["scenarios"]]
    assert files == [LONG, "scenarios/a.yaml", "scenarios/b.yaml"], "in the reports they stand in order"


@pytest.mark.parametrize(
    ("jobs", "after"),
    [
        (1, 1),
        (2, 3),
        *(pytest.param(jobs, after, marks=pytest.mark.slow) for jobs in (1, 2, 3) for after in (2, 9, 40)),
    ],
)
def test_called_off_it_says_what_was_played_and_writes_it(tmp_path: Path, jobs: int, after: int) -> None:
    """Ctrl-C reaches every process of the terminal. Verdicts have come by then, though it is a pipe that is read."""
    words = [
        RACKLOOP,
        "run",
        str(data_directory("scenarios")),
        "-j",
        str(jobs),
        "--json",
        "out.json",
        "--junit",
        "out.xml",
    ]
    process = subprocess.Popen(
        words,
        cwd=tmp_path,
        env=plain_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    read = "".join(process.stdout.readline() for _ in range(after))
    os.killpg(process.pid, signal.SIGINT)
    rest, said = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in rest + said
    assert "KeyboardInterrupt" not in rest + said
    last = rest.splitlines()[-1]
    matched = re.fullmatch(r"called off: (\d+) of (\d+) were played, .*", last)
    assert matched is not None, rest
    played, of = map(int, matched.groups())
    assert played < of
    assert re.match(r" *1/", read)
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["called_off"] is True
    assert len(document["scenarios"]) == played
    assert (tmp_path / "out.xml").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)  # nothing of it is left


def test_on_github_failures_stand_at_their_lines_and_in_the_summary(folder: Path, in_a_pipe) -> None:
    summary = folder / "summary.md"
    summary.write_text("what was there\n")
    said = in_a_pipe(
        "run",
        "b.yaml",
        where="scenarios",
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
        GITHUB_WORKSPACE=str(folder),
    )
    (line,) = [line for line in said.splitlines() if line.startswith("::error ")]
    assert line.startswith(
        "::error file=scenarios/b.yaml,line=7,title=A server loses its power while it is installed%2C and"
    )
    assert "::create web1: expected success, seen error: " in line
    assert "psu.dead%0A" in line
    text = summary.read_text()
    assert text.startswith("what was there\n### Rackloop: 0 passed, 1 failed\n")
    assert "| failed | A server loses its power" in text
    assert "  repeat    rackloop run b.yaml --seed 0" in text


BAD_PLACES = [
    ("run", "nothing.yaml", "--json"),
    ("run", "nothing.yaml", "--html"),
    ("run", "nothing.yaml", "--journal"),
    ("run", "nothing.yaml", "--markdown"),
    ("sweep", "nothing.yaml", "--json"),
    ("sweep", "nothing.yaml", "--junit"),
    ("shrink", "nothing.yaml", "--output"),
    ("explore", "nothing.yaml", "--output"),
    ("explore", "nothing.yaml", "--json"),
    ("certify", "nothing.yaml", "--html"),
    ("certify", "nothing.yaml", "--badge"),
    ("compare-versions", "nothing.yaml", "--json"),
]


@pytest.mark.parametrize("words", BAD_PLACES, ids=" ".join)
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_read(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    done = CliRunner().invoke(app, [*words, "file/report"])
    assert done.exit_code == 2
    assert done.output == f"file/report: cannot be written: {tmp_path / 'file'} is no directory\n"


def test_two_reports_of_one_name_and_a_folder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", "nothing.yaml", "--json", "a", "--html", "a", "--junit", "."])
    assert done.exit_code == 2
    assert done.output == ".: cannot be written: it is a directory\na: two reports of one name\n"


def test_called_off_before_anything_was_played(tmp_path: Path) -> None:
    """While its file is read."""
    words = [RACKLOOP, "compare-versions", "scenario.yaml", "--json", "out.json"]
    (tmp_path / "sitecustomize.py").write_text(
        "import simulator.scenario.language as it, signal, os\n"
        "it.load_scenario = lambda file: os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = subprocess.run(
        words,
        cwd=tmp_path,
        env=plain_environment({"PYTHONPATH": str(tmp_path)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "called off\n")

"""The examples of the documentation: fenced blocks with a comment before them that says what a test does with each.

    <!-- run -->            a console block: lines that begin with `$ ` are run one after another, and what follows them must be in
                            their output; `...` stands for anything. `rackloop` is run in this process.
    <!-- run: slow -->      the same by a shell, in `make slow`
    <!-- run: exit 1 -->    the last command ends so; also `run: slow exit 1`
    <!-- file: PATH -->     written there, for the commands that follow on the page; YAML is validated
    <!-- validate -->       a lab, scenario or module that must be valid
    <!-- fault in FILE -->  a fault that must be valid in that scenario
    <!-- python -->         run in this process

Commands run in a folder of the page's own, with links to `scenarios/` and `fixtures/` unless the page makes its own.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.files.file_kinds import kind_of_file
from simulator.files.lab_file import data_directory, lab_from_document
from simulator.files.reader import read_text
from simulator.scenario.language import fault_from_text, load_scenario, scenario_from_text

ROOT = data_directory("scenarios").parent
DOCS = ROOT / "docs"
_BLOCK = re.compile(
    r"^( *)<!-- (?P<what>[^>]*?) -->\n\1```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^\1```", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    line: int
    what: str
    language: str
    text: str

    @property
    def slow(self) -> bool:
        return self.what.startswith("run: slow")


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        indent = match[1]
        body = "".join(line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
        found.append(Block(text.count("\n", 0, match.start()) + 1, match["what"], match["language"], body))
    return found


def play(page: Path, folder: Path, *, slow: bool) -> None:
    """All examples of a page, in their order; of the slow ones only where asked for, and then by a shell."""
    found = blocks(page)
    if not any("rackloop init" in block.text for block in found):
        for name in ("scenarios", "fixtures"):
            (folder / name).symlink_to(ROOT / name)
    for block in found:
        where = f"{page.name}:{block.line}"
        match block.what.split(" ")[0].rstrip(":"):
            case "run":
                if block.slow <= slow:
                    run(block, folder, where, by_shell=slow)
            case "file":
                path = folder / block.what.removeprefix("file: ")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            case "validate":
                validate(block.text, where)
            case "fault":
                fault_from_text(block.text, load_scenario(ROOT / block.what.removeprefix("fault in ")), where)
            case "python":
                exec(compile(block.text, where, "exec"), {"__name__": "example"})
            case _:
                pytest.fail(f"{where}: {block.what!r} is no kind of example")


def validate(text: str, where: str) -> None:
    document = read_text(text.encode(), where)
    match kind_of_file(document.data):
        case "scenario":
            scenario_from_text(text, str(ROOT / where.replace(":", "-")))
        case "lab":
            lab_from_document(document)
        case _:
            pytest.fail(f"{where}: neither a lab nor a scenario")


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command with the output that follows it."""
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    for part in parts:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more.strip()
        yield command.split("  #")[0].strip(), output


def run(block: Block, folder: Path, where: str, *, by_shell: bool) -> None:
    status, output = 0, ""
    for command, expected in commands(block.text):
        status, output = _by_shell(command, folder) if by_shell else _here(command, folder)
        assert _like(expected, output), f"{where}: {command}\nexpected\n{expected}\nseen\n{output}"
    wanted = int(block.what.rpartition("exit ")[2]) if "exit" in block.what else 0
    assert status == wanted, f"{where}: ended with {status}\n{output}"


def _by_shell(command: str, folder: Path) -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin"
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={"PATH": path, "HOME": str(folder), "COLUMNS": "160", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def _here(command: str, folder: Path) -> tuple[int, str]:
    program, *words = shlex.split(command)
    if program != "rackloop":
        return _by_shell(command, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def _like(expected: str, seen: str) -> bool:
    """The expected lines, one after another, somewhere in the output, wherever it breaks its lines; `...` is anything."""
    pattern = ".*?".join(
        ".*?".join(re.escape(" ".join(part.split())) for part in line.split("..."))
        for line in expected.splitlines()
        if line.strip() and line.strip() != "..."
    )
    return re.search(pattern, " ".join(seen.split())) is not None

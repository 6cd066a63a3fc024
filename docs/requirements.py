"""Lists what the user documents require, each number with the scenarios and tests that show it:
`python -m docs.requirements > docs/requirements.md`.

The texts are `docs/requirements.yaml`; the rest is read from the tree, so that nobody has to keep a list.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from simulator.files.problems import FileProblems, Problem, did_you_mean
from simulator.files.reader import Reporter, read
from tests.docs.trial_table import TRIALS

ROOT = Path(__file__).resolve().parents[1]
_HEAD = """\
Every number, with the scenarios (`source:`) and the tests (`@pytest.mark.requirement`) that show it. Made by
`python -m docs.requirements` from `docs/requirements.yaml` and the tree; a test holds the page current, and fails when a
number is shown by nothing, or when something shows a number that there is not. `tried` says what of them fails when
what is switched off (`tests/docs/trial_table.py`, run by `make slow`).\

<!-- run -->
```console
$ rackloop run scenarios/installation -k HW-9
1/1  passed  ...
```
"""


class Group(NamedTuple):
    title: str
    document: str
    texts: Mapping[str, str]
    """By number."""


class Source(NamedTuple):
    """`docs/requirements.yaml`."""

    groups: Mapping[str, Group]
    not_yet_shown: Sequence[str]

    @property
    def numbers(self) -> list[str]:
        return [number for group in self.groups.values() for number in group.texts]


class Naming(NamedTuple):
    """A place where a number is named."""

    number: str
    file: str
    """From the root of the tree."""
    line: int
    column: int
    test: str = ""
    """The test function; empty for a scenario, and for a whole module of tests."""

    @property
    def link(self) -> str:
        folder, _, name = self.file.rpartition("/")
        shown = self.file.removeprefix("scenarios/").removesuffix(".yaml") if not self.is_test else self.test or name
        return f"[{shown}](../{self.file})" if folder else shown

    @property
    def is_test(self) -> bool:
        return self.file.endswith(".py")


def source(file: Path = ROOT / "docs" / "requirements.yaml") -> Source:
    """The hand-written part. Raises FileProblems."""
    document = read(file)
    report = Reporter(document)
    groups: dict[str, Group] = {}
    for index, each in enumerate(document.data["groups"]):
        groups[each["group"]] = Group(each["title"], each["document"], each["requirements"])
        for number in each["requirements"]:
            if not number.startswith(f"{each['group']}-"):
                report.at(
                    ("groups", index, "requirements", number), f"{number} is no number of {each['group']}", key=True
                )
    found = Source(groups, document.data["not_yet_shown"])
    for index, number in enumerate(found.not_yet_shown):
        if number not in found.numbers:
            report.at(
                ("not_yet_shown", index), f"there is no requirement {number}", did_you_mean(number, found.numbers)
            )
    report.check()
    return found


def namings(root: Path = ROOT) -> list[Naming]:
    """Every place in scenarios, then in tests, that names a number. Raises FileProblems for what cannot be read."""
    scenarios = [each for file in sorted((root / "scenarios").rglob("*.y*ml")) for each in _of_scenario(file, root)]
    tests = [each for file in sorted((root / "tests").rglob("test_*.py")) for each in _of_tests(file, root)]
    return scenarios + tests


def _of_scenario(file: Path, root: Path) -> Iterator[Naming]:
    document = read(file)
    given = document.data.get("source", [])
    name = file.relative_to(root).as_posix()
    for index, number in enumerate([given] if isinstance(given, str) else given):
        place = document.place(("source",) if isinstance(given, str) else ("source", index))
        yield Naming(str(number), name, *place)


def _of_tests(file: Path, root: Path) -> Iterator[Naming]:
    """The marks, wherever they stand: on a function, on a parameter of it, on a class, on the whole module."""
    text = file.read_text(encoding="utf-8")
    if "mark.requirement" in text:
        yield from _marks(ast.parse(text, str(file)), file.relative_to(root).as_posix(), "")


def _marks(node: ast.AST, file: str, test: str) -> Iterator[Naming]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and ast.unparse(child.func).endswith("mark.requirement"):
            for word in child.args:
                place = (word.lineno, word.col_offset + 1)
                if not isinstance(word, ast.Constant) or not isinstance(word.value, str):
                    raise FileProblems([Problem(file, *place, "the number of a requirement is written out here")])
                yield Naming(word.value, file, *place, test)
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else test
        yield from _marks(child, file, inner)


def problems(known: Source, named: Sequence[Naming]) -> list[Problem]:
    """What keeps the list from being complete and true."""
    numbers, file = known.numbers, "docs/requirements.yaml"
    found = [
        Problem(
            each.file, each.line, each.column, f"there is no requirement {each.number}", _nearest(each.number, numbers)
        )
        for each in named
        if each.number not in numbers
    ]
    shown = {each.number for each in named}
    for number in numbers:
        if number in shown and number in known.not_yet_shown:
            places = ", ".join(dict.fromkeys(each.file for each in named if each.number == number))
            found.append(Problem(file, 0, 0, f"{number} is shown by now ({places}): take it off `not_yet_shown`"))
        elif number not in shown and number not in known.not_yet_shown:
            found.append(Problem(file, 0, 0, f"no scenario and no test shows {number}"))
    return found


def _nearest(number: str, numbers: Sequence[str]) -> str:
    """The nearest of the same kind by count, else by the letters: `W6-A12` is nearer to `W6-A10` than to `W6-A2`."""
    head = number.rstrip("0123456789")
    count = number.removeprefix(head)
    alike = [each for each in numbers if each.rstrip("0123456789") == head and each != head] if count else []
    if alike:
        return f"did you mean `{min(alike, key=lambda each: abs(int(each.removeprefix(head)) - int(count)))}`?"
    return did_you_mean(number, numbers)


def _short(shown_by: str) -> str:
    return shown_by.rpartition(":")[2]


def text() -> str:
    """The whole page. Raises FileProblems when it would not be complete."""
    known, named = source(), namings()
    if wrong := problems(known, named):
        raise FileProblems(wrong)
    shown = len(known.numbers) - len(known.not_yet_shown)
    parts = [
        "# What the user documents require, numbered",
        "",
        _HEAD,
        "",
        f"{shown} of {len(known.numbers)} are shown"
        + (f"; not yet: {', '.join(known.not_yet_shown)}." if known.not_yet_shown else "."),
        "",
    ]
    for name, group in known.groups.items():
        parts += [f"## {name}: {group.title}", "", group.document, ""]
        for number, sentence in group.texts.items():
            parts.append(f"- **{number}** {sentence}")
            for what, tests in (("scenarios", False), ("tests", True)):
                links = dict.fromkeys(each.link for each in named if each.number == number and each.is_test is tests)
                if links:
                    parts.append(f"  - {what}: {', '.join(links)}")
            if tried := [trial for trial in TRIALS if trial.number == number]:
                parts.append(
                    f"  - tried: {'; '.join(f'{_short(trial.shown_by)} without {trial.off}' for trial in tried)}"
                )
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    try:
        print(text(), end="")
    except FileProblems as wrong:
        sys.exit(str(wrong))

"""Valid files with a key taken away, renamed or of another type: they load, or it is told where they are wrong."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.files.lab_file import data_directory, lab_from_document
from simulator.files.problems import FileProblems
from simulator.files.reader import read, read_text
from simulator.scenario.language import scenario_from_text
from simulator.sweep.emit import emit

VALUES: list[Any] = [
    None, True, 0, 1, -1, 7, 10**20, 0.5, "", "x", "srv-50", "40%", "10m", "*", "none", "nic2", "psu9",
    [], [1], ["x"], [[]], {}, {"x": 1}, {"server": "srv-03"}, [{"name": "x"}],
]  # fmt: skip


@cache
def shipped(kind: str) -> list[dict[str, Any]]:
    names = {"lab": "fixtures", "scenario": "scenarios"}
    pattern = "*.yaml" if kind == "lab" else "**/*.yaml"
    files = [file for file in sorted(data_directory(names[kind]).glob(pattern)) if not file.name.startswith("hall")]
    return [data for data in (read(file).data for file in files) if not isinstance(data.get("module"), dict)]


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to all values, the outermost left out."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in parts for place in ((*way, key), *places(each, (*way, key)))]


def mutate(document: dict[str, Any], data: st.DataObject) -> None:
    found = places(document)
    if not found:
        return
    *way, last = data.draw(st.sampled_from(found))
    parent: Any = document
    for step in way:
        parent = parent[step]
    match data.draw(st.sampled_from(["delete", "rename", "retype", "twice"])):
        case "delete":
            del parent[last]
        case "rename" if isinstance(parent, dict):
            parent[data.draw(st.sampled_from([f"{last}x", last[1:] or "y", last.upper(), "server"]))] = parent.pop(last)
        case "twice" if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[last]))
        case _:
            parent[last] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))


@pytest.mark.parametrize("kind", ["lab", "scenario"])
@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_a_mutated_file_loads_or_says_where_it_is_wrong(kind: str, data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(shipped(kind))))
    for _ in range(data.draw(st.integers(1, 3))):
        mutate(document, data)
    text = emit(document)
    lines = text.count("\n") + 1
    try:
        if kind == "lab":
            lab_from_document(read_text(text.encode(), "f.yaml"))
        else:
            scenario_from_text(text, "f.yaml")
    except FileProblems as caught:
        for problem in caught.problems:
            if problem.file == "f.yaml":
                assert 1 <= problem.line <= lines, (problem, text)
                assert problem.column >= 1
            assert problem.message

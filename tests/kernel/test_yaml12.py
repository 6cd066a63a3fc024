"""The fast parser says of a text what the careful one says of it, or leaves it to that one."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from simulator.files.lab_file import data_directory
from simulator.kernel import yaml12

SHIPPED = (data_directory("scenarios"), data_directory("fixtures"), Path(yaml12.__file__).parent.parent)
FILES = sorted(file for folder in SHIPPED for file in folder.rglob("*.yaml"))


def carefully(text: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return YAML(typ="safe", pure=True).compose(text)


def seen(node: Any) -> Any:
    """A node with all that readers take from it."""
    value = node.value
    if node.id == "mapping":
        value = [(seen(key), seen(item)) for key, item in value]
    elif node.id == "sequence":
        value = [seen(item) for item in value]
    return node.id, str(node.tag), value, (node.start_mark.line, node.start_mark.column)


def test_there_is_a_fast_parser_and_it_reads_nearly_all_of_what_we_ship():
    left = [file.name for file in FILES if yaml12.compose(file.read_text(encoding="utf-8")) is None]
    assert left == ["summer-time.yaml"]  # a date


def test_every_file_that_we_ship_is_the_same_to_both():
    for file in FILES[::7]:
        text = file.read_text(encoding="utf-8")
        fast = yaml12.compose(text)
        if fast is not None:
            assert seen(fast) == seen(carefully(text)), file
        assert yaml12.load(text) == YAML(typ="safe", pure=True).load(text), file


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_each_file_that_we_ship_is_the_same_to_both(file):
    text = file.read_text(encoding="utf-8")
    fast = yaml12.compose(text)
    assert fast is None or seen(fast) == seen(carefully(text))
    assert yaml12.load(text) == YAML(typ="safe", pure=True).load(text)


PIECES = st.sampled_from(
    [
        *("a", "b: ", "b:", ": ", "- ", "-", "\n", "\n  ", "\n    ", "  ", " ", "{", "}", "[", "]", ", ", ",", "? "),
        *("'", '"', "#", " # ", "|\n", ">\n", ">-\n", "|2\n", "&a ", "*a", "!!str ", "! ", "---\n", "...\n", "%", "@"),
        *("on", "yes", "~", "null", "True", "0x1F", "0o17", "017", "1_000", "1.5", "1e3", ".5", "-.inf", "+3", "1:30"),
        *(
            "2026-01-01",
            "<<: ",
            "=",
            "\\n",
            "\t",
            "\r\n",
            "\r",
            "\x85",
            "\u2028",
            "é",
            "😀",
            "\x00",
            "`",
            "<",
            ">",
            "|",
        ),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
@example("a: 'x\n\n  y'")
@example("[" * 5000)
@example("a: " + "[" * 5000 + "]" * 5000)
@example("- " * 5000)
@example("\ud800")
def test_what_the_fast_parser_reads_is_what_the_careful_one_reads(text):
    fast = yaml12.compose(text)
    if fast is not None:
        assert seen(fast) == seen(carefully(text))
        try:
            expected = YAML(typ="safe", pure=True).load(text)
        except Exception as error:
            with pytest.raises(type(error) if isinstance(error, TypeError) else (yaml12.BadYAML, ValueError)):
                yaml12.load(text)
        else:
            assert repr(yaml12.load(text)) == repr(expected)


MUTATED = data_directory("scenarios") / "life" / "whole-life.yaml"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_mutilated_file_is_the_same_to_both(data):
    text = MUTATED.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(PIECES) + text[at + data.draw(st.integers(0, 4)) :]
    fast = yaml12.compose(text)
    if fast is not None:
        assert seen(fast) == seen(carefully(text))


def test_what_is_no_yaml_is_refused_in_the_careful_parsers_words():
    with pytest.raises(yaml12.BadYAML, match="mapping values are not allowed here"):
        yaml12.load("a: b: c")
    with pytest.raises(yaml12.BadYAML, match="duplicate key"):
        yaml12.load("a: 1\na: 2\n")

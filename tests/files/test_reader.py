"""YAML files: whatever the octets, a document or problems with their places."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from simulator.files.problems import FileProblems, did_you_mean
from simulator.files.reader import Reporter, read, read_text, validate


def problems_of(text: str | bytes) -> list[tuple[int, int, str, str]]:
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(FileProblems) as caught:
        read_text(raw, "f.yaml")
    return [(problem.line, problem.column, problem.message, problem.hint) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("", 1, 1, "the file is empty"),
        ("# only a comment\n", 1, 1, "the file is empty"),
        ("- a\n- b\n", 1, 1, "must be a mapping"),
        ("just words", 1, 1, "not the text 'just words'"),
        ("a: [1, 2\nb: 3\n", 1, 4, "the `[` that opens here has no `]`"),
        ("a:\n\t- b\n", 2, 1, "a tab stands in the indentation"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key `a` stands here twice"),
        ("x: {k: 1, k: 2}\n", 1, 11, "the key `k` stands here twice"),
        ("a: &x [*x]\n", 1, 4, "contains it"),
        ("a: !!python/name:os.system ''\n", 1, 4, "has no meaning here"),
        ("a: *nowhere\n", 1, 4, "YAML takes for an alias"),
        ("1: one\n", 1, 1, "a key must be text"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("a: 'x\x01'\n", 1, 6, "may not stand in YAML"),
        ('a: "\\ud800"\n', 1, 4, "lone surrogate"),
        ("a: " + "[" * 1100, 1, 1, "nested too deeply"),
    ],
)
def test_a_broken_file_is_a_problem_with_its_place(text: str, line: int, column: int, part: str) -> None:
    (problem,) = problems_of(text)
    assert problem[:2] == (line, column)
    assert part in problem[2]


def test_octets_that_are_not_utf_8_are_pointed_at() -> None:
    assert problems_of(b"a: 1\nb: \xff\n") == [(2, 4, "the file is not UTF-8 text (octet 0xff)", "")]


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="cannot be read: No such file"):
        read(tmp_path / "none.yaml")
    with pytest.raises(FileProblems, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_aliases_and_merge_keys_give_their_data_and_on_is_a_word() -> None:
    document = read_text(b"base: &b {power: on, n: 1}\nthing: {<<: *b, n: 0x10}\nlist: [*b, ~, 1.5, true]\n", "f")
    assert document.data == {
        "base": {"power": "on", "n": 1},
        "thing": {"power": "on", "n": 16},
        "list": [{"power": "on", "n": 1}, None, 1.5, True],
    }
    assert document.place(("thing", "power")) == (1, 18)
    assert document.place(("thing", "n"), key=True) == (2, 17)


def test_aliases_that_multiply_without_end_are_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 10)]
    assert any("far too large" in problem[2] for problem in problems_of("\n".join(lines)))


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_octets_give_a_document_or_problems(raw: bytes) -> None:
    try:
        document = read_text(raw, "f.yaml")
    except FileProblems as caught:
        for problem in caught.problems:
            assert problem.line >= 1
            assert problem.column >= 1
            assert problem.message
        str(caught).encode()
    else:
        assert isinstance(document.data, dict)


_YAMLISH = st.lists(
    st.sampled_from([*list("ab1:-{}[]&*!|>'\"%@,?#~ \n\t"), "<<: ", "- ", ": ", "0x", "&a ", "*a", "!!int "]),
    max_size=25,
)


@settings(deadline=None, max_examples=250)
@given(_YAMLISH.map("".join))
def test_any_text_out_of_yamls_own_signs_gives_a_document_or_problems(text: str) -> None:
    try:
        read_text(text.encode(), "f.yaml")
    except FileProblems as caught:
        assert str(caught)  # noqa: PT017 - either outcome is right


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 0
    name: str


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")
    leaves: list[Leaf] = []
    by_name: dict[str, Leaf] = {}
    best: Leaf | None = None


def test_every_mistake_against_the_model_is_told_at_once_with_the_nearest_word() -> None:
    text = b"leaves:\n  - {name: a, siez: 3}\n  - {size: x}\nby_name: {q: {name: 5}}\nbest: {nam: c}\nbset: 1\n"
    report = Reporter(read_text(text, "f.yaml"))
    assert validate(Tree, report.document.data, report) is None
    assert [(p.line, p.column, p.message, p.hint) for p in sorted(report.problems)] == [
        (2, 15, "unknown key `siez`", "did you mean `size`?"),
        (3, 5, "`name` is missing", ""),
        (3, 12, "must be a whole number, not the text 'x'", ""),
        (4, 21, "must be text, not the number 5", "put it in quotes"),
        (5, 8, "unknown key `nam`", "did you mean `name`?"),
        (6, 1, "unknown key `bset`", "did you mean `best`?"),
    ]


def test_only_unknown_keys_still_give_a_model_so_that_the_rest_is_checked_too() -> None:
    report = Reporter(read_text(b"best: {name: a, colour: red}\n", "f.yaml"))
    tree = validate(Tree, report.document.data, report)
    assert tree is not None
    assert tree.best == Leaf(name="a")
    assert [problem.hint for problem in report.problems] == ["known keys: `size`, `name`"]


def test_hints_name_the_nearest_word_or_all_of_a_few() -> None:
    assert did_you_mean("Configuraton", ["name", "configuration"]) == "did you mean `configuration`?"
    assert did_you_mean("zzz", ["a", "b"]) == "known: `a`, `b`"
    assert did_you_mean("zzz", [f"w{n}" for n in range(99)]) == ""

"""What is emitted reads as what it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.files.reader import read_text
from simulator.sweep.emit import emit

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
KEYS = st.text("abcdefghij_-*/.{}", min_size=1, max_size=8)
SCALARS = st.one_of(
    TEXT, st.integers(-9, 10**9), st.booleans(), st.none(), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_a_document_is_read_back_as_it_was(document):
    assert read_text(emit(document).encode(), "x.yaml").data == document


@given(st.lists(st.dictionaries(KEYS, VALUES, min_size=1, max_size=2), min_size=1, max_size=4), TEXT)
def test_steps_with_comments_are_read_back_without_them(steps, comment):
    text = emit({"steps": steps}, {("steps", 0): comment}, [comment])
    assert read_text(text.encode(), "x.yaml").data == {"steps": steps}


def test_words_that_yaml_takes_for_something_else_stay_texts():
    odd = [
        "yes",
        "no",
        "null",
        "~",
        "1",
        "1e3",
        "0x1F",
        "on",
        "*.yaml",
        "- a",
        "a: b",
        "a #b",
        "",
        " ",
        "{n}",
        "60s",
        "true",
    ]
    assert read_text(emit({"key": {"each": odd}}).encode(), "x").data == {"key": {"each": odd}}

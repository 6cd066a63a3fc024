"""The `where` language: text to a tree, and a tree to a predicate on rows, with the three-valued logic of SQL.

Text is compared without regard to case, as the platform's database does by default; `%` is a wildcard for `CP` only.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from simulator.dcim.errors import Invalid

__all__ = [
    "Column",
    "Columns",
    "Getter",
    "Kind",
    "Predicate",
    "compile_parts",
    "compile_where",
    "fields_of",
    "parse_where",
]

Getter = Callable[[Any, Any], Any]
"""From the panel and a record to a value: None, int, bool, str, or a list of str."""

Kind = Literal["int", "text", "bool", "list"]

Predicate = Callable[[Any, Any], bool | None]
"""Of the panel and a record; None is SQL's unknown, which is not a match."""

LONGEST = 4000
DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A field that lists can be filtered and sorted by."""

    kind: Kind
    get: Getter
    attribute: str = ""
    """The record's own, where the field is nothing else: conditions then need not go through `get`."""


Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Compare:
    field: str
    operator: str
    value: str | int | float | bool
    place: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class IsNull:
    field: str
    place: int
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Negate:
    inner: Tree
    depth: int


@dataclass(frozen=True, slots=True)
class Junction:
    word: Literal["and", "or"]
    inner: tuple[Tree, ...]
    depth: int


Tree = Compare | IsNull | Negate | Junction


@v_args(inline=True)
class _Build(Transformer[Token, Tree]):
    """Builds the tree while the text is parsed, so that no nesting can exhaust the stack."""

    def disjunction(self, *inner: Tree) -> Tree:
        return Junction("or", inner, 1 + max(tree.depth for tree in inner))

    def conjunction(self, *inner: Tree) -> Tree:
        return Junction("and", inner, 1 + max(tree.depth for tree in inner))

    def negate(self, inner: Tree) -> Tree:
        return Negate(inner, 1 + inner.depth)

    def compare(self, field: Token, operator: Token, value: str | float) -> Tree:
        return Compare(str(field), operator.upper(), value, field.start_pos or 0)

    def is_null(self, field: Token) -> Tree:
        return IsNull(str(field), field.start_pos or 0)

    def string(self, text: Token) -> str:
        return re.sub(r"\\(.)|'(')", lambda match: match[1] or match[2], text[1:-1], flags=re.DOTALL)

    def number(self, text: Token) -> int | float:
        return float(text) if "." in text else int(text)

    def true(self) -> bool:
        return True

    def false(self) -> bool:
        return False


_PARSER = Lark(
    resources.files("simulator.api6.lists").joinpath("where.lark").read_text(encoding="utf-8"),
    parser="lalr",
    transformer=_Build(),
)
_WORDS = {
    "$END": "the end",
    "FIELD": "a field",
    "STRING": "a string in single quotes",
    "NUMBER": "a number",
    "LPAR": "(",
    "RPAR": ")",
    "OPERATOR": "EQ, NE, GT, GE, LT, LE or CP",
}


@lru_cache(maxsize=512)
def parse_where(text: str) -> Tree:
    """The tree of a condition. Raises Invalid that points at the offending place."""
    if len(text) > LONGEST:
        raise Invalid("where", f"it is longer than {LONGEST} characters")
    try:
        tree: Tree = _PARSER.parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise Invalid("where", _explain(text, error)) from None
    if tree.depth > DEEPEST:
        raise Invalid("where", f"it is nested more than {DEEPEST} deep")
    return tree


def fields_of(text: str) -> set[str]:
    """The fields that a condition looks at. Raises Invalid."""
    found: set[str] = set()
    left = [parse_where(text)]
    while left:
        tree = left.pop()
        if isinstance(tree, Junction):
            left.extend(tree.inner)
        elif isinstance(tree, Negate):
            left.append(tree.inner)
        else:
            found.add(tree.field)
    return found


def _explain(text: str, error: UnexpectedInput) -> str:
    expected: set[str] = set()
    if isinstance(error, UnexpectedToken):
        expected = set(error.expected)
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
    words = ", ".join(sorted(_WORDS.get(name, name.lstrip("_")) for name in expected))
    place = -1 if error.pos_in_stream is None else error.pos_in_stream
    if (isinstance(error, UnexpectedToken) and error.token.type == "$END") or not 0 <= place < len(text):
        return f"position {len(text) + 1}: it ends too early; expected {words}"
    return f"position {place + 1}: {text[place : place + 20]!r} is not understood; expected {words}"


def compile_where(text: str, columns: Columns) -> Predicate:
    """A predicate on rows with these columns. Raises Invalid for text, fields or values that do not fit."""
    return _compile(parse_where(text), columns)


def compile_parts(text: str, columns: Columns) -> list[Predicate]:
    """Predicates that a row has to meet one and all: the parts of a condition that AND joins. Raises as `compile_where`."""
    tree = parse_where(text)
    parts = tree.inner if isinstance(tree, Junction) and tree.word == "and" else (tree,)
    return [_compile(part, columns) for part in parts]


def _compile(tree: Tree, columns: Columns) -> Predicate:
    if isinstance(tree, Junction):
        inner = [_compile(each, columns) for each in tree.inner]
        return _all(inner) if tree.word == "and" else _any(inner)
    if isinstance(tree, Negate):
        return _not(_compile(tree.inner, columns))
    column = columns.get(tree.field)
    if column is None:
        raise Invalid("where", f"position {tree.place + 1}: there is no field {tree.field!r} to filter by")
    if isinstance(tree, IsNull):
        return _is_null(column.get)
    return _comparison(tree, column)


def _all(inner: Sequence[Predicate]) -> Predicate:
    def every(panel: Any, row: Any) -> bool | None:
        verdict: bool | None = True
        for each in inner:
            answer = each(panel, row)
            if answer is False:
                return False
            if answer is None:
                verdict = None
        return verdict

    return every


def _any(inner: Sequence[Predicate]) -> Predicate:
    def some(panel: Any, row: Any) -> bool | None:
        verdict: bool | None = False
        for each in inner:
            answer = each(panel, row)
            if answer:
                return True
            if answer is None:
                verdict = None
        return verdict

    return some


def _not(inner: Predicate) -> Predicate:
    def negated(panel: Any, row: Any) -> bool | None:
        answer = inner(panel, row)
        return None if answer is None else not answer

    return negated


def _is_null(get: Getter) -> Predicate:
    def null(panel: Any, row: Any) -> bool | None:
        return get(panel, row) is None

    return null


def _comparison(tree: Compare, column: Column) -> Predicate:
    get = column.get
    if tree.operator == "CP":
        if isinstance(tree.value, bool):
            raise Invalid("where", f"position {tree.place + 1}: CP compares with text")
        like = _like(str(tree.value))

        def matches(panel: Any, row: Any) -> bool | None:
            value = get(panel, row)
            return None if value is None else like(_text(value))

        return matches
    wanted = _literal(tree, column)
    test = _TESTS[tree.operator]

    def compares(panel: Any, row: Any) -> bool | None:
        value = get(panel, row)
        return None if value is None else test(value, wanted)

    attribute = column.attribute

    def compares_text(panel: Any, row: Any) -> bool | None:
        value = getattr(row, attribute) if attribute else get(panel, row)
        if value.__class__ is str:  # nearly always, and there are thousands of rows
            return test(value.casefold(), wanted)
        return None if value is None else test(_text(value), wanted)

    return compares_text if column.kind in ("text", "list") else compares


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}


def _literal(tree: Compare, column: Column) -> Any:
    """The value as the column's kind; numbers may come quoted, `id EQ '12'`."""
    value = tree.value
    if column.kind in ("text", "list"):
        return _text(value)
    if column.kind == "bool":
        known = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
        folded = value.casefold() if isinstance(value, str) else value
        if folded not in known:
            raise Invalid("where", f"position {tree.place + 1}: {tree.field} is true or false")
        return known[folded]
    if isinstance(value, str):
        if not re.fullmatch(r"\s*-?[0-9]+\s*", value):
            raise Invalid("where", f"position {tree.place + 1}: {tree.field} is a number")
        return int(value)
    return int(value) if isinstance(value, bool) else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list | tuple):
        return json.dumps(list(value), ensure_ascii=False).casefold()
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _like(pattern: str) -> Callable[[str], bool]:
    """SQL's LIKE with `%` only, in linear time."""
    head, *middle = pattern.casefold().split("%")
    if not middle:
        return lambda text: text == head
    *middle, tail = middle

    def like(text: str) -> bool:
        if not (text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail)):
            return False
        place, end = len(head), len(text) - len(tail)
        for part in middle:
            place = text.find(part, place, end)
            if place < 0:
                return False
            place += len(part)
        return True

    return like

"""YAML 1.2 by a fast parser where a text is plain, by a careful one where it is not.

libyaml (PyYAML's C extension) reads twenty times as fast as ruamel.yaml's pure Python, but knows YAML 1.1's words, and its
composer has no bottom: deep nesting ends the process. So its *events* are taken, with the core schema of 1.2 (`on` is
text) and an end to the depth. Whatever a page or a scenario hardly ever has (an anchor, a tag, a directive, a tab, a
date, a merge, a fault of any kind) is left to ruamel.yaml: it decides, and its words are what the user reads.
"""

from __future__ import annotations

import re
from typing import Any

try:
    from yaml._yaml import CParser
    from yaml.error import YAMLError as _Refused
    from yaml.events import (
        DocumentEndEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        StreamEndEvent,
    )
except ImportError:  # a PyYAML without its C extension: ruamel.yaml then reads everything
    CParser = None

__all__ = ["BadYAML", "Node", "compose", "load"]

_TAG = "tag:yaml.org,2002:"
STR, INT, FLOAT, BOOL, NULL = (_TAG + word for word in ("str", "int", "float", "bool", "null"))
_MAP, _SEQ = _TAG + "map", _TAG + "seq"

_DEEPEST = 60
# Tabs and foreign line breaks, where the two parsers may differ, and directives, of which one says what version it is.
_UNUSUAL = re.compile("[\t\x85\u2028\u2029\ufeff]|\r(?!\n)|^%", re.MULTILINE)
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~"), None),
}
_TEXT = re.compile(r"[A-Za-z_/*$^()\\;]")
"""How text that stands without quotes begins, unless it is one of the words."""
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_NUMBER = re.compile(
    r"[-+]?[0-9][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)|[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+|[0-9]{4}-[0-9 ].*|<<|=|"
)
"""What is or may be no text in YAML 1.2 as ruamel.yaml knows it, beside the usual; of nothing they differ where it stands."""


class _Doubt(Exception):
    """The careful parser is to decide."""


class Node:
    """As much of a YAML node as readers use; `id` is the kind, as in both libraries."""

    __slots__ = ("id", "start_mark", "tag", "value")

    def __init__(self, kind: str, tag: str, value: Any, start_mark: Any) -> None:
        self.id = kind
        self.tag = tag
        self.value = value
        self.start_mark = start_mark


class BadYAML(ValueError):
    """The text is no YAML, or no document that is data; the message says where."""


def compose(text: str) -> Node | None:
    """The nodes of a document that is plain enough; None where ruamel.yaml must be asked."""
    if CParser is None or _UNUSUAL.search(text) is not None:
        return None
    try:
        parser = CParser(text)
    except (_Refused, ValueError):
        return None
    try:
        return _document(parser.get_event)
    except (_Doubt, _Refused, ValueError):
        return None
    finally:
        parser.dispose()


def load(text: str) -> Any:
    """One document as plain data. Raises BadYAML."""
    root = compose(text)
    if root is not None:
        try:
            return _plain(root)
        except _Doubt:
            pass
    from ruamel.yaml import YAML  # noqa: PLC0415 - most runs never need it
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise BadYAML(str(error)) from None


def _document(get_event: Any) -> Node:
    get_event()  # the stream's beginning
    if type(get_event()) is not DocumentStartEvent:
        raise _Doubt
    root: Node | None = None
    within: list[Node] = []
    """What the parser stands in, outermost first: of each the list that its nodes go into."""
    while type(event := get_event()) is not DocumentEndEvent:
        kind = type(event)
        if kind in (MappingEndEvent, SequenceEndEvent):
            closed = within.pop()
            if kind is MappingEndEvent:
                closed.value = list(zip(closed.value[::2], closed.value[1::2], strict=True))
            continue
        if event.anchor is not None:  # an alias has one too
            raise _Doubt
        if event.tag is not None or len(within) > _DEEPEST:
            raise _Doubt
        if kind is ScalarEvent:
            node = Node("scalar", _resolve(event.value) if event.implicit[0] else STR, event.value, event.start_mark)
        elif kind is MappingStartEvent:
            node = Node("mapping", _MAP, [], event.start_mark)
        else:
            node = Node("sequence", _SEQ, [], event.start_mark)
        if within:
            within[-1].value.append(node)
        elif kind is ScalarEvent:  # a text that is no data
            raise _Doubt
        else:
            root = node
        if kind is not ScalarEvent:
            within.append(node)
    if root is None or type(get_event()) is not StreamEndEvent:
        raise _Doubt
    return root


def _resolve(value: str) -> str:
    if value in _WORDS:
        return BOOL if _WORDS[value] is not None else NULL
    if _TEXT.match(value) is not None:
        return STR
    if _INT.fullmatch(value) is not None:
        return INT
    if _FLOAT.fullmatch(value) is not None:
        return FLOAT
    if _NUMBER.fullmatch(value) is not None:
        raise _Doubt
    return STR


def _plain(node: Node) -> Any:
    if node.id == "scalar":
        tag, value = node.tag, node.value
        if tag is STR:
            return value
        if tag is INT:
            return int(value, 0)
        return float(value) if tag is FLOAT else _WORDS[value]
    if node.id == "sequence":
        return [_plain(item) for item in node.value]
    made: dict[Any, Any] = {}
    for key, value in node.value:
        if key.id != "scalar":
            raise _Doubt
        made[_plain(key)] = _plain(value)
    if len(made) < len(node.value):  # a key twice
        raise _Doubt
    return made

"""The makers' and the IETF's own MIB modules, where they are present: `RACKLOOP_MIBS` names their folder, and pysmi is installed.

What an agent answers is held against them: type, named numbers, ranges and sizes, index; and what a group has besides.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from simulator.snmp.ber import (
    COUNTER32,
    COUNTER64,
    GAUGE32,
    INTEGER,
    IP_ADDRESS,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    TIME_TICKS,
)

__all__ = ["PRESENT", "Answer", "Node", "faults", "modules", "touched"]

PRESENT = "RACKLOOP_MIBS" in os.environ and find_spec("pysmi") is not None
Name = tuple[int, ...]
_TAGS = {
    **dict.fromkeys(("INTEGER", "Integer32", "Enumeration"), INTEGER),
    **dict.fromkeys(("Gauge32", "Unsigned32", "Gauge"), GAUGE32),
    **dict.fromkeys(("Counter32", "Counter"), COUNTER32),
    "Counter64": COUNTER64,
    "TimeTicks": TIME_TICKS,
    **dict.fromkeys(("OBJECT IDENTIFIER", "ObjectIdentifier"), OBJECT_IDENTIFIER),
    **dict.fromkeys(("IpAddress", "NetworkAddress"), IP_ADDRESS),
    **dict.fromkeys(("OCTET STRING", "OctetString", "Bits", "BITS", "Opaque"), OCTET_STRING),
}


class Answer(NamedTuple):
    name: Name
    tag: int
    content: bytes


class Node(NamedTuple):
    """One definition, with what its textual conventions add."""

    module: str
    name: str
    kind: str
    """`scalar`, `column`, `row`, `table`, or empty for a mere identifier."""
    base: str
    numbers: Mapping[str, int]
    ranges: tuple[tuple[int, int], ...]
    sizes: tuple[tuple[int, int], ...]
    readable: bool
    current: bool


@cache
def modules() -> Mapping[Name, Node]:
    """All definitions by name; what newer modules define anew is theirs."""
    folder = Path(os.environ["RACKLOOP_MIBS"])
    found: dict[Name, Node] = {}
    parsed = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in _compiled(folder).glob("*.json")}
    conventions: dict[Any, Any] = {}
    for module, nodes in parsed.items():
        for name, node in nodes.items():
            if isinstance(node, dict) and node.get("class") == "textualconvention":
                conventions[module, name] = conventions[name] = node.get("type", {})
    for module, nodes in sorted(parsed.items()):
        for node in nodes.values():
            if isinstance(node, dict) and node.get("oid"):
                name = tuple(map(int, node["oid"].split(".")))
                if name not in found or found[name].module == "RFC1213-MIB" or not found[name].kind:
                    found[name] = _node(module, node, conventions)
    return found


def _compiled(folder: Path) -> Path:
    """The modules as JSON, in a folder that is made anew."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pysmi.codegen import JsonCodeGen
        from pysmi.compiler import MibCompiler
        from pysmi.parser import SmiStarParser
        from pysmi.reader import FileReader
        from pysmi.writer import FileWriter

        out = Path(tempfile.mkdtemp(prefix="mib-modules-"))
        compiler = MibCompiler(SmiStarParser(), JsonCodeGen(), FileWriter(str(out)).set_options(suffix=".json"))
        compiler.add_sources(FileReader(str(folder)))
        names = sorted(path.name for path in folder.iterdir() if not path.suffix)
        compiler.compile(*names, ignoreErrors=True, rebuild=True)
    return out


def _node(module: str, node: Mapping[str, Any], conventions: Mapping[Any, Any]) -> Node:
    kind = node.get("syntax") or {}
    numbers: Mapping[str, int] = {}
    ranges: Any = ()
    sizes: Any = ()
    for _ in range(6):
        limits = kind.get("constraints") or {}
        numbers = limits.get("enumeration") or numbers
        ranges, sizes = ranges or limits.get("range", ()), sizes or limits.get("size", ())
        inner = conventions.get((module, kind.get("type", ""))) or conventions.get(kind.get("type", ""))
        if inner is None:
            break
        kind = inner
    return Node(
        module,
        node["name"],
        node.get("nodetype", "") if node.get("class") == "objecttype" else "",
        kind.get("type", ""),
        numbers,
        tuple((each["min"], each["max"]) for each in ranges),
        tuple((each["min"], each["max"]) for each in sizes),
        str(node.get("maxaccess", "")).startswith("read"),
        node.get("status") in ("current", "mandatory"),
    )


def _object(name: Name, nodes: Mapping[Name, Node]) -> Name | None:
    """The object type that a name is an instance of."""
    starts = (name[:size] for size in range(len(name) - 1, 5, -1))
    return next((start for start in starts if start in nodes and nodes[start].kind in ("scalar", "column")), None)


def faults(answers: Iterable[Answer]) -> list[str]:
    """What of these no module would have: another type or index, a number that has no name, a value out of its range."""
    nodes, found = modules(), []
    for answer in answers:
        at = _object(answer.name, nodes)
        if at is None:
            continue
        node = nodes[at]
        wrong = _fault(node, answer, answer.name[len(at) :])
        if wrong:
            found.append(f"{node.module}::{node.name}.{'.'.join(map(str, answer.name[len(at) :]))}: {wrong}")
    return found


def _fault(node: Node, answer: Answer, index: Name) -> str | None:
    if node.kind == "scalar" and index != (0,):
        return "a scalar's index is 0"
    expected = INTEGER if node.numbers and node.base not in ("Bits", "BITS") else _TAGS.get(node.base)
    if expected is not None and answer.tag != expected:
        return f"tag {answer.tag:#x}, the module says {node.base}"
    if answer.tag in (INTEGER, GAUGE32):
        value = int.from_bytes(answer.content, "big", signed=True)
        if node.numbers and value not in node.numbers.values():
            return f"{value} is none of {dict(node.numbers)}"
        if not node.numbers and node.ranges and not any(least <= value <= most for least, most in node.ranges):
            return f"{value} is outside {node.ranges}"
    if answer.tag == OCTET_STRING and node.sizes and node.base not in ("Bits", "BITS"):
        size = len(answer.content)
        if not any(least <= size <= most for least, most in node.sizes):
            return f"{size} octets are outside {node.sizes}"
    return None


def touched(answers: Iterable[Answer]) -> dict[Name, set[int]]:
    """By group (a table's entry, or where scalars hang) of which something is answered: the readable current objects
    that it has besides.
    """
    nodes = modules()
    seen = {at for at in (_object(answer.name, nodes) for answer in answers) if at is not None}
    groups = {at[:-1] for at in seen}
    absent: dict[Name, set[int]] = {}
    for name, node in nodes.items():
        wanted = node.readable and node.current and node.kind in ("scalar", "column")
        if wanted and name[:-1] in groups and name not in seen:
            absent.setdefault(name[:-1], set()).add(name[-1])
    return absent

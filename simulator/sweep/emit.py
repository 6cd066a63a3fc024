"""Writes a scenario as people would: a key a line, steps and expectations in one line each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from simulator.files.problems import FileProblems
from simulator.files.reader import read_text

__all__ = ["emit"]

_PLAIN = re.compile(r"[A-Za-z0-9_@*/][A-Za-z0-9_@*/. ()+'-]*")
MODELINE = "# yaml-language-server: $schema={}\n"


def emit(document: Mapping[str, Any], comments: Mapping[tuple[str, int], str] = {}, head: Sequence[str] = ()) -> str:
    """The document as YAML. `comments` stand beside an item, by key and index; `head` above all, a line each."""
    lines = [f"# {line}" for line in head]
    for key, value in document.items():
        if key == "lab" and isinstance(value, Mapping):
            lines.append("lab:")
            for name, part in value.items():
                lines += _part(name, part)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines.append(f"{_flow(key)}:")
            for index, item in enumerate(value):
                comment = comments.get((key, index))
                lines += _item(item, f"  # {comment}" if comment else "")
        else:
            lines.append(f"{_flow(key)}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _part(name: str, part: Any) -> list[str]:
    """Of a lab: the records of a list in a line each, racks with their equipment below them."""
    if isinstance(part, Mapping) and any(isinstance(each, list) for each in part.values()):
        return [f"  {_flow(name)}:", *(f"    {_flow(key)}: {_flow(each)}" for key, each in part.items())]
    if not isinstance(part, list) or not part or not isinstance(part[0], Mapping):
        return [f"  {_flow(name)}: {_flow(part)}"]
    lines = [f"  {_flow(name)}:"]
    for each in part:
        sign = "- "
        for key, value in each.items():
            lines.append(f"    {sign}{_flow(key)}: {_flow(value)}")
            sign = "  "
    return lines


def _item(item: Any, comment: str) -> list[str]:
    """A step with its expectation takes two lines, all else one."""
    if isinstance(item, Mapping) and len(item) > 1 and "expect" in item:
        rest = {key: value for key, value in item.items() if key != "expect"}
        (verb, args), *_ = rest.items()
        return [f"  - {_flow(verb)}: {_flow(args)}{comment}", f"    expect: {_flow(item['expect'])}"]
    if isinstance(item, Mapping) and len(item) == 1:
        ((key, value),) = item.items()
        return [f"  - {_flow(key)}: {_flow(value)}{comment}"]
    return [f"  - {_flow(item)}{comment}"]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


@lru_cache(maxsize=4096)
def _is_plain(text: str) -> bool:
    """Whether YAML reads it as this very text when it stands bare within braces."""
    if _PLAIN.fullmatch(text) is None or text[0] == "*" or text != text.strip():
        return False
    try:
        return bool(read_text(f"key: {{{text}: [{text}]}}".encode(), "").data == {"key": {text: [text]}})
    except FileProblems:
        return False

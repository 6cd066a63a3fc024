"""What a call says, in the words of its dialect: which action, about which thing, with which values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from simulator.api5.subjects import thing_of
from simulator.api6.calls import Routes
from simulator.api6.routes import known_routes
from simulator.dcim.subjects import Kind

__all__ = ["NOT_JSON", "PanelName", "ParsedCall", "parse_call"]

PanelName = Literal[5, 6, "ispmanager"]

_PLACES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("server", re.compile(r"/dci/v3/server/(\d{1,9})(?:/|$)")),
    ("operation", re.compile(r"/dci/v3/operation/(\d{1,9})(?:/|$)")),
    ("port", re.compile(r"/dci/v3/switch/\d{1,9}/port/(\d{1,9})(?:/|$)")),
    ("outlet", re.compile(r"/dci/v3/pdu/\d{1,9}/port/(\d{1,9})(?:/|$)")),
    ("address", re.compile(r"/ip/v3/ip/(\d{1,9})(?:/|$)")),
)
NOT_JSON = "it is not JSON"
NESTED = 100
"""Levels in a body beyond which no API's call goes."""


@dataclass(frozen=True, slots=True)
class ParsedCall:
    """`action`: of the dialect of DCImanager 6, or a function of COREmanager; empty when there is none of that name."""

    action: str
    kind: Kind
    number: int | None
    """The id of the thing of this kind; None when the call names none."""
    values: Mapping[str, Any]
    """Body and query of 6, parameters of COREmanager."""
    malformed: str = ""
    """What keeps the body from being read the same way by every program, in a few words; empty when nothing does."""


def parse_call(panel: PanelName, method: str, path: str, query: str, body: bytes) -> ParsedCall:
    """Never raises: what is not understood is not there."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    if panel != 6:
        asked |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        func = asked.get("func", "")
        kind, key = thing_of(func, asked) if panel == 5 else ("server", "")
        return ParsedCall(func, kind, _number(asked.get(key, "")), asked)
    path = path.removeprefix("/api")
    found = next(((kind, int(place[1])) for kind, each in _PLACES if (place := each.match(path))), None)
    kind, number = found or ("server", None)
    said, malformed = _object(body)
    return ParsedCall(_routes().action(method, path) or "", kind, number, {**asked, **said}, malformed)


def _routes() -> Routes:
    return known_routes()


def _object(body: bytes) -> tuple[dict[str, Any], str]:
    """What a JSON body says, and what is wrong with it as JSON. What Python reads beyond the standard is a wrong, too:
    other programs do not.
    """
    if not body.strip():
        return {}, ""
    wrongs: list[str] = []
    try:
        found = json.loads(body, parse_constant=lambda word: wrongs.append(f"{word} is no JSON"))
    except RecursionError:
        return {}, f"it is nested deeper than {NESTED} levels"
    except ValueError:
        return {}, NOT_JSON
    wrongs += _wrongs(found)
    return (found if isinstance(found, dict) else {}), "; ".join(dict.fromkeys(wrongs))


def _wrongs(value: Any) -> Iterator[str]:
    """Without recursion: how deep it goes is the client's choice."""
    level, depth = [value], 0
    while level and depth <= NESTED:
        for each in level:
            if isinstance(each, float) and not math.isfinite(each):
                yield "a number in it is too large"
            elif isinstance(each, str) and not _whole(each):
                yield "a text in it has half of a surrogate pair"
            elif isinstance(each, dict) and not all(map(_whole, each)):
                yield "a key in it has half of a surrogate pair"
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inside(each)]
        depth += 1
    if level:
        yield f"it is nested deeper than {NESTED} levels"


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

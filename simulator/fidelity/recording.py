"""Exchanges of a real client with a real panel, as a HAR file or a file of mitmproxy has them.

They are read into memory and stay there: nothing of a recorded header, credential or value is written anywhere.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Exchange", "RecordingError", "read_recording"]

DEEPEST = 32


class RecordingError(ValueError):
    """It is neither a HAR file nor one of mitmproxy's that can be read."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer; `repr` shows no value of either."""

    at: float
    """Seconds since the first one."""
    method: str
    path: str
    query: str = field(repr=False)
    body: bytes = field(repr=False)
    status: int
    answer: bytes = field(repr=False)


def read_recording(octets: bytes) -> list[Exchange]:
    """In the order of the file; what has no answer is left out. Raises RecordingError."""
    try:
        found = list(_har(octets) if octets.lstrip()[:1] == b"{" else _mitmproxy(octets))
    except RecordingError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise RecordingError(f"it is neither a HAR file nor one of mitmproxy's: {type(error).__name__}") from None
    if not found:
        raise RecordingError("it has no exchange with an answer")
    first = min(each.at for each in found)
    return [
        Exchange(each.at - first, each.method, each.path, each.query, each.body, each.status, each.answer)
        for each in found
    ]


def _har(octets: bytes) -> Iterator[Exchange]:
    for entry in json.loads(octets)["log"]["entries"]:
        asked, answered = entry["request"], entry["response"]
        if not answered.get("status"):
            continue
        url, content = urlsplit(asked["url"]), answered.get("content") or {}
        text = content.get("text") or ""
        answer = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
        at = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
        body = ((asked.get("postData") or {}).get("text") or "").encode()
        yield Exchange(at, asked["method"], url.path, url.query, body, int(answered["status"]), answer)


def _mitmproxy(octets: bytes) -> Iterator[Exchange]:
    place = 0
    while place < len(octets):
        flow, place = _tnetstring(octets, place, 0)
        if not isinstance(flow, dict) or not flow.get("request") or not flow.get("response"):
            continue
        asked, answered = flow["request"], flow["response"]
        url = urlsplit(_text(asked["path"]))
        yield Exchange(
            float(asked["timestamp_start"]), _text(asked["method"]), url.path, url.query, asked.get("content") or b"",
            int(answered["status_code"]), answered.get("content") or b"",
        )  # fmt: skip


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _tnetstring(octets: bytes, place: int, depth: int) -> tuple[Any, int]:
    """One value, and where the next begins: `<size>:<data><kind>` (tnetstrings.org, with mitmproxy's `;` for text)."""
    if depth > DEEPEST:
        raise RecordingError("it is nested too deeply")
    colon = octets.index(b":", place, place + 20)
    start = colon + 1
    end = start + int(octets[place:colon])
    if end >= len(octets):
        raise RecordingError("it ends too early")
    data, kind = octets[start:end], octets[end : end + 1]
    if kind == b"}":
        parts = list(_parts(data, depth))
        return {_text(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}, end + 1
    if kind == b"]":
        return list(_parts(data, depth)), end + 1
    simple: Mapping[bytes, Any] = {b",": bytes, b";": _text, b"#": int, b"^": float, b"!": lambda text: text == b"true"}
    if kind == b"~":
        return None, end + 1
    if kind not in simple:
        raise RecordingError("it is neither a HAR file nor one of mitmproxy's")
    return simple[kind](data), end + 1


def _parts(data: bytes, depth: int) -> Iterator[Any]:
    place = 0
    while place < len(data):
        value, place = _tnetstring(data + b"\n", place, depth + 1)
        yield value

"""What nobody else may read of a message: one rule for the report, the calls and the journal.

A value is hidden by its name, wherever it stands: in JSON, a form, a document of COREmanager, a path. What comes from outside is
also made fit to be written: no NaN, no lone surrogate, nothing deeper than a person would look.
"""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["DEEPEST", "HIDDEN", "is_secret", "masked", "masked_body", "masked_path", "masked_query", "writable"]

HIDDEN = "********"
DEEPEST = 32
"""Levels shown of nested values."""
_CUT = "..."
_SECRET = re.compile(
    r"pass(w|code|phrase)|pass$|pwd|authinfo|confirm|token|secret|community|credential|reserve_?code|session_?id|cookie"
    r"|(^|[_.-])(auth|key|kg|otp)$|api_?key|(private|priv|auth)_?key",
    re.IGNORECASE,
)
_NAMED_BY = ("name", "key", "field")
"""`{"name": "password", "value": "..."}` names what it holds by another member."""
_ELEMENT = re.compile(r"<([\w.-]+)((?:\s[^<>]*)?)>([^<]*)</\1>")
_LOOSE = re.compile(r"""(["']?)([\w.-]+)\1(\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s&,;{}<>]+)""")


def is_secret(name: str) -> bool:
    """Whether a value of this name is hidden: password, pwd, secret, token, key, authinfo and their compounds."""
    return _SECRET.search(name) is not None


def masked(value: Any, depth: int = 0) -> Any:
    """A JSON value without its secrets, however deep they are, and fit to be written."""
    if isinstance(value, dict):
        if depth >= DEEPEST:
            return _CUT
        shown = {
            str(writable(key)): HIDDEN if is_secret(key) and each not in (None, "", [], {}) else masked(each, depth + 1)
            for key, each in value.items()
        }
        if "value" in value and any(isinstance(name := value.get(by), str) and is_secret(name) for by in _NAMED_BY):
            shown["value"] = HIDDEN
        return shown
    if isinstance(value, list | tuple):
        return _CUT if depth >= DEEPEST else [masked(each, depth + 1) for each in value]
    return writable(value)


def writable(value: Any) -> Any:
    """A plain value as JSON and UTF-8 can have it."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def masked_query(query: str) -> str:
    """A query string or a form, as text; secrets hidden."""
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=None)
    return "&".join(f"{name}={HIDDEN if is_secret(name) and value else value}" for name, value in pairs)


def masked_path(path: str) -> str:
    """`/auth/v4/token/abc` has a secret in it: what follows the name of one."""
    parts = path.split("/")
    for place, (before, part) in enumerate(pairwise(parts), 1):
        if is_secret(before) and len(part) > 8 and not part.isalpha():
            parts[place] = HIDDEN
    return str(writable("/".join(parts)))


def masked_body(body: bytes, *, form: bool = False) -> Any:
    """A body as it is shown: JSON as a value, a form as names and values, everything else as text."""
    text = body.decode("utf-8", "replace")
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict | list):
        return masked(found)
    if form and "=" in text and not text.lstrip().startswith(("<", "{", "[")):
        return masked(dict(parse_qsl(text, keep_blank_values=True)))
    if text.lstrip().startswith("<"):
        return _ELEMENT.sub(lambda one: _element(one[1], one[2], one[3]), text)
    return _LOOSE.sub(lambda one: f"{one[1]}{one[2]}{one[1]}{one[3]}{HIDDEN}" if is_secret(one[2]) else one[0], text)


def _element(name: str, attributes: str, text: str) -> str:
    shown = HIDDEN if is_secret(name) and text.strip() else text
    return f"<{name}{attributes}>{shown}</{name}>"

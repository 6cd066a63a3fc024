"""What a request carries: session, query and body, as lax and as strict as the real platform reads them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope

from simulator.api6.calls import Body, Nothing
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid, NotLoggedIn

__all__ = ["DEEPEST", "LARGEST", "Asked", "TooLarge", "body_of", "is_without_body", "query_of", "read", "token_of"]

LARGEST = 1 << 20
"""Octets of a body. The real platform's limit is not known; this one is ours."""
DEEPEST = 32
"""Levels of arrays and objects in a body; ours too."""


_NOTHING = Nothing()


class TooLarge(Exception):
    """The body is larger than `LARGEST`."""


class Asked:
    """A request of which it is known what answers it. Starlette's own takes apart more than is needed, for each request anew."""

    __slots__ = ("headers", "panel", "path", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive, panel: Panel, path: dict[str, str]) -> None:
        """`path`: the values of the path's free segments, by name."""
        self.scope = scope
        self.receive = receive
        self.panel = panel
        self.path = path
        self.headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        """Names in lower case; of several the first counts."""


def token_of(headers: Mapping[bytes, bytes], scope: Scope) -> str:
    """From whichever place clients put it (facts of real clients: any one is enough). `headers` are those of `scope`, of several the
    first. Raises NotLoggedIn.
    """
    sent = headers.get(b"x-xsrf-token") or headers.get(b"isp-session")
    token = sent.decode("latin-1") if sent else HTTPConnection(scope).cookies.get("ses6")
    if not token:
        raise NotLoggedIn("no session: log in, and send the token as x-xsrf-token, ISP-Session or cookie ses6")
    return token


def query_of(raw: bytes) -> Mapping[str, str]:
    """`+`, `%20` and raw spaces are all spaces; quotes and parentheses may come unencoded. Raises Invalid."""
    if not raw:
        return {}
    try:
        return dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise Invalid("query", "it is not UTF-8") from None


def is_without_body(headers: Mapping[bytes, bytes]) -> bool:
    """HTTP/1.1, 6.3."""
    return b"content-length" not in headers and b"transfer-encoding" not in headers


async def read(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The whole body. Raises TooLarge before more than `LARGEST` octets are kept, and Invalid where its end never comes."""
    length = headers.get(b"content-length")
    announced = length is not None and length.isascii() and length.isdigit()
    if length is not None and announced and (len(length) > 9 or int(length) > LARGEST):
        raise TooLarge
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Invalid("body", "it ended too early")
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > LARGEST:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def body_of(raw: bytes, model: type[Body], keys: Mapping[str, str]) -> Body:
    """The JSON object of a request, whatever its content type; an empty body is `{}`. Raises Invalid."""
    if not raw and model is Nothing:
        return _NOTHING
    data = _json(raw) if raw.strip() else {}
    if not isinstance(data, dict):
        raise Invalid("body", "it is not a JSON object")
    for alias, key in keys.items():
        if alias in data:
            if key in data:
                raise Invalid(alias, f"it means the same as {key}, which is there too")
            data[key] = data.pop(alias)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
        name = str(first["loc"][0]) if first["loc"] else "body"
        if first["type"] == "extra_forbidden":
            raise Invalid(name, f"Unexpected property '{name}'") from None
        raise Invalid(name, first["msg"]) from None


def _json(raw: bytes) -> Any:
    """Only what can be written as JSON again: no NaN, no infinity, no half of a surrogate pair. Raises Invalid."""
    try:
        text = raw.decode("utf-8-sig")
        data = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("body", f"it is not JSON ({error})") from None
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _deeper(data, DEEPEST):
        raise Invalid("body", f"it is nested more than {DEEPEST} deep")
    if "\\u" in text:
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Invalid("body", "it has half of a surrogate pair") from None
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def _deeper(data: Any, levels: int) -> bool:
    layer = [data]
    for _ in range(levels):
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not layer:
            return False
    return any(isinstance(each, dict | list) for each in layer)

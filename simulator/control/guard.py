"""What stands in front of the control API: who may ask, and how long and how deep a request may be.

A lab on loopback is for whoever is on this machine, but not for the pages that a browser on it shows: a request whose Host is a
name of somebody's choosing (DNS rebinding) or whose Origin is another site is refused. A lab that other machines reach asks for
a token.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.control.api.lab import Refused
from simulator.control.api.problems import JsonAnswer
from simulator.kernel.hosts import is_loopback

__all__ = ["Access", "Guard"]

LARGEST = 1 << 20
"""Octets of a body."""
DEEPEST = 64
"""Levels of nesting in a body."""
COOKIE = "rackloop_control"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask. With a token: who has it. Without: whoever asks for a host of this machine's."""

    token: str | None = None
    host: str = "127.0.0.1"


class Guard:
    """Lets through what may go through; everything else is answered here, and changes nothing."""

    def __init__(self, app: ASGIApp, access: Access | None) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Who asks is looked at first, then what he sent; only then does the application see it, with the body as it was."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if self._access:
                entered = _let_in(self._access, scope)
                if entered is not None:
                    await entered(scope, receive, send)
                    return
            body = await _body_of(receive)
            _check_body(Headers(scope=scope), body)
        except Refused as refused:
            headers = {"www-authenticate": "Bearer"} if refused.status == 401 else None
            answer = JsonAnswer({"error": str(refused)}, status_code=refused.status, headers=headers)
            await answer(scope, receive, send)
            return
        given = False

        async def hear() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, hear, send)


def _let_in(access: Access, scope: Scope) -> Response | None:
    """A response where one is due at the door (the token becomes a cookie), None to go on. Raises Refused."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if access.token is None and not _is_ours(host, access.host):
        raise Refused(403, f"this lab answers to this machine's own addresses, not to {host!r}")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        raise Refused(403, f"a page of {origin!r} has no business here")
    if access.token is None:
        return None
    if scope["method"] == "GET" and scope["path"] == "/":
        (told,) = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[:1]
        if told and _same(told, access.token):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(COOKIE, access.token, httponly=True, samesite="strict")
            return answer
    kind, _, word = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and _same(word.strip(), access.token):
        return None
    if _same(_cookie(headers.get("cookie", "")), access.token):
        return None
    raise Refused(
        401,
        "other machines reach this lab: send its control token as `Authorization: Bearer ...`; it stands in the endpoints file"
        " (`control_token`) and in what `rackloop up` printed",
    )


def _is_ours(host: str, bound: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return is_loopback(name) or name == bound or _same_address(name, bound)


def _same_address(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False


def _same(told: str, token: str) -> bool:
    return hmac.compare_digest(told.encode("utf-8", "replace"), token.encode())


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


async def _body_of(receive: Receive) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            raise Refused(413, f"a body has at most {LARGEST} octets")
    return bytes(body)


def _check_body(headers: Headers, body: bytes) -> None:
    """JSON that Python, and whoever reads it after us, can take. Raises Refused."""
    if not body.strip():
        return
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, f"the body must be application/json, not {kind or 'of no type'} (curl: --json, or -H)")
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise Refused(400, f"the body is nested deeper than {DEEPEST} levels")
    try:
        said = json.loads(body, parse_constant=_no_constant)
    except Refused:
        raise
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    try:
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Refused(400, "a text in the body has half of a surrogate pair") from None


def _no_constant(word: str) -> float:
    raise Refused(400, f"the body is not JSON: it has no {word}")

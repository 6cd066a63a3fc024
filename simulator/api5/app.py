"""The DCImanager 5 API in front of a panel: an ASGI application. Words only; the panel decides.

One address for everything, `func` says what is meant. Nothing runs in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.api5 import (
    addresses,
    auth,
    connections,
    equipment,
    keys,
    operations,
    reports,
    servers,
    settings,
    stock,
    users,
)
from simulator.api5.calls import FUNCTIONS, Call
from simulator.api5.document import Document
from simulator.api5.errors import Refusal, explain, report
from simulator.api5.formats import write
from simulator.api5.messages import LANGUAGES
from simulator.dcim import Panel
from simulator.dcim.accounts5 import Accounts5, Level
from simulator.dcim.errors import PanelError
from simulator.dcim.users import User, UserState
from simulator.kernel import Activity, Journal

__all__ = ["PATHS", "create_app"]

_SERVICES = (addresses, auth, connections, equipment, keys, operations, reports, servers, settings, stock, users)
"""Imported for the functions that they register."""

PATHS = ("/dcimgr", "/manager/dcimgr")
COOKIE = "dcimgrses5"
BODY_LIMIT = 1 << 20
"""Octets; a longer body is refused."""


def create_app(
    panel: Panel,
    octets: Callable[[int], bytes],
    *,
    journal: Journal | None = None,
    activity: Activity | None = None,
) -> ASGIApp:
    """The API of one panel. `octets` gives random octets for session ids; each request is written in `journal`, and
    counts in `activity` as long as it lasts.
    """
    return _App(panel, Accounts5(panel.users, panel.clock, octets), journal, activity)


class _App:
    def __init__(self, panel: Panel, accounts: Accounts5, journal: Journal | None, activity: Activity | None) -> None:
        self._panel = panel
        self._accounts = accounts
        self._journal = journal
        self._activity = activity
        self._filters: dict[tuple[str, str], Mapping[str, str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"DCImanager 5 speaks HTTP, not {scope['type']}")
        with self._activity.busy() if self._activity is not None else nullcontext():
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if path.rstrip("/") not in PATHS:
            await self._send(send, 404, "Not Found\n", "text/plain; charset=UTF-8", {})
        elif method not in ("GET", "POST", "HEAD"):
            await self._send(send, 405, "Method Not Allowed\n", "text/plain; charset=UTF-8", {"allow": "GET, POST"})
        else:
            body = await _read(receive) if method == "POST" else b""
            if body is None:
                await self._send(send, 413, "Request Entity Too Large\n", "text/plain; charset=UTF-8", {})
            else:
                await self._carry_out(scope, _parameters(scope["query_string"], body), send)

    async def _carry_out(self, scope: Scope, params: dict[str, str], send: Send) -> None:
        func = params.get("func", "")
        lang = params.get("lang", "")
        lang = lang if lang in LANGUAGES else LANGUAGES[0]
        refused: Refusal | None = None
        document: Document
        try:
            document = await self._run(func, lang, scope, params)
        except Refusal as refusal:
            refused = refusal
        except PanelError as error:
            refused = explain(error)
        if refused is not None:
            document = report(refused, lang, func)
        headers = _headers(scope)
        host = f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"
        head = {"lang": lang, "func": func, "binary": "/dcimgr", "host": host, "themename": "orion"}
        text, content = write(params.get("out", ""), document, head, params)
        extra = {}
        if document.kind == "auth":
            extra["set-cookie"] = f"{COOKIE}={document.elements[0].attributes['id']}; path=/; HttpOnly"
        self._note(scope, func, refused)
        await self._send(send, 200, "" if scope["method"] == "HEAD" else text, content, extra)

    async def _run(self, func: str, lang: str, scope: Scope, params: Mapping[str, str]) -> Document:
        client = (scope.get("client") or ("", 0))[0]
        found = FUNCTIONS.get(func)
        if found is not None and found.level is Level.NOBODY:
            caller, session = None, ""
        else:
            caller, session = self._caller(scope, params, client)
            if found is None:
                raise Refusal("missed", "func", func, f"there is no function {func!r}")
            if self._accounts.level(caller) < found.level:
                raise Refusal("access", func, func)
        call = Call(self._panel, self._accounts, func, params, lang, client, caller, session, self._filters)
        return await found.run(call)

    def _caller(self, scope: Scope, params: Mapping[str, str], client: str) -> tuple[User, str]:
        """Who calls, and in which session. Raises a PanelError or Refusal."""
        accounts = self._accounts
        session = params.get("auth", "")
        if session or not params.get("authinfo"):
            session = session or _cookie(scope)
            if not session:
                raise Refusal("auth")
            user = accounts.resume(session, client)
        else:
            pair = params["authinfo"]
            pair = pair if ":" in pair else unquote(pair)  # one client encodes it twice
            name, _, password = pair.partition(":")
            user = accounts.check(name, password)
        if params.get("su"):
            if accounts.level(user) is not Level.ADMIN:
                raise Refusal("access", "su", params["su"])
            other = accounts.find(params["su"])
            if other is None:
                raise Refusal("missed", "user", params["su"])
            if other.state is not UserState.ACTIVE:
                raise Refusal("no_su_disabled_user")
            user = other
        return user, session

    def _note(self, scope: Scope, func: str, refused: Refusal | None) -> None:
        if self._journal is None:
            return
        subject = f"{scope['method']} {scope['path']}?func={func}"
        error = {"error": f"{refused.kind}:{refused.subject}" if refused.subject else refused.kind} if refused else {}
        self._journal.write("api5", subject, "request", status=200, **error)

    async def _send(self, send: Send, status: int, text: str, content: str, extra: Mapping[str, str]) -> None:
        body = text.encode("utf-8", "replace")
        headers = {"content-type": content, "content-length": str(len(body)), **extra}
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


# what a request carries


async def _read(receive: Receive) -> bytes | None:
    """The body; None when it is longer than the limit."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            return None
        parts.append(part)
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _parameters(query: bytes, body: bytes) -> dict[str, str]:
    """Of query and body alike; the body's win, and of a name that is there twice the last."""
    found: dict[str, str] = {}
    for raw in (query, body):
        if raw:
            found.update(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    return found


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _cookie(scope: Scope) -> str:
    try:
        found = SimpleCookie(_headers(scope).get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""

"""A COREmanager product on HTTP: an ASGI application with one address for everything. Nothing runs in a thread.

A product gives its accounts, its register of functions and what a call of one is made of; whoever calls is found here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.coremanager.calls import Call, Filters, Function, Register
from simulator.coremanager.document import Document
from simulator.coremanager.errors import Refusal, report
from simulator.coremanager.formats import write
from simulator.coremanager.messages import LANGUAGES, Texts
from simulator.kernel import Activity, Journal
from simulator.kernel.causes import answered

__all__ = ["Accounts", "Asked", "Manager", "Product"]

BODY_LIMIT = 1 << 20
"""Octets; a longer body is refused."""

U = TypeVar("U")
C = TypeVar("C", bound=Call)


class Accounts(Protocol[U]):
    """A product's users, as logging in needs them. What they raise, `Manager.explain` knows."""

    def find(self, name: str) -> U | None: ...

    def check(self, name: str, password: str) -> U:
        """Raises for a wrong name or password, also for a disabled user."""

    def resume(self, key: str, client: str) -> U:
        """Whose session it is; raises for one that is none."""

    def level(self, user: U) -> int: ...

    def active(self, user: U) -> bool: ...


@dataclass(frozen=True, slots=True)
class Product:
    """What tells one product from another on the outside."""

    name: str
    """`DCImanager 5`."""
    manager: str
    """The program, `dcimgr`: the address, and the cookie `dcimgrses5`."""
    layer: str
    """In the journal."""
    admin: int
    """The level from which one may act as another user."""

    @property
    def paths(self) -> Sequence[str]:
        return f"/{self.manager}", f"/manager/{self.manager}"

    @property
    def cookie(self) -> str:
        return f"{self.manager}ses5"


@dataclass(frozen=True, slots=True)
class Asked(Generic[U]):
    """A request whose caller is known: None where the function is for anybody."""

    func: str
    params: Mapping[str, str]
    lang: str
    client: str
    """The caller's address."""
    session: str
    """The session's id, empty for a call without one."""
    caller: U | None


class Manager(ABC, Generic[U, C]):
    """The application of one product."""

    product: Product
    texts: Texts
    functions: Register[C]
    absent: Container[str] = frozenset()
    """Functions that the product has, and that are not emulated: whoever calls one is told so."""

    def __init__(self, accounts: Accounts[U], journal: Journal | None, activity: Activity | None) -> None:
        """Each request is written in `journal`, and counts in `activity` as long as it lasts."""
        self._accounts = accounts
        self._journal = journal
        self._activity = activity
        self.filters: Filters = {}

    @abstractmethod
    def call(self, asked: Asked[U]) -> C:
        """The call as the product's functions want it."""

    @abstractmethod
    def explain(self, error: Exception) -> Refusal | None:
        """An error of the product's model in the dialect's words; None for what is none of it."""

    async def run(self, found: Function[C], call: C) -> Document:
        """Carry out a function whose caller may call it."""
        return await found.run(call)

    def check(self, name: str, password: str, client: str) -> U:
        """Who calls with name and password from this address; raises as the accounts do."""
        return self._accounts.check(name, password)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"{self.product.name} speaks HTTP, not {scope['type']}")
        with self._activity.busy() if self._activity is not None else nullcontext():
            await self._answer(scope, receive, send)

    async def unavailable(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the web server of a COREmanager product says while the core behind it starts: status 503, in the form and
        the language that were asked for.
        """
        await self._refuse(scope, receive, send, Refusal("unavailable"), 503)

    def refuse(self, words: Mapping[str, Any]) -> ASGIApp:
        """An application that refuses every call with this error `type`, `object` and `message`, and does nothing; with
        `status`, as HTTP has it.
        """
        refused = Refusal(str(words.get("type", "conflict")), str(words.get("object", "")))
        status = int(words.get("status", 200))

        async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
            await self._refuse(scope, receive, send, refused, status, str(words.get("message", "")))

        return refusing

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, refused: Refusal, status: int, text: str = ""
    ) -> None:
        """Answer with an error and nothing else: no caller is looked for, and no function runs."""
        body = await _read(receive) if scope["method"] == "POST" else b""
        params = _parameters(scope["query_string"], body or b"")
        func, lang = params.get("func", ""), _language(params)
        text = text or self.texts.refusal(refused, lang)
        shown, content = write(
            params.get("out", ""), report(refused, text, lang, func), self._head(scope, func, lang), params
        )
        self._note(scope, func, refused, status)
        await _send(send, status, "" if scope["method"] == "HEAD" else shown, content, {})

    def _head(self, scope: Scope, func: str, lang: str) -> dict[str, str]:
        host = f"{scope.get('scheme', 'http')}://{_headers(scope).get('host', 'localhost')}"
        return {"lang": lang, "func": func, "binary": f"/{self.product.manager}", "host": host, "themename": "orion"}

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if path.rstrip("/") not in self.product.paths:
            await self._turn_away(scope, send, 404, "Not Found")
        elif method not in ("GET", "POST", "HEAD"):
            await self._turn_away(scope, send, 405, "Method Not Allowed", {"allow": "GET, POST"})
        else:
            body = await _read(receive) if method == "POST" else b""
            if body is None:
                await self._turn_away(scope, send, 413, "Request Entity Too Large")
            else:
                await self._carry_out(scope, _parameters(scope["query_string"], body), send)

    async def _turn_away(
        self, scope: Scope, send: Send, status: int, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """What the web server answers by itself, before any function is looked for."""
        self._note(scope, _parameters(scope["query_string"], b"").get("func", ""), None, status)
        await _send(send, status, f"{text}\n", "text/plain; charset=UTF-8", headers or {})

    async def _carry_out(self, scope: Scope, params: dict[str, str], send: Send) -> None:
        func = params.get("func", "")
        lang = _language(params)
        refused: Refusal | None = None
        document: Document
        try:
            document = await self._run(func, lang, scope, params)
        except Exception as error:  # what is no error of the model goes on its way
            refused = error if isinstance(error, Refusal) else self.explain(error)
            if refused is None:
                raise
            if (refused.kind, refused.subject, refused.value) == ("auth", "badpassword", ""):
                refused.value = f"remote_addr: [{_address(scope)}]"  # as recorded replies have it
            document = report(refused, self.texts.refusal(refused, lang), lang, func)
        text, content = write(params.get("out", ""), document, self._head(scope, func, lang), params)
        extra = {}
        if document.kind == "auth":
            extra["set-cookie"] = f"{self.product.cookie}={document.elements[0].attributes['id']}; path=/; HttpOnly"
        status = 200
        if document.leads_to and not params.get("out"):
            status, extra["location"] = 302, document.leads_to
        self._note(scope, func, refused, status)
        await _send(send, status, "" if scope["method"] == "HEAD" else text, content, extra)

    async def _run(self, func: str, lang: str, scope: Scope, params: Mapping[str, str]) -> Document:
        client = _address(scope)
        found = self.functions.get(func)
        caller: U | None = None
        session = ""
        if found is None or found.level > 0:
            caller, session = self._caller(scope, params, client)
            if found is None:
                raise Refusal("not_emulated" if func in self.absent else "missed", "func", func)
            if self._accounts.level(caller) < found.level:
                raise Refusal("access", func, func)
        return await self.run(found, self.call(Asked(func, params, lang, client, session, caller)))

    def _caller(self, scope: Scope, params: Mapping[str, str], client: str) -> tuple[U, str]:
        """Who calls, and in which session. Raises Refusal, or what the accounts raise."""
        accounts = self._accounts
        session = params.get("auth", "")
        if session or not params.get("authinfo"):
            session = session or _cookie(scope, self.product.cookie)
            if not session:
                raise Refusal("auth")
            user = accounts.resume(session, client)
        else:
            pair = params["authinfo"]
            pair = pair if ":" in pair else unquote(pair)  # one client encodes it twice
            name, _, password = pair.partition(":")
            user = self.check(name, password, client)
        if params.get("su"):
            if accounts.level(user) < self.product.admin:
                raise Refusal("access", "su", params["su"])
            other = accounts.find(params["su"])
            if other is None:
                raise Refusal("missed", "user", params["su"])
            if not accounts.active(other):
                raise Refusal("no_su_disabled_user")
            user = other
        return user, session

    def _note(self, scope: Scope, func: str, refused: Refusal | None, status: int = 200) -> None:
        if self._journal is None:
            return
        subject = f"{scope['method']} {scope['path']}?func={func}"
        error: dict[str, str] = {}
        if refused is not None:
            error["error"] = f"{refused.kind}:{refused.subject}" if refused.subject else refused.kind
            if refused.reason:
                error["reason"] = refused.reason
        answered(self._journal, self.product.layer, subject, status=status, **error)


# what a request carries, and its answer


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


def _address(scope: Scope) -> str:
    """The caller's."""
    host: str = (scope.get("client") or ("", 0))[0]
    return host


def _language(params: Mapping[str, str]) -> str:
    lang = params.get("lang", "")
    return lang if lang in LANGUAGES else LANGUAGES[0]


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _cookie(scope: Scope, name: str) -> str:
    try:
        found = SimpleCookie(_headers(scope).get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _send(send: Send, status: int, text: str, content: str, extra: Mapping[str, Any]) -> None:
    body = text.encode("utf-8", "replace")
    headers = {"content-type": content, "content-length": str(len(body)), **extra}
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})

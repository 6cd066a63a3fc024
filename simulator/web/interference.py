"""What happens to HTTP messages on their way to a panel: the fates of `kernel.wire`, carried out in memory and on sockets.

A tap of the panel's gateway, the nearest to the client. A message is a request with its answer; where nobody has set a rule and
nobody watches, it passes without being looked at.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.kernel import Activity, Clock, Streams
from simulator.kernel.flow import because
from simulator.kernel.wire import (
    AnsweredBy,
    ConnectionRefused,
    ConnectionReset,
    Cut,
    Error,
    Fate,
    Garbled,
    Late,
    Lost,
    Point,
    Rule,
    Stale,
    Twice,
    Wire,
    told,
)
from simulator.web.connection import (
    CALL,
    COUNTED,
    PATIENCE,
    AnswerCut,
    Broken,
    NoAnswer,
    NobodyListens,
    Reset,
    connection_of,
)
from simulator.web.gateway import Passing
from simulator.web.pages import page

__all__ = ["HttpInterference", "Refuse", "without_ids"]

Refuse = Callable[[Mapping[str, Any]], ASGIApp]
"""An application that answers with an error of its dialect: the words say which."""

_ID = re.compile(r"(?<=/)(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[^/]*@[^/]*)(?=/|$)")
_TOKEN = re.compile(r"(?<=/token/)[^/]+")
_CACHED = 64
"""Answers that a proxy remembers."""
_QUESTIONS = 4096
"""Of which is known which rules fit them."""
_BODY_LIMIT = 1 << 20


def without_ids(path: str) -> str:
    """`/dci/v3/server/3/ip` as `/dci/v3/server/{}/ip`: what is asked, whatever it is asked of."""
    return _TOKEN.sub("{}", _ID.sub("{}", path))


@dataclass(slots=True)
class _Answer:
    """A whole answer, held back."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


async def _or_gone(work: Awaitable[object], scope: Scope, receive: Receive) -> None:
    """Wait for this, or until the client on the socket is gone: his request is in flight no more then, and lab time must not
    wait for it. Raises NoAnswer when he is. In memory whoever gives up takes his request with him.
    """
    if connection_of(scope) is None:
        await work
        return
    waited = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait((waited, gone), return_when=asyncio.FIRST_COMPLETED)
        if not waited.done():
            raise NoAnswer
    finally:
        for each in (waited, gone):
            each.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class HttpInterference:
    """In front of one panel. `name`: what messages call the panel (`dci6`); `refuse` gives errors in its dialect."""

    def __init__(
        self, name: str, wire: Wire, clock: Clock, streams: Streams, activity: Activity, refuse: Refuse
    ) -> None:
        self.name = name
        self._wire = wire
        self._clock = clock
        self._streams = streams
        self._activity = activity
        self._refuse = refuse
        self._cached: OrderedDict[tuple[str, bytes, bytes], tuple[float, _Answer]] = OrderedDict()
        self._late: set[asyncio.Task[None]] = set()
        self._fitting: dict[tuple[str, str, bytes], tuple[Rule, ...]] = {}
        """By question: the rules that fit it, at a revision of the wire."""
        self._fitting_at = -1

    def lets_pass(self, request: Passing) -> bool:
        wire = self._wire
        if wire.idle:
            return True
        if wire.watched:
            return False
        if self._fitting_at != wire.revision or len(self._fitting) > _QUESTIONS:
            self._fitting.clear()
            self._fitting_at = wire.revision
        key = request.method, request.path, request.query
        rules = self._fitting.get(key)
        if rules is None:
            what, sent, names = _named(*key, b"")
            point = Point("http", "billing", self.name, what, 0)
            rules = self._fitting[key] = wire.rules_for(point, sent, (request.client, request.agent), names)
        return all(rule.spent for rule in rules)

    def passed(self, request: Passing) -> None:
        what, _, _ = _named(request.method, request.path, request.query, b"")
        self._wire.pass_by("http", "billing", self.name, what)

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self._wire.idle:
            await app(scope, receive, send)
            return
        body = await _read(receive)
        what, sent, names = _words(scope, body)
        client = (scope.get("client") or ("", 0))[0]
        agent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"user-agent"), "")
        call = (scope.get("extensions") or {}).get(CALL, "")
        fate = self._wire.meet(
            "http", "billing", self.name, what, sent=sent, senders=(client, agent, call), names=names
        )
        cause = self._wire.hit

        def again() -> Receive:
            return _given(body, receive)

        if fate is None:
            await app(scope, again(), send)
            return
        try:
            # A second effect, and an answer out of date, are the fate's own doing; the first effect is whoever asked's.
            with because(cause if isinstance(fate, Stale | Twice) else 0):
                await self._carry_out(fate, app, scope, again, receive, send, body)
        except Broken as broken:
            await self._break(broken, scope, receive)

    async def _carry_out(
        self,
        fate: Fate,
        app: ASGIApp,
        scope: Scope,
        again: Callable[[], Receive],
        receive: Receive,
        send: Send,
        body: bytes,
    ) -> None:
        """What the fate makes of a request and its answer. Raises Broken for what ends without a whole answer."""

        async def effect() -> _Answer:
            answer = _Answer()
            await app(scope, again(), answer.take)
            return answer

        match fate:
            case Lost(when):
                if when == "after":
                    await effect()
                raise NoAnswer
            case Late():
                await self._be_late(fate, effect, scope, receive, send)
            case Twice():
                await effect()
                await (await effect()).send(send)
            case Garbled():
                await self._garbled(await effect()).send(send)
            case Cut():
                answer = await effect()
                await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
                half = {"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True}
                await send(half)
                raise AnswerCut
            case Error(words):
                await self._refuse(words)(scope, again(), send)
            case AnsweredBy(gateway, status, when):
                if when == "after":
                    await effect()
                headers, text = page(gateway, status)
                await _Answer(status, headers, text).send(send)
            case ConnectionRefused():
                raise NobodyListens
            case ConnectionReset(when):
                if when == "after":
                    await effect()
                raise Reset
            case Stale(age):
                await self._from_cache(age, effect, scope, send, body)

    async def _break(self, broken: Broken, scope: Scope, receive: Receive) -> None:
        """On a socket the connection itself is worked; in memory whoever carries the request is told."""
        connection = connection_of(scope)
        if connection is None:
            raise broken
        if isinstance(broken, AnswerCut):
            connection.close()
        elif not isinstance(broken, NoAnswer):
            connection.reset()
        with self._waiting(scope):
            await _gone(receive)

    def _waiting(self, scope: Scope) -> AbstractContextManager[None]:
        """While a request that counts as in flight waits, for lab time or for a client who gives up in lab time."""
        counted = any(name == COUNTED for name, _ in scope["headers"])
        return self._activity.waiting() if counted else nullcontext()

    async def _be_late(self, fate: Late, effect: Callable[[], Any], scope: Scope, receive: Receive, send: Send) -> None:
        """Late is late on the lab's clock. A client that gives up meanwhile does not undo what it asked for."""
        delay = fate.seconds + (self._streams["wire"].random() * fate.jitter if fate.jitter else 0.0)
        patience = (scope.get("extensions") or {}).get(PATIENCE)
        if fate.when == "after":
            answer = await effect()
            await self._wait(scope, receive, delay, patience)
            await answer.send(send)
            return

        async def later() -> None:
            await self._clock.sleep(delay)
            answers.set_result(await effect())

        answers: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        if patience is not None and patience < delay:
            await self._wait(scope, receive, delay, patience)
        with self._waiting(scope):
            await _or_gone(asyncio.shield(answers), scope, receive)
        await answers.result().send(send)

    async def _wait(self, scope: Scope, receive: Receive, delay: float, patience: float | None) -> None:
        """Raises NoAnswer where the client waits for less, or goes."""
        if patience is not None and patience < delay:
            raise NoAnswer
        with self._waiting(scope):
            await _or_gone(self._clock.sleep(delay), scope, receive)

    def _garbled(self, answer: _Answer) -> _Answer:
        """As long as it was, and nothing that anybody could read."""
        chance: random.Random = self._streams["wire"]
        return _Answer(answer.status, answer.headers, chance.randbytes(len(answer.body)))

    async def _from_cache(self, age: float, effect: Callable[[], Any], scope: Scope, send: Send, body: bytes) -> None:
        """As a proxy does that keeps lists: what it has been told within `age` seconds, it tells again."""
        key = scope["path"], scope["query_string"], body
        held = self._cached.get(key)
        if held is not None and self._clock.now() - held[0] < age:
            self._stale(scope, self._clock.now() - held[0])
            await held[1].send(send)
            return
        answer = await effect()
        if _is_list(scope, answer):
            self._cached[key] = self._clock.now(), answer
            self._cached.move_to_end(key)
            while len(self._cached) > _CACHED:
                self._cached.popitem(last=False)
        await answer.send(send)

    def _stale(self, scope: Scope, age: float) -> None:
        self._wire.tell(scope["path"], told(Stale(age)), receiver=self.name)

    def forget(self) -> None:
        """The proxy's memory is empty again."""
        self._cached.clear()

    async def close(self) -> None:
        """Requests that are still on their way are lost."""
        for task in tuple(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)


def _is_list(scope: Scope, answer: _Answer) -> bool:
    """Lists alone are kept, not forms and actions: in DCImanager 6 what GET gives with a `list`, in COREmanager what says how
    many rows it has.
    """
    if answer.status != 200:
        return False
    return b"p_elems" in answer.body or (scope["method"] == "GET" and b'"list"' in answer.body)


async def _read(receive: Receive) -> bytes:
    """The whole body, as far as a panel would take it."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body") or sum(map(len, parts)) > _BODY_LIMIT:
            return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """The body that was read before, then what the client does."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _words(scope: Scope, body: bytes) -> tuple[str, str, tuple[str, ...]]:
    """What a request asks: with its ids taken out, as it was sent, and its function where it has one."""
    return _named(scope["method"], scope["path"], scope["query_string"], body if b"func=" in body else b"")


@lru_cache(maxsize=4096)
def _named(method: str, path: str, query_string: bytes, form: bytes) -> tuple[str, str, tuple[str, ...]]:
    path = path.removeprefix("/api")
    query = parse_qs(query_string.decode("latin-1"))
    if not (func := query.get("func", [""])[-1]) and form:
        func = parse_qs(form.decode("utf-8", "replace")).get("func", [""])[-1]
    if func:
        return f"{method} {path}?func={func}", f"{method} {path}?func={func}", (func,)
    return f"{method} {without_ids(path)}", f"{method} {path}", ()

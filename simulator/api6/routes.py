"""The routes of the dialect: each call of the dialect file bound to its handler, and an index that finds them quickly.

`{target}` at a path's end stands for the rest of the path, slashes included.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from operator import is_
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from simulator.api6.answering import JsonResponse, written
from simulator.api6.answers import Fields, answer_shape, column_names, translator
from simulator.api6.auth import oneself, proxy, rules, second_factor, users, v3
from simulator.api6.calls import HANDLERS, Call, Handler, MadeOf, Picture
from simulator.api6.dci import equipment, servers, stock, wiring
from simulator.api6.dialect import Route, load_dialect
from simulator.api6.ip import ipmgr
from simulator.api6.lists.cached import Encoded
from simulator.api6.openapi import document
from simulator.api6.requests import Asked, body_of, is_without_body, query_of, read, token_of
from simulator.dcim.errors import Forbidden
from simulator.dcim.people.roles import USER_ROLE
from simulator.dcim.people.users import Session
from simulator.dcim.subjects import Kind
from simulator.web.again import Again, leave

__all__ = ["Index", "document_of", "known_routes", "make_routes"]

_SERVICES = (oneself, proxy, rules, users, v3, equipment, ipmgr, second_factor, servers, stock, wiring)
"""Imported for the handlers that they register."""

TITLE = "DCImanager 6 (Rackloop)"
DESCRIPTION = "Each route, field and message says in `x-provenance` whether it is documented, observed or inferred."

Endpoint = Callable[[Asked], Awaitable[Response]]

TAIL = "{target}"
_PLAIN = (USER_ROLE,)
"""The roles of somebody who has nothing but his own servers."""


def document_of(dialect: Iterable[Route], fields: Fields | None = None) -> dict[str, Any]:
    """The OpenAPI document of a dialect's routes and names of fields."""
    return document(TITLE, DESCRIPTION, dialect, fields or {})


@lru_cache(maxsize=1)
def known_routes() -> Index:
    """The routes of the dialect file that comes with the package; made once, for all applications."""
    return make_routes(load_dialect())


PATHS = 2048
LONGEST_PATH = 200
"""So many paths of so many characters are remembered."""


def make_routes(dialect: tuple[Route, ...], fields: Fields | None = None) -> Index:
    """Raises ValueError for an action that has no handler."""
    index = Index()
    for row in dialect:
        handler = HANDLERS.get(row.action)
        if handler is None:
            raise ValueError(f"{row.call}: there is no handler for {row.action}")
        endpoint = _endpoint(row, handler, index, fields or {})
        for call in (row.call, *row.aliases):
            method, _, path = call.partition(" ")
            index.add(method, path, row.action, endpoint, main=call == row.call)
    return index


@dataclass(slots=True)
class _Node:
    """A place in the tree of path segments."""

    fixed: dict[str, _Node] = field(default_factory=dict)
    free: _Node | None = None
    methods: dict[str, tuple[tuple[str, ...], Endpoint, str]] = field(default_factory=dict)
    tails: dict[str, tuple[tuple[str, ...], Endpoint, str]] = field(default_factory=dict)
    """What begins here and takes all the rest."""


class Index(BaseRoute):
    """All routes as one: found by walking the path, not by trying one pattern after another. Fixed segments come before
    free ones.
    """

    def __init__(self) -> None:
        self._root = _Node()
        self._served: list[tuple[str, str, str]] = []
        self._found: dict[tuple[str, str], tuple[dict[str, str], Endpoint]] = {}
        """By method and path, of calls that were made of late: polling makes the same again and again."""

    def add(self, method: str, path: str, action: str, endpoint: Endpoint, *, main: bool) -> None:
        self._found.clear()
        if main:
            self._served.append((method, path, action))
        node, names = self._root, list[str]()
        for segment in path.split("/")[1:]:
            if segment == TAIL:
                node.tails[method] = (*names, segment[1:-1]), endpoint, action
                return
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.free = node = node.free or _Node()
            else:
                node = node.fixed.setdefault(segment, _Node())
        node.methods[method] = tuple(names), endpoint, action

    def action(self, method: str, path: str) -> str | None:
        found = _walk(self._root, path.split("/"), 1, method, ())
        return None if found is None else found[2]

    def served(self) -> Iterator[tuple[str, str, str]]:
        return iter(self._served)

    def find(self, method: str, path: str) -> tuple[dict[str, str], Endpoint] | None:
        """The values of the path's free segments by name, which nobody may change, and who answers."""
        call = method, path
        known = self._found.get(call)
        if known is not None:
            return known
        found = _walk(self._root, path.split("/"), 1, method, ())
        if found is None:
            return None
        names, endpoint, _, values = found
        known = dict(zip(names, values, strict=True)), endpoint
        if len(path) <= LONGEST_PATH:
            if len(self._found) >= PATHS:
                self._found.clear()
            self._found[call] = known
        return known

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http":
            found = self.find(scope["method"], scope["path"])
            if found is not None:
                return Match.FULL, {"path_params": found[0].copy(), "endpoint": found[1]}
            if _known(self._root, scope["path"].split("/"), 1):
                return Match.PARTIAL, {"endpoint": _wrong_method}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Asked(scope, receive, scope["app"].state.panel, scope.get("path_params", {}))
        response = await scope["endpoint"](asked)
        await response(scope, receive, send)


def _walk(
    node: _Node, segments: list[str], place: int, method: str, values: tuple[str, ...]
) -> tuple[tuple[str, ...], Endpoint, str, tuple[str, ...]] | None:
    if place == len(segments):
        leaf = node.methods.get(method)
        return None if leaf is None else (*leaf, values)
    segment = segments[place]
    following = node.fixed.get(segment)
    found = _walk(following, segments, place + 1, method, values) if following is not None else None
    if found is None and node.free is not None and segment:
        found = _walk(node.free, segments, place + 1, method, (*values, segment))
    tail = node.tails.get(method) if found is None else None
    return found if tail is None else (*tail, (*values, "/".join(segments[place:])))


def _known(node: _Node, segments: list[str], place: int) -> bool:
    """Whether there is something at this path for any method; of a route's tail, at one segment."""
    if place == len(segments):
        return bool(node.methods)
    segment = segments[place]
    if segment and place + 1 == len(segments) and node.tails:
        return True
    following = node.fixed.get(segment)
    if following is not None and _known(following, segments, place + 1):
        return True
    return node.free is not None and bool(segment) and _known(node.free, segments, place + 1)


async def _wrong_method(asked: Asked) -> Response:
    raise HTTPException(405)


def _endpoint(row: Route, handler: Handler, routes: Index, fields: Fields) -> Endpoint:
    keys, action, status, renames = row.keys, row.action, row.status, row.answer_keys
    listing, translate = handler.listing, translator(answer_shape(action), fields)
    if listing is not None:
        listing = listing.renamed(column_names(action, listing.columns, fields))

    async def endpoint(asked: Asked) -> Response:
        scope, headers, panel, path = asked.scope, asked.headers, asked.panel, asked.path
        method, client = scope["method"], scope.get("client")
        address = client[0] if client else ""
        session = caller = None
        if handler.inside:
            if headers.get(b"internal-auth") != b"on":
                raise Forbidden("Unauthorized: only the platform's own services may call this")
        elif not handler.public:
            session = panel.users.session(token_of(headers, scope), address)
            caller = session.user
            if not handler.anyone:
                panel.access.check(caller, action, method)
        raw = b"" if is_without_body(headers) else await read(headers, asked.receive)
        body = body_of(raw, handler.body, keys)
        query = query_of(scope["query_string"])
        call = Call(panel, action, caller, path, query, body, method, address, session, routes, listing)
        came = None
        if caller is not None and panel.access_log.wanted and caller.roles == _PLAIN:
            came = panel.access_log.came(caller, action, *_thing(action, path))
        answer = await handler.run(call)
        if came is not None:
            panel.access_log.done(came)
        if handler.made_of is not None and session is not None and session.user.is_admin and not query:
            leave(scope, partial(_again_in, handler.made_of, asked, session, address))
        if isinstance(answer, Picture):
            return Response(answer.octets, call.status or status, media_type=answer.media_type)
        if translate is not None and (listing is None or "filter" not in query):  # which answers values, no rows
            answer = translate(answer)
        if isinstance(answer, Encoded) and not renames:
            return JsonResponse(answer.octets, call.status or status)
        return JsonResponse(written(_renamed(answer, renames) if renames else answer), call.status or status)

    return endpoint


def _again_in(made_of: MadeOf, asked: Asked, session: Session, address: str) -> Again:
    """Tells whether an administrator's answer still holds, and lets his session go on."""
    panel, path, token, user = asked.panel, asked.path, session.token.value, session.user
    records = made_of(panel, path)

    def again() -> bool:
        now = made_of(panel, path)
        return len(now) == len(records) and all(map(is_, now, records)) and panel.users.go_on(token, address, user)

    return again


def _thing(action: str, path: Mapping[str, str]) -> tuple[Kind, int | None]:
    """What of a server a path names."""
    if "sid" in path:
        return "server", _number(path["sid"])
    if "oid" in path:
        return "operation", _number(path["oid"])
    if "pid" in path:
        return "outlet" if action.startswith("pdu.") else "port", _number(path["pid"])
    return "address", _number(path["id"]) if action.startswith("ip.") and "id" in path else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _renamed(answer: Any, names: Mapping[str, str]) -> Any:
    """With the dialect's words for keys of the answer, and of the rows of its list."""
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return [_renamed(each, names) for each in answer]
    if not isinstance(answer, Mapping):
        return answer
    return {names.get(key, key): _renamed(value, names) if key == "list" else value for key, value in answer.items()}

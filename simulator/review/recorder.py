"""Every HTTP call to the panels, whole: who, what, when, the answer, and the server that it was about as it stood then."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.dcim.records import Server
from simulator.dcim.work.operation_table import Operation
from simulator.kernel import Record
from simulator.review.parsing import NOT_JSON, PanelName, ParsedCall, parse_call
from simulator.review.subjects import addresses_of, links_of, server_of, vlans_of

if TYPE_CHECKING:
    from simulator.lab import Run

__all__ = ["HttpCall", "Recorder"]

KEPT = 50_000
"""Calls remembered; older ones are forgotten."""
KEPT_OCTETS = 128 << 20
"""Octets of their bodies and answers remembered; again the oldest go first."""
OURS = "rackloop"
"""Begins the user agent of our own programs, which are nobody's client."""
LARGEST = 1 << 16
"""Octets kept of a body; the rest is cut off."""


_RECORDS: ContextVar[list[int] | None] = ContextVar("records of a call", default=None)
"""Numbers of the journal's records of requests that were written while a call was carried out; its own is the last."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One call. `at` and `ended` in seconds of lab time; `status` 0 when the application ended without an answer."""

    number: int
    at: float
    ended: float
    panel: PanelName
    client: str
    """Address and user agent: calls with the same are taken for one client's."""
    token: str
    method: str
    path: str
    query: str
    body: bytes
    parsed: ParsedCall
    status: int = 0
    answer: bytes = b""
    before: Server | None = None
    after: Server | None = None
    operation: Operation | None = None
    """The server's last operation as the call found it."""
    vlans: Mapping[int, int] = field(default_factory=dict)
    """Of the server's ports, by id, as the call found them."""
    links: tuple[str, ...] = ()
    """The server's NICs that had a link when the call came."""
    addresses: tuple[str, ...] = ()
    """What the server held when the call came."""
    record: int = 0
    """The number of the journal's record of it; 0 where it never came to the panel's services."""


class Recorder:
    """Watches a run from `watch` on. `calls`: in the order in which they ended."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.since = run.clock.now()
        self.forgotten = 0
        self._calls: deque[HttpCall] = deque()
        self._octets = 0
        self._count = 0

    def watch(self) -> None:
        """See all further calls."""
        self.run.journal.watch(_noted)
        self.run.gateway6.taps.insert(0, _Tap(self, 6))
        self.run.gateway5.taps.insert(0, _Tap(self, 5))
        if self.run.ispmanager is not None:
            self.run.ispmanager.taps.insert(0, _Tap(self, "ispmanager"))

    def restart(self) -> None:
        """Forget what was seen, for the next trial."""
        self._calls.clear()
        self._octets = self._count = self.forgotten = 0
        self.since = self.run.clock.now()

    def __iter__(self) -> Iterator[HttpCall]:
        return iter(self._calls)

    def __reversed__(self) -> Iterator[HttpCall]:
        return reversed(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def seen(self) -> int:
        """How many calls were made, those forgotten included."""
        return self._count

    def after(self, number: int, most: int) -> list[HttpCall]:
        """So many calls after the one of this number, as far as they are remembered."""
        start = max(number - self.forgotten, 0)
        return list(islice(self._calls, start, start + most))

    def add(self, call: HttpCall) -> None:
        self._count += 1
        self._calls.append(replace(call, number=self._count))
        self._octets += _size(call)
        while len(self._calls) > KEPT or (self._octets > KEPT_OCTETS and len(self._calls) > 1):
            self._octets -= _size(self._calls.popleft())
            self.forgotten += 1


def _noted(record: Record) -> None:
    if record.what == "request" and (records := _RECORDS.get()) is not None:
        records.append(record.number)


def _size(call: HttpCall) -> int:
    return len(call.body) + len(call.answer) + len(call.path) + len(call.query)


class _Tap:
    """One panel's side."""

    def __init__(self, recorder: Recorder, panel: PanelName) -> None:
        self._recorder = recorder
        self._panel: PanelName = panel

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get(b"user-agent", "").startswith(OURS):
            await app(scope, receive, send)
            return
        # The body is read first: a gateway that is down answers without looking at it.
        ahead: deque[Message] = deque()
        body = bytearray()
        more = True
        while more and len(body) <= LARGEST:
            message = await receive()
            ahead.append(message)
            more = message["type"] == "http.request" and message.get("more_body", False)
            body.extend(message.get("body", b""))
        call = self._begin(scope, headers, bytes(body[:LARGEST]))
        if len(body) > LARGEST and call.parsed.malformed == NOT_JSON:  # what was cut off here is not missing there
            call = replace(call, parsed=replace(call.parsed, malformed=""))
        status = 0
        answer = bytearray()

        async def hear() -> Message:
            return ahead.popleft() if ahead else await receive()

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                answer.extend(message.get("body", b"")[: LARGEST - len(answer)])
            await send(message)

        records: list[int] = []
        token = _RECORDS.set(records)
        try:
            await app(scope, hear, tell)
        finally:
            _RECORDS.reset(token)
            call = replace(call, record=records[-1] if records else 0)
            run = self._recorder.run
            after = run.panel.inventory.servers.find(call.before.id) if call.before is not None else None
            self._recorder.add(replace(call, ended=run.clock.now(), status=status, answer=bytes(answer), after=after))

    def _begin(self, scope: Scope, headers: Mapping[bytes, str], body: bytes) -> HttpCall:
        """The call as it came, with what it was about before it changed anything."""
        run = self._recorder.run
        method, path, query = scope["method"], scope["path"], scope["query_string"].decode("latin-1")
        parsed = parse_call(self._panel, method, path, query, body)
        before = server_of(run.panel, parsed.kind, parsed.number)
        return HttpCall(
            number=0,
            at=run.clock.now(),
            ended=0.0,
            panel=self._panel,
            client=f"{(scope.get('client') or ('?', 0))[0]} {headers.get(b'user-agent', '')}".strip(),
            token=headers.get(b"x-xsrf-token") or headers.get(b"isp-session") or headers.get(b"cookie", ""),
            method=method,
            path=path,
            query=query,
            body=body,
            parsed=parsed,
            before=before,
            operation=run.panel.operations.last(before) if before is not None else None,
            vlans=vlans_of(run.panel, before),
            links=links_of(run.plant.servers.get(before.name) if before is not None else None),
            addresses=addresses_of(run.panel, before),
        )

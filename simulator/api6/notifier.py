"""The notifier's websocket: one JSON message for each change that the caller may see.

`{"type", "id", "action", "data", "request_id", "notify"}`: the kind of thing and its id, `create`, `update` or `delete`, the
thing as its own list shows it (null when it is gone), and the position that lists tell as `last_notify`. A client that
comes back says `?since=<position>`. When not all messages since then are kept, or there was no such position yet, it is told
first: `{"type": "notifier", "id": 0, "action": "dropped", "data": {"dropped": <how many, null when unknown>}, ...}`; it reads the
lists anew then. For a client that does not read, a thousand messages wait and no more: it is sent away when it reads again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulator.api6.answers import Fields, translator
from simulator.api6.dci.server_views import OPERATIONS, SERVERS
from simulator.api6.dci.views import OUTLETS, PORTS, USERS
from simulator.api6.ip.views import IPS, NETWORKS, POOLS
from simulator.api6.lists.listing import Listing
from simulator.api6.requests import token_of
from simulator.dcim import Panel
from simulator.dcim.errors import NotFound, PanelError
from simulator.dcim.notifier import Notice
from simulator.dcim.people.users import User
from simulator.dcim.records import Register

__all__ = ["PATHS", "listen"]

PATHS = ("/notifier", "/api/notifier")

NOT_LOGGED_IN = 4401
BAD_QUERY = 4400
TOO_SLOW = 1013
"""RFC 6455 and IANA's register: try again later."""
BEHIND = 1000
"""Messages that may wait for a client that does not read."""

_KINDS: dict[str, tuple[Callable[[Panel], Register[Any]], Listing[Any], str]] = {
    "server": (lambda panel: panel.inventory.servers, SERVERS, "Server"),
    "operation": (lambda panel: panel.operations.all, OPERATIONS, "Operation"),
    "ip": (lambda panel: panel.addresses.used, IPS, "Ip"),
    "ippool": (lambda panel: panel.addresses.pools, POOLS, "Pool"),
    "ipnet": (lambda panel: panel.addresses.networks, NETWORKS, "Network"),
    "switch_port": (lambda panel: panel.inventory.switch_ports, PORTS, "Port"),
    "pdu_port": (lambda panel: panel.inventory.outlets, OUTLETS, "Outlet"),
    "user": (lambda panel: panel.users.all, USERS, "User"),
}
"""Where the things are, how they are shown, and what type of the answers file they then have."""


async def listen(websocket: WebSocket) -> None:
    """Until the client goes, or its session ends."""
    panel: Panel = websocket.app.state.panel
    fields: Fields = websocket.app.state.fields
    since = websocket.query_params.get("since", str(panel.notifier.last))
    client = websocket.client.host if websocket.client else ""
    await websocket.accept()
    try:
        token = token_of(dict(reversed(websocket.scope["headers"])), websocket.scope)
        panel.users.session(token, client)
    except PanelError as error:
        await websocket.close(NOT_LOGGED_IN, str(error))
        return
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        await websocket.close(BAD_QUERY, "since is not a position")
        return
    news = _News(panel, int(since))
    stay = panel.users.when_ended(token, news.end)
    gone = asyncio.create_task(_gone(websocket, news))
    try:
        if news.gap is not None:
            await websocket.send_json(news.gap)
        while (notice := await news.next()) is not None:
            message = _message(panel, panel.users.session(token, client, used=False).user, notice, fields)
            if message is not None:
                await websocket.send_json(message)
        if news.overflowed:
            await websocket.close(TOO_SLOW, "read faster")
            return
        if websocket.client_state is WebSocketState.CONNECTED:
            panel.users.session(token, client, used=False)  # it has ended: this says why
    except PanelError as error:
        await websocket.close(NOT_LOGGED_IN, str(error))
    except WebSocketDisconnect:
        pass
    finally:
        news.stop()
        stay()
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


class _News:
    """What one connection has still to be told: first what it missed, then what comes, and of that so much only."""

    def __init__(self, panel: Panel, since: int) -> None:
        self.overflowed = False
        self.gap = _gap(panel, since)
        self._missed = deque(panel.notifier.since(since))
        self._queue: asyncio.Queue[Notice | None] = asyncio.Queue()
        self.stop = panel.notifier.listen(self._hear)

    def _hear(self, notice: Notice) -> None:
        if self._queue.qsize() < BEHIND:
            self._queue.put_nowait(notice)
            return
        self.overflowed = True
        self.stop()
        self.end()

    def end(self) -> None:
        """Nothing more is told after what waits already."""
        self._queue.put_nowait(None)

    async def next(self) -> Notice | None:
        """None when it is over; at once, whatever waits, for who did not read."""
        if self.overflowed:
            return None
        return self._missed.popleft() if self._missed else await self._queue.get()


def _gap(panel: Panel, since: int) -> dict[str, Any] | None:
    """The message that says that not everything since then can be told."""
    dropped = panel.notifier.dropped_since(since)
    if dropped == 0:
        return None
    return {
        "type": "notifier",
        "id": 0,
        "action": "dropped",
        "data": {"dropped": dropped},
        "request_id": None,
        "notify": panel.notifier.last if dropped is None else since + dropped,
    }


async def _gone(websocket: WebSocket, news: _News) -> None:
    """What clients say is not for us; that they go is."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    news.end()


def _message(panel: Panel, user: User, notice: Notice, fields: Fields) -> dict[str, Any] | None:
    """None for what he may not see; of what is gone, only who may see all is told."""
    register, listing, kind = _KINDS[notice.type]
    record = register(panel).find(notice.object)
    if not _sees(panel, user, notice.type, record):
        return None
    data = None if record is None else listing.view(panel, record)
    translate = None if data is None else translator(kind, fields)
    return {
        "type": notice.type,
        "id": notice.object,
        "action": notice.action,
        "data": data if translate is None else translate(data),
        "request_id": None,
        "notify": notice.id,
    }


def _sees(panel: Panel, user: User, kind: str, record: Any) -> bool:
    if panel.access.everything(user, f"{kind}.list"):
        return True
    if record is None or kind not in ("server", "operation", "ip", "user"):
        return False
    if kind == "user":
        return bool(record.id == user.id)
    try:
        server = panel.inventory.servers.get(record.id if kind == "server" else record.server or 0)
    except NotFound:
        return False
    return server.owner == user.id

"""Request lines as clients really send them: raw spaces and raw octets above ASCII in the target.

RFC 9112 (3.2) wants them encoded, and h11 refuses them; PHP's and other clients build `?where=name EQ 'x'` by putting strings
together, and the real platform takes it. They are encoded before h11 looks.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.web.connection import CONNECTION

__all__ = ["LaxProtocol", "encoded"]

HALF_SENT = 30.0
"""Seconds for a request to come whole, its first octet included: each that does not come holds a descriptor."""
_ODD = re.compile(rb"[ \x80-\xff]")
_LINE = re.compile(rb"([!-~]+) (.*) (HTTP/[0-9]\.[0-9]\r?)", re.DOTALL)


def encoded(line: bytes) -> bytes:
    """A request line without its end, its target in ASCII and without spaces; what is no request line stays as it is."""
    if line.isascii() and line.count(b" ") == 2:
        return line
    match = _LINE.fullmatch(line)
    if match is None:
        return line
    return b"%b %b %b" % (match[1], _ODD.sub(lambda odd: b"%%%02X" % odd[0][0], match[2]), match[3])


class _Connection(h11.Connection):
    """Looks at the request line when it is whole and nothing of the request has been read yet."""

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            buffer = self._receive_buffer._data
            end = buffer.find(b"\n")
            if end > 0:
                line = bytes(buffer[:end])
                better = encoded(line)
                if better is not line:
                    buffer[:end] = better
        return super().next_event()


class LaxProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with h11, but for the request line; applications may work the connection (`web.connection`)."""

    _first = True
    """Nothing of a request has come yet on this connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app = _connected(self.app, self)
        most = self.config.h11_max_incomplete_event_size
        self.conn = _Connection(h11.SERVER, **({} if most is None else {"max_incomplete_event_size": most}))
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        """Whoever has sent half a request gets so long to send the rest. What comes by drops does not prolong it."""
        half = self.conn.their_state is h11.SEND_BODY or (
            self.conn.their_state is h11.IDLE and (self._first or bool(self.conn.trailing_data[0]))
        )
        if half and self._patience is None:
            self._patience = self.loop.call_later(HALF_SENT, self._give_up)
        elif not half and self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self.conn.their_state is not h11.IDLE:
            self._first = False

    def _give_up(self) -> None:
        self._patience = None
        if not self.transport.is_closing():
            self.transport.close()

    def reset(self) -> None:
        """See `Connection`: what has not been sent is dropped, and the other end gets an RST."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def close(self) -> None:
        """See `Connection`."""
        self.transport.close()


def _connected(app: Any, connection: LaxProtocol) -> Any:
    """The application, told of the connection under each request."""

    async def connected(scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"] = {**(scope.get("extensions") or {}), CONNECTION: connection}
        await app(scope, receive, send)

    return connected

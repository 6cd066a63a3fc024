"""Answers in JSON without ceremony: what Starlette's own makes and encodes anew for each, here is made once."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator.kernel.encoding import json_encoder

__all__ = ["JsonResponse", "written"]

_encode = json_encoder(allow_nan=False)


def written(value: Any) -> bytes:
    """As Starlette's JSONResponse writes it. Raises ValueError for what is no number in JSON."""
    return _encode(value).encode("utf-8")


class JsonResponse(Response):
    """An answer whose octets are there."""

    def __init__(self, octets: bytes, status: int) -> None:
        self.status_code = status
        self.background = None
        self.body = octets
        self.raw_headers = [(b"content-length", b"%d" % len(octets)), (b"content-type", b"application/json")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})

"""`/swagger/`: a page that shows /openapi.json. It fetches nothing from elsewhere."""

from __future__ import annotations

from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

__all__ = ["swagger"]

_PAGE = resources.files("simulator.api6").joinpath("swagger.html").read_text(encoding="utf-8")


async def swagger(request: Request) -> Response:
    return HTMLResponse(_PAGE)

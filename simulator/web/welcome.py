"""What a person is answered who opens the address of an API in a browser: what this is, and where to go on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Welcome"]

# No icon is looked for: to the review that would be a call that the panel has not got.
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#222}}</style></head>
<body><h1>{title}</h1>
<p>An emulated panel (Rackloop) for programs, without an interface for people. It answers with the same bytes and errors as the
real one where they are known.</p>
<ul>{places}</ul>
<p>Log in with what <code>rackloop up</code> printed, or its endpoints file says.</p></body></html>
"""


class Welcome:
    """In front of an application: answers `GET /`, and lets everything else through."""

    def __init__(self, app: ASGIApp, title: str, places: Sequence[tuple[str, str]]) -> None:
        """`places`: paths of this application, and what each is for."""
        self._app = app
        shown = "".join(
            f'<li><a href="{escape(path)}"><code>{escape(path)}</code></a>: {escape(what)}</li>'
            for path, what in places
        )
        self._answer = HTMLResponse(_PAGE.format(title=escape(title), places=shown))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

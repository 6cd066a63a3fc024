"""Answers that say nothing: none came, or one that is not the panel's own. How they are told, without what they may hold
(a part of an answer to a login is a part of a token).
"""

from __future__ import annotations

import re

import httpx

from provisioner.clients.exchange import Answer

__all__ = ["not_the_panels", "why_lost"]

_TITLE = re.compile(r"<(title|h1)[^>]*>([^<]{1,80})<", re.IGNORECASE)


def why_lost(error: Exception) -> str:
    """Why no answer came."""
    lost = "timeout" if isinstance(error, TimeoutError | httpx.TimeoutException) else "connection lost"
    return f"{lost}: {error}" if str(error) else lost


def not_the_panels(response: Answer) -> str:
    """What came in place of the panel's answer: its status, and the title of the page when it is one."""
    kind = response.headers.get("content-type", "").partition(";")[0]
    title = _TITLE.search(response.content[:2000].decode("utf-8", "replace"))
    page = f", {title[2].strip()!r}" if title else ""
    return f"HTTP {response.status_code} that is not the panel's{page}{', ' + kind if kind else ''}"

"""A fault for one call to a panel, asked for by the call itself: `X-Rackloop-Fault: http.lost`. For programs that reach the panel and
not the lab control.

The fault is one of the catalogue's, chosen to hit this call and no other, and mended when the call has ended: the wire carries it
out, and the panel knows of nothing. Who may ask the lab control may do it, and whoever is on this machine.
"""

from __future__ import annotations

import hmac
from itertools import count
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.control.api.lab import Refused, hint
from simulator.control.api.problems import JsonAnswer, sentences
from simulator.control.guard import Access
from simulator.faults import CATALOGUE, NotPossible
from simulator.faults.http import HTTP, OnHttp
from simulator.files.problems import FileProblems
from simulator.files.reader import read_text
from simulator.kernel.hosts import is_loopback
from simulator.lab import Run
from simulator.web.connection import CALL

__all__ = ["FAULT", "TOKEN", "FaultHeader"]

FAULT = "x-rackloop-fault"
TOKEN = "x-rackloop-token"  # noqa: S105 - where it stands
LONGEST = 1024
"""Characters of the header."""
_OURS = (FAULT.encode(), TOKEN.encode())
_FORM = "say one kind with its parameters, e.g. http.slow: {by: 40s}"
_KINDS = [kind.name for kind in HTTP]
_BY_THE_CALL = frozenset(OnHttp.model_fields)
"""Which messages are hit, and when: the call says that by itself."""


class FaultHeader:
    """A tap of one panel's gateway, nearest to the client: what it refuses has not been asked of the panel."""

    def __init__(self, run: Run, panel: str, access: Access | None) -> None:
        self._run = run
        self._panel = panel
        self._access = access
        self._numbers = count(1)

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if not any(name in _OURS for name, _ in scope["headers"]):
            await app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope = {**scope, "headers": [each for each in scope["headers"] if each[0] not in _OURS]}
        told = headers.getlist(FAULT)
        if not told:
            await app(scope, receive, send)
            return
        call = f"{FAULT} of {self._panel}, {next(self._numbers)}"
        try:
            self._let_in(scope, headers.get(TOKEN, ""))
            kind, params = _asked(told)
            given = CATALOGUE[kind].params.model_validate({**params, "panel": self._panel, "caller": call, "times": 1})
            fault = self._run.faults.inject(kind, given)
        except Refused as refused:
            await self._refuse(refused.status, str(refused))(scope, receive, send)
            return
        except ValidationError as error:
            await self._refuse(400, f"{kind}: {sentences(error, _keys(kind))}")(scope, receive, send)
            return
        except NotPossible as error:  # pragma: no cover - a panel that is asked is there
            await self._refuse(409, str(error))(scope, receive, send)
            return
        extensions = {**(scope.get("extensions") or {}), CALL: call}
        try:
            await app({**scope, "extensions": extensions}, receive, send)
        finally:
            if fault in self._run.faults.active():  # somebody may have mended it meanwhile
                self._run.faults.mend(fault)

    def _let_in(self, scope: Scope, token: str) -> None:
        """Raises Refused."""
        client = (scope.get("client") or ("", 0))[0]
        right = self._access.token if self._access else None
        if self._access is None or is_loopback(client):
            return
        if right is None or not hmac.compare_digest(token.encode("utf-8", "replace"), right.encode()):
            raise Refused(403, f"from other machines it needs the lab control's token: send it as {_title(TOKEN)}")

    def _refuse(self, status: int, text: str) -> ASGIApp:
        """In the words of the lab control: no panel has said it."""
        return JsonAnswer({"error": f"{_title(FAULT)}: {text}"}, status_code=status)


def _title(name: str) -> str:
    return name.title()


def _keys(kind: str) -> list[str]:
    """What can be said of a fault here."""
    return [name for name in CATALOGUE[kind].params.model_fields if name not in _BY_THE_CALL]


def _asked(told: list[str]) -> tuple[str, dict[str, Any]]:
    """`http.slow: {by: 40s}`, as scenario files have it, or a kind alone. Raises Refused."""
    if len(told) > 1:
        raise Refused(400, "one fault a call")
    (text,) = told
    if len(text) > LONGEST:
        raise Refused(400, f"it has more than {LONGEST} characters")
    if not text.strip():
        raise Refused(400, _FORM)
    try:
        data = read_text((text if ":" in text else f"{text}: {{}}").encode("utf-8", "surrogatepass"), FAULT).data
    except FileProblems as problems:
        raise Refused(400, problems.problems[0].message) from None
    if not isinstance(data, dict) or len(data) != 1:
        raise Refused(400, _FORM)
    kind, params = next(iter(data.items()))
    params = {} if params is None else params
    if not isinstance(params, dict):
        raise Refused(400, _FORM)
    if kind not in _KINDS:
        if kind in CATALOGUE:
            raise Refused(400, f"{kind} is no fault of a call; ask the lab control for it (POST /__lab/faults)")
        raise Refused(400, f"there is no fault {str(kind)!r}{hint(str(kind), _KINDS, 'there are')}")
    for key in params:
        if key in _BY_THE_CALL or key in ("for", "lasts"):
            raise Refused(400, f"{kind}: it strikes this very call, once and at once: leave out `{key}`")
        if key not in _keys(kind):
            raise Refused(400, f"{kind}: there is no key {str(key)!r}{hint(str(key), _keys(kind), 'keys')}")
    return kind, params

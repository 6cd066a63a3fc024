"""Conversation with a DCImanager 6: session token, retries, errors. Knows HTTP and nothing of servers.

The manners are those of the vendor's own PHP library, which the WHMCS modules share: no `/api` prefix, 60 s per call,
503 repeated every 500 ms for 60 s, a session that ends with `DELETE auth/v4/token/{token}`.

Between the panel and us there may be gateways that speak in its place, with any status, 200 included. An answer without
the panel's own envelope (a JSON object; with an error's status, one that has `error`) says nothing: it counts as none.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from provisioner.clients.exchange import Answer, Exchange, Known
from provisioner.clients.lost import not_the_panels, why_lost
from provisioner.clock import Clock, within
from provisioner.errors import AnswerLost, LoginRefused, PanelError, PanelUnavailable
from provisioner.log import ModuleLog

__all__ = ["CALL_SECONDS", "RETRY_PAUSE", "RETRY_SECONDS", "Session6"]

CALL_SECONDS = 60.0
"""How long one call may take."""
RETRY_PAUSE = 0.5
RETRY_SECONDS = 60.0
"""How long 503 answers, and lost answers to a GET, are put up with."""
LEAST_TRIES = 3
"""A GET is tried this often even when each try took a whole `CALL_SECONDS`."""

NO_CONTENT, UNAUTHORIZED, UNAVAILABLE, GATEWAY_TIMEOUT = 204, 401, 503, 504
REFUSALS = frozenset({400, 401, 403})


class Session6:
    """Calls a panel as one of its users; logs in when first needed, and once more when the token has run out."""

    def __init__(
        self,
        base_url: str,
        email: str,
        password: str,
        *,
        clock: Clock,
        log: ModuleLog,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: bool | ssl.SSLContext = True,
    ) -> None:
        """`transport` takes the network's place, for panels in the same process; `verify` as httpx takes it."""
        self.email = email
        self._password = password
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._log = log
        self._http = Exchange(transport, verify=verify)
        self._token: str | None = None
        self._login = asyncio.Lock()
        self._known: Known[dict[str, Any]] = Known(_object)

    async def get(self, path: str, **query: str | int) -> Any:
        """The decoded answer. Raises PanelError, or PanelUnavailable when no answer comes for a minute."""
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """As `get`, but a lost answer is not asked for again: the call may have taken effect."""
        return await self._call("POST", path, body=body or {})

    async def delete(self, path: str) -> Any:
        """As `post`."""
        return await self._call("DELETE", path)

    async def logout(self, *, patient: bool = True) -> None:
        """End the session in the panel, if there is one. Without patience it is tried once: the answer to everything else
        has been given, and who waits for the end of the process waits for nothing more.
        """
        token, self._token = self._token, None
        if token is None:
            return
        status, answer = await self._exchange(
            "DELETE", f"/auth/v4/token/{quote(token, safe='')}", token, patient=patient
        )
        # A token that has run out is gone already, which is what was wanted.
        if status >= 400 and status not in (UNAUTHORIZED, 404):
            raise _error(status, answer)

    async def close(self) -> None:
        """Close the connections; the session in the panel is not touched."""
        await self._http.close()

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        token = self._token or await self._log_in(None)
        status, answer = await self._exchange(method, path, token, query, body)
        if status == UNAUTHORIZED:
            token = await self._log_in(token)
            status, answer = await self._exchange(method, path, token, query, body)
        if status >= 300:
            raise _error(status, answer)
        return answer

    async def _log_in(self, stale: str | None) -> str:
        """A token other than `stale`. Whoever comes while another logs in waits and shares the new token."""
        async with self._login:
            if self._token is not None and self._token != stale:
                return self._token
            self._token = None
            body = {"email": self.email, "password": self._password}
            # A login whose answer was lost leaves at most an unused token behind, so it may be repeated.
            status, answer = await self._exchange("POST", "/auth/v4/public/token", None, None, body, repeat=True)
            if status in REFUSALS:
                error = _error(status, answer)
                raise LoginRefused(error.status, error.code, error.message)
            if status >= 300:
                raise _error(status, answer)
            token = answer.get("token")
            if not isinstance(token, str) or not token:
                raise PanelError(status, None, "the answer to the login has no token")
            self._token = token
            return token

    def _decoded(self, response: Answer) -> dict[str, Any] | None:
        """The panel's JSON object, {} for 204; None for what cannot be the panel's."""
        if response.status_code == NO_CONTENT:
            return {}
        answer = self._known.read(response.content)
        if answer is None or (response.status_code >= 300 and not _is_error(answer)):
            return None
        return answer

    async def _exchange(
        self,
        method: str,
        path: str,
        token: str | None,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        repeat: bool = False,
        patient: bool = True,
    ) -> tuple[int, dict[str, Any]]:
        """Status and decoded body of an answer of the panel's own, other than 503 (with `patient=False` once only).

        A question is asked again until it has been answered, for a minute (PanelUnavailable). An order is sent once more
        only after the panel's own 503, which comes before any effect; else its answer is lost (AnswerLost).
        """
        url = f"{self._base}{path}?{urlencode(query, quote_via=quote)}" if query else self._base + path
        headers = {"accept": "application/json"}
        if token is not None:
            headers["x-xsrf-token"] = token
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        asked = query if body is None else body
        shown = path.replace(quote(token, safe=""), "********") if token and method == "DELETE" else path
        repeat = repeat or method == "GET"
        clock = self._clock
        started, tries = clock.now(), 0
        while True:
            slow = False
            began = clock.now()
            tries += 1
            if not repeat:
                self._log.sending(method, shown, asked)
            try:
                response = await within(clock, CALL_SECONDS, self._http.send(method, url, headers, content))
            except (httpx.RequestError, TimeoutError) as exc:
                why, slow = why_lost(exc), isinstance(exc, TimeoutError | httpx.TimeoutException)
                self._log.call(began, method, shown, asked, None, why)
            else:
                answer = self._decoded(response)
                if answer is None:
                    why, slow = not_the_panels(response), response.status_code == GATEWAY_TIMEOUT
                    self._log.call(began, method, shown, asked, response.status_code, why)
                else:
                    self._log.call(began, method, shown, asked, response.status_code, answer)
                    if response.status_code != UNAVAILABLE:
                        return response.status_code, answer
                    why = ""
            spent = clock.now() - started
            if why and not repeat:
                raise AnswerLost(f"{method} {path}", f"DCImanager 6 did not answer {method} {shown} ({why})", slow=slow)
            if not patient or (spent >= RETRY_SECONDS and (tries >= LEAST_TRIES or not why)):
                raise PanelUnavailable(
                    f"DCImanager 6 did not answer {method} {shown} ({why})"
                    if why
                    else f"DCImanager 6 answered {method} {shown} with 503 for {RETRY_SECONDS:g} s (connection timeout)"
                )
            await clock.sleep(RETRY_PAUSE)


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _is_error(answer: Mapping[str, Any]) -> bool:
    """Whether an object has one of the two shapes of an error; see `_error`."""
    return isinstance(answer.get("error"), dict) or (isinstance(answer.get("error"), str) and "code" in answer)


def _error(status: int, answer: Mapping[str, Any]) -> PanelError:
    """Both shapes are the vendor's: `{"error": {"code", "msg"}}` and, in auth v4, `{"error": "...", "code"}`."""
    error = answer["error"]
    code, message = (error.get("code"), error.get("msg")) if isinstance(error, dict) else (answer["code"], error)
    if not isinstance(code, int | str):
        code = None
    return PanelError(status, code, str(message).strip() if message else "no message")

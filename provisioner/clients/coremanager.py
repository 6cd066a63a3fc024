"""Conversation with a COREmanager panel (DCImanager 5, ispmanager): one function per call, one XML document per answer.

Knows `func`, `authinfo`, envelopes and errors, and nothing of servers or accounts. An error of the panel comes with HTTP 200 as an
`error` element; an empty one counts as well, as it does for the vendor's own WHMCS module.

The panel's own envelope is the element `doc`. What has none says nothing, whatever its status: a gateway's page may be
well-formed XML without an error (HAProxy's is), and counts as no answer.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import httpx

from provisioner.clients.exchange import Exchange, Known
from provisioner.clients.lost import not_the_panels, why_lost
from provisioner.clock import Clock, within
from provisioner.errors import AnswerLost, LoginRefused, PanelError, PanelUnavailable
from provisioner.log import ModuleLog

__all__ = ["CALL_SECONDS", "RETRY_PAUSE", "RETRY_SECONDS", "CoreClient", "CoreError", "CoreLoginRefused", "Element"]

Element = ET.Element

CALL_SECONDS: Final = 60.0
"""How long one call may take, as in the vendor's WHMCS module."""
RETRY_PAUSE: Final = 5.0
RETRY_SECONDS: Final = 60.0
"""How long 503 answers, and lost answers to a question, are put up with."""
LEAST_TRIES: Final = 3

UNAVAILABLE: Final = 503
GATEWAY_TIMEOUT: Final = 504
_MASK = "********"
_SECRETS = frozenset({"authinfo", "passwd", "confirm", "checkpasswd", "key"})


class CoreError(PanelError):
    """The panel answered with an error. `type` and `object` are its identifiers, typos included; both may be empty."""

    def __init__(self, func: str, error_type: str, error_object: str, message: str, status: int = 200) -> None:
        super().__init__(status, error_type or None, message)
        kind = error_type + (f"/{error_object}" if error_object else "")
        why = ": ".join(part for part in (kind, message) if part)
        self.args = (f"{func}: {why or f'HTTP {status}'}",)
        self.func = func
        self.type = error_type
        self.object = error_object


class CoreLoginRefused(CoreError, LoginRefused):
    """The panel does not accept the user name and password of the connection."""


class CoreClient:
    """Calls a panel's functions as one of its users; the credentials go with every call (`authinfo`)."""

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        clock: Clock,
        log: ModuleLog,
        transport: httpx.AsyncBaseTransport | None = None,
        manager: str = "dcimgr",
        title: str = "DCImanager 5",
        verify: bool | ssl.SSLContext = True,
    ) -> None:
        """`base_url` without path, such as `https://192.0.2.1:1500`; `transport` takes the network's place. `manager` is
        the panel's program, `title` its name in messages.
        """
        self.username = username
        self.title = title
        self._password = password
        self._path = f"/{manager}"
        self._url = base_url.rstrip("/") + self._path
        self._clock = clock
        self._log = log
        self._http = Exchange(transport, verify=verify)
        self._known: Known[tuple[Element, str]] = Known(_document)

    async def close(self) -> None:
        await self._http.close()

    async def ask(self, func: str, **params: str | int) -> Element:
        """The document of a list or a form. A lost answer is asked for again: a question changes nothing.

        Raises CoreError, or PanelUnavailable when no answer comes for a minute.
        """
        return await self._call(func, params, repeat=True)

    async def ask_as(self, username: str, password: str, func: str, **params: str | int) -> Element:
        """As `ask`, as another of the panel's users. Raises CoreLoginRefused when it does not take him for one."""
        return await self._call(func, params, repeat=True, login=(username, password))

    async def act(self, func: str, **params: str | int) -> Element:
        """The document of an action or a filled form. A lost answer is not asked for again: it may have taken effect
        (AnswerLost).
        """
        return await self._call(func, params, repeat=False)

    async def _call(
        self, func: str, params: Mapping[str, str | int], *, repeat: bool, login: tuple[str, str] | None = None
    ) -> Element:
        status, document = await self._exchange(
            func, params, repeat=repeat, login=login or (self.username, self._password)
        )
        error = document.find("error")
        if error is not None:
            raise _error(func, error, status)
        return document

    async def _exchange(
        self, func: str, params: Mapping[str, str | int], *, repeat: bool, login: tuple[str, str]
    ) -> tuple[int, Element]:
        """Status and document of an answer of the panel's own, other than 503.

        A question is asked again until it has been answered, for a minute (PanelUnavailable). An order is sent once more
        only after the panel's own 503, which comes before any effect; else its answer is lost (AnswerLost).
        """
        form = {"authinfo": ":".join(login), "out": "xml", "lang": "en", "func": func, **params}
        content = urlencode(form).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/xml"}
        shown = {key: _MASK if key in _SECRETS else value for key, value in form.items()}
        path = f"{self._path}?func={func}"
        clock = self._clock
        started, tries = clock.now(), 0
        while True:
            slow = False
            began = clock.now()
            tries += 1
            if not repeat:
                self._log.sending("POST", path, shown)
            try:
                response = await within(clock, CALL_SECONDS, self._http.send("POST", self._url, headers, content))
            except (httpx.RequestError, TimeoutError) as exc:
                why, slow = why_lost(exc), isinstance(exc, TimeoutError | httpx.TimeoutException)
                self._log.call(began, "POST", path, shown, None, why)
            else:
                read = self._known.read(response.content)
                if read is None:
                    why, slow = not_the_panels(response), response.status_code == GATEWAY_TIMEOUT
                    self._log.call(began, "POST", path, shown, response.status_code, why)
                else:
                    self._log.call(began, "POST", path, shown, response.status_code, read[1])
                    if response.status_code != UNAVAILABLE:
                        return response.status_code, read[0]
                    why = ""
            if why and not repeat:
                raise AnswerLost(path, f"{self.title} did not answer {func} ({why})", slow=slow)
            if clock.now() - started >= RETRY_SECONDS and (tries >= LEAST_TRIES or not why):
                how = f"did not answer {func} ({why})" if why else f"answered {func} with 503 for {RETRY_SECONDS:g} s"
                raise PanelUnavailable(f"{self.title} {how}")
            await clock.sleep(RETRY_PAUSE)


def _document(body: bytes) -> tuple[Element, str] | None:
    """The panel's document, and its text for the log; None for what cannot be one. A document type is none of the panel's,
    and may hide a bomb.
    """
    if b"<!DOCTYPE" in body:
        return None
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities need a document type, which is refused above
    except (ET.ParseError, ValueError, LookupError):  # the latter two: encodings that a document may claim
        return None
    return (root, body.decode("utf-8", "replace")) if root.tag == "doc" else None


def _error(func: str, error: Element, status: int) -> CoreError:
    kind = error.get("type", "")
    message, detail = ((error.findtext(name) or "").strip() for name in ("msg", "detail"))
    if detail and detail != message:  # some versions say the same twice
        message = f"{message} ({detail})" if message else detail
    found = CoreLoginRefused if kind == "auth" else CoreError
    return found(func, kind, error.get("object", ""), message, status)

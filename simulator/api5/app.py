"""The DCImanager 5 API in front of a panel: an ASGI application. Words only; the panel decides."""

from __future__ import annotations

from collections.abc import Callable

from simulator.api5 import (
    addresses,
    auth,
    connections,
    discovery,
    equipment,
    ipmi_users,
    keys,
    operations,
    racks,
    reports,
    servers,
    settings,
    stock,
    templates,
    traffic,
    users,
    vlans,
    wizards,
)
from simulator.api5.absent import ABSENT
from simulator.api5.calls import FUNCTIONS, Call
from simulator.api5.errors import Refusal, explain
from simulator.api5.messages import TEXTS
from simulator.api5.subjects import thing_of
from simulator.coremanager.calls import Function
from simulator.coremanager.document import Document
from simulator.coremanager.web import Asked, Manager, Product
from simulator.dcim import Panel
from simulator.dcim.errors import PanelError
from simulator.dcim.people.accounts5 import Accounts5, Level
from simulator.dcim.people.users import User
from simulator.kernel import Activity, Journal

__all__ = ["PATHS", "create_app"]

_SERVICES = (
    addresses, auth, connections, discovery, equipment, ipmi_users, keys, operations, racks, reports, servers, settings, stock,
    templates, traffic, users, vlans, wizards,
)  # fmt: skip
"""Imported for the functions that they register."""

PRODUCT = Product("DCImanager 5", "dcimgr", "api5", Level.ADMIN)
PATHS = PRODUCT.paths


def create_app(
    panel: Panel,
    octets: Callable[[int], bytes],
    *,
    journal: Journal | None = None,
    activity: Activity | None = None,
) -> Manager[User, Call]:
    """The API of one panel, an ASGI application. `octets` gives random octets for session ids; each request is written in `journal`, and
    counts in `activity` as long as it lasts.
    """
    return _App(panel, Accounts5(panel.users, panel.clock, octets), journal, activity)


class _App(Manager[User, Call]):
    product = PRODUCT
    texts = TEXTS
    functions = FUNCTIONS
    absent = ABSENT

    def __init__(self, panel: Panel, accounts: Accounts5, journal: Journal | None, activity: Activity | None) -> None:
        super().__init__(accounts, journal, activity)
        self._panel = panel
        self._accounts5 = accounts

    def call(self, asked: Asked[User]) -> Call:
        return Call(
            asked.func, asked.params, asked.lang, asked.client, asked.session, self.filters,
            panel=self._panel, accounts=self._accounts5, caller=asked.caller,
        )  # fmt: skip

    async def run(self, found: Function[Call], call: Call) -> Document:
        log, caller = self._panel.access_log, call.caller
        came = None
        if caller is not None and log.wanted and call.level is Level.USER:
            kind, key = thing_of(call.func, call.params)
            came = log.came(caller, call.func, kind, _number(call.params.get(key, "")))
        document = await found.run(call)
        if came is not None:
            log.done(came)
        return document

    def check(self, name: str, password: str, client: str) -> User:
        return self._accounts5.check(name, password, client)

    def explain(self, error: Exception) -> Refusal | None:
        return explain(error) if isinstance(error, PanelError) else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

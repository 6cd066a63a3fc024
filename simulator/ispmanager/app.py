"""The ispmanager API in front of a hosting server's accounts: an ASGI application."""

from __future__ import annotations

from simulator.coremanager.errors import Refusal
from simulator.coremanager.web import Asked, Manager, Product
from simulator.ispmanager import auth, users
from simulator.ispmanager.absent import ABSENT
from simulator.ispmanager.calls import FUNCTIONS, TEXTS, Call, explain
from simulator.ispmanager.hosting import Account, Hosting, Level
from simulator.kernel import Activity, Journal

__all__ = ["PRODUCT", "create_app"]

_SERVICES = (auth, users)
"""Imported for the functions that they register."""

PRODUCT = Product("ispmanager", "ispmgr", "ispmanager", Level.ADMIN)


def create_app(
    hosting: Hosting, *, journal: Journal | None = None, activity: Activity | None = None
) -> Manager[Account, Call]:
    """An ASGI application. Each request is written in `journal`, and counts in `activity` as long as it lasts."""
    return _App(hosting, journal, activity)


class _App(Manager[Account, Call]):
    product = PRODUCT
    texts = TEXTS
    functions = FUNCTIONS
    absent = ABSENT

    def __init__(self, hosting: Hosting, journal: Journal | None, activity: Activity | None) -> None:
        super().__init__(hosting, journal, activity)
        self._hosting = hosting

    def call(self, asked: Asked[Account]) -> Call:
        return Call(
            asked.func, asked.params, asked.lang, asked.client, asked.session, self.filters,
            hosting=self._hosting, caller=asked.caller,
        )  # fmt: skip

    def explain(self, error: Exception) -> Refusal | None:
        return explain(error)

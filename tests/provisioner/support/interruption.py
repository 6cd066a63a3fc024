"""A billing process that can be ended at any point: at each request, before it is sent or after it has taken effect, and
at each write of the store, before or after it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from provisioner.store import R, Row, Store
from tests.provisioner.support.dcimanager5 import Panel5
from tests.provisioner.support.dcimanager6 import Panel


class Killed(BaseException):
    """The process is no more: nothing catches this, and nothing is done after it."""


class Fate:
    """Counts the points at which a process can end, and ends it at number `at`; from then on it can do nothing."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.points = 0
        self.dead = False

    def point(self) -> None:
        if self.dead:
            raise Killed
        if self.points == self.at:
            self.dead = True
            raise Killed
        self.points += 1


class MortalStore:
    """Somebody's store, as a process that can end uses it."""

    def __init__(self, store: Store, fate: Fate) -> None:
        self._store = store
        self._fate = fate

    def _around(self, work: Callable[[], Any]) -> Any:
        self._fate.point()
        result = work()
        self._fate.point()
        return result

    def write(self, *rows: Row) -> None:
        self._around(lambda: self._store.write(*rows))

    def read(self, kind: type[R], service: str = "") -> list[R]:
        return self._store.read(kind, service)

    def reserve(self, server: int, service: str, panel: str = "") -> bool:
        return bool(self._around(lambda: self._store.reserve(server, service, panel)))

    def release(self, service: str) -> None:
        self._around(lambda: self._store.release(service))

    def hold(self, service: str) -> Any:
        return self._store.hold(service)


def mortal_transport(
    panel: Panel | Panel5, fate: Fate, counts: Callable[[httpx.Request], bool] = lambda request: True
) -> httpx.MockTransport:
    """`counts`: at which requests the process can end; to end at one that asks and changes nothing is to end at the next
    write.
    """
    inner: Any = panel.transport.handler

    async def handle(request: httpx.Request) -> httpx.Response:
        if fate.dead:
            raise Killed
        if not counts(request):
            return await inner(request)  # type: ignore[no-any-return]
        fate.point()
        answer = await inner(request)
        fate.point()
        return answer

    return httpx.MockTransport(handle)

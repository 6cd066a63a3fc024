"""What goes on, and why: the record that whatever runs now came from, carried by the context through calls, tasks, timers and datagrams.

asyncio copies the context of whoever sets a timer, starts a task or sends a datagram in memory, so that what comes of it knows where
it came from without anybody passing that on. Numbers are those of journal records; 0 is none.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType

__all__ = ["CURRENT", "Flow", "because", "detach", "flow", "met", "own_flow", "root"]

CURRENT: ContextVar[int] = ContextVar("cause", default=0)
"""The number of the record that what runs now came from."""


class Flow:
    """What one piece of work has run into; all of its tasks and its calls to others share it."""

    __slots__ = ("began", "ended", "failed", "inside", "kept", "met", "refused")

    def __init__(self, began: int = 0) -> None:
        self.began = began
        """The last record before it, or that of its beginning; 0: nobody said."""
        self.met = 0
        """What its last question met on its way, or was refused with; a good answer overcomes it."""
        self.refused = 0
        """The last thing that it met in the step that it is at, overcome or not; an answer that was out of date, too."""
        self.inside = 0
        """What the panel met while it carried out the last question: a device that does not answer."""
        self.kept = 0
        """What it was not told, or told wrongly: an answer that was lost after the effect. A good answer to the next question does
        not mend that.
        """
        self.failed = 0
        """Its first step that failed and was not done in the end."""
        self.ended = 0
        """The end of its first try that failed."""


_FLOW: ContextVar[Flow | None] = ContextVar("flow", default=None)


class because:  # noqa: N801 - reads as a word: `with because(record.number):`
    """Records of the body, and of all that it sets off, came from this one; 0 leaves the cause as it is."""

    __slots__ = ("_number", "_token")

    def __init__(self, number: int) -> None:
        self._number = number
        self._token: Token[int] | None = None

    def __enter__(self) -> None:
        if self._number:
            self._token = CURRENT.set(self._number)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            CURRENT.reset(self._token)


class root(because):  # noqa: N801 - as `because`
    """Records of the body came about by themselves, whoever's context this is."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(0)

    def __enter__(self) -> None:
        self._token = CURRENT.set(0)


def detach() -> None:
    """Let this task go on by itself: a poll is not caused by the poll before it, nor by what once began the polling."""
    CURRENT.set(0)
    _FLOW.set(None)


def flow() -> Flow | None:
    """That of whatever runs now; None outside of any."""
    return _FLOW.get()


class own_flow:  # noqa: N801 - as `because`
    """The body, and all that it sets off, is a piece of work of its own. `began`: the record after which it begins."""

    __slots__ = ("_began", "_token")

    def __init__(self, began: int = 0) -> None:
        self._began = began

    def __enter__(self) -> Flow:
        mine = Flow(self._began)
        self._token = _FLOW.set(mine)
        return mine

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _FLOW.reset(self._token)


def met(number: int) -> None:
    """The present work, if any, has met this obstacle inside of the panel; 0 is none."""
    found = _FLOW.get()
    if found is not None and number:
        found.inside = number

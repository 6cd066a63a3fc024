"""What may happen to the connection under a request, as the network in memory and real sockets both do it.

An application that stands in a client's way raises one of these (in memory), or works the `Connection` that a socket's server
puts into the scope.
"""

from __future__ import annotations

from typing import Protocol

from starlette.types import Scope

__all__ = [
    "CALL",
    "CONNECTION",
    "COUNTED",
    "PATIENCE",
    "AnswerCut",
    "Broken",
    "Connection",
    "NoAnswer",
    "NobodyListens",
    "Reset",
    "connection_of",
]

CONNECTION = "rackloop.connection"
"""Where a socket's server puts the connection: a key of the scope's `extensions`."""
CALL = "rackloop.call"
"""Where somebody nearer to the client has named this one request, so that a rule can choose it."""
COUNTED = b"x-rackloop-counted"
"""A header by which an actor of ours says that its request counts as in flight until it is answered."""
PATIENCE = "rackloop.patience"
"""Where the network in memory says how many seconds the client waits for an answer; absent: without end, or not known."""


class Broken(Exception):
    """The client gets no answer, or half of one."""


class NobodyListens(Broken):
    """The connection is refused."""


class Reset(Broken):
    """The connection is reset before an answer has come."""


class NoAnswer(Broken):
    """Nothing comes; the client waits as long as it will."""


class AnswerCut(Broken):
    """The connection ends in the middle of an answer."""


class Connection(Protocol):
    """A real one."""

    def reset(self) -> None:
        """Tear it down so that the other end is told so (RST)."""

    def close(self) -> None:
        """End it in good order, after what has been sent (FIN)."""


def connection_of(scope: Scope) -> Connection | None:
    """The real connection under a request; None in memory."""
    found: Connection | None = (scope.get("extensions") or {}).get(CONNECTION)
    return found

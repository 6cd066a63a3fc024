"""What every handler of the control API is given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import BaseModel

from simulator.control.api.pace import Pace
from simulator.files.problems import did_you_mean
from simulator.invariants.watch import Watch
from simulator.lab import Run
from simulator.review import Recorder

__all__ = ["ControlledLab", "Lab", "Limit", "Offset", "Problem", "Refused", "hint"]


@dataclass(frozen=True, slots=True)
class ControlledLab:
    """A run, who has watched the calls to its panels, and who watches what must hold."""

    run: Run
    recorder: Recorder
    watch: Watch
    listeners: list[asyncio.Event] = field(default_factory=list)
    """Of the journal's stream, one for each client."""
    pace: Pace = field(default_factory=Pace)
    """Moves a stepped clock by itself."""
    starts: int = 1
    """How often it has been started."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """The lab stops: streams end."""

    def end(self) -> None:
        """Before the server stops, which would tear streams down."""
        self.ended.set()
        self.pace.close()
        for news in self.listeners:
            news.set()


async def _lab(request: Request) -> ControlledLab:
    lab: ControlledLab = request.app.state.lab
    return lab


Lab = Annotated[ControlledLab, Depends(_lab)]
Limit = Annotated[int, Query(ge=0, le=10_000, description="how many at most")]
Offset = Annotated[int, Query(ge=0, le=2**31, description="how many come before")]


class Problem(BaseModel):
    """Why a request was refused. Nothing has changed then."""

    error: str


class Refused(Exception):
    """A request that cannot be carried out; nothing has changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def hint(word: str, known: Any, what: str) -> str:
    """`; did you mean ...?`, or the list of what there is where it is short, or nothing."""
    found = did_you_mean(word, list(known), what)
    return f"; {found}" if found else ""

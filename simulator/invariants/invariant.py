"""What an invariant is: a name, the document it comes from, and a look at one server, one service or one record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from provisioner.services import Service
from simulator.dcim.access_log import Call
from simulator.invariants.world import World
from simulator.kernel import Record

__all__ = ["Broken", "Harm", "Invariant"]


class Harm(IntEnum):
    """What a violation costs, the worst first."""

    MONEY = 1
    DATA = 2
    REACHABILITY = 3
    MESS = 4


@dataclass(frozen=True, slots=True)
class Broken:
    """What an invariant has seen. `subjects`: the server or service first; two with the same subjects are one violation."""

    subjects: tuple[str, ...]
    text: str


class Invariant:
    """Something that must hold whatever goes wrong. It looks at what a journal record is about, after the record.

    What `of_server` and `of_service` yield must have held for `patience` seconds of lab time to be a violation; what `at` yields
    is one at once. An invariant keeps nothing: what it must remember is the world's.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """What must hold, as a sentence without its full stop."""
    source: ClassVar[str]
    """The document that it comes from: a requirement's number, or what a client of any hoster is owed."""
    harm: ClassVar[Harm]
    breaks: ClassVar[str]
    """An example of how it comes to be violated."""
    grace: ClassVar[float] = 0.0
    lasting: ClassVar[str] = ""
    """How long that is in words, where it depends on the lab."""
    calm: ClassVar[bool] = False
    """It is asked only while nothing is bent, and its grace begins anew when something has been."""
    alone: ClassVar[bool] = False
    """It can be judged where nobody knows services: owners in the panel stand for them."""
    records: ClassVar[frozenset[tuple[str, str]]] = frozenset()
    """Layers and kinds of the records that `at` is shown."""

    def patience(self, world: World) -> float:
        """Seconds of lab time that what it sees of a server or service must last."""
        return self.grace

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        """What is wrong with this server now."""
        yield from ()

    def of_service(self, world: World, service: Service) -> Iterator[Broken]:
        """What is wrong with this service now."""
        yield from ()

    def at(self, world: World, record: Record) -> Iterator[Broken]:
        """What this record itself shows to be wrong."""
        yield from ()

    def claimed(self, world: World, service: Service) -> Iterator[Broken]:
        """What is wrong with a service that billing has just called delivered."""
        yield from ()

    def called(self, world: World, call: Call) -> Iterator[Broken]:
        """What is wrong with a call that the panel has done for somebody who has nothing but his own servers."""
        yield from ()

"""What a link does to datagrams: seeded loss, delay, duplication and reordering, by host or by address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.kernel import Streams

__all__ = ["Conditions", "Links"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a link does to a datagram. Probabilities 0 to 1, times in seconds."""

    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    """Share of datagrams that are held back by `reorder_by` and so overtaken."""
    delay: float = 0.0002
    jitter: float = 0.0
    """Added to the delay, uniformly from zero to this."""
    reorder_by: float = 0.005

    def __post_init__(self) -> None:
        for name in ("loss", "duplication", "reordering"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")
        for name in ("delay", "jitter", "reorder_by"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is a time of at least 0 s, not {getattr(self, name)}")


class Links:
    """The links that are not calm, by the host at their end, or by its address: hosts of a lab for other machines are told
    apart by their ports.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._conditions: dict[str | tuple[str, int], Conditions] = {}

    @property
    def calm(self) -> bool:
        """No link is bad."""
        return not self._conditions

    def set(self, end: str | tuple[str, int], conditions: Conditions | None) -> None:
        """What happens to datagrams from and to this host or address; None is a calm link again."""
        if conditions is None:
            self._conditions.pop(end, None)
        else:
            self._conditions[end] = conditions

    def fate(self, address: tuple[str, int]) -> Sequence[float] | None:
        """The delays with which copies of a datagram get over this end's link, none when it is lost; None when the
        link is calm.
        """
        host = address[0]
        link = self._conditions.get(address) or self._conditions.get(host)
        if link is None:
            return None
        chance = self._streams[f"fabric/{host}"]
        if link.loss and chance.random() < link.loss:
            return ()
        delay = link.delay + (chance.random() * link.jitter if link.jitter else 0.0)
        if link.reordering and chance.random() < link.reordering:
            delay += link.reorder_by
        twice = link.duplication and chance.random() < link.duplication
        return (delay, delay) if twice else (delay,)

"""The same trials on a Dask cluster: scheduler and workers wherever they are, with Rackloop installed on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.sweep.playing import play
from simulator.sweep.sweeping import Player
from simulator.sweep.trial import Outcome, Trial

__all__ = ["NoCluster", "cluster"]

PATIENCE = 10.0
"""Seconds in which the scheduler must answer."""


class NoCluster(Exception):
    """There is no cluster at that address, or nothing here to reach one with."""


def cluster(address: str) -> Player:
    """Plays trials on the cluster whose scheduler listens there (`tcp://10.0.0.1:8786`). Raises NoCluster."""
    try:
        from distributed import Client, as_completed  # noqa: PLC0415 - an extra of the package
    except ImportError:
        raise NoCluster("Dask is not installed: pip install 'rackloop[cluster]'") from None
    try:
        client: Any = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise NoCluster(f"no Dask scheduler answers at {address}: {error}") from None

    def player(trials: Sequence[Trial], servers: Mapping[str, str]) -> Iterator[Outcome]:
        with client:
            futures = {
                future: trial
                for trial in trials
                for future in [client.submit(play, trial, dict(servers), key=f"rackloop-{trial.id}", pure=False)]
            }
            for future in as_completed(list(futures)):
                try:
                    yield future.result()
                except Exception as error:  # of the cluster: what goes wrong in a trial is its outcome
                    yield Outcome(futures[future], "missed", (f"not played: {type(error).__name__}: {error}",))

    return player

"""The same trials on a Dask cluster: scheduler and workers wherever they are, with Rackloop installed on each.

A scenario travels with its trials, so that workers need none of the files. What a worker had begun when it died is begun anew by another
(Dask does that; it gives up a trial by which several workers died).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from simulator.sweep.playing import load, play_in
from simulator.sweep.sweeping import Player
from simulator.sweep.trial import Outcome, Trial

__all__ = ["NoCluster", "cluster"]

PATIENCE: Final = 10.0
"""Seconds in which the scheduler must answer, and a worker be there."""
_AHEAD: Final = 256
"""Trials that the scheduler is given before it has sent back others."""


class NoCluster(Exception):
    """There is no cluster at that address any more, or it cannot play trials, or nothing here can reach one."""


@contextmanager
def cluster(address: str) -> Iterator[Player]:
    """Plays trials on the cluster whose scheduler listens there (`tcp://10.0.0.1:8786`). Raises NoCluster, and so does the player when
    the scheduler goes away under it.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra of the package
    except ImportError:
        raise NoCluster("Dask is not installed: pip install 'rackloop[cluster]'") from None
    _check_address(address)
    try:
        client: Any = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise NoCluster(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        _check_workers(client, address)
        yield _Cluster(client, address)


class _Cluster:
    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address

    def __call__(self, trials: Sequence[Trial], servers: Mapping[str, str]) -> Iterator[Outcome]:
        from distributed import as_completed  # noqa: PLC0415 - an extra of the package

        waiting = iter(trials)
        running = {self._submitted(trial, servers): trial for trial in itertools.islice(waiting, _AHEAD)}
        done: Any = as_completed(list(running), loop=self._client.loop)
        try:
            for future in done:
                trial = running.pop(future)
                yield self._outcome(future, trial)
                for following in itertools.islice(waiting, 1):
                    further = self._submitted(following, servers)
                    running[further] = following
                    done.add(further)
        finally:
            for future in running:
                future.cancel()

    def _submitted(self, trial: Trial, servers: Mapping[str, str]) -> Any:
        return self._client.submit(play_in, load(trial.file), trial, dict(servers), pure=False)

    def _outcome(self, future: Any, trial: Trial) -> Outcome:
        if future.cancelled():  # nobody here does so before the end: it is what Dask says of a scheduler that is lost
            raise NoCluster(f"the Dask scheduler at {self._address} is gone")
        try:
            outcome: Outcome = future.result()
        except Exception as error:  # of the cluster: what goes wrong in a trial is its outcome
            return Outcome(trial, "missed", (f"not played: {type(error).__name__}: {error}",))
        return outcome


def _check_address(address: str) -> None:
    """Dask takes some words that are no address for one, and is long in saying so."""
    from distributed.comm import parse_address, parse_host_port  # noqa: PLC0415 - an extra of the package

    try:
        scheme, where = parse_address(address)
        if scheme in ("tcp", "tls"):
            parse_host_port(where)
    except ValueError as error:
        raise NoCluster(f"{address!r} is no address of a Dask scheduler (tcp://HOST:PORT): {error}") from None


def _check_workers(client: Any, address: str) -> None:
    """There is one, and each has this version of Rackloop: another one could come to other outcomes."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise NoCluster(f"the Dask scheduler at {address} has no workers") from None
    mine = _installed()
    for worker, there in client.run(_installed, on_error="return").items():
        if isinstance(there, Exception):
            raise NoCluster(f"the worker {worker} has no Rackloop: {there}")
        if there != mine:
            raise NoCluster(f"the worker {worker} has Rackloop {there}, here is {mine}")


def _installed() -> str:
    try:
        return version("rackloop")
    except PackageNotFoundError:
        return "from its source"

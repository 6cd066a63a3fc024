"""The one place where all of it is put together. `Lab` is what programs start from:

async def main():
    async with Lab.load("small").simulated(seed=7) as run:
        ...

simulator.kernel.run(main())
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from simulator.files.lab_file import find_lab, lab_from_mapping, lab_names, load_lab, no_such_lab
from simulator.files.plan import LabPlan
from simulator.lab.options import ClockSpec, DriverKind, WireOptions
from simulator.lab.run import Run
from simulator.lab.running import NotSimulated, simulated, wire
from simulator.lab.snapshot import SavedLab

__all__ = ["Lab", "NotSimulated", "Run"]


class Lab:
    """A datacenter that can be started, any number of times, in virtual time or on real sockets."""

    def __init__(self, plan: LabPlan) -> None:
        self.plan = plan

    @classmethod
    def load(cls, lab: str | Path | Mapping[str, Any]) -> Lab:
        """From a lab file, from the name of one in `fixtures/`, or from a mapping. Raises FileProblems."""
        if isinstance(lab, Mapping):
            return cls(lab_from_mapping(lab))
        file = find_lab(str(lab))
        if file is None:
            raise FileNotFoundError("; ".join(filter(None, no_such_lab(str(lab)))))
        return cls(load_lab(file))

    @staticmethod
    def names() -> list[str]:
        """The labs that `load` knows by name."""
        return lab_names()

    def simulated(
        self, *, seed: int = 1, state: Mapping[str, Any] | None = None, exact: bool = False
    ) -> AbstractAsyncContextManager[Run]:
        """Run in virtual time, on an in-memory network. Inside `simulator.kernel.run` only (NotSimulated).

        `state`: what `simulator.lab.snapshot.save_lab` gave, or `simulator.lab.state_dir.read_state` of a folder that
        `rackloop up --state` wrote; the lab goes on from there. Raises simulator.kernel.snapshot.BadSnapshot. `exact`: play every
        datagram, also those of the panel's polls that cannot bring anything new; the journal is the same.
        """
        resumed = None if state is None else SavedLab.of(state, self.plan).resumed()
        return simulated(self.plan, seed=seed, resumed=resumed, exact=exact)

    def wire(
        self,
        *,
        seed: int = 1,
        clock: ClockSpec = "real",
        drivers: DriverKind = "own",
        host: str = "127.0.0.1",
        port: int = 0,
        port5: int = 0,
        tls: bool = False,
        devices: Literal["as planned", "free ports"] = "free ports",
        epoch: datetime | None = None,
        dry_run: bool = False,
    ) -> AbstractAsyncContextManager[Run]:
        """Run on real sockets; what the options mean says `WireOptions`."""
        options = WireOptions(
            seed=seed,
            clock=clock,
            drivers=drivers,
            host=host,
            port=port,
            port5=port5,
            tls=tls,
            devices=devices,
            epoch=epoch,
            dry_run=dry_run,
        )
        return wire(self.plan, options)

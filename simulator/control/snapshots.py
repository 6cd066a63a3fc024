"""States of a lab that is up, kept by name, and setting it back to one.

A lab is not rewound in place: tasks, timers and sessions are under way in it. It ends, and one is built that goes on from the state,
at the same addresses, as with `--state`: after a power cut in the hall and a restart of the panel's host.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from simulator.control.api.lab import ControlledLab, Refused, hint
from simulator.files.plan import BmcPlan, LabPlan, PduPlan, ServerPlan, SwitchPlan
from simulator.lab import Run
from simulator.lab.snapshot import SavedLab, save_lab

__all__ = ["START", "Snapshot", "Snapshots", "as_it_stands"]

START = "start"
"""The lab as its file has it: always there, and never taken."""
MOST = 32


@dataclass(frozen=True, slots=True)
class Snapshot:
    name: str
    now: float
    """Lab time, seconds."""
    calendar: datetime
    packed: bytes

    def saved(self, plan: LabPlan) -> SavedLab:
        return SavedLab.of(json.loads(zlib.decompress(self.packed)), plan)


class Snapshots:
    """Of one lab that is up; they end with it."""

    def __init__(self) -> None:
        self._kept: dict[str, Snapshot] = {}
        self.asked = asyncio.Event()
        """Set when somebody wants the lab set back."""
        self.wanted: Snapshot | None = None
        """To which; None: to its start."""
        self.caller: asyncio.Task[Any] | None = None
        """Who asked, and waits for the answer."""
        self._back: asyncio.Future[ControlledLab] | None = None

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._kept.values())

    def take(self, run: Run, starts: int, name: str) -> Snapshot:
        """Keep the state under this name; one of the same name gives way. Raises Refused."""
        if name == START:
            raise Refused(409, f"{START!r} is the lab as its file has it; take another name")
        if name not in self._kept and len(self._kept) >= MOST:
            raise Refused(409, f"{MOST} snapshots are kept at most; forget one")
        packed = zlib.compress(json.dumps(save_lab(run, starts)).encode(), 1)
        self._kept[name] = Snapshot(name, run.clock.now(), run.clock.calendar(), packed)
        return self._kept[name]

    def forget(self, name: str | None) -> int:
        """Drop it, or all; returns how many. Raises Refused."""
        if name is None:
            count, self._kept = len(self._kept), {}
            return count
        self._find(name)
        del self._kept[name]
        return 1

    async def restore(self, name: str) -> ControlledLab:
        """Set the lab back; returns when it stands again. Raises Refused."""
        wanted = None if name == START else self._find(name)
        if self.asked.is_set():
            raise Refused(409, "it is being set back already")
        self.wanted, self.caller = wanted, asyncio.current_task()
        self._back = asyncio.get_running_loop().create_future()
        self.asked.set()
        return await asyncio.shield(self._back)

    def stands(self, lab: ControlledLab) -> None:
        """The lab that was asked for."""
        self.asked.clear()
        self.caller = None
        if self._back is not None and not self._back.done():
            self._back.set_result(lab)

    def _find(self, name: str) -> Snapshot:
        if name not in self._kept:
            raise Refused(404, f"there is no snapshot {name!r}{hint(name, [*self._kept, START], 'there are')}")
        return self._kept[name]


def as_it_stands(run: Run) -> LabPlan:
    """The lab's plan with every device where it answers now."""
    plan = run.plan

    def there(device: Any) -> Any:
        host, port = run.bound.get(device.name, (device.host, device.port))
        return replace(device, host=host, port=port)

    servers: dict[str, ServerPlan] = {}
    for name, server in plan.servers.items():
        host, port = run.bound.get(name, (server.bmc.host, server.bmc.port))
        bmc: BmcPlan = replace(server.bmc, host=host, port=port)
        servers[name] = replace(server, bmc=bmc)
    switches: dict[str, SwitchPlan] = {name: there(each) for name, each in plan.switches.items()}
    pdus: dict[str, PduPlan] = {name: there(each) for name, each in plan.pdus.items()}
    return replace(plan, servers=servers, switches=switches, pdus=pdus)

"""What of a whole lab outlives a stop, and how it comes back: to the hall a stop is a loss of power, to the panel a restart
of its host.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from simulator.bmc.snapshot import restore_bmc, save_bmc
from simulator.dcim.snapshot import restore_panel, save_panel
from simulator.files.plan import LabPlan
from simulator.ispmanager.snapshot import SAVED as HOSTING
from simulator.kernel.snapshot import BadSnapshot, restore, save
from simulator.lab.old_formats import from_format_1
from simulator.lab.run import Resumed, Run
from simulator.pdu.snapshot import SAVED as PDU
from simulator.plant.snapshot import restore_hall, save_hall
from simulator.switch.snapshot import SAVED as SWITCH

__all__ = ["OtherLab", "SavedLab", "head_of", "restore_lab", "save_lab"]

FORMAT = 2


class OtherLab(BadSnapshot):
    """The state is that of a lab in which something else stands."""


@dataclass(frozen=True, slots=True)
class SavedLab:
    """A lab's state as it was written down, as far as that can be told before the lab is built."""

    data: Mapping[str, Any]
    epoch: datetime
    now: float
    """Lab time, seconds."""
    starts: int
    """How often it had been started by then."""

    @classmethod
    def of(cls, data: Any, plan: LabPlan) -> SavedLab:
        """Raises BadSnapshot for what is no state, OtherLab for that of another lab."""
        if isinstance(data, dict) and data.get("format") == 1:
            data = from_format_1(data) | {"format": FORMAT}
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise BadSnapshot(f"it is not the state of a lab in format {FORMAT}")
        try:
            marks = dict(data["marks"])
            kept = cls(data, datetime.fromisoformat(data["epoch"]), float(data["now"]), int(data["starts"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadSnapshot(f"its head is damaged: {type(error).__name__} {error}") from error
        if kept.epoch.tzinfo is None:
            raise BadSnapshot("its head is damaged: the epoch has no zone")
        here = dict(_marks(plan))
        if odd := sorted(name for name in here.keys() | marks.keys() if here.get(name) != marks.get(name)):
            differ = f"{odd[0]} and {len(odd) - 1} more differ" if len(odd) > 1 else f"{odd[0]} differs"
            raise OtherLab(f"lab {plan.name!r} is not the one that it was made with: {differ}")
        return kept

    def resumed(self, now: float | None = None) -> Resumed:
        """The lab that goes on from here; `now`: lab time that its clock is to show, where that is not the kept one."""
        return Resumed(
            self.now if now is None else now, self.epoch, self.starts + 1, partial(restore_lab, data=self.data)
        )

    def showing(self, today: datetime) -> float:
        """What a real clock shows `today`: it went on meanwhile."""
        return max(self.now, (today - self.epoch) / timedelta(seconds=1))


def _marks(plan: LabPlan) -> Iterator[tuple[str, str]]:
    """What the state depends on, by name; a change of it makes another lab."""
    panel = plan.panel
    things: list[tuple[str, object]] = [
        *((f"server {server.name}", _bare(server)) for server in plan.servers.values()),
        *((f"switch {switch.name}", _bare(switch)) for switch in plan.switches.values()),
        *((f"PDU {pdu.name}", _bare(pdu)) for pdu in plan.pdus.values()),
        *((f"pool {pool.name}", pool) for pool in plan.pools.values()),
        ("the panel's people, templates or location", (panel.admin, panel.users, panel.templates, panel.location)),
        ("the racks", list(plan.racks)),
        ("the ispmanager", plan.ispmanager),
    ]
    for name, thing in things:
        yield name, hashlib.sha256(repr(thing).encode()).hexdigest()[:16]


def _bare(plan: Any) -> list[object]:
    """A device without where it answers, which may change; what later versions added counts where it is used."""
    left = ("host", "port", "bmc", "powered", "program", "bond", "classic", "address", "driver", "allow")
    names = [name for name in plan.__slots__ if name not in left]
    bare: list[object] = [getattr(plan, name) for name in names]
    return [*bare, plan.bond] if getattr(plan, "bond", ()) else bare


def save_lab(run: Run, starts: int = 1) -> dict[str, Any]:
    """Everything that outlives a stop, as JSON. `starts`: how often the lab has been started, this time included."""
    return head_of(run, starts) | {
        "now": run.clock.now(),
        "hall": save_hall(run.plant),
        "bmcs": {name: save_bmc(bmc) for name, bmc in run.bmc_devices.items()},
        "switches": {name: save(run.stations[name].agent.state, SWITCH) for name in _emulated(run, run.plan.switches)},
        "pdus": {name: save(run.stations[name].agent.state, PDU) for name in _emulated(run, run.plan.pdus)},
        "panel": save_panel(run.panel),
        "ispmanager": save(run.hosting, HOSTING) if run.hosting else None,
    }


def head_of(run: Run, starts: int) -> dict[str, Any]:
    """What of it stays as it is while the lab is up."""
    return {
        "format": FORMAT,
        "lab": run.plan.name,
        "marks": dict(_marks(run.plan)),
        "starts": starts,
        "epoch": run.clock.epoch.isoformat(),
        "places": {name: list(place) for name, place in _places(run)},
    }


def _places(run: Run) -> Iterator[tuple[str, tuple[str, int]]]:
    for kind, places in (("BMC", run.bmcs), ("switch", run.switches), ("PDU", run.pdus)):
        for name, place in places.items():
            yield f"{kind} {name}", place


def _emulated(run: Run, names: Iterable[str]) -> list[str]:
    """Real equipment keeps its own state."""
    return [name for name in names if name in run.stations]


def restore_lab(run: Run, data: Mapping[str, Any]) -> None:
    """Have a lab that was just built, cold, go on from there. Raises BadSnapshot."""
    try:
        then = data["places"]
        moved = {tuple(then[name]): place for name, place in _places(run) if tuple(then[name]) != tuple(place)}
        for name, bmc in run.bmc_devices.items():
            restore_bmc(bmc, data["bmcs"][name])
        for group, parts in (("switches", SWITCH), ("pdus", PDU)):
            for name in _emulated(run, data[group]):
                kept = data[group][name]
                restore(run.stations[name].agent.state, kept, parts)
        for name in _emulated(run, run.plan.switches):
            run.stations[name].agent.state.restored()
        restore_panel(run.panel, data["panel"], moved)
        if run.hosting is not None:
            restore(run.hosting, data["ispmanager"], HOSTING)
        restore_hall(run.plant, data["hall"])
    except BadSnapshot:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadSnapshot(f"it is damaged: {type(error).__name__} {error}") from error
    run.journal.write("lab", run.plan.name, "goes on", starts=data["starts"] + 1, now=data["now"])

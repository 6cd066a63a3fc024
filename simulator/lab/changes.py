"""What of a lab that is up has changed since its state was last written: rows of `kernel/rows.py`, and how they become the
state again that `save_lab` writes whole.

Of the panel everything is looked at each time; of thousands of devices those that had a datagram or are in the journal since,
and all of them now and then. Meters that run by themselves (hours on, joules) are no change: they are written with one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import Any

from simulator.bmc import Bmc
from simulator.bmc.snapshot import SAVED as BMC
from simulator.bmc.snapshot import save_bmc
from simulator.dcim.snapshot import SAVED as PANEL
from simulator.ispmanager.snapshot import SAVED as HOSTING
from simulator.kernel import SteppedClock
from simulator.kernel.journal import Record
from simulator.kernel.rows import Changed, Row, Tracked, assembled, clone, dumped
from simulator.kernel.snapshot import BadSnapshot, Parts, save
from simulator.lab.run import Run
from simulator.lab.snapshot import head_of
from simulator.pdu.snapshot import SAVED as PDU
from simulator.plant.power import Pdu
from simulator.plant.server import Server
from simulator.plant.snapshot import SERVER, save_pdu, save_server, save_switch
from simulator.switch.snapshot import SAVED as SWITCH

__all__ = ["Changes", "state_of"]

GROUPS = ("hall/servers", "hall/switches", "hall/pdus", "bmcs", "switches", "pdus")
"""Parts that have a row for each device."""


class _Device:
    """A part of the state that is one row."""

    __slots__ = ("key", "look", "meter", "pack", "seen")

    def __init__(
        self,
        key: tuple[str, str],
        look: Callable[[], object],
        pack: Callable[[], object],
        meter: Callable[[], object] = lambda: None,
    ) -> None:
        self.key = key
        self.look = look
        """All that counts as a change of it, to be compared."""
        self.pack = pack
        self.meter = meter
        self.seen: object = self
        """A copy of what was there when it was written."""

    def take(self, out: Changed, *, meters: bool) -> None:
        now = self.look()
        if isinstance(self.seen, tuple) and self.seen[0] == now and (not meters or self.seen[1] == self.meter()):
            return
        self.seen = clone(now), self.meter()
        out[self.key] = (0, dumped(self.pack()))

    def differs(self) -> bool:
        return not (isinstance(self.seen, tuple) and self.seen[0] == self.look())


class Changes:
    """Looks on at a run. Everything differs at first."""

    def __init__(self, run: Run, starts: int) -> None:
        self._run = run
        self._head = dumped(head_of(run, starts) | {"hosting": run.hosting is not None})
        self._now = -1.0
        self._wholes = [Tracked("panel", run.panel, PANEL)]
        if run.hosting is not None:
            self._wholes.append(Tracked("ispmanager", run.hosting, HOSTING))
        self._devices: dict[str, list[_Device]] = {}
        for device in _devices(run):
            self._devices.setdefault(device.key[1], []).append(device)
        self._touched: set[str] = set()
        self._stop = run.journal.watch(self._noted)

    def close(self) -> None:
        self._stop()

    def _noted(self, record: Record) -> None:
        if record.subject in self._devices:
            self._touched.add(record.subject)

    def touch(self, name: str) -> bool:
        """Something came to this device; whether it differs from what was taken."""
        self._touched.add(name)
        return any(device.differs() for device in self._devices.get(name, ()))

    def take(self, *, everything: bool = False) -> Changed:
        """The rows that differ from those taken before. `everything`: untouched devices and meters too."""
        out: Changed = {}
        for whole in self._wholes:
            whole.take(out)
        for name in self._devices if everything else sorted(self._touched):
            for device in self._devices[name]:
                device.take(out, meters=everything)
        self._touched.clear()
        clock = self._run.clock
        now = clock.now()
        # Time that runs by itself is no change; time that was moved by hand is.
        if out or everything or (isinstance(clock, SteppedClock) and now != self._now):
            if self._now < 0:
                out["head", ""] = (0, self._head)
            self._now = now
            out["now", ""] = (0, dumped(now))
        return out


def _devices(run: Run) -> Iterable[_Device]:
    for name, server in run.plant.servers.items():
        yield _Device(("hall/servers", name), partial(_looks_of_server, server), partial(save_server, server))
    for name, switch in run.plant.switches.items():
        whole = partial(save_switch, switch)
        yield _Device(("hall/switches", name), whole, whole)
    for name, pdu in run.plant.pdus.items():
        meter = partial(getattr, pdu, "kilowatt_hours")
        yield _Device(("hall/pdus", name), partial(_looks_of_pdu, pdu), partial(save_pdu, pdu), meter)
    for name, bmc in run.bmc_devices.items():
        yield _Device(("bmcs", name), partial(_looks_of_bmc, bmc), partial(save_bmc, bmc))
    for group, names, parts in (("switches", run.plan.switches, SWITCH), ("pdus", run.plan.pdus, PDU)):
        for name in names:
            if name not in run.stations:
                continue  # a real one
            card = run.stations[name].agent.state
            yield _Device((group, name), partial(_values, card, parts), partial(save, card, parts))


def _looks_of_server(server: Server) -> object:
    override = server.boot_override
    disks = [(disk.os, disk.used) for disk in server.disks]
    kept = override if override and override.persistent else None
    return [server.on_or_was, server.restore_policy, server.lan_mode, kept, disks, *_values(server, SERVER)]


def _looks_of_pdu(pdu: Pdu) -> object:
    return [[outlet.on for outlet in pdu.outlets], [bank.tripped for bank in pdu.banks]]


def _looks_of_bmc(bmc: Bmc) -> object:
    return [
        _values(getattr(bmc, name) if name else bmc, parts)
        for name, parts in BMC.items()
        if not name or getattr(bmc, f"_{name}") is not None
    ]


def _values(whole: object, parts: Parts) -> list[object]:
    out = []
    for path, names in parts.items():
        part = attrgetter(path)(whole) if path else whole
        out += [getattr(part, name) for name in names]
    return out


def state_of(rows: Iterable[Row]) -> dict[str, Any]:
    """The state whose rows these are, as `save_lab` gives it. Raises BadSnapshot for rows that are not all of one."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row[0], []).append(row)
    try:
        state: dict[str, Any] = json.loads(parts["head"][0][3])
        hosting = state.pop("hosting")
        state["now"] = json.loads(parts["now"][0][3])
        devices = {group: {item: json.loads(text) for _, item, _, text in parts.get(group, ())} for group in GROUPS}
        hall = {name: devices.pop(f"hall/{name}") for name in ("servers", "switches", "pdus")}
        panel = assembled("panel", parts)
        return state | devices | {
            "hall": hall, "panel": panel, "ispmanager": assembled("ispmanager", parts) if hosting else None
        }  # fmt: skip
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise (
            error if isinstance(error, BadSnapshot) else BadSnapshot(f"it is damaged: {type(error).__name__} {error}")
        ) from error

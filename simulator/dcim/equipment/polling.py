"""The panel's regular look at every device, each at its own interval and a few at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from simulator.dcim.background import Background
from simulator.dcim.config import PanelConfig
from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import DeviceFault, NotFound
from simulator.kernel import Clock, Timer
from simulator.kernel.flow import detach

__all__ = ["Polling"]

SPACING = 0.1
"""Seconds a device between the first polls of those of one kind, when the interval leaves so much."""
TOGETHER = 16
"""So many are asked at one moment, as by a panel's pool of workers: one that is silent holds nobody up."""


@dataclass(slots=True)
class _Round:
    """One device that is polled again and again."""

    name: str
    interval: float
    due: float
    read: Callable[[], Awaitable[object]]
    timer: Timer | None = None


class Polling:
    """Polls in the background; what a device does not answer is in its record, and is tried again next time."""

    def __init__(
        self, config: PanelConfig, inventory: Inventory, devices: Devices, background: Background, clock: Clock
    ) -> None:
        self._config = config
        self._inventory = inventory
        self._devices = devices
        self._background = background
        self._clock = clock
        self._rounds: list[_Round] = []
        self._started = False

    def start(self) -> None:
        """Every device is polled for the first time within moments, one after another."""
        config, devices = self._config, self._devices
        self._started = True
        self._plan("PDU", config.pdu_poll, [(pdu.id, pdu.name) for pdu in self._inventory.pdus], devices.read_pdu)
        self._plan(
            "switch",
            config.switch_poll,
            [(one.id, one.name) for one in self._inventory.switches if one.handled],
            devices.read_switch,
        )
        self._plan("BMC", config.bmc_poll, [(one.id, one.name) for one in self._inventory.servers], devices.poll_power)

    def watch_bmc(self, number: int, name: str) -> None:
        """A server that has come since."""
        if self._started:
            self._plan("BMC", self._config.bmc_poll, [(number, name)], self._devices.poll_power)

    def watch_switch(self, number: int, name: str) -> None:
        if self._started:
            self._plan("switch", self._config.switch_poll, [(number, name)], self._devices.read_switch)

    def watch_pdu(self, number: int, name: str) -> None:
        if self._started:
            self._plan("PDU", self._config.pdu_poll, [(number, name)], self._devices.read_pdu)

    def stop(self) -> None:
        self._started = False
        for each in self._rounds:
            if each.timer is not None:
                each.timer.cancel()
        self._rounds.clear()

    def _plan(
        self,
        kind: str,
        interval: float,
        things: list[tuple[int, str]],
        read: Callable[[int], Awaitable[object]],
    ) -> None:
        if interval <= 0:
            return
        now = self._clock.now()
        spacing = min(SPACING, interval / max(len(things), 1))
        for place, (number, name) in enumerate(things):
            first = now + (place - place % TOGETHER) * spacing
            each = _Round(f"poll {kind} {name}", interval, first, partial(read, number))
            self._rounds.append(each)
            self._schedule(each)

    def _schedule(self, each: _Round) -> None:
        each.timer = self._clock.call_at(each.due, self._begin, each)

    def _begin(self, each: _Round) -> None:
        self._background.spawn(each.name, self._poll(each))

    async def _poll(self, each: _Round) -> None:
        detach()
        try:
            await each.read()
        except DeviceFault:
            pass  # it is in the device's record and in the journal
        except NotFound:
            return
        each.due = max(each.due + each.interval, self._clock.now())
        self._schedule(each)

"""The panel's regular look at every device, each at its own interval and a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

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


PassOver = Callable[[Callable[[bool], object]], Timer | None]
"""A reading that need not be made, as `Devices.pass_over_switch`."""


@dataclass(slots=True)
class _Round:
    """One device that is polled again and again."""

    name: str
    interval: float
    due: float
    read: Callable[[], Awaitable[object]]
    pass_over: PassOver
    timer: Timer | None = None


class Polling:
    """Polls in the background; what a device does not answer is in its record, and is tried again next time."""

    def __init__(
        self, config: PanelConfig, inventory: Inventory, devices: Devices, background: Background, clock: Clock
    ) -> None:
        self._ways: Mapping[str, tuple[float, Callable[[int], Awaitable[object]], Callable[..., Timer | None]]] = {
            "PDU": (config.pdu_poll, devices.read_pdu, devices.pass_over_pdu),
            "switch": (config.switch_poll, devices.read_switch, devices.pass_over_switch),
            "BMC": (config.bmc_poll, devices.poll_power, devices.pass_over_power),
        }
        """By kind: how often, in seconds, and how."""
        self._inventory = inventory
        self._background = background
        self._clock = clock
        self._rounds: list[_Round] = []
        self._started = False

    def start(self) -> None:
        """Every device is polled for the first time within moments, one after another."""
        self._started = True
        self._plan("PDU", [(pdu.id, pdu.name) for pdu in self._inventory.pdus])
        self._plan("switch", [(one.id, one.name) for one in self._inventory.switches if one.handled])
        self._plan("BMC", [(one.id, one.name) for one in self._inventory.servers])

    def watch_bmc(self, number: int, name: str) -> None:
        """A server that has come since."""
        if self._started:
            self._plan("BMC", [(number, name)])

    def watch_switch(self, number: int, name: str) -> None:
        if self._started:
            self._plan("switch", [(number, name)])

    def watch_pdu(self, number: int, name: str) -> None:
        if self._started:
            self._plan("PDU", [(number, name)])

    def stop(self) -> None:
        self._started = False
        for each in self._rounds:
            if each.timer is not None:
                each.timer.cancel()
        self._rounds.clear()

    def _plan(self, kind: Literal["PDU", "switch", "BMC"], things: list[tuple[int, str]]) -> None:
        interval, read, pass_over = self._ways[kind]
        if interval <= 0:
            return
        now = self._clock.now()
        spacing = min(SPACING, interval / max(len(things), 1))
        for place, (number, name) in enumerate(things):
            first = now + (place - place % TOGETHER) * spacing
            each = _Round(f"poll {kind} {name}", interval, first, partial(read, number), partial(pass_over, number))
            self._rounds.append(each)
            self._schedule(each)

    def _schedule(self, each: _Round) -> None:
        each.timer = self._clock.call_at(each.due, self._begin, each)

    def _begin(self, each: _Round) -> None:
        asyncio.get_running_loop().call_soon(self._look, each)  # after all that is due now

    def _look(self, each: _Round) -> None:
        if not self._started:
            return
        detach()
        each.timer = each.pass_over(partial(self._passed, each))
        if each.timer is None:
            self._background.spawn(each.name, self._poll(each))

    def _passed(self, each: _Round, same: bool) -> None:
        """`same`: the device was to the end as it had been; else it has to be asked."""
        if same:
            self._again(each)
        else:
            self._background.spawn(each.name, self._poll(each))

    def _again(self, each: _Round) -> None:
        each.due = max(each.due + each.interval, self._clock.now())
        self._schedule(each)

    async def _poll(self, each: _Round) -> None:
        detach()
        try:
            await each.read()
        except DeviceFault:
            pass  # it is in the device's record and in the journal
        except NotFound:
            return
        self._again(each)

"""What the panel needs for its exchanges with devices of any kind: drivers, records, and what is said of a failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from simulator.dcim.drivers.base import (
    DeviceError,
    DeviceSilent,
    DriverFactory,
    OutletView,
    PortView,
)
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import DeviceFault, NoAnswer, RefusedByDevice
from simulator.kernel import Clock, Journal
from simulator.kernel.causes import no_answer
from simulator.kernel.flow import because, met

__all__ = ["Exchanges", "Meters", "as_before", "passing"]


class Meters(Protocol):
    """Who keeps what devices count and measure."""

    def switch_read(self, switch: int, views: Sequence[PortView]) -> None: ...

    def pdu_read(self, pdu: int, views: Sequence[OutletView]) -> None: ...


class Exchanges:
    """One driver for each device, made when first needed."""

    def __init__(
        self, drivers: DriverFactory, inventory: Inventory, meters: Meters, clock: Clock, journal: Journal
    ) -> None:
        """`meters` is told of what each poll has counted and measured."""
        self._factory = drivers
        self._inventory = inventory
        self._meters = meters
        self._clock = clock
        self._journal = journal
        self._commanded: dict[int, float] = {}
        """By server when a power command was last given, lab time."""
        self._refused: dict[str, bool] = {}

    def refused(self, device: str) -> bool:
        """Whether a device's last error was an answer, not silence."""
        return self._refused.get(device, False)

    def _fault(self, error: DeviceError) -> DeviceFault:
        kind = NoAnswer if isinstance(error, DeviceSilent) else RefusedByDevice
        self._refused[error.device] = kind is RefusedByDevice
        return kind(error.device, error.message)

    def _failing(self, name: str, device: str, message: str) -> None:
        """Write that a device does not answer as it should, and why; whoever asked has met that."""
        with because(no_answer(self._journal, name)):
            number = self._journal.write("panel", name, "device error", device=device, message=message).number
        self._journal.marks.set(name, "answer", number)
        met(number)


def passing(driver: object) -> Any:
    return driver if hasattr(driver, "pass_over") else None


def as_before(seen: tuple[object, int] | None, views: object, version: int) -> bool:
    return seen is not None and seen[0] is views and seen[1] == version

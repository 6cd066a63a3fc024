"""DCMI's two policies: a limit of what the machine draws, and of how warm its inlet may be (DCMI 1.5, 6.6.3 and 6.7.1).

While a power limit is active the machine is held to it, as far as its processors can be slowed down. Where it draws more for
longer than the correction time, or its inlet is too warm for too long, that is an exception: logged, or power goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.bmc.board import Board
from simulator.bmc.hardware import Alarm, Chassis

__all__ = [
    "LOG",
    "PERSISTENT",
    "POWER_OFF",
    "THERMAL_LOG",
    "THERMAL_POWER_OFF",
    "PowerLimit",
    "PowerManagement",
    "ThermalLimit",
]

POWER_OFF: Final = 0x01
LOG: Final = 0x11
"""Exception actions of a power limit (table 6-18); 0 is none, and others are a maker's own."""
PERSISTENT: Final = 0x80
"""The thermal limit outlives a loss of the BMC's power."""
THERMAL_POWER_OFF: Final = 0x40
THERMAL_LOG: Final = 0x20
"""... and of a thermal limit, a mask (table 6-23)."""
_LIMIT_EXCEEDED: Final = 0x01
_LIMIT_EVENT: Final = 0x05
"""Generic event type: limit not exceeded, exceeded (IPMI 2.0, table 42-2)."""


@dataclass(frozen=True, slots=True)
class PowerLimit:
    """As a BMC comes with it, and not active."""

    action: int = 0
    watts: int = 500
    correction_ms: int = 1000
    sampling: int = 1
    """Seconds between two looks at the draw."""


@dataclass(frozen=True, slots=True)
class ThermalLimit:
    """Of the inlet."""

    actions: int = 0
    celsius: int = 0
    seconds: int = 0


class PowerManagement:
    """What one machine may draw, and how warm its inlet may be; what is to persist is kept through losses of power."""

    __slots__ = ("_board", "_chassis", "_exceeded", "_sampling", "_warm", "active", "limit", "thermal")

    def __init__(self, chassis: Chassis, board: Board) -> None:
        self._chassis = chassis
        self._board = board
        self.limit = PowerLimit()
        self.active = False
        self.thermal = ThermalLimit()
        self._exceeded: float | None = None
        """Since when (lab time) it has drawn too much; infinite when the exception has been dealt with."""
        self._sampling: Alarm | None = None
        self._warm: Alarm | None = None

    def set(self, limit: PowerLimit) -> None:
        self.limit = limit
        self.apply()

    def activate(self, *, active: bool) -> None:
        """Switch the limit on or off."""
        self.active = active
        self.apply()

    def apply(self) -> None:
        """Have the limits act as they are set, from now on."""
        if self._sampling is not None:
            self._sampling.cancel()
            self._sampling = None
        self._exceeded = None
        limit = self.limit if self.active else None
        self._chassis.limit_power(None if limit is None else limit.watts)
        if limit is not None:
            self._sample()
        self.sense("heat")

    def forget(self) -> None:
        """The BMC starts anew."""
        if not self.thermal.actions & PERSISTENT:
            self.set_thermal(ThermalLimit())

    def set_thermal(self, limit: ThermalLimit) -> None:
        self.thermal = limit
        self.sense("heat")

    def sense(self, what: str) -> None:
        """Something changed in the chassis (`Chassis.watch`). An inlet that is too warm has some seconds to cool down."""
        if what != "heat":
            return
        if not self._too_warm:
            if self._warm is not None:
                self._warm.cancel()
                self._warm = None
        elif self._warm is None:
            self._warm = self._chassis.alarm(self.thermal.seconds, self._still_warm)

    @property
    def _too_warm(self) -> bool:
        return bool(self.thermal.actions & ~PERSISTENT) and self._chassis.thermal.inlet > self.thermal.celsius

    def _still_warm(self) -> None:
        # The alarm stays remembered: one exception is enough until it has cooled down.
        if self.thermal.actions & THERMAL_LOG:
            self._board.record("inlet", _LIMIT_EXCEEDED, event_type=_LIMIT_EVENT)
        if self.thermal.actions & THERMAL_POWER_OFF:
            self._chassis.power_off()

    def _sample(self) -> None:
        """Look at the draw, and again after the sampling period."""
        limit, now = self.limit, self._chassis.lab_time
        self._sampling = self._chassis.alarm(limit.sampling, self._sample)
        if not self._chassis.powered or self._chassis.watts <= limit.watts:
            self._exceeded = None
            return
        if self._exceeded is None:
            self._exceeded = now
        if now - self._exceeded >= limit.correction_ms / 1000:
            self._exceeded = float("inf")
            if limit.action in (POWER_OFF, LOG):
                self._board.record("watts", _LIMIT_EXCEEDED, event_type=_LIMIT_EVENT)
            if limit.action == POWER_OFF:
                self._chassis.power_off()

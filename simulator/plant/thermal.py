"""Heat: how warm a server's CPU is, from the air that it takes in, its fans and its work.

One body with one time constant: the temperature runs towards that of its conditions and is computed when somebody
looks. A timer is set only when the present conditions lead to the trip point.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

from simulator.kernel import Clock, Timer
from simulator.plant.lifecycle import BootState

__all__ = ["FANS", "INLET_CELSIUS", "TRIP_CELSIUS", "Thermal"]

FANS = 4
INLET_CELSIUS = 24.0
"""What the hall's cooling delivers."""
TRIP_CELSIUS = 105.0
"""The processor's own protection takes main power away (THERMTRIP#)."""
TIME_CONSTANT = 90.0
_STANDBY_RISE = 2.0
_FAN_RPM = 4200.0
_FAN_RPM_FULL = 7800.0

_RISE = {BootState.OS_BOOT: 30.0, BootState.INSTALLING: 31.0, BootState.DIAGNOSING: 35.0}
"""Kelvins above the inlet with all fans, by what the machine does; usual figures of one-socket servers."""
_IDLE_RISE = 27.0


class Thermal:
    """One server's heat. `settle` is called after every change of its conditions."""

    __slots__ = ("_at", "_celsius", "_clock", "_powered", "_state", "_target", "_timer", "_trip", "dead_fans", "inlet")

    def __init__(self, clock: Clock, trip: Callable[[], None]) -> None:
        self._clock = clock
        self._trip = trip
        self.inlet = INLET_CELSIUS
        """Degrees Celsius of the air at the front."""
        self.dead_fans: frozenset[int] = frozenset()
        """Numbers from 1."""
        self._state = BootState.NO_AC
        self._powered = False
        self._target = self._celsius = INLET_CELSIUS + _STANDBY_RISE
        self._at = clock.now()
        self._timer: Timer | None = None

    def settle(self, state: BootState, *, powered: bool) -> None:
        """The conditions are now these: from the present temperature on, it runs towards theirs."""
        self._celsius, self._at = self.celsius(), self._clock.now()
        self._state, self._powered = state, powered
        self._target = self.inlet + self._rise()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if powered and self._target > TRIP_CELSIUS:
            self._timer = self._clock.call_later(self.until(TRIP_CELSIUS) or 0.0, self._trip)

    def celsius(self) -> float:
        """The CPU's temperature."""
        gap = self._celsius - self._target
        return self._target + gap * exp((self._at - self._clock.now()) / TIME_CONSTANT) if gap else self._target

    def until(self, level: float) -> float | None:
        """Seconds until the CPU's temperature passes `level`, on its way up or down; None when it does not."""
        now = self.celsius()
        before, after = level - now, self._target - level
        if before * after <= 0:
            return None
        return TIME_CONSTANT * log((now - self._target) / (level - self._target))

    def rpm(self) -> tuple[float, ...]:
        """Of each fan; 0 is one that stands still. The others make up for a dead one, and for hot air."""
        if not self._powered:
            return (0.0,) * FANS
        hurried = bool(self.dead_fans) or self.inlet > INLET_CELSIUS + 8
        speed = _FAN_RPM_FULL if hurried else _FAN_RPM
        return tuple(0.0 if number + 1 in self.dead_fans else speed for number in range(FANS))

    def _rise(self) -> float:
        if not self._powered:
            return _STANDBY_RISE
        share = max(FANS - len(self.dead_fans), 0.5) / FANS
        return float(_RISE.get(self._state, _IDLE_RISE) / share**2.5)

"""What a BMC knows of its board: sensors and their thresholds, the log that they write, the watchdog, the inventory.

Made when it is first needed. It is kept through resets and losses of power, as flash memory is; what a real BMC has in
RAM only (reservations, a running watchdog) ends in `forget`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from simulator.bmc.event_log import EventLog
from simulator.bmc.hardware import Alarm, Chassis
from simulator.bmc.personality import Personality
from simulator.bmc.sensors import Sensor, records, unfold
from simulator.bmc.watchdog import Watchdog
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.fru import build_inventory
from simulator.ipmi.sdr import COMPARISONS
from simulator.ipmi.sel import SystemEvent

__all__ = ["Board"]

_CAUSES: Final = {
    "power": ("power", "acpi", "cpu", "fan"),
    "fans": ("fan", "cpu"),
    "heat": ("inlet", "cpu"),
    "supplies": ("supply", "redundancy"),
    "drives": ("drive",),
    "restart": ("cpu",),
}
"""Which sensors may have changed with each thing that the chassis tells."""
_READING_AND_THRESHOLD: Final = 0x50
ASSERTIONS: Final = 8
DEASSERTIONS: Final = 24
"""Where the masks of single events begin in `Board.disabled`."""
_AC_LOST: Final = 0x04
_LOG_CLEARED: Final = 0x02


class Board:
    """`sense` is told what changed in the chassis, looks at the sensors of that, and writes what is news to the log."""

    __slots__ = (
        "_alarm",
        "_asserted",
        "_inventory",
        "_limits",
        "_reservations",
        "chassis",
        "disabled",
        "frozen",
        "generates",
        "hysteresis",
        "log",
        "logs",
        "on_event",
        "personality",
        "sensors",
        "watchdog",
    )

    def __init__(self, chassis: Chassis, personality: Personality, restarts: Callable[[], object]) -> None:
        """`restarts`: called before the watchdog starts the machine anew."""
        self.chassis = chassis
        self.personality = personality
        self.sensors = unfold(personality.sensors, chassis)
        self.log = EventLog(personality.log_entries)
        self.logs = True
        """Events go to the log."""
        self.generates = True
        """Sensors make events of what they see."""
        self.watchdog = Watchdog(chassis, self._watchdog_event, restarts)
        self.on_event: Callable[[int, bytes], object] = _nobody
        """Told of every event: its record id, 0 where the log is full, and its entry without the id."""
        self.disabled: dict[int, int] = {}
        """By sensor number, what somebody switched off: all its events (80h), its scanning (40h), and from bits 8 and 24 on
        single events, asserted and taken back.
        """
        self.frozen: dict[int, float | None] = {}
        """A fault's hand: sensor numbers, and the value at which each has stopped."""
        self.hysteresis: dict[int, tuple[int, int]] = {}
        self._limits: dict[int, tuple[int | None, ...]] = {}
        self._asserted: dict[int, int] = {}
        self._reservations = {"sdr": 0, "sel": 0}
        self._inventory: bytearray | None = None
        self._alarm: Alarm | None = None

    # what is kept

    @property
    def records(self) -> tuple[bytes, ...]:
        if self.personality.recorded is not None:
            return self.personality.recorded.records
        return records(self.sensors, self.personality.device_id.supports)

    @property
    def record_ids(self) -> Sequence[int]:
        """Of the records, in their order."""
        recorded = self.personality.recorded
        return range(1, len(self.records) + 1) if recorded is None else recorded.record_ids

    @property
    def inventory(self) -> bytearray:
        if self._inventory is None and self.personality.recorded is not None:
            self._inventory = bytearray(self.personality.recorded.inventories.get(0, b""))
        if self._inventory is None:
            page = self.personality
            self._inventory = bytearray(
                build_inventory(page.maker, page.board_product, page.board_part, self.chassis.serial)
            )
        return self._inventory

    @property
    def now(self) -> int:
        """The log's clock, seconds since 1970."""
        return self.chassis.wall_clock + self.log.clock_offset

    def reserve(self, which: str) -> int:
        self._reservations[which] = number = self._reservations[which] % 0xFFFF + 1
        return number

    def reserved(self, which: str, number: int) -> bool:
        return number != 0 and self._reservations[which] == number

    def cancel_reservations(self, which: str) -> None:
        """Whoever holds one must ask again."""
        if self._reservations[which]:
            self._reservations[which] = self._reservations[which] % 0xFFFF + 1

    def forget(self) -> None:
        """The BMC starts anew."""
        self._reservations = {"sdr": 0, "sel": 0}
        self.watchdog.stop()
        self.logs = self.generates = True

    # sensors

    def sensor(self, number: int) -> Sensor | None:
        return self.sensors[number - 1] if 1 <= number <= len(self.sensors) else None

    def value(self, sensor: Sensor) -> float | None:
        """What it measures, in its unit; None: no reading at the moment."""
        return self.frozen[sensor.number] if sensor.number in self.frozen else sensor.value(self.chassis)

    def limits(self, sensor: Sensor) -> tuple[int | None, ...]:
        return self._limits.get(sensor.number, sensor.limits)

    def set_limits(self, sensor: Sensor, limits: tuple[int | None, ...]) -> None:
        self._limits[sensor.number] = limits
        self._look(sensor)
        self._arm()

    def margin(self, sensor: Sensor) -> tuple[int, int]:
        """Hysteresis, raw: of thresholds crossed upwards, and downwards."""
        return self.hysteresis.get(sensor.number, (sensor.hysteresis, sensor.hysteresis))

    def crossed(self, sensor: Sensor) -> int:
        """The mask of thresholds that the present reading is at or beyond."""
        value = self.value(sensor)
        if value is None:
            return 0
        return _crossed(sensor.factors.raw(value), self.limits(sensor))

    def asserted(self, sensor: Sensor) -> int:
        """Events asserted at the moment: thresholds by their mask, discrete states by theirs."""
        if sensor.discrete:
            return sensor.states(self.chassis) & sensor.kind.logged
        return self._asserted.get(sensor.number, 0)

    def sense(self, what: str) -> None:
        """Something changed in the chassis: a word of `Chassis.watch`."""
        if what == "bmc":
            if self.chassis.last_power_event == "ac_lost":
                self.record("power", _AC_LOST)
            return
        if what == "thermal trip":
            self.record("cpu", 0x01, event_type=0x07)
            return
        about = _CAUSES.get(what, ())
        for sensor in self.sensors:
            if sensor.reads in about:
                self._look(sensor)
        self._arm()

    def _look(self, sensor: Sensor) -> None:
        before = self._asserted.get(sensor.number, sensor.healthy if sensor.discrete else 0)
        if sensor.discrete:
            self._asserted[sensor.number] = after = sensor.states(self.chassis)
            news = (before ^ after) & sensor.kind.logged
            for offset in range(16):
                if news >> offset & 1:
                    self._event(sensor, bool(after >> offset & 1), bytes((offset, 0xFF, 0xFF)))
        else:
            self._look_at_thresholds(sensor, before)

    def _look_at_thresholds(self, sensor: Sensor, before: int) -> None:
        """Log what was crossed, there and (beyond the hysteresis) back."""
        value = self.value(sensor)
        if value is None:
            self._asserted[sensor.number] = 0
            return
        raw, limits, (up, down) = sensor.factors.raw(value), self.limits(sensor), self.margin(sensor)
        after = _crossed(raw, limits)
        relaxed = tuple(
            None if limit is None else limit + down if index < 3 else limit - up for index, limit in enumerate(limits)
        )
        after |= before & _crossed(raw, relaxed) & ~after if up or down else 0
        self._asserted[sensor.number] = after
        for index, limit in enumerate(limits):
            bit = 1 << index
            if limit is not None and (before ^ after) & bit:
                data = bytes((_READING_AND_THRESHOLD | COMPARISONS[index], raw, limit))
                self._event(sensor, bool(after & bit), data)

    def _arm(self) -> None:
        """Look again when the CPU's temperature will have passed the next threshold; nothing ticks until then."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if not self.chassis.powered:
            return
        due: list[float] = []
        for sensor in self.sensors:
            if sensor.reads != "cpu":
                continue
            step, margin = sensor.factors.step, self.margin(sensor)[0]
            asserted = self._asserted.get(sensor.number, 0)
            for index, limit in enumerate(self.limits(sensor)):
                if limit is None or index < 3:
                    continue
                level = (limit - margin - 0.6) * step if asserted >> index & 1 else limit * step
                seconds = self.chassis.thermal.until(level)
                if seconds is not None:
                    due.append(seconds)
        if due:
            self._alarm = self.chassis.alarm(min(due) + 0.01, lambda: self.sense("heat"))

    # the log

    def _event(self, sensor: Sensor, asserted: bool, data: bytes) -> None:
        self._append(sensor, sensor.kind.event_type, asserted, data)

    def event_masks(self, sensor: Sensor) -> tuple[int, int]:
        """The events that a sensor makes: masks of those asserted, and of those taken back (table 42-2)."""
        if sensor.discrete:
            there = sensor.kind.logged or sensor.kind.states
            back = sensor.kind.logged
        else:
            limits = self.limits(sensor)
            there = back = sum(1 << COMPARISONS[index] for index, limit in enumerate(limits) if limit is not None)
        disabled = self.disabled.get(sensor.number, 0)
        return there & ~(disabled >> ASSERTIONS), back & ~(disabled >> DEASSERTIONS)

    def choose_events(self, sensor: Sensor, asserted: int, deasserted: int, *, on: bool) -> None:
        """Switch single events of a sensor on or off."""
        chosen = asserted << ASSERTIONS | deasserted << DEASSERTIONS
        disabled = self.disabled.get(sensor.number, 0)
        self.disabled[sensor.number] = disabled & ~chosen if on else disabled | chosen

    def has(self, reads: str) -> bool:
        """There is a sensor of this kind."""
        return any(sensor.reads == reads for sensor in self.sensors)

    def record(
        self,
        reads: str,
        offset: int,
        *,
        event_type: int | None = None,
        data: bytes = b"\xff\xff",
        look: bool = True,
    ) -> None:
        """Log an event of the first sensor of this kind, if the board has one. `look`: filters look at it."""
        for sensor in self.sensors:
            if sensor.reads == reads:
                kind = sensor.kind.event_type if event_type is None else event_type
                self._append(sensor, kind, True, bytes((offset,)) + data, look=look)
                return

    def _append(self, sensor: Sensor, event_type: int, asserted: bool, data: bytes, *, look: bool = True) -> None:
        disabled = self.disabled.get(sensor.number, 0)
        single = disabled >> (ASSERTIONS if asserted else DEASSERTIONS) >> (data[0] & 0x0F) & 1
        if not self.generates or disabled & 0xC0 or (single and event_type == sensor.kind.event_type):
            return
        kind, number = sensor.kind.type, sensor.number
        body = SystemEvent(0, self.now, kind, number, event_type, asserted, data).encode()[2:]
        if look:
            self.add_event(body)
        elif self.logs:
            self.add_entry(body)

    def add_event(self, body: bytes) -> int | None:
        """An event came up, of the board or of whoever sent it: log it, and tell. As `add_entry`."""
        number = self.add_entry(body) if self.logs else None
        self.on_event(number or 0, body)
        return number

    def add_entry(self, body: bytes) -> int | None:
        """Add an entry without its record id; None when the log is full, which it remembers."""
        try:
            return self.log.append(body, self.now)
        except CompletionError:
            return None

    def clear_log(self) -> None:
        """Erase the log; that itself is its first entry where the board has a sensor for it."""
        self.log.clear(self.now)
        self.cancel_reservations("sel")
        self.record("log", _LOG_CLEARED)

    def _watchdog_event(self, offset: int, use: int) -> None:
        self.record("watchdog", 0xC0 | offset, data=bytes((use, 0xFF)))


def _nobody(number: int, body: bytes) -> None:
    """Nobody listens."""


def _crossed(raw: int, limits: tuple[int | None, ...]) -> int:
    mask = 0
    for index, limit in enumerate(limits):
        if limit is not None and (raw <= limit if index < 3 else raw >= limit):
            mask |= 1 << index
    return mask

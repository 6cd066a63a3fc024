"""Platform event filtering: what a BMC does by itself when an event comes up, and whom it tells (IPMI 2.0, 17).

The tables are kept for ever, as flash memory is. What fits an event is decided at once; power is touched a moment later,
when whatever caused the event is done.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

from simulator.bmc.alerts import Alerts
from simulator.bmc.board import Board
from simulator.bmc.boot_options import AFTER_PEF, BootOptions
from simulator.bmc.channel_settings import ALERTING_DISABLED
from simulator.bmc.hardware import Alarm, Chassis
from simulator.bmc.personality import Personality
from simulator.bmc.settings import Settings
from simulator.ipmi.errors import Malformed
from simulator.ipmi.pef import Action, EventFilter, Policy, next_of_set
from simulator.ipmi.pet import PlatformTrap, specific_trap
from simulator.ipmi.sel import SystemEvent

__all__ = ["ACTIONS", "BLOCKS", "BLOCK_OCTETS", "ENABLED", "TEXTS", "EventFiltering", "Host"]

ACTIONS: Final = Action.ALERT | Action.POWER_DOWN | Action.RESET | Action.POWER_CYCLE | Action.DIAGNOSTIC
"""Those that are there; a maker's own are not."""
ENABLED: Final = 0x01
LOG_ACTIONS: Final = 0x02
DELAY: Final = 0x04
DELAY_ALERTS: Final = 0x08
"""Of the control octet (table 30-6, parameter 1)."""
TEXTS: Final = 4
"""Alert strings, beside the one of Alert Immediate."""
BLOCKS: Final = 4
BLOCK_OCTETS: Final = 16
_FILTERS: Final = 16
_POLICIES: Final = 8
_PEF_ACTION: Final = 0x04

_CRITICAL, _NON_CRITICAL, _NON_RECOVERABLE = 0x10, 0x08, 0x20
_THRESHOLDS: Final = 0x01
_SPECIFIC: Final = 0x6F
_FACTORY: Final = (
    (0x01, _THRESHOLDS, 0x0204, _CRITICAL),
    (0x01, _THRESHOLDS, 0x0081, _NON_CRITICAL),
    (0x02, _THRESHOLDS, 0x0204, _CRITICAL),
    (0x02, _THRESHOLDS, 0x0081, _NON_CRITICAL),
    (0x04, _THRESHOLDS, 0x0204, _CRITICAL),
    (0x04, _THRESHOLDS, 0x0081, _NON_CRITICAL),
    (0xFF, _THRESHOLDS, 0x0810, _NON_RECOVERABLE),
    (0x08, _SPECIFIC, 0x000E, _CRITICAL),
    (0x08, 0x0B, 0x0002, _CRITICAL),
    (0x0D, _SPECIFIC, 0x0002, _CRITICAL),
    (0x09, _SPECIFIC, 0x0010, _CRITICAL),
    (0x23, _SPECIFIC, 0x000F, _CRITICAL),
)
"""Sensor type, event type, offsets, severity: temperatures, voltages, fans, supplies, drives, mains, watchdog."""


def _factory_filters() -> list[EventFilter]:
    made = [
        EventFilter(
            enabled=True,
            preconfigured=True,
            actions=Action.ALERT,
            policy=1,
            severity=severity,
            sensor_type=kind,
            trigger=trigger,
            offsets=offsets,
        )
        for kind, trigger, offsets, severity in _FACTORY
    ]
    return made + [EventFilter()] * (_FILTERS - len(made))


class Host(Protocol):
    """The BMC whose events these are."""

    @property
    def guid(self) -> bytes: ...

    @property
    def chassis(self) -> Chassis: ...

    @property
    def personality(self) -> Personality: ...

    @property
    def board(self) -> Board: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def alerts(self) -> Alerts: ...

    @property
    def boot(self) -> BootOptions: ...


class EventFiltering:
    """One BMC's filters and policies, and which events it has looked at. As it comes, it is switched off."""

    __slots__ = (
        "_alarms",
        "_bmc",
        "_late",
        "alert_delay",
        "control",
        "delay",
        "filters",
        "guid",
        "in_progress",
        "keys",
        "last_bmc",
        "last_software",
        "permitted",
        "policies",
        "postponed_until",
        "texts",
    )

    def __init__(self, bmc: Host) -> None:
        """The tables as the factory fills them: filters that know what is critical, policies that go nowhere yet."""
        self._bmc = bmc
        self.control = 0
        self.permitted: int = ACTIONS
        """Global action control (parameter 2)."""
        self.delay = self.alert_delay = 60
        """Seconds of lab time after the machine starts in which nothing is looked at, or nobody alerted: time for people
        and programs to step in."""
        self._alarms: dict[int, Alarm] = {}
        """By the control bit: until when a delay holds."""
        self._late: list[tuple[SystemEvent, EventFilter]] = []
        """Alerts that wait for its end."""
        self.in_progress = 0
        self.filters = _factory_filters()
        channel = bmc.personality.channel.number
        self.policies = [Policy(1, channel=channel, destination=min(n, 4)) for n in range(1, _POLICIES + 1)]
        self.guid: bytes | None = None
        """In traps, in place of the BMC's own."""
        self.keys = [(0, 0)] * (TEXTS + 1)
        """Of each alert string: the number of its filter, and its set."""
        self.texts = [bytes(BLOCKS * BLOCK_OCTETS)] * (TEXTS + 1)
        self.last_bmc = self.last_software = 0
        """Record ids of the last events looked at, by the BMC and by somebody's software; 0: none."""
        self.postponed_until: float | None = None
        """Wire time; infinite until somebody changes it. None: not postponed."""

    @property
    def due(self) -> float | None:
        until = self.postponed_until
        return None if until is None or math.isinf(until) else until

    def switch(self, control: int) -> None:
        """Set the control octet. Events before filtering is switched on are nobody's business."""
        if control & ENABLED and not self.control & ENABLED:
            self.last_bmc = next(reversed(self._bmc.board.log.entries), 0)
        self.control = control

    def alert_to(self, count: int) -> None:
        """Switch filtering on and let all alerts go to the destinations 1 to `count`."""
        channel = self._bmc.personality.channel.number
        self.switch(self.control | ENABLED)
        self._bmc.settings.channel_mode &= ~ALERTING_DISABLED
        self.policies[:count] = [
            Policy(1, enabled=True, channel=channel, destination=number) for number in range(1, count + 1)
        ]

    # events

    def on_event(self, number: int, body: bytes) -> None:
        """An event came up. `number`: its record id, 0 when the log is full; `body`: the entry without it."""
        if not self._waits:
            self._look(number, body)

    @property
    def _waits(self) -> bool:
        """Events are left for later."""
        return self.postponed_until is not None or DELAY in self._alarms

    def sense(self, what: str) -> None:
        """Something changed in the chassis. When it starts, the delays begin that are switched on."""
        chassis = self._bmc.chassis
        if what not in ("power", "restart") or not chassis.powered:
            return
        for bit, seconds, end in (
            (DELAY, self.delay, self._delay_over),
            (DELAY_ALERTS, self.alert_delay, self._send_late),
        ):
            if self.control & bit and seconds:
                if bit in self._alarms:
                    self._alarms[bit].cancel()
                self._alarms[bit] = chassis.alarm(seconds, end)

    def postpone(self, octet: int, now: float) -> int:
        """Arm PEF Postpone Timer (30.2); returns the seconds that are left. FFh only asks; FEh is until further notice,
        0 is at once no more.
        """
        if octet == 0xFE:
            self.postponed_until = math.inf
        elif octet == 0:
            if self.postponed_until is not None:
                self._resume()
        elif octet != 0xFF:
            self.postponed_until = now + octet
        until = self.postponed_until
        return 0 if until is None else 0xFE if math.isinf(until) else math.ceil(max(0.0, until - now))

    def on_time(self, now: float) -> None:
        if self.postponed_until is not None and now >= self.postponed_until:
            self._resume()

    def forget(self) -> None:
        """The BMC starts anew: whatever came up meanwhile has been missed."""
        self.postponed_until = None
        self.in_progress = 0
        for alarm in self._alarms.values():
            alarm.cancel()
        self._alarms.clear()
        self._late.clear()

    def log_cleared(self) -> None:
        self.last_bmc = self.last_software = 0

    def _resume(self) -> None:
        self.postponed_until = None
        self._catch_up()

    def _delay_over(self) -> None:
        self._alarms.pop(DELAY, None)
        self._catch_up()

    def _catch_up(self) -> None:
        """Look at what came up while nothing was looked at, after the last event that somebody dealt with."""
        if self._waits:
            return
        entries = self._bmc.board.log.entries
        numbers = list(entries)
        places = [numbers.index(last) for last in (self.last_bmc, self.last_software) if last in entries]
        for number in numbers[max(places, default=-1) + 1 :]:
            self._look(number, entries[number][2:])

    def _look(self, number: int, body: bytes) -> None:
        if not self.control & ENABLED:
            return
        self.last_bmc = number or self.last_bmc
        try:
            event = SystemEvent.decode(number.to_bytes(2, "little") + body)
        except Malformed:
            return  # an entry of a maker's own kind
        fitting = [entry for entry in self.filters if entry.matches(event)]
        wanted = 0
        for entry in fitting:
            wanted |= entry.actions & self.permitted
        if not wanted:
            return
        if wanted & ~Action.ALERT:
            self._touch_power(wanted)
        if self.control & LOG_ACTIONS:
            # Not looked at in its turn: it could be about itself for ever.
            self._bmc.board.record("pef", _PEF_ACTION, data=bytes((wanted, 0xFF)), look=False)
        if wanted & Action.ALERT:
            self._alert(event, min((e for e in fitting if e.actions & Action.ALERT), key=lambda e: e.policy & 0x0F))

    def _touch_power(self, wanted: int) -> None:
        """The strongest of the actions (table 17-1)."""
        chassis = self._bmc.chassis
        if not wanted & Action.POWER_DOWN and wanted & (Action.POWER_CYCLE | Action.RESET):
            self._bmc.boot.uncommanded_start(AFTER_PEF)
        if wanted & Action.POWER_DOWN:
            act = chassis.power_off
        elif wanted & Action.POWER_CYCLE:
            act = chassis.power_cycle
        elif wanted & Action.RESET:
            act = chassis.reset
        else:
            act = chassis.interrupt
        chassis.alarm(0.0, act)

    # alerts

    def trap(self, event: SystemEvent | None, severity: int = 0, text: bytes = b"") -> PlatformTrap:
        """The trap about an event, or one to try whether traps get through."""
        bmc = self._bmc
        board, device = bmc.board, bmc.personality.device_id
        sensor = board.sensor(event.sensor) if event is not None else None
        offset = board.log.utc_offset
        return PlatformTrap(
            self.guid or bmc.guid,
            bmc.alerts.number(),
            board.now if event is None else event.time,
            severity,
            event.sensor if event is not None else 0,
            sensor.kind.entity if sensor is not None else 0,
            sensor.index + 1 if sensor is not None else 0,
            event.data if event is not None else bytes(3),
            device.manufacturer,
            device.product,
            None if offset == 0x07FF else offset,
            text,
        )

    def _send_late(self) -> None:
        del self._alarms[DELAY_ALERTS]
        late, self._late = self._late, []
        for event, entry in late:
            self._alert(event, entry)

    def _alert(self, event: SystemEvent, entry: EventFilter) -> None:
        if DELAY_ALERTS in self._alarms:
            self._late.append((event, entry))
            return
        bmc = self._bmc
        if bmc.settings.mode & ALERTING_DISABLED:
            return
        kinds = {number: to.type & 7 for number, to in bmc.settings.destinations.items()}
        chosen = next_of_set(self.policies, entry.policy & 0x0F, bmc.personality.channel.number, kinds)
        for policy in chosen:
            text = self._text(policy.text, self.filters.index(entry) + 1)
            bmc.alerts.send(self.trap(event, entry.severity, text), specific_trap(event), policy.destination)

    def _text(self, key: int, number: int) -> bytes:
        """The alert string that a policy names: by its selector, or (bit 7) by filter and set."""
        if key & 0x80:
            wanted = (number, key & 0x7F)
            return self.text(self.keys.index(wanted)) if wanted in self.keys else b""
        return self.text(key & 0x7F) if key & 0x7F else b""

    def text(self, selector: int) -> bytes:
        """An alert string without its padding; none for a selector that there is not."""
        return self.texts[selector].split(b"\0", 1)[0] if selector < len(self.texts) else b""

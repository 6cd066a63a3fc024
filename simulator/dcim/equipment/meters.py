"""What devices have counted and measured, as the panel has polled it: octets of switch ports, watts of outlets.

A counter that is lower than at the last poll has started anew, and what it shows then is what has come since. What a
server is billed for belongs to it from the poll on at which the port was its.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from simulator.dcim.drivers.base import OutletView, PortView
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.records import Server
from simulator.kernel import Clock

__all__ = ["Day", "Meters"]

BURST_SHARE = 0.05
"""The share of the highest samples that burstable billing leaves out."""


@dataclass(slots=True)
class Day:
    """One server's day; octets as the server sees them, energy in watt hours."""

    received: int = 0
    sent: int = 0
    watt_hours: float = 0.0


@dataclass(slots=True)
class _When:
    """A moment of lab time that the ports of a switch share which were counted together."""

    seconds: float


class Meters:
    """Hears of each poll; asked for days, months and the last interval."""

    def __init__(self, inventory: Inventory, clock: Clock, zone: tzinfo) -> None:
        """`zone`: whose days and months they are."""
        self._inventory = inventory
        self._clock = clock
        self._zone = zone
        self._counters: dict[int, tuple[int, int, _When]] = {}
        """By port: octets in and out, and when."""
        self._still: dict[int, tuple[object, _When | None]] = {}
        """By switch whose last reading found that nothing had come since the one before: that reading, and when it was, for all
        ports that were counted in it; None for the time where there were none.
        """
        self._rates: dict[int, tuple[float, float]] = {}
        """By port, bits per second into the server and out of it; those of which nothing came are not there."""
        self._days: dict[tuple[int, date], Day] = {}
        self._dates: dict[int, list[date]] = {}
        self._dated = 0
        """The days of each server, in order, and of how many entries of `_days` they were made."""
        self._samples: dict[tuple[int, int, int], list[float]] = {}
        """By port, year and month: megabits per second of each interval in which anything came."""
        self._polls: dict[tuple[int, int, int], int] = {}
        """By switch, year and month: how many intervals there were."""
        self._watts: dict[int, tuple[float, float]] = {}
        """By outlet: watts, and when; of one that delivers nothing, when that was seen first."""
        self._drawn: dict[int, tuple[object, int, list[tuple[int, int | None]]]] = {}
        """By PDU: its last reading, the version of all outlets then, and of those that delivered anything the ids of outlet and server."""

    # what the polls tell

    def switch_read(self, switch: int, views: Sequence[PortView]) -> None:
        """The switch was polled: what each port has carried since its last poll is its rate now, a sample of the month, and its server's
        traffic of today.
        """
        now = self._clock.now()
        held = self._still.get(switch)
        if held is not None and held[0] is views:
            when = held[1]
            if when is not None and when.seconds < now:
                when.seconds = now
                self._polled(switch)
            return
        today = self._today()
        when, counted, grown, polled = _When(now), False, False, False
        for number, view in enumerate(views, 1):
            if view.octets_in is None or view.octets_out is None:
                continue
            port = self._inventory.switch_port(switch, number)
            if port is None:
                continue
            was = self._counters.get(port.id)
            self._counters[port.id] = view.octets_in, view.octets_out, when
            counted = True
            if was is None or was[2].seconds >= now:
                grown = True  # there is a rate from before, or none yet: the next reading tells
                continue
            polled = True
            sent, received = _grown(was[0], view.octets_in), _grown(was[1], view.octets_out)
            if not sent and not received:
                self._rates.pop(port.id, None)
                continue
            grown = True
            seconds = now - was[2].seconds
            self._rates[port.id] = received * 8 / seconds, sent * 8 / seconds
            key = port.id, today.year, today.month
            self._samples.setdefault(key, []).append(max(received, sent) * 8 / seconds / 1e6)
            if port.server is not None:
                day = self._day(port.server, today)
                day.received += received
                day.sent += sent
        if grown:
            self._still.pop(switch, None)
        else:
            self._still[switch] = views, when if counted else None
        if polled:
            self._polled(switch)

    def _polled(self, switch: int) -> None:
        today = self._today()
        month = switch, today.year, today.month
        self._polls[month] = self._polls.get(month, 0) + 1

    def _today(self) -> date:
        return self._clock.calendar().astimezone(self._zone).date()

    def pdu_read(self, pdu: int, views: Sequence[OutletView]) -> None:
        """Between two polls an outlet is taken to have delivered what it did at the first of them."""
        now, version = self._clock.now(), self._inventory.outlets.version
        held = self._drawn.get(pdu)
        if held is not None and held[0] is views and held[1] == version:
            if held[2]:
                today = self._today()
                for outlet_id, server in held[2]:
                    watts, when = self._watts[outlet_id]
                    self._watts[outlet_id] = watts, now
                    if server is not None:
                        self._day(server, today).watt_hours += watts * (now - when) / 3600
            return
        today = self._today()
        drawn = []
        for number, view in enumerate(views, 1):
            outlet = self._inventory.outlet(pdu, number)
            if outlet is None or view.watts is None:
                continue
            was = self._watts.get(outlet.id)
            self._watts[outlet.id] = view.watts, now
            if was is not None and was[0] and outlet.server is not None:
                self._day(outlet.server, today).watt_hours += was[0] * (now - was[1]) / 3600
            if view.watts:
                drawn.append((outlet.id, outlet.server))
        self._drawn[pdu] = views, version, drawn

    def _day(self, server: int, day: date) -> Day:
        return self._days.setdefault((server, day), Day())

    # asking

    def rate(self, server: Server) -> tuple[float, float]:
        """Bits per second received and sent in the last interval."""
        found = [self._rates[port] for port in server.ports if port in self._rates]
        return sum(each for each, _ in found), sum(each for _, each in found)

    def days(self, server: Server, since: date, until: date) -> list[tuple[date, Day]]:
        """Those on which there was anything, both ends included."""
        if self._dated != len(self._days):  # entries only come
            self._dates, self._dated = {}, len(self._days)
            for number, day in self._days:
                self._dates.setdefault(number, []).append(day)
            for dates in self._dates.values():
                dates.sort()
        mine = self._dates.get(server.id, [])
        shown = mine[bisect_left(mine, since) : bisect_right(mine, until)]
        return [(day, self._days[server.id, day]) for day in shown]

    def total(self, server: Server, since: date, until: date) -> Day:
        whole = Day()
        for _, day in self.days(server, since, until):
            whole.received += day.received
            whole.sent += day.sent
            whole.watt_hours += day.watt_hours
        return whole

    def burst(self, server: Server, year: int, month: int) -> float:
        """Megabits per second that the month's intervals stay under, the highest twentieth left out; the sum of the
        server's ports, each by its busier direction.
        """
        whole = 0.0
        for number in server.ports:
            samples = sorted(self._samples.get((number, year, month), ()), reverse=True)
            polls = self._polls.get((self._inventory.switch_ports.get(number).switch, year, month), 0)
            left_out = math.floor(max(polls, len(samples)) * BURST_SHARE)
            if left_out < len(samples):
                whole += samples[left_out]
        return whole

    def watts(self, server: Server) -> float | None:
        """At the last poll; None where no outlet of it is measured."""
        found = [self._watts[outlet][0] for outlet in server.outlets if outlet in self._watts]
        return sum(found) if found else None

    def outlet_watts(self, outlet: int) -> float | None:
        held = self._watts.get(outlet)
        return held[0] if held else None

    def port_rate(self, port: int) -> float:
        """Bits per second, both ways together."""
        return sum(self._rates.get(port, (0.0, 0.0)))


def _grown(was: int, now: int) -> int:
    return now - was if now >= was else now

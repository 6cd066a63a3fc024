"""Octets and watts as they are polled: nothing is lost or counted twice, whatever the counters do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.drivers.base import OutletView, PortView
from simulator.dcim.equipment.meters import BURST_SHARE, Day
from tests.dcim.support import World, in_world

EVER = (date.min, date.max)
GROWTH = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9))
POLLS = st.lists(st.tuples(st.floats(1, 90_000), GROWTH, st.booleans()), min_size=1, max_size=30)


def view(octets_in: int | None, octets_out: int | None) -> PortView:
    return PortView("1", "Gi0/1", True, True, 10**9, octets_in, octets_out)


@given(POLLS)
@settings(deadline=None, max_examples=60)
def test_what_the_days_add_up_to_is_what_went_through_since_the_first_poll(polls):
    async def scene(world: World) -> None:
        meters, server = world.panel.meters, world.server(2)
        counters, expected = [10**12, 5], [0, 0]
        port = world.panel.inventory.switch_ports.get(server.ports[0]).number
        rest = [view(None, None)] * (port - 1)
        meters.switch_read(1, [*rest, view(*counters)])
        for pause, (more_in, more_out), restarted in polls:
            await world.clock.sleep(pause)
            base = (0, 0) if restarted and min(counters) > max(more_in, more_out) else tuple(counters)
            counters = [base[0] + more_in, base[1] + more_out]
            expected = [expected[0] + more_in, expected[1] + more_out]
            meters.switch_read(1, [*rest, view(*counters)])
        whole = meters.total(server, *EVER)
        assert (whole.sent, whole.received) == tuple(expected)
        assert sum(day.received for _, day in meters.days(server, *EVER)) == whole.received
        today = world.clock.calendar().date()
        assert meters.total(server, today + timedelta(days=1), date.max).received == 0

    in_world(scene)


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=60))
@settings(deadline=None, max_examples=60)
def test_no_more_than_the_twentieth_of_the_intervals_is_above_the_burstable_rate(octets):
    async def scene(world: World) -> None:
        meters, server = world.panel.meters, world.server(1)
        whole, month = 0, world.clock.calendar()
        meters.switch_read(1, [view(0, 0)])
        for more in octets:
            await world.clock.sleep(300)
            whole += more
            meters.switch_read(1, [view(0, whole)])
        burst = meters.burst(server, month.year, month.month)
        rates = [more * 8 / 300 / 1e6 for more in octets]
        above = sum(rate > burst * (1 + 1e-9) for rate in rates)
        assert above <= len(rates) * BURST_SHARE
        assert burst == 0 or any(rate == pytest.approx(burst) for rate in rates)

    in_world(scene)


def test_energy_is_power_by_time_and_a_pdu_that_measures_nothing_gives_none():
    async def scene(world: World) -> None:
        meters = world.panel.meters
        meters.pdu_read(1, [OutletView("1", True, 200), OutletView("2", True)])
        await world.clock.sleep(1800)
        meters.pdu_read(1, [OutletView("1", True, 100), OutletView("2", True)])
        await world.clock.sleep(3600)
        meters.pdu_read(1, [OutletView("1", True, 0), OutletView("2", True)])
        assert meters.total(world.server(1), *EVER).watt_hours == pytest.approx(200)
        assert (meters.watts(world.server(1)), meters.watts(world.server(2))) == (0, None)

    in_world(scene)


class Counted(dict):
    """Counts how often it is gone through."""

    looks = 0

    def __iter__(self):
        self.looks += 1
        return super().__iter__()

    def items(self):
        self.looks += 1
        return super().items()


def test_days_of_many_servers_and_of_times_long_past_are_found_without_going_through_all_of_them():
    async def scene(world: World) -> None:
        meters, today = world.panel.meters, date(2026, 1, 1)
        meters._days = days = Counted(
            {(server, today - timedelta(days=back)): Day(received=back) for back in range(50) for server in (1, 2, 3)}
        )
        for _ in range(20):
            for number in (1, 2, 3):
                server = world.server(number)
                shown = meters.days(server, today - timedelta(days=3), today)
                assert [day.received for _, day in shown] == [3, 2, 1, 0]
                assert meters.days(server, date.min, date(1999, 12, 31)) == []
        assert days.looks == 1
        days[1, today + timedelta(days=1)] = Day(received=7)
        assert meters.days(world.server(1), today, date.max)[-1][1].received == 7

    in_world(scene)

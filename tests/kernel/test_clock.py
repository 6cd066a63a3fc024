"""Lab clocks: sleeping, time-outs, scaling, and a clock that moves only when told."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import LoopClock, SteppedClock, TimeOutOfRange, run


async def _settled():
    for _ in range(20):
        await asyncio.sleep(0)


def test_sleep_and_calendar_follow_lab_time():
    async def main():
        clock = LoopClock()
        await clock.sleep(90.5)
        return clock.now(), clock.calendar()

    assert run(main()) == (90.5, datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC))


def test_a_scaled_clock_runs_faster_than_the_loop():
    async def main():
        clock = LoopClock(rate=60)
        await clock.sleep(60)
        return clock.now(), asyncio.get_running_loop().time()

    assert run(main()) == (60, 1)


def test_timeout_ends_the_body_at_its_time():
    async def main():
        clock = LoopClock()
        with pytest.raises(TimeoutError):
            async with clock.timeout(5):
                await clock.sleep(100)
        async with clock.timeout(5):
            await clock.sleep(1)
        return clock.now()

    assert run(main()) == 6


def test_a_cancellation_from_outside_is_not_taken_for_a_timeout():
    async def main():
        clock = LoopClock()

        async def work():
            async with clock.timeout(50):
                await clock.sleep(100)

        task = asyncio.create_task(work())
        await clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 100), max_size=20), st.lists(st.floats(0, 40), max_size=6))
def test_a_stepped_clock_fires_what_is_due_and_nothing_else(dues, steps):
    async def main():
        clock = SteppedClock(_settled)
        fired = []
        for number, due in enumerate(dues):
            clock.call_at(due, lambda n=number: fired.append((clock.now(), n)))
        for step in steps:
            before = clock.now()
            await clock.advance(step)
            assert clock.now() == before + step
        return clock.now(), fired

    now, fired = run(main())
    expected = sorted((due, n) for n, due in enumerate(dues) if steps and due <= now)
    assert fired == expected


def test_a_stepped_clock_waits_for_what_an_event_sets_off():
    async def main():
        clock = SteppedClock(_settled)
        seen = []

        async def chain():
            for _ in range(3):
                await clock.sleep(10)
                seen.append(clock.now())

        task = asyncio.create_task(chain())
        await clock.advance(25)
        assert seen == [10, 20]
        await clock.advance_to_next()
        assert seen == [10, 20, 30]
        await task

    run(main())


CENTURY = 100 * 365.25 * 86_400


@settings(deadline=None, max_examples=200)
@given(st.floats(0, CENTURY), st.floats(0.001, 100_000), st.lists(st.floats(0, CENTURY), min_size=1, max_size=5))
def test_no_timer_comes_before_its_time_whatever_the_clock_s_rate_and_start(start, rate, dues):
    async def main():
        clock = LoopClock(rate=rate, start=start)
        early = []
        for due in dues:
            clock.call_at(due, lambda due=due: early.append(due - clock.now()))
        await clock.sleep(max(*dues, clock.now()) - clock.now() + 1)
        assert len(early) == len(dues)
        return max(early)

    assert run(main()) <= 0


@settings(deadline=None, max_examples=50)
@given(st.floats(0, CENTURY), st.floats(0, CENTURY))
def test_a_stepped_clock_has_any_length_of_time(first, second):
    async def main():
        clock = SteppedClock(_settled)
        fired = []
        clock.call_at(first, lambda: fired.append(clock.now()))
        await clock.advance(first)
        assert fired == [clock.now()] == [first]
        assert await clock.advance(second) == first + second

    run(main())


@pytest.mark.parametrize("seconds", [float("inf"), float("nan"), 1e12])
def test_what_neither_clock_nor_calendar_has_is_refused(seconds):
    async def main():
        for clock in (SteppedClock(_settled), LoopClock()):
            if seconds != 1e12:
                with pytest.raises(TimeOutOfRange, match="finite number"):
                    await clock.sleep(seconds)
                continue
            with pytest.raises(TimeOutOfRange, match="year 9999"):
                clock.calendar(seconds)
        clock = SteppedClock(_settled)
        for move in (clock.advance, clock.advance_to):
            with pytest.raises(TimeOutOfRange):
                await move(seconds)
        assert clock.now() == 0

    run(main())


def test_time_does_not_run_backwards():
    async def main():
        clock = SteppedClock(_settled)
        await clock.advance(10)
        with pytest.raises(ValueError, match="backwards"):
            await clock.advance(-1)
        with pytest.raises(ValueError, match="backwards"):
            await clock.advance_to(5)
        return clock.now()

    assert run(main()) == 10

"""What is in flight, and what in it waits for lab time."""

import asyncio

from simulator.kernel import Activity


async def test_a_wait_that_outlives_what_it_was_within_does_not_hold_time_up_for_ever():
    activity = Activity(idle=0.0)
    with activity.busy():
        waiting = activity.waiting()
        waiting.__enter__()
    settled = asyncio.ensure_future(activity.settle())
    for _ in range(20):
        await asyncio.sleep(0)
    waiting.__exit__(None, None, None)
    async with asyncio.timeout(5):
        await settled
    assert activity.in_flight == 0

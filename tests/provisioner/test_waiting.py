"""Waits end, though a clock that started later than its loop rounds a deadline to a moment that the loop has passed."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.clients.records6 import Operation
from provisioner.dci6.operations import Operations
from provisioner.log import ModuleLog
from simulator.kernel import LoopClock, run


@settings(max_examples=100, deadline=None)
@example(offset=1234.1, start=0.3, limit=10.1, every=5.0)
@given(st.floats(0.1, 1e6), st.floats(0, 100), st.floats(1, 20), st.sampled_from([1.0, 5.0, 30.0]))
def test_a_deadline_that_is_a_hair_away_is_a_deadline(offset: float, start: float, limit: float, every: float):
    looks = 0

    class Panel:
        async def operation(self, number: int) -> Operation:
            nonlocal looks
            looks += 1
            assert looks < 40, "it looks for ever"
            return Operation(number, "running")

    async def main() -> None:
        await LoopClock().sleep(offset)
        clock = LoopClock()
        await clock.sleep(start)
        operations = Operations(Panel(), clock, ModuleLog(clock))  # type: ignore[arg-type]
        deadline = clock.now() + limit
        assert await operations.wait(1, deadline, every) is None
        assert clock.now() == pytest.approx(deadline, abs=2e-3)

    run(main())

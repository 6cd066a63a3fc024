"""A poll that is let go by holds its BMC as one that is made does."""

from __future__ import annotations

import asyncio

from simulator.dcim.equipment.held import Held, taken
from simulator.fabric import MemoryFabric
from simulator.kernel import run
from simulator.lab import Lab

SMALL = Lab.load("small")


class Clockwork:
    """A timer."""

    cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def test_only_a_lock_that_nobody_has_or_waits_for_is_taken() -> None:
    async def main() -> None:
        lock, order = asyncio.Lock(), list[str]()

        async def wait() -> None:
            async with lock:
                order.append("who waited")

        assert taken(lock)
        assert lock.locked()
        assert not taken(lock)
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        lock.release()
        assert not lock.locked()
        assert not taken(lock), "somebody else is next"
        await waiting
        assert order == ["who waited"]
        assert taken(lock)

    run(main())


def test_it_is_given_back_once_when_the_timer_ends_or_is_called_off() -> None:
    async def main() -> None:
        for ends in (Held.end, Held.cancel):
            lock, timer = asyncio.Lock(), Clockwork()
            assert taken(lock)
            held = Held(timer, lock)
            ends(held)
            assert not lock.locked()
            assert timer.cancelled is (ends is Held.cancel)
            assert taken(lock)
            held.end()
            held.cancel()
            assert lock.locked(), "it is another's by now"

    run(main())


def test_who_commands_during_such_a_poll_waits_for_its_end_and_a_lost_panel_leaves_no_bmc_held(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    async def main() -> None:
        passing = asyncio.Event()
        pass_over = MemoryFabric.pass_over

        def noted(fabric, address, hops, then):  # type: ignore[no-untyped-def]
            passing.set()
            return pass_over(fabric, address, hops, then)

        monkeypatch.setattr(MemoryFabric, "pass_over", noted)
        async with SMALL.simulated() as lab:
            panel = lab.panel

            async def held() -> int:
                """The first BMC that is passed over from now on; at once, for whoever waited would be something that is due."""
                while True:
                    passing.clear()
                    await passing.wait()
                    for number, (_, lock) in panel.devices._bmcs.items():
                        if lock.locked():
                            return number

            await lab.clock.sleep(1000)
            number = await held()
            at = lab.clock.now()
            await panel.power.on(number)
            assert lab.clock.now() > at
            assert lab.plant.servers[panel.inventory.servers.get(number).name].powered

            await lab.clock.sleep(100)
            number = await held()
            panel.lose()
            assert not any(lock.locked() for _, lock in panel.devices._bmcs.values())
            panel.recover()
            await lab.clock.sleep(30)
            await panel.power.reset(number)

    run(main())

"""Causes: who came from whom, what stands in the way, and how a chain is told."""

from __future__ import annotations

import asyncio
import json

from simulator.kernel import Journal, LoopClock, Record, SteppedClock, run
from simulator.kernel.causes import explain, told
from simulator.kernel.flow import because, detach, flow, met, own_flow, root
from simulator.kernel.marks import Marks


async def journal() -> Journal:
    return Journal(LoopClock())


def test_what_a_record_sets_off_names_it_through_calls_timers_and_tasks() -> None:
    async def main() -> list[list[str]]:
        kept, clock = await journal(), LoopClock()

        async def work() -> None:
            kept.write("panel", "srv-1", "in a task")

        async def poll() -> None:
            detach()
            kept.write("panel", "srv-1", "polled")

        with because(kept.write("fault", "pdu-1", "bank.tripped").number):
            first = kept.write("plant", "srv-1", "no_ac")
            with because(first.number):
                clock.call_later(5, lambda: kept.write("plant", "srv-1", "in a timer"))
                tasks = [asyncio.ensure_future(work()), asyncio.ensure_future(poll())]
            with because(0):
                kept.write("plant", "srv-2", "beside it")
            with root():
                kept.write("fault", "pdu-2", "another")
        kept.write("plant", "srv-3", "by itself")
        await asyncio.gather(*tasks)
        await clock.sleep(10)
        return [[each.what for each in kept.chain(record)] for record in kept]

    first, second, beside, other, alone, task, poll, timer = run(main())
    assert first == ["bank.tripped"]
    assert second == ["bank.tripped", "no_ac"]
    assert beside == ["bank.tripped", "beside it"]
    assert (other, alone, poll) == (["another"], ["by itself"], ["polled"])
    assert task == ["bank.tripped", "no_ac", "in a task"]
    assert timer == ["bank.tripped", "no_ac", "in a timer"]


def test_a_clock_that_is_moved_by_hand_keeps_the_cause_of_a_timer() -> None:
    async def main() -> list[int]:
        async def settle() -> None:
            pass

        clock = SteppedClock(settle)
        kept = Journal(clock)
        with because(kept.write("plant", "pdu-1", "bank overloaded").number):
            clock.call_later(30, lambda: kept.write("plant", "pdu-1", "bank tripped"))
        clock.call_later(40, lambda: kept.write("plant", "srv-1", "running"))
        await clock.advance(60)
        return [record.cause for record in kept]

    assert run(main()) == [0, 1, 0]


def test_causes_stand_beside_what_the_hash_is_over() -> None:
    async def main() -> tuple[Journal, Journal]:
        with_causes, without = await journal(), await journal()
        for kept in (with_causes, without):
            number = kept.write("fault", "pdu-1", "bank.tripped").number
            with because(number if kept is with_causes else 0):
                kept.write("plant", "srv-1", "no_ac", outlet=3)
        return with_causes, without

    kept, plain = run(main())
    assert kept.hash() == plain.hash()
    assert json.loads(kept[1].as_line()) == {**kept[1].as_dict(), "cause": 1}
    assert json.loads(plain[1].as_line()) == plain[1].as_dict()


def test_a_chain_ends_where_the_journal_has_forgotten() -> None:
    async def main() -> tuple[Journal, list[Record]]:
        kept = await journal()
        kept.bound(2, 10**6)
        record = kept.write("fault", "a", "first")
        for what in ("second", "third"):
            with because(record.number):
                record = kept.write("plant", "a", what)
        return kept, kept.chain(record)

    kept, chain = run(main())
    assert [record.what for record in chain] == ["second", "third"]
    assert kept.numbered(1) is None
    assert kept.numbered(4) is None
    assert [record.what for record in explain(kept, "a")] == ["second", "third"]


def test_marks_hold_until_freed_each_hand_its_own() -> None:
    marks = Marks()
    marks.set("srv-1", "bmc", 3, by="fault 3")
    marks.set("srv-1", "bmc", 5)
    marks.set("srv-1", "net", 9)
    marks.set("srv-1", "disk", 0)
    assert marks.latest("srv-1", ("bmc", "disk")) == 5
    assert marks.latest("srv-1", ("disk",), ("net",)) == 9
    marks.free("srv-1", "bmc")
    assert marks.latest("srv-1", ("bmc",), ("net",)) == 3
    marks.free("srv-1", "bmc", "net", by="fault 3")
    assert marks.latest("srv-1", ("bmc",)) == 0
    assert marks.latest("srv-2", ("bmc",)) == 0
    assert list(marks.past("srv-1")) == [3, 5, 9]


def test_work_knows_what_it_has_met_and_nobody_elses() -> None:
    met(7)
    assert flow() is None
    with own_flow() as mine:
        met(4)
        met(0)
        with own_flow():
            met(9)
        assert mine.inside == 4
        assert flow() is mine
    assert flow() is None


def test_a_chain_is_told_in_few_lines_without_saying_a_thing_twice() -> None:
    async def main() -> tuple[list[str], list[str]]:
        kept = await journal()
        record = kept.write("fault", "panel", "panel.restart")
        for layer, what, detail in [
            *[("api6", "request", {"status": 503})] * 4,
            ("billing", "A10 wait", {"result": "error", "detail": "no answer"}),
            ("billing", "Create ended", {"error": "no answer"}),
        ]:
            with because(record.number):
                record = kept.write(layer, "web1", what, **detail)
        short = told(kept.chain(record))
        for number in range(20):
            with because(record.number):
                record = kept.write("plant", "web1", f"step {number}")
        return short, told(kept.chain(record))

    short, long = run(main())
    assert [" ".join(line.split()) for line in short] == [
        "0:00 fault panel panel.restart",
        "0:00 api6 web1 request: status 503 ... and so 4 times",
        "0:00 billing web1 A10 wait: no answer",
        "0:00 billing web1 Create ended",
    ]
    assert len(long) == 8
    assert "17 more" in long[4]
    assert "step 19" in long[-1]

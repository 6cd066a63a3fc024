"""A branch of a run in virtual time is the run as it is, in another process; here nothing of it happens."""

from __future__ import annotations

import asyncio
import os

import pytest

from simulator import kernel
from simulator.kernel import branch as branches
from simulator.kernel.branch import BranchFailed, branch


def test_a_branch_goes_on_from_here_and_leaves_this_run_as_it_was() -> None:
    async def main() -> None:
        seen: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_at(20, seen.append, "a timer of before")
        await asyncio.sleep(10)

        async def work() -> tuple[float, list[str]]:
            await asyncio.sleep(15)
            seen.append("by the branch")
            return loop.time(), seen

        assert await branch(work) == (25.0, ["a timer of before", "by the branch"])
        assert (loop.time(), seen) == (10.0, [])
        assert await branch(work) == (25.0, ["a timer of before", "by the branch"])
        await asyncio.sleep(15)
        assert seen == ["a timer of before"]

    kernel.run(main())


def test_a_branch_can_branch() -> None:
    async def main() -> list[int]:
        async def inner() -> int:
            return os.getpid()

        async def outer() -> list[int]:
            return [await branch(inner), os.getpid()]

        return [*await branch(outer), os.getpid()]

    assert len(set(kernel.run(main()))) == 3


async def fails() -> None:
    raise LookupError("no such thing")


async def cannot_be_sent() -> object:
    return lambda: None


async def dies() -> None:
    os._exit(3)


@pytest.mark.parametrize(
    ("work", "said"),
    [(fails, "LookupError: no such thing"), (cannot_be_sent, "cannot be sent"), (dies, "died: exit status 3")],
)
def test_what_goes_wrong_in_a_branch_is_told_here(work, said) -> None:
    async def main() -> None:
        with pytest.raises(BranchFailed, match=said):
            await branch(work)

    kernel.run(main())


def test_there_are_branches_in_virtual_time_only_and_where_a_process_can_be_copied(monkeypatch) -> None:
    async def main() -> None:
        await branch(fails)

    with pytest.raises(RuntimeError, match="in virtual time"):
        asyncio.run(main())
    monkeypatch.setattr(branches, "can_branch", lambda: False)
    with pytest.raises(RuntimeError, match="cannot copy"):
        kernel.run(main())

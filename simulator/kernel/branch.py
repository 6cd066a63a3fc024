"""A branch of a run in virtual time: the process is copied as it is, and what the copy goes through this one never sees.

Everything of a simulated run is in this process's memory, without threads or sockets, so a copy of the process (`fork`) is a copy of the
world at this instant, with all that waits in it. The copy goes on, sends back what it came to, and ends.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import traceback
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

from simulator.kernel.loop import VirtualLoop

__all__ = ["Branch", "BranchFailed", "branch", "can_branch", "fork"]

T = TypeVar("T")


class BranchFailed(RuntimeError):
    """A branch came to an error, whose trace this tells, or to something that cannot be sent, or its process died."""


def can_branch() -> bool:
    """Whether this system can copy a process (Windows cannot)."""
    return hasattr(os, "fork")


class Branch:
    """The end of a branch that is in this process: in the copy to send with, in the first process to receive with."""

    def __init__(self, pid: int, channel: int) -> None:
        self.here = pid == 0
        """This process is the copy."""
        self._pid = pid
        self._channel = channel

    def end(self, result: object) -> NoReturn:
        """In the copy: send back what it came to, and end."""
        self._send(True, result)

    def fail(self, error: BaseException) -> NoReturn:
        """In the copy: send back what went wrong, and end."""
        self._send(False, "".join(traceback.format_exception(error)))

    def _send(self, good: bool, what: object) -> NoReturn:
        status = 1
        try:
            try:
                data = pickle.dumps((good, what))
            except Exception as error:  # whatever cannot be sent, for whatever reason of its own
                data = pickle.dumps((False, f"what the branch came to cannot be sent: {error}"))
            with os.fdopen(self._channel, "wb") as channel:
                channel.write(data)
            status = 0
        finally:
            os._exit(status)  # nothing of the first process's may be done twice: no handlers, no buffers

    def receive(self) -> Any:
        """In the first process: what the branch came to; waits for it. Raises BranchFailed."""
        with os.fdopen(self._channel, "rb") as channel:
            data = channel.read()
        _, status = os.waitpid(self._pid, 0)
        if not data or status:
            raise BranchFailed(f"the branch's process died: {_ended(status)}")
        good, what = pickle.loads(data)  # noqa: S301 - what our own copy has written
        if not good:
            raise BranchFailed(what)
        return what


def fork() -> Branch:
    """Copy this process, in the middle of a run on the virtual loop, which goes on in both. Raises RuntimeError elsewhere."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise RuntimeError(  # noqa: TRY004 - of how it is run, not of an argument
            "only a run in virtual time can branch: sockets and threads have no copies"
        )
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python warns of other threads (a test runner's): the copy has none of them, and waits for none.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.close(reader)
        asyncio._set_running_loop(None)  # it is kept by process id
        asyncio._set_running_loop(loop)
        return Branch(0, writer)
    os.close(writer)
    return Branch(pid, reader)


async def branch(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work` in a copy of everything as it is now, and return what it came to; here nothing of it has happened, no time has
    passed. What it returns must be something that can be pickled. Raises BranchFailed when the work raises anything, RuntimeError
    where there are no branches.
    """
    if not can_branch():
        raise RuntimeError("this system cannot copy a process: run it again instead")
    there = fork()
    if there.here:
        try:
            result = await work()
        except BaseException as error:  # whatever it is, it must not go on in the copy
            there.fail(error)
        there.end(result)
    return there.receive()  # type: ignore[no-any-return]


def _ended(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"exit status {code}" if code >= 0 else f"signal {-code}"

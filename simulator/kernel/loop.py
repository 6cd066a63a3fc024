"""A virtual-time asyncio loop: when nothing is ready, time jumps to the next timer.

Nothing in it touches the operating system: no selector, no socket, no thread. What a simulated run must not do
(executors, real sockets, name look-ups) is refused by name; datagram endpoints go to the network plugged in as
`VirtualLoop.datagrams`. Two timers of one deadline fire in the order they were set, which plain asyncio does not
promise (its heap compares deadlines only).

It leans on the insides of `asyncio.BaseEventLoop`, which has no seam for a clock: `_run_once` is a round of the loop, `_ready` what is
to be called in it, `_stopping` says that it is the last, `_closed` that there will be none, and handles have `_context`, `_callback`, `_args`
and `_cancelled`. They are the same in Python 3.11, 3.12 and 3.13; `make test-python PYTHON=...` tries another.
"""

from __future__ import annotations

import asyncio
import heapq
import ipaddress
import socket
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context, copy_context
from heapq import heappop, heappush
from math import isfinite
from typing import Any, NoReturn, Protocol, TypeVar

__all__ = ["DatagramNetwork", "DeadlockError", "NotInVirtualTime", "VirtualLoop", "run"]

T = TypeVar("T")

_CANCELLED = 100
"""Timers called off that are kept before the heap is rid of them, when they are more than half of it."""


class NotInVirtualTime(RuntimeError):
    """Something was asked for that would leave virtual time: a thread, a real socket, DNS."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is not possible in a simulated run: it would leave virtual time and make the run "
            "depend on the machine. Use wire mode for that, or keep the work on the loop."
        )


class DeadlockError(RuntimeError):
    """Nothing is ready, no timer is set, and somebody still waits: the run can never go on."""


class DatagramNetwork(Protocol):
    """Where `VirtualLoop.create_datagram_endpoint` goes: an in-memory network."""

    def open_transport(
        self,
        protocol: asyncio.DatagramProtocol,
        local: tuple[str, int] | None,
        remote: tuple[str, int] | None,
    ) -> asyncio.DatagramTransport: ...


class _Handle(asyncio.Handle):
    """Asyncio's own, made without asking whether it is to remember who made it: there are a thousand in a life."""

    __slots__ = ()

    _repr = None
    _source_traceback = None

    def __init__(
        self, callback: Callable[..., object], args: Sequence[Any], loop: VirtualLoop, context: Context | None
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = self._args = None  # type: ignore[assignment]


class _Timer(asyncio.TimerHandle):
    __slots__ = ()

    _repr = None
    _source_traceback = None
    _scheduled = False

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: Sequence[Any],
        loop: VirtualLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._when = when

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._callback = self._args = None  # type: ignore[assignment]
            self._loop._cancelled += 1


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose `time()` starts at zero and moves only by jumping to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._orders = 0
        self._timers: list[tuple[float, int, _Timer]] = []
        """A heap: when, the how manieth it was set, and the timer. Tuples compare without a call of ours."""
        self._cancelled = 0
        """About how many of them were called off."""
        self.datagrams: DatagramNetwork | None = None

    # time

    def time(self) -> float:
        return self._now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call back at `when`; any finite time will do. Raises ValueError for one that is none."""
        if self._closed:  # type: ignore[attr-defined]
            self._check_closed()  # type: ignore[attr-defined]
        if not isfinite(when):
            raise ValueError(f"a timer at {when} s would never be due: lab time is a finite number of seconds")
        timer = _Timer(when, callback, args, self, context)
        self._orders += 1
        heappush(self._timers, (when, self._orders, timer))
        return timer

    def call_soon(  # type: ignore[override]
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        if self._closed:  # type: ignore[attr-defined]
            self._check_closed()  # type: ignore[attr-defined]
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)  # type: ignore[attr-defined]
        return handle

    def _run_once(self) -> None:
        """One round: everything that is ready, then what is due; when nothing is ready, the next timer's time comes first. As in asyncio's
        own, what is called in a round makes ready for the next one.
        """
        timers, ready = self._timers, self._ready  # type: ignore[attr-defined]
        if self._cancelled > _CANCELLED and self._cancelled * 2 > len(timers):
            timers[:] = [each for each in timers if not each[2]._cancelled]
            heapq.heapify(timers)
            self._cancelled = 0
        while timers and timers[0][2]._cancelled:
            heappop(timers)
            self._cancelled -= 1
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            if not timers:
                raise DeadlockError(self.describe_deadlock())
            self._now = max(self._now, timers[0][0])
        now = self._now
        while timers and timers[0][0] <= now:
            ready.append(heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                try:  # as its `_run` does, of which there are thousands
                    handle._context.run(handle._callback, *handle._args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:
                    told = {"message": f"Exception in callback {handle!r}", "exception": error, "handle": handle}
                    self.call_exception_handler(told)

    def only_due(self, when: float, fits: Callable[[Callable[..., object], Sequence[Any]], bool]) -> bool:
        """Whether all timers that are due until then fit: each is asked for by what it calls, and with what, in no order."""
        timers = self._timers
        count = len(timers)
        places = [0] if count and timers[0][0] <= when else []
        while places:  # of the heap: what is below a timer is not earlier
            place = places.pop()
            timer = timers[place][2]
            if not timer._cancelled and not fits(timer._callback, timer._args):
                return False
            below = 2 * place + 1
            if below < count and timers[below][0] <= when:
                places.append(below)
            below += 1
            if below < count and timers[below][0] <= when:
                places.append(below)
        return True

    def describe_deadlock(self) -> str:
        waiting = sorted(f"  {task.get_name()}: {_where(task)}" for task in asyncio.all_tasks(self) if not task.done())
        return f"the run cannot go on: at {self._now:g} s nothing is ready and no timer is set. Waiting:\n" + (
            "\n".join(waiting) or "  nobody"
        )

    # what asyncio expects of a loop

    def _write_to_self(self) -> None:
        pass

    def close(self) -> None:
        if not self.is_running():
            super().close()

    # the network

    async def create_datagram_endpoint(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], asyncio.DatagramProtocol],
        local_addr: tuple[str, int] | None = None,
        remote_addr: tuple[str, int] | None = None,
        **options: Any,
    ) -> tuple[asyncio.DatagramTransport, asyncio.DatagramProtocol]:
        if options.get("sock") is not None:
            raise NotInVirtualTime("a real socket")
        if self.datagrams is None:
            raise NotInVirtualTime("a datagram endpoint without an in-memory network on the loop")
        protocol = protocol_factory()
        transport = self.datagrams.open_transport(protocol, local_addr, remote_addr)
        self.call_soon(protocol.connection_made, transport)
        await asyncio.sleep(0)
        return transport, protocol

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        """Numeric addresses are answered; a name would need DNS."""
        try:
            address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
        except (ValueError, AttributeError, TypeError):
            raise NotInVirtualTime(f"looking up the name {host!r}") from None
        kind = options.get("type") or socket.SOCK_DGRAM
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        place: tuple[Any, ...] = (str(address), int(port or 0))
        return [(family, kind, options.get("proto", 0), "", place if address.version == 4 else (*place, 0, 0))]

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> NoReturn:  # type: ignore[override]
        raise NotInVirtualTime(f"running {getattr(func, '__qualname__', func)!r} in a thread or process")

    async def create_connection(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInVirtualTime("a real connection")

    async def create_server(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInVirtualTime("a real server socket")

    async def getnameinfo(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInVirtualTime("a reverse name look-up")

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        raise NotInVirtualTime("watching a file descriptor")

    def add_writer(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        raise NotInVirtualTime("watching a file descriptor")

    async def _no_socket(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInVirtualTime("a real socket")

    sock_connect = sock_accept = sock_recv = sock_recv_into = _no_socket
    sock_recvfrom = sock_sendall = sock_sendto = sock_sendfile = _no_socket

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotInVirtualTime("starting another program")

    subprocess_shell = subprocess_exec


def _where(task: asyncio.Task[Any]) -> str:
    frames = task.get_stack(limit=1)
    if not frames:
        return repr(task.get_coro())
    frame = frames[-1]
    return f"{frame.f_code.co_qualname} ({frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno})"


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, to its end, and close the loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)

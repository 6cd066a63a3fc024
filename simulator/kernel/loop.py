"""A virtual-time asyncio loop: when nothing is ready, time jumps to the next timer.

Nothing in it touches the operating system: no selector, no socket, no thread. What a simulated run must not do
(executors, real sockets, name look-ups) is refused by name; datagram endpoints go to the network plugged in as
`VirtualLoop.datagrams`. Two timers of one deadline fire in the order they were set, which plain asyncio does not
promise (its heap compares deadlines only).

It leans on the insides of `asyncio.BaseEventLoop`, which has no seam for a clock: `_selector.select` is what the loop waits in,
`_scheduled` its heap of timers, `_clock_resolution` how early one may fire. They are the same in Python 3.11, 3.12 and 3.13;
`make test-python PYTHON=...` tries another.
"""

from __future__ import annotations

import asyncio
import heapq
import ipaddress
import math
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextvars import Context
from typing import Any, NoReturn, Protocol, TypeVar

__all__ = ["DatagramNetwork", "DeadlockError", "NotInVirtualTime", "VirtualLoop", "run"]

T = TypeVar("T")


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


class _OrderedTimer(asyncio.TimerHandle):
    __slots__ = ("_order",)

    _order: int

    def __lt__(self, other: Any) -> bool:
        mine, his = self._when, other._when  # type: ignore[attr-defined]
        return bool(mine < his or (mine == his and self._order < other._order))


class _JumpSelector:
    """Stands where the loop keeps its selector: being asked to wait, it moves the clock instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise DeadlockError(self._loop.describe_deadlock())
        if timeout > 0:
            self._loop.jump()
        return []

    def close(self) -> None:
        pass


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose `time()` starts at zero and moves only by jumping to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._orders = 0
        self._selector = _JumpSelector(self)
        self._clock_resolution = math.ulp(0.0)
        self.datagrams: DatagramNetwork | None = None

    # time

    def time(self) -> float:
        return self._now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call back at `when`; any finite time will do. Raises ValueError for one that is none."""
        self._check_closed()  # type: ignore[attr-defined]
        if not math.isfinite(when):
            raise ValueError(f"a timer at {when} s would never be due: lab time is a finite number of seconds")
        timer = _OrderedTimer(when, callback, args, self, context)
        self._orders += 1
        timer._order = self._orders
        self._schedule(timer)
        return timer

    def _schedule(self, timer: _OrderedTimer) -> None:
        heapq.heappush(self._scheduled, timer)  # type: ignore[attr-defined]
        timer._scheduled = True  # type: ignore[attr-defined]

    def jump(self) -> None:
        """Move the clock to the next timer. asyncio then fires what is due before `time()` plus the resolution. With one step
        of a float that is what is due now, and nothing comes early; with less, no timer would ever be due.
        """
        self._now = now = max(self._now, self._scheduled[0].when())  # type: ignore[attr-defined]
        self._clock_resolution = math.ulp(now)

    def due_until(self, when: float) -> Iterator[tuple[Callable[..., object], Sequence[Any]]]:
        """What all timers that are due until then call, and with what, in no order."""
        scheduled: list[_OrderedTimer] = self._scheduled  # type: ignore[attr-defined]
        places = [0]
        while places:
            place = places.pop()
            if place < len(scheduled) and scheduled[place].when() <= when:  # what is below in the heap is not earlier
                if not scheduled[place].cancelled():
                    yield scheduled[place]._callback, scheduled[place]._args  # type: ignore[attr-defined]
                places += (2 * place + 1, 2 * place + 2)

    def describe_deadlock(self) -> str:
        waiting = sorted(f"  {task.get_name()}: {_where(task)}" for task in asyncio.all_tasks(self) if not task.done())
        return f"the run cannot go on: at {self._now:g} s nothing is ready and no timer is set. Waiting:\n" + (
            "\n".join(waiting) or "  nobody"
        )

    # what asyncio expects of a loop

    def _process_events(self, event_list: list[Any]) -> None:
        pass

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

"""The virtual loop: time jumps, order holds, and what would leave virtual time is refused."""

import asyncio
import socket
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.kernel import DeadlockError, NotInVirtualTime, VirtualLoop, run


def test_an_hour_passes_in_no_time():
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(3600)
        return loop.time()

    assert run(main()) == 3600


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 2.5000001]), max_size=40))
def test_timers_fire_by_deadline_and_equal_ones_in_the_order_set(delays):
    fired = []

    async def main():
        loop = asyncio.get_running_loop()
        for number, delay in enumerate(delays):
            loop.call_later(delay, lambda n=number: fired.append((loop.time(), n)))
        await asyncio.sleep(10)

    run(main())
    assert [n for _, n in fired] == [n for n, _ in sorted(enumerate(delays), key=lambda pair: (pair[1], pair[0]))]
    assert all(abs(at - delays[n]) < 1e-6 for at, n in fired)


def test_a_cancelled_timer_neither_fires_nor_holds_up_time():
    async def main():
        loop = asyncio.get_running_loop()
        loop.call_later(5, pytest.fail, "fired").cancel()
        await asyncio.sleep(10)
        return loop.time()

    assert run(main()) == 10


CENTURY = 100 * 365.25 * 86_400


@settings(deadline=None, max_examples=300)
@given(st.floats(0, CENTURY), st.lists(st.floats(0, CENTURY), min_size=1, max_size=8))
@example(2.0**24, [0.0, 1.0, 1e-9])
@example(2.0**23 - 1, [1.0, 1.0 + 2**-30])
def test_after_any_length_of_time_timers_fire_in_their_order_and_not_early(before, delays):
    fired = []

    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(before)
        assert loop.time() == before
        dues = [before + delay for delay in delays]
        for number, due in enumerate(dues):
            loop.call_at(due, lambda n=number: fired.append((loop.time(), n)))
        await asyncio.sleep(max(delays))
        await asyncio.sleep(0)
        return dues

    dues = run(main())
    assert [n for _, n in fired] == [n for n, _ in sorted(enumerate(dues), key=lambda pair: (pair[1], pair[0]))]
    assert all(at == dues[n] for at, n in fired)


def test_time_goes_on_past_every_power_of_two_that_a_float_has():
    async def main():
        loop = asyncio.get_running_loop()
        for power in range(1024):
            await asyncio.sleep(2.0**power - loop.time())
            assert loop.time() == 2.0**power

    run(main())


@pytest.mark.parametrize("never", [float("inf"), float("nan")])
def test_a_timer_that_would_never_be_due_is_refused(never):
    with pytest.raises(ValueError, match=r"finite number of seconds|Invalid delay"):
        run(asyncio.sleep(never))


def test_a_deadlock_names_who_waits():
    async def forever():
        await asyncio.get_running_loop().create_future()

    async def main():
        await asyncio.create_task(forever(), name="billing of web1")

    with pytest.raises(DeadlockError, match=r"billing of web1: .*forever \(test_loop.py"):
        run(main())


@pytest.mark.parametrize(
    "leave",
    [
        lambda loop: loop.run_in_executor(None, print),
        lambda loop: asyncio.to_thread(print),
        lambda loop: asyncio.open_connection("127.0.0.1", 80),
        lambda loop: asyncio.start_server(print, "127.0.0.1", 0),
        lambda loop: loop.getaddrinfo("example.com", 80),
        lambda loop: loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0)),
        lambda loop: asyncio.create_subprocess_exec("true"),
        lambda loop: loop.sock_connect(None, ("127.0.0.1", 80)),
    ],
)
def test_what_would_leave_virtual_time_is_refused(leave):
    async def main():
        await leave(asyncio.get_running_loop())

    with pytest.raises(NotInVirtualTime, match="not possible in a simulated run"):
        run(main())


def test_a_real_socket_is_refused_for_datagrams():
    async def main():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, sock=sock)

    with pytest.raises(NotInVirtualTime, match="a real socket"):
        run(main())


def test_a_numeric_address_needs_no_dns():
    async def main():
        return await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 161, type=socket.SOCK_DGRAM)

    assert run(main())[0][4] == ("127.0.0.1", 161)


def test_nothing_of_the_loop_touches_the_operating_system():
    open_files = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    loop = VirtualLoop()
    try:
        assert not open_files or len(list(Path("/proc/self/fd").iterdir())) == open_files
    finally:
        loop.close()

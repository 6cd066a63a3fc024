"""One socket for many devices: each answers from its own address, and stale datagrams are shed."""

import asyncio
import socket
import time

import pytest

from simulator.fabric import AddressInUse, Conditions, SharedUdpFabric, can_share, shared

pytestmark = pytest.mark.skipif(not can_share(), reason="one socket for many addresses needs Linux")


@pytest.fixture
async def fabric():
    fabric = SharedUdpFabric()
    yield fabric
    fabric.close()
    await asyncio.sleep(0)


def _echo(fabric, host, port=0):
    end = None

    def receive(data, source):
        end.send(host.encode() + b" heard " + data, source)

    async def opened():
        nonlocal end
        end = await fabric.open((host, port), receive)
        return end

    return opened()


class Console:
    """An outside program's socket, without a fabric."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)

    async def ask(self, data, to):
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self.sock, data, to)
        return await asyncio.wait_for(loop.sock_recvfrom(self.sock, 2000), 10)


@pytest.fixture
def console():
    console = Console()
    yield console
    console.sock.close()


async def test_devices_on_one_socket_answer_each_from_its_own_address(fabric, console):
    ends = [await _echo(fabric, f"127.77.{block}.{host}") for block in (0, 1) for host in (1, 2, 3)]
    assert len({end.address[1] for end in ends}) == 1
    for end in ends:
        answer, source = await console.ask(b"ping", end.address)
        assert source == end.address
        assert answer == end.address[0].encode() + b" heard ping"
    assert fabric.delivered == fabric.sent == 6


async def test_an_address_is_given_once_and_can_be_had_again_after_it_was_given_back(fabric, console):
    first = await _echo(fabric, "127.77.0.1")
    with pytest.raises(AddressInUse, match=r"127\.77\.0\.1:\d+ is taken"):
        await _echo(fabric, *first.address)
    other = await _echo(fabric, "127.77.0.1")
    assert other.address[1] != first.address[1]
    first.close()
    first.close()
    first.send(b"nobody hears this", other.address)
    again = await _echo(fabric, *first.address)
    assert (await console.ask(b"ping", again.address))[1] == first.address


async def test_a_port_on_which_somebody_else_has_a_socket_gives_an_endpoint_of_its_own(fabric, console):
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.77.0.9", 0))
    port = taken.getsockname()[1]
    neighbour = await _echo(fabric, "127.77.0.1", port)
    assert neighbour.address == ("127.77.0.1", port)
    assert (await console.ask(b"ping", neighbour.address))[1] == neighbour.address
    with pytest.raises(AddressInUse):
        await _echo(fabric, "127.77.0.9", port)
    taken.close()


async def test_what_is_sent_to_an_address_without_a_device_disturbs_nobody(fabric, console):
    end = await _echo(fabric, "127.77.0.1")
    console.sock.sendto(b"lost", ("127.77.0.2", end.address[1]))
    assert (await console.ask(b"ping", end.address))[0].endswith(b"ping")
    assert fabric.delivered == 1


async def test_datagrams_that_waited_too_long_are_shed_and_the_fresh_ones_answered(fabric, console, monkeypatch):
    end = await _echo(fabric, "127.77.0.1")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 1.1)  # the process comes late, as an overloaded one does
    for _ in range(5):
        console.sock.sendto(b"stale", end.address)
    for _ in range(100):
        await asyncio.sleep(0)
    assert fabric.shed == 5
    monkeypatch.setattr(time, "time", real)
    answer, _ = await console.ask(b"fresh", end.address)
    assert answer.endswith(b"fresh")
    assert fabric.delivered == 1


async def test_a_bad_link_of_one_device_leaves_its_neighbours_on_the_socket_alone(fabric, console):
    dead, well = await _echo(fabric, "127.77.0.1"), await _echo(fabric, "127.77.0.2")
    fabric.set_conditions("127.77.0.1", Conditions(loss=1.0))
    console.sock.sendto(b"lost", dead.address)
    assert (await console.ask(b"ping", well.address))[1] == well.address
    fabric.set_conditions("127.77.0.1", None)
    assert (await console.ask(b"ping", dead.address))[1] == dead.address


async def test_two_fabrics_of_one_process_do_not_hear_each_other(fabric, console):
    other = SharedUdpFabric()
    mine, theirs = await _echo(fabric, "127.77.0.1"), await _echo(other, "127.77.0.1")
    assert mine.address != theirs.address
    await console.ask(b"ping", mine.address)
    assert (fabric.delivered, other.delivered) == (1, 0)
    other.close()


async def test_a_flood_of_datagrams_is_kept_until_its_turn_comes(fabric):
    heard = []
    end = await fabric.open(("127.77.0.1", 0), lambda data, source: heard.append(data))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for number in range(500):
        sender.sendto(b"%d" % number, end.address)
    sender.close()
    for _ in range(200):
        if len(heard) == 500:
            break
        await asyncio.sleep(0.005)
    assert heard == [b"%d" % number for number in range(500)]


async def test_who_floods_a_late_queue_has_his_share_and_others_have_theirs(monkeypatch):
    monkeypatch.setattr(shared, "_LATE", -10.0)  # every datagram is late
    monkeypatch.setattr(shared, "_FAIR", 5)
    monkeypatch.setattr(shared, "_WINDOW", 1e9)
    fabric = SharedUdpFabric()
    heard = []
    end = await fabric.open(("127.16.200.1", 0), lambda data, source: heard.append(data))
    flooder, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    try:
        for number in range(200):
            flooder.sendto(b"flood", end.address)
            if number % 50 == 0:
                other.sendto(b"question", end.address)
        while len(heard) + fabric.shed < 204:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert heard.count(b"question") == 4
        assert heard.count(b"flood") == 5
        assert fabric.shed == 195
    finally:
        flooder.close()
        other.close()
        fabric.close()


async def test_a_wake_up_ends_when_its_turn_is_over(monkeypatch):
    monkeypatch.setattr(shared, "_TURN", -1.0)
    fabric = SharedUdpFabric()
    heard, turns = [], []
    end = await fabric.open(("127.16.200.1", 0), lambda data, source: heard.append(data))
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        for _ in range(20):
            sender.sendto(b"x", end.address)
        while len(heard) < 20:
            turns.append(len(heard))
            await asyncio.sleep(0)
        assert len(set(turns)) >= 19  # others had a turn after each
    finally:
        sender.close()
        fabric.close()

"""Datagram networks: the in-memory one and real UDP behave alike, and links can be bad on purpose."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.fabric import AddressInUse, Conditions, MemoryFabric, UdpFabric
from simulator.kernel import Streams, run


async def _echo_once(fabric, address):
    answers = []
    heard = asyncio.Event()

    def echo(data, source):
        server.send(data.upper(), source)

    def receive(data, source):
        answers.append((data, source))
        heard.set()

    server = await fabric.open(address, echo)
    client = await fabric.open(None, receive)
    client.send(b"hello", server.address)
    await heard.wait()
    assert answers == [(b"HELLO", server.address)]
    with pytest.raises(AddressInUse, match="is taken"):
        await fabric.open(server.address, echo)
    server.close()
    server.close()
    again = await fabric.open(server.address, echo)
    again.close()
    client.close()


def test_in_memory_a_datagram_comes_back_from_the_address_it_went_to():
    async def main():
        await _echo_once(MemoryFabric(Streams(1)), ("127.16.0.1", 6230))

    run(main())


async def test_on_udp_a_datagram_comes_back_from_the_address_it_went_to():
    fabric = UdpFabric()
    await _echo_once(fabric, ("127.0.0.1", 0))
    assert fabric.sent == 2
    fabric.close()
    await asyncio.sleep(0)


def _arrivals(conditions, count=200, seed=1):
    async def main():
        fabric = MemoryFabric(Streams(seed))
        got = []
        loop = asyncio.get_running_loop()
        server = await fabric.open(("10.9.0.1", 1), lambda data, source: got.append((int(data), loop.time())))
        client = await fabric.open(None, lambda data, source: None)
        fabric.set_conditions("10.9.0.1", conditions)
        for number in range(count):
            client.send(b"%d" % number, server.address)
            await asyncio.sleep(0.01)
        await asyncio.sleep(5)
        return got

    return run(main())


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 3))
def test_a_bad_link_is_equally_bad_for_the_same_seed(loss, duplication, reordering, delay, jitter, seed):
    link = Conditions(loss=loss, duplication=duplication, reordering=reordering, delay=delay, jitter=jitter)
    first = _arrivals(link, 40, seed)
    assert first == _arrivals(link, 40, seed)
    assert all(at - number * 0.01 >= delay - 1e-9 for number, at in first)


def test_loss_duplication_and_reordering_do_what_they_say():
    assert _arrivals(Conditions(loss=1)) == []
    assert len(_arrivals(Conditions(duplication=1))) == 400
    assert 120 < len(_arrivals(Conditions(loss=0.3))) < 160
    order = [number for number, _ in _arrivals(Conditions(reordering=0.5, reorder_by=0.05))]
    assert sorted(order) == list(range(200))
    assert order != sorted(order)


@pytest.mark.parametrize("bad", [{"loss": 1.1}, {"duplication": -0.1}, {"delay": -1}])
def test_impossible_conditions_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        Conditions(**bad)

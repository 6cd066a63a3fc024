"""Two live systems with one address: who has it is what ARP says, or with IPv6 neighbour discovery."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.plant import BootState
from simulator.plant.disk import InstalledOs
from tests.plant.support import Hall

IPV4, IPV6 = "192.0.2.10", "2001:db8::10"


async def twice(hall, address, pause=60):
    """Both servers come up with the same address, the first one a while before the second."""
    for server in (hall.one, hall.two):
        server.disks[0].os = InstalledOs("debian-12", (address,))
        server.power_on()
        await hall.clock.sleep(pause)
    await hall.clock.sleep(600)
    assert hall.one.state is hall.two.state is BootState.RUNNING


def names(stations):
    return [station.name for station in stations]


@pytest.mark.parametrize(("address", "reached", "holders"), [(IPV4, 1, 2), (IPV6, 0, 1)], ids=["IPv4", "IPv6"])
def test_with_ipv4_the_last_to_come_up_has_the_address_and_with_ipv6_the_first_keeps_it(address, reached, holders):
    async def main():
        hall = Hall()
        await twice(hall, address)
        servers = (hall.one, hall.two)
        assert hall.plant.answering(address) == servers[reached].name
        assert [server.answers_ping(address) for server in servers] == [reached == 0, reached == 1]
        assert len(hall.plant.network.neighbours.holders(address)) == holders
        (conflict,) = [record for record in hall.journal if record.what == "address conflict"]
        assert (conflict.subject, conflict.detail) == ("srv-02", {"address": address, "others": ["srv-01"]})

    run(main())


def test_when_the_one_that_is_reached_goes_the_other_answers_and_a_restart_takes_the_address_back():
    async def main():
        hall = Hall()
        await twice(hall, IPV4)
        hall.switch.ports[1].set_admin(False)
        assert hall.plant.answering(IPV4) == "srv-01"
        hall.switch.ports[1].set_admin(True)
        assert hall.plant.answering(IPV4) == "srv-02"
        hall.one.reset()
        await hall.clock.sleep(600)
        assert hall.plant.answering(IPV4) == "srv-01"
        hall.one.power_off()
        assert hall.plant.answering(IPV4) == "srv-02"
        hall.two.freeze()
        assert hall.plant.answering(IPV4) is None

    run(main())


def test_a_system_that_is_cut_off_is_in_nobody_s_way():
    async def main():
        hall = Hall()
        hall.switch.ports[0].set_admin(False)
        await twice(hall, IPV4)
        assert "address conflict" not in hall.said("srv-02")
        hall.switch.ports[0].set_admin(True)
        assert names(hall.plant.network.neighbours.holders(IPV4)) == ["srv-01", "srv-02"]

    run(main())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["on", "off", "port", "wait"]), st.integers(0, 1), st.integers(0, 300))))
def test_an_address_is_reached_as_long_as_anybody_has_it_and_then_at_one_place(acts):
    async def main():
        hall = Hall()
        servers = (hall.one, hall.two)
        for server in servers:
            server.disks[0].os = InstalledOs("debian-12", (IPV4,))
        for act, index, seconds in acts:
            if act == "on":
                servers[index].power_on()
            elif act == "off":
                servers[index].power_off()
            elif act == "port":
                hall.switch.ports[index].set_admin(not hall.switch.ports[index].admin_up)
            await hall.clock.sleep(seconds)
            has = [server for server in servers if server.has(IPV4)]
            answering = [server for server in servers if server.answers_ping(IPV4)]
            assert len(answering) == bool(has)
            assert set(answering) <= set(has)
            assert set(hall.plant.network.neighbours.holders(IPV4)) == set(has)
        hall.plant.close()

    run(main())

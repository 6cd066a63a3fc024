"""Spanning tree at a switch port: what a classic one drops after its link has come up, and an edge port does not."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from tests.plant.support import Hall


@pytest.mark.requirement("HW-3")
def test_a_classic_port_listens_learns_and_then_forwards_and_begins_anew_with_each_link() -> None:
    async def main() -> None:
        hall = Hall()
        port = hall.switch.ports[0]
        port.stp_edge = False
        hall.one.power_on()
        seen = []
        for _ in range(4):
            seen.append((port.stp_state, bool(port.stations), hall.one.nics[0].reaches_network))
            await hall.clock.sleep(11)
        assert seen == [
            ("listening", False, False),
            ("listening", False, False),
            ("learning", True, False),
            ("forwarding", True, True),
        ]
        port.set_admin(up=False)
        assert port.stp_state == "disabled"
        port.set_admin(up=True)
        assert (port.link_up, port.stp_state) == (True, "listening")

    run(main())


def test_an_edge_port_lets_frames_through_as_soon_as_there_is_a_link() -> None:
    async def main() -> None:
        hall = Hall()
        hall.one.power_on()
        assert hall.switch.ports[0].stp_state == "forwarding"
        assert hall.one.nics[0].reaches_network

    run(main())


def test_a_driver_that_takes_the_nic_over_makes_a_classic_port_begin_anew_and_an_edge_port_not() -> None:
    async def main() -> None:
        hall = Hall()
        port, nic = hall.switch.ports[0], hall.one.nics[0]
        port.stp_edge = False
        hall.one.power_on()
        await hall.clock.sleep(31)
        assert port.stp_state == "forwarding"
        nic.initialise()
        assert port.stp_state == "listening"
        await hall.clock.sleep(31)
        port.stp_edge = True
        nic.initialise()
        assert port.stp_state == "forwarding"

    run(main())


@settings(deadline=None, max_examples=150)
@given(st.floats(0, 3e9))
@example(999.997)
def test_who_waits_for_a_classic_port_gets_through_as_soon_as_it_forwards_whatever_the_time(start: float) -> None:
    async def main() -> None:
        hall = Hall()
        hall.switch.ports[0].stp_edge = False
        await hall.clock.sleep(start)
        hall.one.power_on()
        assert await hall.plant.network.path(hall.one.nics[:1], 60)
        assert abs(hall.clock.now() - start - 30) < 1e-5
        hall.plant.close()

    run(main())

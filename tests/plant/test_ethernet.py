"""What two ends of a link come to (IEEE 802.3, clauses 28 and 40), and what that does to a transfer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.plant import BootState
from simulator.plant.ethernet import AUTO, LinkSetting, Mode, can_be_set, modes, negotiated, negotiates
from tests.plant.support import Hall, diagnose, install

M = 10**6
TOPS = st.sampled_from([10 * M, 100 * M, 1000 * M, 10_000 * M, 40_000 * M])
SPEEDS = st.sampled_from([None, 10 * M, 100 * M, 1000 * M, 10_000 * M])
DUPLEX = st.sampled_from([None, True, False])


@st.composite
def ends(draw):
    """Hardware, and a setting that it can do."""
    top = draw(TOPS)
    setting = LinkSetting(draw(SPEEDS), draw(DUPLEX))
    return top, setting if can_be_set(top, setting) else AUTO


@given(ends(), ends())
def test_both_ends_see_the_same_link_and_neither_does_what_it_cannot(one, other):
    there, back = negotiated(*one, *other), negotiated(*other, *one)
    if there is None:
        assert back is None
        return
    assert back == (there.speed, there.full[::-1])
    for (top, setting), full in zip((one, other), there.full, strict=True):
        assert Mode(there.speed, full) in modes(top)
        assert setting.speed in (None, there.speed)
        assert setting.full in (None, full)
    assert 0 < there.rate <= there.speed <= min(one[0], other[0])
    if there.mismatch:
        assert negotiates(one[1]) is False or negotiates(other[1]) is False
        assert there.speed < 1000 * M


@given(TOPS, TOPS)
def test_two_ends_left_alone_take_the_most_that_both_can_do(one, other):
    top = min(one, other)
    assert negotiated(one, AUTO, other, AUTO) == (top, (True, True))


@given(ends(), ends())
def test_two_that_negotiate_never_mismatch_and_take_the_best_common_mode(one, other):
    if not (negotiates(one[1]) and negotiates(other[1])):
        return
    link = negotiated(*one, *other)
    common = [
        mode
        for mode in modes(one[0]) & modes(other[0])
        if all(s.speed in (None, mode.speed) and s.full in (None, mode.full) for s in (one[1], other[1]))
    ]
    assert (link and Mode(link.speed, link.full[0])) == (max(common) if common else None)
    assert link is None or not link.mismatch


@pytest.mark.parametrize(
    ("setting", "other", "link"),
    [
        (LinkSetting(100 * M, True), AUTO, (100 * M, (True, False))),
        (LinkSetting(100 * M, False), AUTO, (100 * M, (False, False))),
        (LinkSetting(10 * M, True), AUTO, (10 * M, (True, False))),
        (LinkSetting(100 * M, None), AUTO, (100 * M, (True, True))),
        (LinkSetting(None, False), AUTO, (100 * M, (False, False))),
        (LinkSetting(1000 * M, True), AUTO, (1000 * M, (True, True))),
        (LinkSetting(100 * M, True), LinkSetting(100 * M, True), (100 * M, (True, True))),
        (LinkSetting(100 * M, True), LinkSetting(100 * M, False), (100 * M, (True, False))),
        (LinkSetting(100 * M, True), LinkSetting(10 * M, True), None),
        (LinkSetting(1000 * M, True), LinkSetting(100 * M, True), None),
        (LinkSetting(100 * M, True), LinkSetting(None, True), None),
    ],
)
def test_what_a_setting_at_one_end_does_is_what_the_standard_says(setting, other, link):
    assert negotiated(1000 * M, setting, 1000 * M, other) == link


def test_hardware_refuses_what_it_cannot_do():
    async def main():
        hall = Hall()
        for thing in (hall.switch.ports[0], hall.one.nics[0]):
            for setting in (LinkSetting(10_000 * M), LinkSetting(1000 * M, False), LinkSetting(123)):
                with pytest.raises(ValueError, match="cannot"):
                    thing.set_link(setting)
            assert thing.setting == AUTO

    run(main())


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [
        (AUTO, 900e6 * 8 / 1e9),
        (LinkSetting(100 * M), 900e6 * 8 / 100e6),
        (LinkSetting(10 * M), 900e6 * 8 / 10e6),
        (LinkSetting(None, False), 900e6 * 8 / 90e6),
        (LinkSetting(100 * M, True), 900e6 * 8 / 2e6),
    ],
    ids=["auto", "100 Mbit/s", "10 Mbit/s", "half duplex", "mismatch"],
)
def test_an_image_comes_at_the_pace_of_the_link(setting, seconds):
    async def main():
        hall = Hall()
        port = hall.switch.ports[0]
        port.set_link(setting)
        hall.boot.task = install(work=0.0)
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
        await hall.clock.sleep(95 + 20 + seconds + 95 + 60 - 1)
        assert hall.one.state is not BootState.RUNNING
        await hall.clock.sleep(2)
        assert hall.one.state is BootState.RUNNING
        assert port.octets_out >= 900_000_000
        # The port is the end that was set, thus full duplex where they differ.
        mismatch = setting == LinkSetting(100 * M, True)
        assert (port.fcs_errors > 1000, port.late_collisions) == (mismatch, 0)

    run(main())


def test_a_port_that_negotiates_with_a_nic_that_does_not_sees_late_collisions():
    async def main():
        hall = Hall()
        port, nic = hall.switch.ports[0], hall.one.nics[0]
        nic.set_link(LinkSetting(100 * M, True))
        hall.boot.task = diagnose(False)
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
        await hall.clock.sleep(600)
        assert (port.speed, port.full_duplex, port.remote_negotiates) == (100 * M, False, False)
        assert port.late_collisions > 1000
        assert port.fcs_errors == 0

    run(main())


def test_a_transfer_goes_on_at_the_new_pace_when_the_port_is_set_in_its_midst():
    async def main():
        hall = Hall()
        hall.boot.task = diagnose(False)
        hall.one.set_boot_override(("pxe", False, False))
        hall.one.power_on()
        await hall.clock.sleep(95 + 20 + 2)
        hall.switch.ports[0].set_link(LinkSetting(10 * M))
        await hall.clock.sleep(90)
        assert hall.boot.ends() == []
        # 250 MB in the first two seconds, then 112 MB
        assert 300_000_000 < hall.switch.ports[0].octets_out < 400_000_000

    run(main())


def test_two_ends_without_a_common_speed_have_no_link_until_one_gives_way():
    async def main():
        hall = Hall()
        port, nic = hall.switch.ports[0], hall.one.nics[0]
        hall.one.power_on()
        await hall.clock.sleep(1)
        assert port.link_up
        nic.set_link(LinkSetting(10 * M, True))
        port.set_link(LinkSetting(100 * M, True))
        assert not port.link_up
        assert not nic.link_up
        assert (port.speed, port.full_duplex) == (100 * M, None)
        assert hall.said("sw-a1")[-1] == "link down"
        port.set_link(AUTO)
        assert (port.link_up, port.speed, port.full_duplex) == (True, 10 * M, False)

    run(main())


def test_a_setting_outlives_a_loss_of_power_and_the_counters_do_not():
    async def main():
        hall = Hall()
        port = hall.switch.ports[0]
        port.set_link(LinkSetting(100 * M, True))
        port.fcs_errors = port.late_collisions = 7
        hall.switch.failed = True
        hall.switch.state_changed()
        assert port.setting == (100 * M, True)
        assert (port.fcs_errors, port.late_collisions) == (0, 0)

    run(main())

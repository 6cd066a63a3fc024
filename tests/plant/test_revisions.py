"""What says that a switch or a PDU may show something else than before: a panel's readings are passed over while it does not."""

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.plant.ethernet import LinkSetting
from simulator.plant.network import Vlan
from simulator.plant.power import Strip
from tests.plant.support import Hall, install

STRIP = Strip(banks=2, bank_rating=0.6)


def shows(hall):
    """What managers read of a switch's ports and of a PDU's outlets."""
    ports = [
        (port.admin_up, port.link_up, port.speed, port.full_duplex, port.octets_in, port.octets_out, port.pvid)
        for port in hall.switch.ports
    ]
    loads = [(outlet.on, outlet.watts) for outlet in hall.pdu.outlets]
    return (*ports, *hall.switch.vlans.values()), loads


def _supply(hall, failed):
    hall.two.psus[0].failed = failed
    hall.two.psu_changed()


def _cable(hall, plugged):
    hall.one.nics[0].cable.plugged = plugged
    hall.one.nics[0].changed()


def _broken(hall, broken):
    hall.switch.ports[0].broken = broken
    hall.switch.ports[0].changed()


def _boot(hall, there):
    hall.boot.task = install(octets=4_000_000, work=60.0) if there else None


def _access(hall, there):
    if there:
        hall.switch.define_vlan(Vlan(20, "away", frozenset(), frozenset()))
        hall.switch.ports[1].set_access(20)
    else:
        hall.switch.ports[1].set_access(1)
        hall.switch.remove_vlan(20)


def _dead(hall, dead):
    hall.switch.failed = dead
    hall.switch.state_changed()


HANDS = {
    "power of one": lambda hall, on: hall.one.power_on() if on else hall.one.power_off(),
    "power of two": lambda hall, on: hall.two.power_on() if on else hall.two.power_off(),
    "port": lambda hall, on: hall.switch.ports[0].set_admin(on),
    "empty port": lambda hall, on: hall.switch.ports[5].set_admin(on),
    "access": _access,
    "speed of a port": lambda hall, on: hall.switch.ports[0].set_link(LinkSetting(10**8 if on else None, on or None)),
    "speed of a NIC": lambda hall, on: hall.one.nics[0].set_link(LinkSetting(10**8 if on else None, on or None)),
    "cable": _cable,
    "broken port": _broken,
    "traffic": lambda hall, on: hall.one.nics[0].count(1500 * on, 64),
    "outlet of one": lambda hall, on: hall.pdu.outlets[0].turn_on() if on else hall.pdu.outlets[0].turn_off(),
    "empty outlet": lambda hall, on: hall.pdu.outlets[5].turn_on() if on else hall.pdu.outlets[5].turn_off(),
    "supply": _supply,
    "limit": lambda hall, on: hall.two.limit_power(60.0 if on else None),
    "breaker": lambda hall, on: hall.pdu.banks[0].trip() if on else hall.pdu.banks[0].reset(),
    "mains": lambda hall, on: hall.pdu.mains.set_live(on),
    "boot service": _boot,
    "switch": lambda hall, on: hall.switch.restart(),
    "dead switch": _dead,
    "saved": lambda hall, on: hall.switch.save(),
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(HANDS)), st.booleans(), st.sampled_from((0, 1, 40, 400))), max_size=25)
)
def test_whatever_a_manager_would_read_anew_has_another_revision(hands):
    async def main():
        hall = Hall(strip=STRIP)
        seen, revisions = shows(hall), (hall.switch.revision, hall.pdu.revision)
        for name, on, wait in hands:
            HANDS[name](hall, on)
            await hall.clock.sleep(wait)
            for before, now, old, new in zip(
                seen, shows(hall), revisions, (hall.switch.revision, hall.pdu.revision), strict=True
            ):
                assert before == now or old != new, name
            seen, revisions = shows(hall), (hall.switch.revision, hall.pdu.revision)
        hall.plant.close()

    run(main())


def test_counters_that_begin_anew_are_seen_of_ports_without_a_link():
    async def main():
        hall = Hall(strip=STRIP)
        hall.switch.state_changed()
        hall.one.nics[0].count(1500, 64)
        before, revision = shows(hall), hall.switch.revision
        _dead(hall, True)
        _dead(hall, False)
        assert shows(hall) != before
        assert hall.switch.revision != revision
        hall.plant.close()

    run(main())


def test_nothing_that_stays_as_it_is_has_another_revision():
    async def main():
        hall = Hall(strip=STRIP)
        hall.one.power_on()
        await hall.clock.sleep(600)
        revisions = hall.switch.revision, hall.pdu.revision
        hall.switch.ports[0].set_admin(True)
        hall.pdu.outlets[5].turn_on()
        hall.one.nics[0].count(0)
        hall.one.nics[0].changed()
        await hall.clock.sleep(3600)
        assert (hall.switch.revision, hall.pdu.revision) == revisions
        hall.plant.close()

    run(main())


def test_a_supply_that_is_lost_puts_its_load_on_the_other_feed_whose_breaker_trips():
    async def main():
        hall = Hall(strip=Strip(banks=1, bank_rating=0.7))
        other = hall.plant.add_pdu("pdu-b1", 8, Strip(banks=1, bank_rating=0.7))
        both = hall._server("srv-03", 3, [("pdu-a1", 3), ("pdu-b1", 3)], ((500, "SSD"),))
        both.power_on()
        await hall.clock.sleep(60)
        alone = other.whole.watts
        assert "bank overloaded" not in hall.said("pdu-b1")
        both.psus[0].failed = True
        both.psu_changed()
        assert other.whole.watts == 2 * alone
        await hall.clock.sleep(60)
        assert "bank tripped" in hall.said("pdu-b1")
        assert not both.powered
        hall.plant.close()

    run(main())

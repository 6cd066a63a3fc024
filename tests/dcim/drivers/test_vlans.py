"""The panel's driver makes VLANs and puts ports into them, on switches of each of the two ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.drivers.base import DeviceRefused, SnmpAccess
from simulator.dcim.drivers.own_snmp import OwnSwitchDriver
from simulator.fabric.memory import MemoryFabric
from simulator.kernel import Journal, LoopClock, Streams, run
from simulator.plant import Physics, Plant, Timings
from simulator.switch import personality
from tests.switch.support import serve_switch

PLACE = ("127.32.0.1", 1161)
PORTS = 12


def plant() -> Plant:
    clock = LoopClock()
    built = Plant(Physics(clock, Streams(5), Journal(clock), Timings()))
    built.add_switch("sw-a1", PORTS, 10**9, None)
    return built


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, PORTS - 1), st.integers(1, 6)),
        st.tuples(st.just("remove"), st.just(0), st.integers(2, 6)),
    ),
    max_size=8,
)


@given(STEPS, st.sampled_from(["cisco-c3560", "cisco-nexus-5000", "dlink-des3200", "huawei-s12704"]))
@settings(deadline=None, max_examples=40)
def test_each_port_is_a_bare_member_of_the_vlan_that_it_was_put_into_last_and_of_no_other(steps, model):
    async def main() -> None:
        switch = plant().switches["sw-a1"]
        fabric = MemoryFabric(Streams(7))
        end = await serve_switch(switch, model, "private", fabric, PLACE, LoopClock())
        driver = OwnSwitchDriver(SnmpAccess("sw-a1", *PLACE, "private", personality(model).handler), fabric)
        rows = [port.identity for port in await driver.ports()]
        expected = [1] * PORTS
        for what, port, vlan in steps:
            if what == "put":
                await driver.set_vlan(rows[port], vlan, f"vlan {vlan}")
                expected[port] = vlan
            elif vlan not in expected:
                await driver.remove_vlan(vlan)
                assert vlan not in switch.vlans
        assert [port.vlan for port in await driver.ports()] == expected
        for number, vlan in switch.vlans.items():
            assert vlan.untagged == {place for place, its in enumerate(expected, 1) if its == number}
        await driver.close()
        end.close()

    run(main())


def test_a_switch_says_no_to_a_port_that_it_has_not_and_to_a_community_that_may_not_write():
    async def main() -> None:
        switch = plant().switches["sw-a1"]
        fabric = MemoryFabric(Streams(7))
        model = "dlink-des3200"
        end = await serve_switch(switch, model, "private", fabric, PLACE, LoopClock(), read_community="public")
        for community, identity in (("private", "99"), ("private", "x"), ("public", "3")):
            driver = OwnSwitchDriver(SnmpAccess("sw-a1", *PLACE, community, personality(model).handler), fabric)
            await driver.ports()
            with pytest.raises(DeviceRefused):
                await driver.set_vlan(identity, 20, "clients")
            assert set(switch.vlans) == {1}
            await driver.close()
        end.close()

    run(main())

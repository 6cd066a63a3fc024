"""The panel's own SNMP driver against PDUs on the in-memory network, in virtual time."""

from __future__ import annotations

import pytest

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.handlers import pdu_handler_names
from simulator.dcim.drivers.own_snmp import OwnPduDriver
from simulator.fabric import AddressInUse, MemoryFabric
from simulator.kernel import LoopClock, Streams, run
from simulator.kernel.pages import UnknownPage
from simulator.pdu import personality, personality_names
from tests.pdu.support import FakePdu, serve_pdu

PLACE = ("127.48.0.1", 1161)
FIRST = {"eaton-managed": 0}
"""What makes call their first outlet, where it is not 1."""


@pytest.mark.parametrize("model", personality_names())
@pytest.mark.requirement("HW-2")
def test_the_panel_sees_and_switches_outlets_of_every_make(model: str) -> None:
    async def main() -> None:
        fabric, clock = MemoryFabric(Streams(1)), LoopClock()
        pdu = FakePdu(clock, 24)
        await serve_pdu(pdu, model, "private", fabric, PLACE, clock)
        handler = personality(model).handler
        assert handler in pdu_handler_names()
        driver = OwnPduDriver(SnmpAccess("pdu-a1", *PLACE, "private", handler), fabric)
        pdu.outlets[1].on = False
        seen = await driver.outlets()
        first, second, third, last, beyond = (str(n + FIRST.get(model, 1)) for n in (0, 1, 2, 23, 24))
        assert [(view.identity, view.on) for view in seen[:3]] == [(first, True), (second, False), (third, True)]
        assert len(seen) == 24
        await driver.set_outlet(last, on=False)
        await clock.sleep(2)  # some makes take a moment
        assert not pdu.outlets[23].on
        await driver.set_outlet(second, on=True)
        await clock.sleep(2)
        assert [view.on for view in await driver.outlets()] == [True] * 23 + [False]
        with pytest.raises(DeviceRefused, match=f"pdu-a1: outlet {beyond}: SNMP error noCreation"):
            await driver.set_outlet(beyond, on=False)
        pdu.alive = False
        with pytest.raises(DeviceSilent, match="pdu-a1: no answer to SNMP"):
            await driver.outlets()
        await driver.close()

    run(main())


def test_an_address_is_one_device_s_alone() -> None:
    async def main() -> None:
        fabric, clock = MemoryFabric(Streams(1)), LoopClock()
        await serve_pdu(FakePdu(clock), "apc-ap8641", "private", fabric, PLACE, clock)
        with pytest.raises(AddressInUse):
            await serve_pdu(FakePdu(clock), "apc-ap8641", "private", fabric, PLACE, clock)

    run(main())


def test_an_unknown_handler_is_told_with_the_nearest_one() -> None:
    async def main() -> None:
        with pytest.raises(UnknownPage, match="no PDU handler 'rariton'; did you mean 'raritan'"):
            OwnPduDriver(SnmpAccess("pdu-a1", *PLACE, "private", "rariton"), MemoryFabric(Streams(1)))

    run(main())

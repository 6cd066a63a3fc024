"""A reading takes several exchanges, and what is set meanwhile is not undone by what it saw before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from simulator.dcim.drivers.base import DeviceSilent
from simulator.dcim.drivers.traps import Trap
from simulator.dcim.errors import NoAnswer
from simulator.dcim.records import LinkStatus, PowerStatus
from tests.dcim.support import World, in_world


def lasting(read: Callable[[], Awaitable[Any]], *, silent: bool) -> tuple[Callable[[], Awaitable[Any]], asyncio.Event]:
    """The reading sees the device as it is when it is asked, and ends when the event is set; or hears nothing."""
    goes_on = asyncio.Event()

    async def reading() -> Any:
        seen = await read()
        await goes_on.wait()
        if silent:
            raise DeviceSilent("it", "no answer in 3 s")
        return seen

    return reading, goes_on


async def ended(reading: asyncio.Task[None], goes_on: asyncio.Event) -> None:
    goes_on.set()
    with suppress(NoAnswer):
        await reading


@pytest.mark.parametrize("silent", [False, True])
def test_a_port_that_is_set_during_a_reading_stays_as_it_was_set(silent: bool) -> None:
    async def scene(world: World) -> None:
        devices, inventory = world.panel.devices, world.panel.inventory
        plain = world.switch.ports
        await devices.read_switch(1)
        one, other = (inventory.switch_port(1, number) for number in (1, 2))
        assert one is not None
        assert other is not None
        world.switch.ports, goes_on = lasting(plain, silent=silent)  # type: ignore[method-assign]
        reading = asyncio.create_task(devices.read_switch(1))
        await asyncio.sleep(0)
        await devices.set_port(one.id, True)
        await devices.set_vlan(other.id, 207, "clients")
        await ended(reading, goes_on)
        ports = inventory.switch_ports
        assert ports.get(one.id).admin_status is LinkStatus.UP
        assert ports.get(other.id).vlan == 207
        assert ports.get(other.id).admin_status is LinkStatus.DOWN
        assert not world.wrote("port changed")
        untouched = inventory.switch_port(1, 3)
        assert untouched is not None
        assert untouched.admin_status is (LinkStatus.UNKNOWN if silent else LinkStatus.DOWN)

        # The next reading tells what is so by then.
        world.switch.ports = plain  # type: ignore[method-assign]
        world.switch.admin[0] = False
        await devices.read_switch(1)
        assert ports.get(one.id).admin_status is LinkStatus.DOWN

    in_world(scene)


@pytest.mark.parametrize("silent", [False, True])
def test_an_outlet_that_is_set_during_a_reading_stays_as_it_was_set_however_long_it_takes(silent: bool) -> None:
    async def scene(world: World) -> None:
        devices, inventory = world.panel.devices, world.panel.inventory
        plain = world.pdu.outlets
        await devices.read_pdu(1)
        outlet = inventory.outlet(1, 1)
        assert outlet is not None
        world.pdu.outlets, goes_on = lasting(plain, silent=silent)  # type: ignore[method-assign]
        reading = asyncio.create_task(devices.read_pdu(1))
        await asyncio.sleep(0)
        await devices.set_outlet(outlet.id, False)
        await world.clock.sleep(60)
        await ended(reading, goes_on)
        assert inventory.outlets.get(outlet.id).status is PowerStatus.OFF
        assert not world.wrote("outlet changed")

        world.pdu.outlets = plain  # type: ignore[method-assign]
        world.pdu.on[0] = True
        await devices.read_pdu(1)
        assert inventory.outlets.get(outlet.id).status is PowerStatus.ON

    in_world(scene)


@pytest.mark.parametrize("silent", [False, True])
def test_what_a_trap_told_during_a_reading_stays(silent: bool) -> None:
    async def scene(world: World) -> None:
        devices, inventory = world.panel.devices, world.panel.inventory
        await devices.read_switch(1)
        port = inventory.switch_port(1, 1)
        assert port is not None
        assert port.oper_status is LinkStatus.DOWN
        world.switch.ports, goes_on = lasting(world.switch.ports, silent=silent)  # type: ignore[method-assign]
        reading = asyncio.create_task(devices.read_switch(1))
        await asyncio.sleep(0)
        source = inventory.switches.get(1).access
        devices.trap_heard(Trap((source.host, source.port), source.host, "linkUp", port.identity, up=True))
        await ended(reading, goes_on)
        assert inventory.switch_ports.get(port.id).oper_status is LinkStatus.UP

    in_world(scene)

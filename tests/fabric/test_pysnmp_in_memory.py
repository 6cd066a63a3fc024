"""An unmodified asyncio program, pysnmp, on the in-memory network in virtual time: no socket, no waiting."""

from __future__ import annotations

import asyncio
import socket

import pytest
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    get_cmd,
    set_cmd,
)
from pysnmp.proto.rfc1902 import Integer32, OctetString

from simulator.fabric import MemoryFabric
from simulator.kernel import LoopClock, Streams, VirtualLoop, run
from tests.switch.support import FakeSwitch, serve_switch

SWITCH = ("127.32.0.1", 1161)
ADMIN_STATUS_OF_PORT_3 = "1.3.6.1.2.1.2.2.1.7.10103"
OPER_STATUS_OF_PORT_3 = "1.3.6.1.2.1.2.2.1.8.10103"
ALIAS_OF_PORT_3 = "1.3.6.1.2.1.31.1.1.1.18.10103"


def no_socket(*arguments: object, **options: object) -> None:
    raise AssertionError("a real socket was opened")


@pytest.mark.requirement("HW-3")
def test_pysnmp_reads_and_sets_a_port_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        fabric = MemoryFabric(Streams(1))
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.datagrams = fabric
        switch = FakeSwitch(LoopClock())
        await serve_switch(switch, "cisco-c3560", "private", fabric, SWITCH, switch.clock)

        monkeypatch.setattr(socket, "socket", no_socket)
        engine = SnmpEngine()
        target = await UdpTransportTarget.create(SWITCH)
        session = (engine, CommunityData("private", mpModel=1), target, ContextData())
        names = [ObjectType(ObjectIdentity(name)) for name in (OPER_STATUS_OF_PORT_3, ADMIN_STATUS_OF_PORT_3)]

        trouble, status, _, varbinds = await get_cmd(*session, *names, lookupMib=False)
        assert not trouble
        assert not status
        assert [int(value) for _, value in varbinds] == [1, 1]

        down = ObjectType(ObjectIdentity(ADMIN_STATUS_OF_PORT_3), Integer32(2))
        alias = ObjectType(ObjectIdentity(ALIAS_OF_PORT_3), OctetString("srv-03"))
        trouble, status, _, _ = await set_cmd(*session, down, alias, lookupMib=False)
        assert not trouble
        assert not status
        assert not switch.ports[2].admin_up

        _, _, _, varbinds = await get_cmd(*session, *names, lookupMib=False)
        assert [int(value) for _, value in varbinds] == [2, 2]
        assert fabric.delivered == 6

        timer = engine.transport_dispatcher.loopingcall
        engine.close_dispatcher()
        await asyncio.gather(timer, return_exceptions=True)

    run(main())

"""The panel's switch and PDU drivers with pysnmp, somebody else's SNMP stack, over real UDP. The same pages, SNMP v2c.

pysnmp is an optional weight (its import and its engine cost a good part of a second), so only what asks for foreign
drivers imports this module.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    bulk_cmd,
    get_cmd,
    set_cmd,
)
from pysnmp.proto.errind import RequestTimedOut
from pysnmp.proto.rfc1902 import Integer32, univ

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.handlers import PagedPdu, PagedSwitch, pdu_handler, switch_handler
from simulator.dcim.drivers.handlers.equipment import Value
from simulator.kernel import Activity

__all__ = ["ForeignPduDriver", "ForeignSwitchDriver", "PysnmpStack"]

TIMEOUT = 1.0
"""Seconds until a request is sent again."""
RETRIES = 2
REPETITIONS = 16


class PysnmpStack:
    """One pysnmp engine for all devices; it is made when first used. Close it when the drivers are done with."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self._engine: Any = None

    @property
    def engine(self) -> Any:
        if self._engine is None:
            self._engine = SnmpEngine()
        return self._engine

    async def close(self) -> None:
        """Close its socket and wait until its timer task has ended."""
        if self._engine is None:
            return
        engine, self._engine = self._engine, None
        dispatcher = engine.transport_dispatcher
        timer = dispatcher.loopingcall if dispatcher is not None else None
        engine.close_dispatcher()
        if timer is not None:
            await asyncio.gather(timer, return_exceptions=True)


class _Session:
    """pysnmp's end to one device."""

    def __init__(self, access: SnmpAccess, stack: PysnmpStack) -> None:
        self._access = access
        self._stack = stack
        self._auth = CommunityData(access.community, mpModel=1)  # noqa: S508 - what the equipment speaks
        self._target: Any = None

    async def walk(self, columns: Sequence[str]) -> Sequence[dict[int, Value]]:
        rows: list[dict[int, Value]] = [{} for _ in columns]
        roots = [tuple(map(int, column.split("."))) for column in columns]
        cursors = list(roots)
        going = list(range(len(columns)))
        while going:
            asked = [_asked(cursors[place]) for place in going]
            found = await self._exchange(bulk_cmd, 0, REPETITIONS, *asked, what="its tables")
            if not found:
                raise DeviceRefused(self._access.name, "its answer makes no sense: a walk was answered with nothing")
            still = []
            for offset, place in enumerate(going):
                root = roots[place]
                for name, value in found[offset :: len(going)]:
                    numbers = tuple(name)
                    if value is None or numbers[: len(root)] != root:
                        break
                    index = numbers[len(root) :]
                    if index[1:] not in ((), (0,)) or numbers <= cursors[place]:
                        raise DeviceRefused(self._access.name, "its answer makes no sense: names that do not increase")
                    cursors[place] = numbers
                    rows[place][index[0]] = value
                else:
                    still.append(place)
            going = still
        return rows

    async def get(self, name: str) -> Value:
        found = await self._exchange(get_cmd, ObjectType(ObjectIdentity(name)), what=name)
        return found[0][1] if found else None

    async def set(self, name: str, value: int, what: str) -> None:
        await self._exchange(set_cmd, ObjectType(ObjectIdentity(name), Integer32(value)), what=what)

    async def close(self) -> None:
        """The stack is shared; nothing here is this device's alone."""

    async def _exchange(self, command: Any, *arguments: Any, what: str) -> list[tuple[Any, Value]]:
        """Names and values of the answer. Raises DeviceSilent, DeviceRefused."""
        device = self._access.name
        with self._stack.activity.busy():
            try:
                if self._target is None:
                    place = (self._access.host, self._access.port)
                    self._target = await UdpTransportTarget.create(place, timeout=TIMEOUT, retries=RETRIES)
                answer: Awaitable[Any] = command(
                    self._stack.engine, self._auth, self._target, ContextData(), *arguments, lookupMib=False
                )
                trouble, status, _, varbinds = await answer
            except PySnmpError as error:
                raise DeviceSilent(device, f"cannot be asked by SNMP: {error}") from error
        if isinstance(trouble, RequestTimedOut):
            place_text = f"{self._access.host}:{self._access.port}"
            raise DeviceSilent(device, f"no answer to SNMP at {place_text} in {RETRIES + 1} tries")
        if trouble:
            raise DeviceRefused(device, f"{what}: {trouble}")
        if status:
            raise DeviceRefused(device, f"{what}: SNMP error {status.prettyPrint()}")
        return [(name, _value(value)) for name, value in varbinds]


def _asked(numbers: tuple[int, ...]) -> Any:
    return ObjectType(ObjectIdentity(".".join(map(str, numbers))))


def _value(value: Any) -> Value:
    """A Python value; None for pysnmp's NULL and its three exceptions, which are of no other type."""
    if isinstance(value, univ.Integer):
        return int(value)
    if isinstance(value, univ.OctetString):
        return bytes(value)
    if isinstance(value, univ.ObjectIdentifier):
        return str(value)
    return None


class ForeignSwitchDriver(PagedSwitch):
    """A SwitchDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, stack: PysnmpStack) -> None:
        super().__init__(access, switch_handler(access.handler), _Session(access, stack))


class ForeignPduDriver(PagedPdu):
    """A PduDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, stack: PysnmpStack) -> None:
        super().__init__(access, pdu_handler(access.handler), _Session(access, stack))

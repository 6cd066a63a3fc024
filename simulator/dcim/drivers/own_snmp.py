"""The panel's switch and PDU drivers with the project's own SNMP manager, over the fabric. SNMP v2c."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.handlers import PagedPdu, PagedSwitch, pdu_handler, switch_handler
from simulator.dcim.drivers.handlers.equipment import Value
from simulator.fabric import Address, Endpoint, Fabric
from simulator.snmp import Malformed, Manager, Request, Response, SnmpError, Status, Walk, oid
from simulator.snmp.ber import integer

__all__ = ["OwnPduDriver", "OwnSwitchDriver", "SnmpSession"]

TIMEOUT = 1.0
"""Seconds of wire time until a request is sent again."""
TRIES = 3
REPETITIONS = 16
"""Rows asked for in one GETBULK: with five columns about what one Ethernet frame holds."""

_WHY = {
    Status.NO_CREATION: "it has no such row",
    Status.NO_SUCH_NAME: "it has no such object, or will not have it written",
    Status.NO_ACCESS: "the community may not write",
    Status.NOT_WRITABLE: "it cannot be written",
}


class SnmpSession:
    """A manager's end to one device: sends, sends again, knows the answers. Requests may overlap."""

    def __init__(self, access: SnmpAccess, fabric: Fabric) -> None:
        self._access = access
        self._address: Address = (access.host, access.port)
        self._fabric = fabric
        self._manager = Manager(access.community)
        self._endpoints: list[Endpoint] = []
        self._lengths: dict[tuple[str, ...], int] = {}
        self._waiting: dict[int, asyncio.Future[Response | None]] = {}

    async def walk(self, columns: Sequence[str]) -> Sequence[dict[int, Value]]:
        walk = Walk([oid(column) for column in columns])
        key = tuple(columns)
        expected = self._lengths.get(key, 0)
        try:
            while wanted := walk.wanted():
                # One row more than the table had shows its end; much more would only be carried and thrown away.
                left = expected + 1 - len(walk.rows[0])
                rows = left if 0 < left < REPETITIONS and expected else REPETITIONS
                response = await self._ask(self._manager.get_bulk(wanted, max_repetitions=rows))
                self._check(response, "its tables")
                walk.take(response.varbinds)
        except SnmpError as error:
            raise DeviceRefused(self._access.name, f"its answer makes no sense: {error}") from error
        self._lengths[key] = len(walk.rows[0])
        return walk.rows

    async def get(self, name: str) -> Value:
        response = await self._ask(self._manager.get((oid(name),)))
        self._check(response, name)
        try:
            (varbind,) = response.varbinds
            return varbind.value()
        except (ValueError, Malformed) as error:
            raise DeviceRefused(self._access.name, f"its answer for {name} makes no sense") from error

    async def set(self, name: str, value: int, what: str) -> None:
        self._check(await self._ask(self._manager.set(((oid(name), integer(value)),))), what)

    async def close(self) -> None:
        """Give the endpoint back; whoever still waits hears silence."""
        while self._endpoints:
            self._endpoints.pop().close()
        for future in self._waiting.values():
            _settle(future, None)

    def _check(self, response: Response, what: str) -> None:
        if response.status:
            why = _WHY.get(response.status)
            reason = f"SNMP error {response.status.word}" + (f" ({why})" if why else "")
            raise DeviceRefused(self._access.name, f"{what}: {reason}")

    async def _ask(self, request: Request) -> Response:
        """One exchange. Raises DeviceSilent when nothing came back to any of the tries."""
        fabric = self._fabric
        with fabric.activity.busy():
            if not self._endpoints:
                self._endpoints.append(await fabric.open(None, self._receive))
            loop = asyncio.get_running_loop()
            try:
                for _ in range(TRIES):
                    if not self._endpoints:
                        break
                    future: asyncio.Future[Response | None] = loop.create_future()
                    self._waiting[request.id] = future
                    self._endpoints[0].send(request.octets, self._address)
                    timer = fabric.time.call_later(TIMEOUT, _settle, future, None)
                    try:
                        response = await future
                    finally:
                        timer.cancel()
                    if response is not None:
                        return response
            finally:
                self._waiting.pop(request.id, None)
        raise DeviceSilent(
            self._access.name, f"no answer to SNMP at {self._access.host}:{self._access.port} in {TRIES} tries"
        )

    def _receive(self, data: bytes, source: Address) -> None:
        if source != self._address:
            return
        response = self._manager.response(data)
        if response is not None:
            future = self._waiting.get(response.id)
            if future is not None:
                _settle(future, response)


def _settle(future: asyncio.Future[Response | None], response: Response | None) -> None:
    if not future.done():
        future.set_result(response)


class OwnSwitchDriver(PagedSwitch):
    """A SwitchDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, fabric: Fabric) -> None:
        super().__init__(access, switch_handler(access.handler), SnmpSession(access, fabric))


class OwnPduDriver(PagedPdu):
    """A PduDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, fabric: Fabric) -> None:
        super().__init__(access, pdu_handler(access.handler), SnmpSession(access, fabric))

"""The panel's switch and PDU drivers with the project's own SNMP manager, over the fabric. SNMP v1, v2c and v3."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, OutletView, PortView, SnmpAccess
from simulator.dcim.drivers.handlers import PagedPdu, PagedSwitch, pdu_handler, switch_handler
from simulator.dcim.drivers.handlers.equipment import DUPLEX_READINGS, Value
from simulator.dcim.drivers.handlers.vlans import Setting
from simulator.dcim.drivers.remembered import Remembered
from simulator.fabric import Address, Endpoint, Fabric
from simulator.kernel import Timer
from simulator.kernel.hosts import local_for
from simulator.snmp import (
    Asker,
    Malformed,
    Manager,
    Report,
    Request,
    Response,
    SecureManager,
    SnmpError,
    Status,
    Version,
    Walk,
    oid,
)
from simulator.snmp.ber import gauge32, integer, object_identifier, octets

__all__ = ["OwnPduDriver", "OwnSwitchDriver", "SnmpSession"]

TIMEOUT = 1.0
"""Seconds of wire time until a request is sent again."""
TRIES = 3
REPETITIONS = 16
"""Rows asked for in one GETBULK: with five columns about what one Ethernet frame holds."""

_WHY = {
    Status.NO_CREATION: "it has no such row",
    Status.NO_SUCH_NAME: "it has no such object, or will not have it written",
    Status.NO_ACCESS: "it may not be written by us",
    Status.NOT_WRITABLE: "it cannot be written",
}
_REPORTED = {
    f"1.3.6.1.6.3.15.1.1.{number}.0": why
    for number, why in (
        (1, "the user has not this level of security"),
        (3, "it does not know this user"),
        (5, "wrong authentication key or protocol"),
        (6, "wrong privacy key or protocol"),
    )
}
"""The counters of SNMP-USER-BASED-SM-MIB (RFC 3414, 5) that a Report may carry."""


class SnmpSession:
    """A manager's end to one device: sends, sends again, knows the answers. Requests may overlap."""

    def __init__(self, access: SnmpAccess, fabric: Fabric, octets: Callable[[int], bytes]) -> None:
        """`octets(n)`: n random octets, where the salts of v3 begin."""
        self._access = access
        self._address: Address = (access.host, access.port)
        self._fabric = fabric
        self._manager: Asker
        if access.user is not None and access.version == "3":
            self._manager = SecureManager(access.user, fabric.time.now, salt=int.from_bytes(octets(7), "big"))
        else:
            version = Version.V1 if access.version == "1" else Version.V2C
            self._manager = Manager(access.community, version=version)
        self._endpoints: list[Endpoint] = []
        self._lengths: dict[tuple[str, ...], int] = {}
        self._waiting: dict[int, asyncio.Future[_Answer]] = {}

    async def walk(self, columns: Sequence[str]) -> Sequence[dict[int, Value]]:
        walk = Walk([oid(column) for column in columns])
        try:
            await (self._step_through(walk) if self._access.version == "1" else self._read(walk, tuple(columns)))
        except SnmpError as error:
            raise DeviceRefused(self._access.name, f"its answer makes no sense: {error}") from error
        return walk.rows

    async def _read(self, walk: Walk, key: tuple[str, ...]) -> None:
        expected = self._lengths.get(key, 0)
        while wanted := walk.wanted():
            # One row more than the table had shows its end; much more would only be carried and thrown away.
            left = expected + 1 - len(walk.rows[0])
            rows = left if 0 < left < REPETITIONS and expected else REPETITIONS
            response = await self._ask(self._manager.get_bulk(wanted, max_repetitions=rows))
            self._check(response, "its tables")
            walk.take(response.varbinds)
        self._lengths[key] = len(walk.rows[0])

    async def _step_through(self, walk: Walk) -> None:
        """As v1 must, which has no GETBULK and tells of the end of everything by an error."""
        while wanted := walk.wanted():
            response = await self._ask(self._manager.get_next(wanted))
            if response.status == Status.NO_SUCH_NAME:
                walk.end(response.error_index)
                continue
            self._check(response, "its tables")
            walk.take(response.varbinds)

    async def get(self, name: str) -> Value:
        response = await self._ask(self._manager.get((oid(name),)))
        self._check(response, name)
        try:
            (varbind,) = response.varbinds
            return varbind.value()
        except (ValueError, Malformed) as error:
            raise DeviceRefused(self._access.name, f"its answer for {name} makes no sense") from error

    async def set(self, name: str, value: int, what: str) -> None:
        with self._fabric.writing(self._address):
            self._check(await self._ask(self._manager.set(((oid(name), integer(value)),))), what)

    async def set_all(self, settings: Sequence[Setting], what: str) -> None:
        values = [(oid(name), _encoded(value, unsigned=unsigned)) for name, value, unsigned in settings]
        with self._fabric.writing(self._address):
            self._check(await self._ask(self._manager.set(values)), what)

    def now(self) -> float:
        return self._fabric.time.now()

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
        """One exchange. Raises DeviceSilent when nothing came back to any of the tries, DeviceRefused for a Report."""
        fabric, name = self._fabric, self._access.name
        with fabric.activity.busy():
            if not self._endpoints:
                self._endpoints.append(await fabric.open(local_for(self._address[0]), self._receive))
            loop = asyncio.get_running_loop()
            try:
                for turn in range(TRIES):
                    if not self._endpoints:
                        break
                    future: asyncio.Future[_Answer] = loop.create_future()
                    self._waiting[request.id] = future
                    octets = self._manager.again(request).octets if turn else request.octets
                    self._endpoints[0].send(octets, self._address)
                    timer = fabric.time.call_later(TIMEOUT, _settle, future, None)
                    try:
                        answer = await future
                    finally:
                        timer.cancel()
                    if isinstance(answer, Report):
                        raise DeviceRefused(name, f"SNMP v3: {_REPORTED.get(answer.counter, answer.counter)}")
                    if answer is not None:
                        return answer
            finally:
                self._waiting.pop(request.id, None)
                self._manager.done(request)
        raise DeviceSilent(name, f"no answer to SNMP at {self._access.host}:{self._access.port} in {TRIES} tries")

    def _receive(self, data: bytes, source: Address) -> None:
        if source != self._address:
            return
        answer = self._manager.take(data)
        if isinstance(answer, Request):
            if self._endpoints:
                self._endpoints[0].send(answer.octets, self._address)
        elif answer is not None:
            future = self._waiting.get(answer.id)
            if future is not None:
                _settle(future, answer)


_Answer = Response | Report | None


def _encoded(value: int | bytes | str, *, unsigned: bool) -> bytes:
    if isinstance(value, bytes):
        return octets(value)
    if isinstance(value, str):
        return object_identifier(value)
    return gauge32(value) if unsigned else integer(value)


def _settle(future: asyncio.Future[_Answer], answer: _Answer) -> None:
    if not future.done():
        future.set_result(answer)


class OwnSwitchDriver(PagedSwitch):
    """A SwitchDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, fabric: Fabric, octets: Callable[[int], bytes] = bytes) -> None:
        super().__init__(access, switch_handler(access.handler), SnmpSession(access, fabric, octets))
        self._remembered: Remembered[Sequence[PortView]] = Remembered(fabric, (access.host, access.port))

    async def ports(self) -> Sequence[PortView]:
        played = False

        async def play() -> Sequence[PortView]:
            nonlocal played
            played = True
            return await super(OwnSwitchDriver, self).ports()

        usual = self.readings + 1 < DUPLEX_READINGS
        views = await self._remembered.read(play, usual=usual, was_usual=lambda: self.was_usual)
        if not played:
            self.readings += 1
        return views

    def pass_over(self, then: Callable[[Sequence[PortView] | None], object]) -> Timer | None:
        def passed(same: bool) -> None:
            if same:
                self.readings += 1
            then(self._remembered.last if same else None)

        return self._remembered.pass_over(passed, usual=self.readings + 1 < DUPLEX_READINGS)


class OwnPduDriver(PagedPdu):
    """A PduDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, fabric: Fabric, octets: Callable[[int], bytes] = bytes) -> None:
        super().__init__(access, pdu_handler(access.handler), SnmpSession(access, fabric, octets))
        self._remembered: Remembered[Sequence[OutletView]] = Remembered(fabric, (access.host, access.port))

    async def outlets(self) -> Sequence[OutletView]:
        return await self._remembered.read(super().outlets)

    def pass_over(self, then: Callable[[Sequence[OutletView] | None], object]) -> Timer | None:
        return self._remembered.pass_over(lambda same: then(self._remembered.last if same else None))

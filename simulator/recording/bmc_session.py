"""A session with a BMC that asks one thing after another and goes on from each answer, whatever its completion code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from simulator.dcim.drivers.base import BmcAccess, DeviceDenied, DeviceRefused, DeviceSilent
from simulator.fabric import Address, Endpoint, Fabric
from simulator.ipmi.client import Client, Phase, Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.errors import NoAnswer, WrongPassword
from simulator.kernel import Timer
from simulator.kernel.hosts import local_for

__all__ = ["BmcSession", "bmc_session"]

_SUITES = tuple(SUITES[number] for number in (17, 3, 16, 2, 15, 1))


@asynccontextmanager
async def bmc_session(access: BmcAccess, fabric: Fabric) -> AsyncIterator[BmcSession]:
    """As administrator, else with what the user may. Raises DeviceError."""
    session = BmcSession(access, fabric, Privilege.ADMINISTRATOR)
    try:
        await session.open()
    except DeviceDenied:
        raise
    except DeviceRefused:
        await session.close()
        session = BmcSession(access, fabric, Privilege.USER)
        await session.open()
    try:
        yield session
    finally:
        await session.close()


class BmcSession:
    def __init__(self, access: BmcAccess, fabric: Fabric, privilege: Privilege) -> None:
        self._access = access
        self._fabric = fabric
        self._to: Address = (access.host, access.port)
        try:
            self._client = Client(
                access.username,
                access.password,
                os.urandom,
                privilege=privilege,
                suites=_SUITES,
                kg=access.kg.encode(),
            )
        except ValueError as error:
            raise DeviceRefused(access.name, str(error)) from error
        self._endpoint: Endpoint | None = None
        self._timer: Timer | None = None
        self._moved = asyncio.Event()
        self.seconds: list[float] = []
        """How long each answer took, wire time."""

    async def open(self) -> None:
        self._endpoint = await self._fabric.open(local_for(self._to[0]), self._receive)
        self._send(self._client.start(self._fabric.time.now()))
        while self._client.state not in (Phase.READY, Phase.FAILED):
            await self._move()
        self._check()

    async def ask(self, netfn: int, command: int, data: bytes = b"") -> tuple[int, bytes]:
        """Completion code and data. Raises DeviceSilent."""
        request = Request(netfn, command, data)
        began = self._fabric.time.now()
        self._send(self._client.request(request, began))
        while request.code is None and self._client.state is not Phase.FAILED:
            await self._move()
        self._check()
        self.seconds.append(self._fabric.time.now() - began)
        assert request.code is not None
        return request.code, request.reply

    async def close(self) -> None:
        if self._endpoint is None:
            return
        if self._client.state is Phase.READY:
            self._send(self._client.close(self._fabric.time.now()))
            while self._client.state not in (Phase.CLOSED, Phase.FAILED):
                await self._move()
        if self._timer is not None:
            self._timer.cancel()
        self._endpoint.close()
        self._endpoint = None

    async def _move(self) -> None:
        """Wait for a datagram, or until something is to be sent again."""
        self._moved.clear()
        if self._timer is not None:
            self._timer.cancel()
        deadline = self._client.next_deadline
        self._timer = None if deadline is None else self._fabric.time.call_at(deadline, self._on_time)
        await self._moved.wait()

    def _on_time(self) -> None:
        self._timer = None
        self._send(self._client.on_time(self._fabric.time.now()))
        self._moved.set()

    def _receive(self, data: bytes, source: Address) -> None:
        if source == self._to:
            self._send(self._client.receive(data, self._fabric.time.now()))
            self._moved.set()

    def _send(self, datagrams: Sequence[bytes]) -> None:
        if self._endpoint is not None:
            for datagram in datagrams:
                self._endpoint.send(datagram, self._to)

    def _check(self) -> None:
        error = self._client.error
        if error is None:
            return
        name = self._access.name
        if isinstance(error, NoAnswer):
            raise DeviceSilent(name, f"no answer from {self._to[0]}:{self._to[1]} in {error.tries} tries") from error
        kind = DeviceDenied if isinstance(error, WrongPassword) else DeviceRefused
        raise kind(name, str(error)) from error

"""The panel's own BMC driver: the console end of `ipmi` over the fabric, one short session a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from simulator.dcim.drivers.base import (
    BmcAccess,
    BmcUser,
    BootDevice,
    DeviceDenied,
    DeviceError,
    DeviceRefused,
    DeviceSilent,
    PowerAction,
)
from simulator.dcim.drivers.ipmi_users import AppCommand, read_users, remove_user, write_user
from simulator.dcim.drivers.remembered import Remembered
from simulator.fabric import Address, Endpoint, Fabric
from simulator.ipmi.client import DEFAULT_PATIENCE, DEFAULT_SUITES, Client, Patience, Request
from simulator.ipmi.codes import NetFn, Privilege
from simulator.ipmi.commands import (
    BootFlags,
    ChassisStatus,
    chassis_control,
    get_chassis_status,
    keep_boot_flags,
    set_boot_flags,
)
from simulator.ipmi.crypto import CipherSuite
from simulator.ipmi.errors import IpmiError, Malformed, NoAnswer, SessionError, WrongPassword
from simulator.kernel import Timer
from simulator.kernel.hosts import local_for

__all__ = ["OwnBmcDriver"]


class OwnBmcDriver:
    """Logs in, asks and logs out in one go: five packets each way for a status, six or seven for the rest."""

    def __init__(
        self,
        access: BmcAccess,
        fabric: Fabric,
        octets: Callable[[int], bytes],
        *,
        patience: Patience = DEFAULT_PATIENCE,
    ) -> None:
        """`octets(n)`: n random octets."""
        self._access = access
        self._fabric = fabric
        self._octets = octets
        self._patience = patience
        self._suites: Sequence[CipherSuite] = DEFAULT_SUITES
        self._refused = 0
        """Cipher suites that were proposed in vain in the last conversation; the next begins with the one that was taken."""
        self._power: Remembered[bool] = Remembered(fabric, (access.host, access.port))

    async def power_status(self) -> bool:
        return await self._power.read(self._ask_power, extra=lambda: 2 * self._refused)

    def pass_over(self, then: Callable[[bool | None], object]) -> Timer | None:
        return self._power.pass_over(lambda same: then(self._power.last if same else None))

    async def _ask_power(self) -> bool:
        request = get_chassis_status()
        await self._converse(Privilege.USER, [request])
        try:
            return ChassisStatus.decode(request.reply).powered
        except Malformed as error:
            raise DeviceRefused(self._access.name, f"{request.name}: {error}") from error

    async def power(self, action: PowerAction) -> None:
        await self._converse(Privilege.OPERATOR, [chassis_control(action)])

    async def set_boot_device(self, device: BootDevice, *, persistent: bool = False) -> None:
        flags = BootFlags(valid=device != "none", persistent=persistent, efi=False, device=device)
        # Without the first the flags would lapse after 60 s, and the panel may start the server later.
        await self._converse(Privilege.OPERATOR, [keep_boot_flags(), set_boot_flags(flags)])

    async def users(self) -> Sequence[BmcUser]:
        return await read_users(self._app)

    async def set_user(self, slot: int | None, name: str, password: str | None, level: int) -> int:
        return await write_user(self._app, self._access.name, slot, name, password, level)

    async def remove_user(self, slot: int) -> None:
        await remove_user(self._app, slot)

    async def close(self) -> None:
        """Nothing is kept between calls."""

    async def _app(self, commands: Sequence[AppCommand]) -> Sequence[bytes]:
        requests = [Request(NetFn.APP, command, data) for command, data in commands]
        await self._converse(Privilege.ADMINISTRATOR, requests)
        return [request.reply for request in requests]

    async def _converse(self, privilege: Privilege, requests: Sequence[Request]) -> None:
        access = self._access
        try:
            client = Client(
                access.username,
                access.password,
                self._octets,
                privilege=privilege,
                suites=self._suites,
                patience=self._patience,
                kg=access.kg.encode(),
            )
        except ValueError as error:
            raise DeviceRefused(access.name, str(error)) from error
        with self._fabric.activity.busy():
            try:
                await _Conversation(client, self._fabric, (access.host, access.port)).hold(requests)
            except OSError as error:
                raise DeviceSilent(access.name, f"no endpoint for {access.host}:{access.port}: {error}") from error
        if client.error is not None:
            raise self._translate(client.error) from client.error
        self._refused = self._suites.index(client.suite)
        if self._refused:
            # What this BMC speaks is proposed first from now on.
            self._suites = (client.suite, *(suite for suite in self._suites if suite is not client.suite))
        try:
            for request in requests:
                request.result()
        except IpmiError as error:
            raise DeviceRefused(access.name, str(error)) from error

    def _translate(self, error: SessionError) -> DeviceError:
        access = self._access
        if isinstance(error, NoAnswer):
            what = "" if error.what == "Open Session" else f" to {error.what}"
            return DeviceSilent(
                access.name,
                f"no answer from {access.host}:{access.port}{what} after {error.tries} tries in {error.seconds:g} s",
            )
        denied = isinstance(error, WrongPassword)
        return DeviceDenied(access.name, str(error)) if denied else DeviceRefused(access.name, str(error))


class _Conversation:
    """One client joined to the fabric: its datagrams, its timer, and somebody who waits for its end."""

    __slots__ = ("_client", "_done", "_endpoint", "_fabric", "_timer", "_to")

    def __init__(self, client: Client, fabric: Fabric, to: Address) -> None:
        self._client = client
        self._fabric = fabric
        self._to = to
        self._endpoint: Endpoint | None = None
        self._timer: Timer | None = None
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def hold(self, requests: Sequence[Request]) -> None:
        """Log in, ask, log out; returns when the client has settled."""
        client, time = self._client, self._fabric.time
        self._endpoint = endpoint = await self._fabric.open(local_for(self._to[0]), self._receive)
        try:
            now = time.now()
            self._send(client.start(now))
            for request in requests:
                client.request(request, now)
            client.close(now)
            self._wake_at(client.next_deadline)
            await self._done
        finally:
            if self._timer is not None:
                self._timer.cancel()
            endpoint.close()
            # Both know this conversation: it would be garbage that has to be looked for.
            self._endpoint = self._timer = None

    def _receive(self, data: bytes, source: Address) -> None:
        if source == self._to:
            self._send(self._client.receive(data, self._fabric.time.now()))

    def _on_time(self) -> None:
        # One timer serves the whole conversation: it looks when it is really due, instead of being set anew for every
        # packet.
        self._timer = None
        self._send(self._client.on_time(self._fabric.time.now()))
        self._wake_at(self._client.next_deadline)

    def _wake_at(self, when: float | None) -> None:
        if when is not None and not self._done.done():
            self._timer = self._fabric.time.call_at(when, self._on_time)

    def _send(self, datagrams: Sequence[bytes]) -> None:
        if self._endpoint is None:
            return
        for datagram in datagrams:
            self._endpoint.send(datagram, self._to)
        if self._client.settled and not self._done.done():
            self._done.set_result(None)

"""How a port's speed and duplex are set: by Cisco's portTable (CISCO-STACK-MIB), or by MAU-MIB (RFC 4836)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.dcim.drivers.base import DeviceRefused, DeviceUnable, SetDuplex
from simulator.dcim.drivers.handlers.vlans import Setting

__all__ = ["MauMib", "SpeedClient", "SpeedWay", "StackMib"]

_PORT = "1.3.6.1.4.1.9.5.1.4.1.1"
_MODULE = 1
_ADMIN_SPEED, _DUPLEX, _IF_INDEX = f"{_PORT}.9.{_MODULE}", f"{_PORT}.10.{_MODULE}", f"{_PORT}.11.{_MODULE}"
_STACK_SPEEDS = {0: 1, 10**10: 10} | {speed: speed for speed in (10**7, 10**8, 10**9)}
"""PortAdminSpeed: autoDetect(1), s10G(10), the others by their number."""
_STACK_DUPLEXES = {"half": 1, "full": 2, "auto": 4}

_MAU_TYPE = "1.3.6.1.2.1.26.4"
_DEFAULT_TYPE = "1.3.6.1.2.1.26.2.1.1.11"
_NEGOTIATION = "1.3.6.1.2.1.26.5.1.1.1"
_ENABLED, _DISABLED = 1, 2
_MAU_TYPES: dict[tuple[int, SetDuplex], str] = {
    (10**7, "half"): f"{_MAU_TYPE}.10",
    (10**7, "full"): f"{_MAU_TYPE}.11",
    (10**8, "half"): f"{_MAU_TYPE}.15",
    (10**8, "full"): f"{_MAU_TYPE}.16",
    (10**9, "full"): f"{_MAU_TYPE}.30",
    (10**10, "full"): f"{_MAU_TYPE}.54",
}
_LEFT_ALONE: tuple[int, SetDuplex] = (0, "auto")


class SpeedClient(Protocol):
    """What this needs of an SNMP manager; every call raises a DeviceError, nothing else."""

    async def walk(self, columns: Sequence[str]) -> Sequence[dict[int, int | bytes | str | None]]:
        """For each column what it holds, by the last number of the index."""

    async def get(self, name: str) -> int | bytes | str | None: ...

    async def set_all(self, settings: Sequence[Setting], what: str) -> None:
        """All of them in one SET, which stands or falls as a whole."""


class SpeedWay(Protocol):
    async def put(self, row: int, speed: int | None, duplex: SetDuplex | None) -> None:
        """Of the port with this ifIndex. Raises DeviceUnable for what the MIB has no words for, and DeviceRefused when it does
        not stand as it was set.
        """


class StackMib:
    """Two columns by module and port; a third tells the ifIndex."""

    def __init__(self, device: str, client: SpeedClient) -> None:
        self._device = device
        self._client = client

    async def put(self, row: int, speed: int | None, duplex: SetDuplex | None) -> None:
        if speed is not None and speed not in _STACK_SPEEDS:
            raise DeviceUnable(self._device, f"port {row}: CISCO-STACK-MIB has no speed of {speed} bit/s")
        (found,) = await self._client.walk((_IF_INDEX,))
        port = next((port for port, index in found.items() if index == row), None)
        if port is None:
            raise DeviceRefused(self._device, f"its portTable has no port {row}")
        settings = []
        if speed is not None:
            settings.append(Setting(f"{_ADMIN_SPEED}.{port}", _STACK_SPEEDS[speed]))
        if duplex is not None:
            settings.append(Setting(f"{_DUPLEX}.{port}", _STACK_DUPLEXES[duplex]))
        await _set(self._device, self._client, settings, row)


class MauMib:
    """Negotiation on, or off with a type that is both speed and duplex."""

    def __init__(self, device: str, client: SpeedClient) -> None:
        self._device = device
        self._client = client

    async def put(self, row: int, speed: int | None, duplex: SetDuplex | None) -> None:
        """A type says speed and duplex together, and with negotiation on there is none. So what is not asked for is read first and
        put with the rest, and what no type says is refused.
        """
        default, negotiation = f"{_DEFAULT_TYPE}.{row}.1", f"{_NEGOTIATION}.{row}.1"
        if speed is None or duplex is None:
            was = _LEFT_ALONE
            if await self._client.get(negotiation) != _ENABLED:
                held = await self._client.get(default)
                was = next((mode for mode, name in _MAU_TYPES.items() if name == held), _LEFT_ALONE)
            speed = was[0] if speed is None else speed
            duplex = was[1] if duplex is None else duplex
        if (speed, duplex) == _LEFT_ALONE:
            await _set(self._device, self._client, [Setting(negotiation, _ENABLED)], row)
            return
        kind = _MAU_TYPES.get((speed, duplex))
        if kind is None:
            why = (
                "it sets speed and duplex together, or neither"
                if speed == 0 or duplex == "auto"
                else "there is no such type"
            )
            raise DeviceUnable(self._device, f"port {row} by MAU-MIB to {speed or 'auto'}, duplex {duplex}: {why}")
        await _set(self._device, self._client, [Setting(default, kind), Setting(negotiation, _DISABLED)], row)


async def _set(device: str, client: SpeedClient, settings: Sequence[Setting], row: int) -> None:
    """All in one SET, and read back."""
    await client.set_all(settings, f"speed and duplex of port {row}")
    for one in settings:
        if await client.get(one.name) != one.value:
            raise DeviceRefused(device, f"speed and duplex of port {row} were set, but are not as set")

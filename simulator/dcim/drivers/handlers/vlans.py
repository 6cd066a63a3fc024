"""How VLANs are made and ports put into them: by dot1qVlanStaticTable (RFC 4363), or by Cisco's VTP and vmVlan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from simulator.dcim.drivers.base import DeviceRefused

__all__ = ["ACCESS_VLAN", "PORT_VLAN", "Cisco", "QBridge", "Setting", "VlanClient", "VlanWay"]

BASE_PORT = "1.3.6.1.2.1.17.1.4.1.2"
"""dot1dBasePortIfIndex: the ifIndex of each bridge port."""
PORT_VLAN = "1.3.6.1.2.1.17.7.1.4.5.1.1"
"""dot1qPvid, by bridge port."""
_STATIC = "1.3.6.1.2.1.17.7.1.4.3.1"
_NAME, _EGRESS, _UNTAGGED, _ROW_STATUS = 1, 2, 4, 5
_CREATE_AND_GO, _DESTROY = 4, 6
ACCESS_VLAN = "1.3.6.1.4.1.9.9.68.1.2.2.1.2"
"""vmVlan, by ifIndex."""
_VTP = "1.3.6.1.4.1.9.9.46.1"
_OPERATION = f"{_VTP}.4.1.1.1.1"
"""vtpVlanEditOperation of the one management domain."""
_COPY, _APPLY, _RELEASE = 2, 3, 4


class Setting(NamedTuple):
    """One variable of a SET."""

    name: str
    value: int | bytes | str
    """A text is an object identifier."""
    unsigned: bool = False
    """An Unsigned32 (or Gauge32, which is the same on the wire), not an INTEGER."""


class VlanClient(Protocol):
    """What this needs of an SNMP manager; every call raises a DeviceError, nothing else."""

    async def get(self, name: str) -> int | bytes | str | None: ...

    async def set_all(self, settings: Sequence[Setting], what: str) -> None:
        """All of them in one SET, which stands or falls as a whole."""


class VlanWay(Protocol):
    column: str
    """Of the VLAN of each port's untagged frames."""
    rows_column: str | None
    """Of the ifIndex of each row of `column`; None where they are the same."""

    def learn(self, rows: Mapping[int, int | bytes | str | None]) -> None:
        """What `rows_column` holds."""

    def by_row(self, vlans: Mapping[int, int | bytes | str | None]) -> dict[int, int]:
        """What `column` holds, by ifIndex."""

    async def put(self, row: int, vlan: int, name: str) -> None:
        """Make a port an access port of the VLAN, which is made where there is none."""

    async def remove(self, vlan: int) -> None:
        """Without effect where there is no such VLAN."""


class QBridge:
    """A static VLAN with its member ports, and the port's own VLAN."""

    def __init__(self, device: str, client: VlanClient) -> None:
        self._device = device
        self._client = client
        self.column = PORT_VLAN
        self.rows_column: str | None = BASE_PORT
        self._rows: dict[int, int] = {}

    def learn(self, rows: Mapping[int, int | bytes | str | None]) -> None:
        self._rows = {port: row for port, row in rows.items() if isinstance(row, int)}

    def by_row(self, vlans: Mapping[int, int | bytes | str | None]) -> dict[int, int]:
        rows = self._rows
        return {rows[port]: vlan for port, vlan in vlans.items() if isinstance(vlan, int) and port in rows}

    async def put(self, row: int, vlan: int, name: str) -> None:
        port = next((port for port, its in self._rows.items() if its == row), None)
        if port is None:
            raise DeviceRefused(self._device, f"port {row} is in no bridge")
        was = await self._client.get(f"{PORT_VLAN}.{port}")
        if not isinstance(await self._client.get(f"{_STATIC}.{_ROW_STATUS}.{vlan}"), int):
            made = (
                Setting(f"{_STATIC}.{_ROW_STATUS}.{vlan}", _CREATE_AND_GO),
                Setting(f"{_STATIC}.{_NAME}.{vlan}", name.encode()[:32]),
            )
            await self._client.set_all(made, f"VLAN {vlan}")
        await self._member(vlan, port, present=True)
        await self._client.set_all((Setting(f"{PORT_VLAN}.{port}", vlan, unsigned=True),), f"VLAN of port {row}")
        if isinstance(was, int) and was != vlan:
            await self._member(was, port, present=False)
        if await self._client.get(f"{PORT_VLAN}.{port}") != vlan:
            raise DeviceRefused(self._device, f"port {row} was put into VLAN {vlan}, but is not in it")

    async def _member(self, vlan: int, port: int, *, present: bool) -> None:
        """Take the port into the VLAN's lists, or out of them."""
        settings = []
        for column in (_EGRESS, _UNTAGGED):
            held = await self._client.get(f"{_STATIC}.{column}.{vlan}")
            ports = bytearray(held if isinstance(held, bytes) else b"")
            place, bit = (port - 1) // 8, 0x80 >> (port - 1) % 8
            ports.extend(bytes(max(0, place + 1 - len(ports))))
            ports[place] = ports[place] | bit if present else ports[place] & ~bit
            settings.append(Setting(f"{_STATIC}.{column}.{vlan}", bytes(ports)))
        await self._client.set_all(settings, f"ports of VLAN {vlan}")

    async def remove(self, vlan: int) -> None:
        name = f"{_STATIC}.{_ROW_STATUS}.{vlan}"
        if isinstance(await self._client.get(name), int):
            await self._client.set_all((Setting(name, _DESTROY),), f"VLAN {vlan}")


class Cisco:
    """VLANs are made in VTP's edit buffer: copied, changed, applied, released."""

    def __init__(self, device: str, client: VlanClient) -> None:
        self._device = device
        self._client = client
        self.column = ACCESS_VLAN
        self.rows_column: str | None = None

    def learn(self, rows: Mapping[int, int | bytes | str | None]) -> None:
        """There is nothing to learn."""

    def by_row(self, vlans: Mapping[int, int | bytes | str | None]) -> dict[int, int]:
        return {row: vlan for row, vlan in vlans.items() if isinstance(vlan, int)}

    async def put(self, row: int, vlan: int, name: str) -> None:
        if not await self._has(vlan):
            made = (
                Setting(f"{_VTP}.4.2.1.11.1.{vlan}", _CREATE_AND_GO),
                Setting(f"{_VTP}.4.2.1.4.1.{vlan}", name.encode()[:32]),
            )
            await self._edit(made, vlan)
        access = f"{ACCESS_VLAN}.{row}"
        await self._client.set_all((Setting(access, vlan),), f"VLAN of port {row}")
        if await self._client.get(access) != vlan:
            raise DeviceRefused(self._device, f"port {row} was put into VLAN {vlan}, but is not in it")

    async def remove(self, vlan: int) -> None:
        if await self._has(vlan):
            await self._edit((Setting(f"{_VTP}.4.2.1.11.1.{vlan}", _DESTROY),), vlan)

    async def _has(self, vlan: int) -> bool:
        """By vtpVlanState."""
        return isinstance(await self._client.get(f"{_VTP}.3.1.1.2.1.{vlan}"), int)

    async def _edit(self, settings: Sequence[Setting], vlan: int) -> None:
        await self._client.set_all((Setting(_OPERATION, _COPY),), "the edit buffer")
        try:
            await self._client.set_all(settings, f"VLAN {vlan}")
            await self._client.set_all((Setting(_OPERATION, _APPLY),), f"VLAN {vlan}")
        finally:
            await self._client.set_all((Setting(_OPERATION, _RELEASE),), "the edit buffer")

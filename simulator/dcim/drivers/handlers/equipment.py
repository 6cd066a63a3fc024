"""Switches and PDUs as the panel sees them through a handler's page, whichever SNMP client carries the requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.dcim.drivers.base import DeviceRefused, DeviceUnable, Duplex, OutletView, PortView, SetDuplex, SnmpAccess
from simulator.dcim.drivers.handlers.pages import PduHandler, SwitchHandler
from simulator.dcim.drivers.handlers.speeds import MauMib, SpeedWay, StackMib
from simulator.dcim.drivers.handlers.vlans import Cisco, QBridge, Setting, VlanWay

__all__ = ["DUPLEX_READINGS", "PagedPdu", "PagedSwitch", "SnmpClient", "Value"]

Value = int | bytes | str | None
"""A number, octets, a dotted identifier; None where the device has no such thing."""


SLACK = 5.0
"""Seconds."""

DUPLEX_READINGS = 12
"""Readings of a switch after which duplexes are read again, though no link has changed: somebody may have set one by hand."""

_DUPLEXES: dict[Value, Duplex] = {2: "half", 3: "full"}
"""DuplexStatus of EtherLike-MIB."""


class SnmpClient(Protocol):
    """What the handlers need of an SNMP manager. Names are dotted; every call raises a DeviceError, nothing else."""

    async def walk(self, columns: Sequence[str]) -> Sequence[dict[int, Value]]:
        """For each column what it holds: last number of the index -> value; the last but one where a 0 follows it, as
        where each row is a scalar of its own.
        """

    async def get(self, name: str) -> Value: ...

    async def set(self, name: str, value: int, what: str) -> None:
        """Set an INTEGER; `what` is what a refusal calls it, `port 10103`."""

    async def set_all(self, settings: Sequence[Setting], what: str) -> None:
        """All of them in one SET, which stands or falls as a whole."""

    def now(self) -> float:
        """Seconds of wire time, from any beginning."""

    async def close(self) -> None: ...


class PagedSwitch:
    """A SwitchDriver, and where the page knows VLANs a VlanDriver, over a page and a client."""

    def __init__(self, access: SnmpAccess, page: SwitchHandler, client: SnmpClient) -> None:
        self._access = access
        self._page = page
        self._client = client
        self._names: dict[int, str | None] = {}
        self._uptime = 0
        self._asked_at = 0.0
        self._links: object = None
        """What the duplexes below were read beside."""
        self._duplexes: dict[int, Value] = {}
        self.readings = 0
        """Since duplexes were read."""
        self.was_usual = False
        """The last reading asked for nothing but what each asks for."""
        self._vlans: VlanWay | None = _vlan_way(access, page, client)
        self._speeds: SpeedWay | None = _speed_way(access, page, client)

    async def ports(self) -> Sequence[PortView]:
        """The physical ports, in order of ifIndex, which is that of the front. What cannot change while the device
        runs (type and name) is asked for once; a start since then, or other rows, have it asked for anew. Duplex changes
        with the link: it is asked for where links or speeds are others, and now and then.
        """
        page = self._page
        uptime = await self._client.get(page.uptime)
        now = self._client.now()
        restarted = not isinstance(uptime, int) or uptime < self._expected_uptime(now)
        admins, opers, speeds = await self._client.walk((page.admin, page.oper, page.speed))
        self.readings += 1
        asks = restarted or self._links != (opers, speeds) or self.readings >= DUPLEX_READINGS
        columns = [page.duplex] if asks else []
        columns += [page.octets_in, page.octets_out]
        if self._vlans is not None:
            columns.append(self._vlans.column)
        found = await self._client.walk(columns)
        if asks:
            self._duplexes, *found = found
            self._links, self.readings = (opers, speeds), 0
        received, sent, *others = found
        fixed = restarted or admins.keys() != self._names.keys()
        self.was_usual = not asks and not fixed
        if fixed:
            self._names = await self._fixed()
        self._uptime, self._asked_at = (uptime, now) if isinstance(uptime, int) else (0, now)
        vlans = self._vlans.by_row(others[0]) if self._vlans is not None else {}
        up = page.up
        out = []
        for row, name in self._names.items():
            if name is None:
                continue
            speed = speeds.get(row)
            out.append(
                PortView(
                    str(row),
                    name,
                    admins.get(row) == up,
                    opers.get(row) == up,
                    speed * 1_000_000 if isinstance(speed, int) else 0,
                    _count(received.get(row)),
                    _count(sent.get(row)),
                    vlans.get(row, 0),
                    _DUPLEXES.get(self._duplexes.get(row), "unknown"),
                )
            )
        return out

    def _expected_uptime(self, now: float) -> float:
        """Hundredths of a second that it must have been up by now, had it not started anew; give or take its clock's
        and the network's pace. Where lab time is faster than ours, it has been up for longer.
        """
        passed = now - self._asked_at
        return self._uptime + max(0.0, 0.99 * passed - SLACK) * 100

    async def _fixed(self) -> dict[int, str | None]:
        """The name of each row, None for what is not a physical port."""
        page = self._page
        columns = [page.type, page.description]
        if self._vlans is not None and self._vlans.rows_column is not None:
            columns.append(self._vlans.rows_column)
        types, descriptions, *others = await self._client.walk(columns)
        if self._vlans is not None and others:
            self._vlans.learn(others[0])
        names = {row: _text(descriptions.get(row)) if kind in page.port_types else None for row, kind in types.items()}
        if not page.not_ports:
            return names
        return {row: None if name and name.startswith(page.not_ports) else name for row, name in names.items()}

    async def set_port(self, identity: str, up: bool) -> None:
        """Set ifAdminStatus and read it back. Raises DeviceRefused when it does not stand as it was set."""
        row = _row(self._access, "port", identity)
        name = f"{self._page.admin}.{row}"
        value = self._page.up if up else self._page.down
        await self._client.set(name, value, f"port {row}")
        if await self._client.get(name) != value:
            raise DeviceRefused(
                self._access.name, f"port {row} was set administratively {'up' if up else 'down'}, but is not"
            )

    async def set_vlan(self, identity: str, vlan: int, name: str) -> None:
        if self._vlans is None:
            raise DeviceRefused(self._access.name, f"its handler {self._access.handler} does not set VLANs")
        await self._vlans.put(_row(self._access, "port", identity), vlan, name)

    async def remove_vlan(self, vlan: int) -> None:
        if self._vlans is not None:
            await self._vlans.remove(vlan)

    async def set_link(self, identity: str, speed: int | None, duplex: SetDuplex | None) -> None:
        if self._speeds is None:
            raise DeviceUnable(self._access.name, f"its handler {self._access.handler} cannot set speed and duplex")
        self._links = None
        await self._speeds.put(_row(self._access, "port", identity), speed, duplex)

    async def close(self) -> None:
        await self._client.close()


class PagedPdu:
    """A PduDriver over a page and a client."""

    def __init__(self, access: SnmpAccess, page: PduHandler, client: SnmpClient) -> None:
        self._access = access
        self._page = page
        self._client = client

    async def outlets(self) -> Sequence[OutletView]:
        status = self._page.status
        columns = (status.column,) if self._page.watts is None else (status.column, self._page.watts)
        states, *loads = await self._client.walk(columns)
        watts = loads[0] if loads else {}
        meaning = {status.on: True, status.off: False}
        return [
            OutletView(str(row), meaning.get(state) if isinstance(state, int) else None, _count(watts.get(row)))
            for row, state in states.items()
        ]

    async def set_outlet(self, identity: str, on: bool) -> None:
        """Command an outlet. The PDU obeys in its own time; `outlets` tells when it has."""
        control = self._page.control
        row = _row(self._access, "outlet", identity)
        column = control.column if on or control.off_column is None else control.off_column
        value = control.on if on else control.off
        place = row + control.offset
        if control.places:
            if not 0 < row <= len(control.places):
                raise DeviceRefused(self._access.name, f"it has no outlet {row}")
            place = control.places[row - 1]
        await self._client.set(f"{column}.{place}{control.instance}", value, f"outlet {row}")

    async def close(self) -> None:
        await self._client.close()


def _row(access: SnmpAccess, what: str, identity: str) -> int:
    if not (identity.isascii() and identity.isdigit() and int(identity) < 2**32):
        raise DeviceRefused(access.name, f"it has no {what} {identity!r}: a {what} is known by its number")
    return int(identity)


def _vlan_way(access: SnmpAccess, page: SwitchHandler, client: SnmpClient) -> VlanWay | None:
    if page.vlans == "none":
        return None
    return Cisco(access.name, client) if page.vlans == "cisco" else QBridge(access.name, client)


def _speed_way(access: SnmpAccess, page: SwitchHandler, client: SnmpClient) -> SpeedWay | None:
    if page.speeds == "none":
        return None
    return StackMib(access.name, client) if page.speeds == "stack" else MauMib(access.name, client)


def _count(value: Value) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: Value) -> str:
    return value.decode(errors="replace").strip() if isinstance(value, bytes) else ""

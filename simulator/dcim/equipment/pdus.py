"""The panel and PDUs: their outlets, whose relays move later than they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from simulator.dcim.drivers.base import (
    DeviceError,
    OutletView,
    Passes,
    PduDriver,
)
from simulator.dcim.equipment.exchanges import Exchanges, as_before, passing
from simulator.dcim.equipment.recently_set import RecentlySet
from simulator.dcim.errors import DeviceFault, NoAnswer, RefusedByDevice
from simulator.dcim.records import Outlet, Pdu, PowerStatus, Server
from simulator.kernel import Timer
from simulator.kernel.flow import because, met

__all__ = ["Pdus"]

RELAY_PATIENCE = 5.0
"""Seconds of lab time that a PDU may show an outlet's old state after a command; real ones take one to three."""


class Pdus(Exchanges):
    """The panel and PDUs."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._pdus: dict[int, PduDriver] = {}
        self._switched: dict[int, float] = {}
        """By outlet when it was commanded, lab time."""
        self._outlets_set = RecentlySet()
        self._outlets_seen: dict[int, tuple[object, int]] = {}
        """As `_ports_seen` of switches."""

    async def read_pdu(self, number: int) -> None:
        """Read all outlets of a PDU. The nth outlet that it lists is the one with the number n."""
        pdu = self._inventory.pdus.get(number)
        began = self._outlets_set.count
        try:
            views = await self._pdu(pdu).outlets()
        except DeviceError as error:
            raise self._pdu_failed(pdu, error, began) from error
        self._pdu_read(pdu, views, began)

    def pass_over_pdu(self, number: int, done: Callable[[bool], object]) -> Timer | None:
        """As `Switches.pass_over_switch`."""
        pdu = self._inventory.pdus.find(number)
        driver: Passes[Sequence[OutletView]] | None = passing(self._pdus.get(number))
        if pdu is None or driver is None:
            return None
        began = self._outlets_set.count

        def passed(views: Sequence[OutletView] | None) -> None:
            if views is not None:
                self._pdu_read(pdu, views, began)
            done(views is not None)

        return driver.pass_over(passed)

    def _pdu_read(self, pdu: Pdu, views: Sequence[OutletView], began: int) -> None:
        self._record_outlets(pdu, views, began)
        self._meters.pdu_read(pdu.id, views)
        self._journal.marks.free(pdu.name, "answer", "message")
        self._inventory.pdus.change(pdu.id, error=None, polled_at=self._clock.now())

    async def set_outlet(self, number: int, on: bool) -> Outlet:
        outlet = self._inventory.outlets.get(number)
        pdu = self._inventory.pdus.get(outlet.pdu)
        if not outlet.identity:
            await self.read_pdu(pdu.id)
            outlet = self._inventory.outlets.get(number)
            if not outlet.identity:
                raise RefusedByDevice(pdu.access.name, f"it lists no outlet {outlet.number}")
        try:
            await self._pdu(pdu).set_outlet(outlet.identity, on)
        except DeviceError as error:
            raise self._pdu_failed(pdu, error) from error
        status = PowerStatus.ON if on else PowerStatus.OFF
        self._switched[number] = self._clock.now()
        self._outlets_set.made(number)
        self._journal.write("panel", pdu.name, "outlet set", outlet=outlet.number, status=status.value)
        if outlet.server is not None:
            self._commanded[outlet.server] = self._clock.now()
        return self._inventory.outlets.change(number, status=status)

    def _pdu(self, pdu: Pdu) -> PduDriver:
        driver = self._pdus.get(pdu.id)
        if driver is None:
            driver = self._pdus[pdu.id] = self._factory.pdu(pdu.access)
        return driver

    def _pdu_failed(self, pdu: Pdu, error: DeviceError, began: int | None = None) -> DeviceFault:
        """`began`: with a reading, how much had been set by then."""
        fault = self._fault(error)
        if fault.message == pdu.error:
            met(self._journal.marks.latest(pdu.name, ("answer",)))
        else:
            self._failing(pdu.name, fault.device, fault.message)
            self._inventory.pdus.change(pdu.id, error=fault.message)
        if isinstance(fault, NoAnswer):
            for outlet in self._inventory.outlets_of_pdu(pdu.id):
                if outlet.status is not PowerStatus.UNKNOWN and not self._outlets_set.since(began, outlet.id):
                    self._inventory.outlets.change(outlet.id, status=PowerStatus.UNKNOWN)
        return fault

    def _record_outlets(self, pdu: Pdu, views: Sequence[OutletView], began: int) -> None:
        if as_before(self._outlets_seen.get(pdu.id), views, self._inventory.outlets.version):
            return
        whole = True
        for number, view in enumerate(views, 1):
            outlet = self._inventory.outlet(pdu.id, number)
            if outlet is None:
                outlet = self._inventory.add_outlet(pdu.id, number)
            if self._outlets_set.since(began, outlet.id):
                whole = False
                continue
            status = PowerStatus.UNKNOWN if view.on is None else PowerStatus.ON if view.on else PowerStatus.OFF
            if outlet.identity == view.identity and outlet.status is status:
                continue
            if outlet.identity == view.identity and self._may_still_move(outlet.id):
                whole = False
                continue
            if outlet.identity and outlet.status is not status:
                with because(self._journal.marks.latest(pdu.name, (f"outlet {number}", "outlets"), ("equipment",))):
                    self._journal.write("panel", pdu.name, "outlet changed", outlet=number, now=status.value)
            self._inventory.outlets.change(outlet.id, identity=view.identity, status=status)
        if whole:
            self._outlets_seen[pdu.id] = views, self._inventory.outlets.version

    def _may_still_move(self, outlet: int) -> bool:
        """Its relay was told something a moment ago: what is read may be the old state, and proves nothing yet."""
        told = self._switched.get(outlet)
        return told is not None and self._clock.now() - told < RELAY_PATIENCE

    async def read_outlets(self, server: Server) -> None:
        """Read every PDU that feeds the server."""
        for pdu in sorted({outlet.pdu for outlet in self._inventory.outlets_of(server)}):
            await self.read_pdu(pdu)

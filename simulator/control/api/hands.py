"""What somebody who stands in the hall does with his hands: cables, ports, outlets. The panel learns of it as it would there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from simulator.control.api.lab import Lab, Refused, hint
from simulator.faults import CATALOGUE, NotPossible
from simulator.kernel.flow import because, root
from simulator.lab import Run

__all__ = ["router"]

router = APIRouter(prefix="/__lab", tags=["hands"])
_UNPLUGGED = "cable.unplugged"


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CableOrder(_Order):
    server: str
    nic: str = Field(default="nic1", description="as in lab files")
    plugged: bool


class PortOrder(_Order):
    switch: str
    port: int = Field(ge=1, description="as on the front")
    up: bool = Field(description="by its administration")


class OutletOrder(_Order):
    pdu: str
    outlet: int = Field(ge=1)
    on: bool


class CableView(BaseModel):
    server: str
    nic: str
    plugged: bool
    link_up: bool


class PortView(BaseModel):
    switch: str
    port: int
    up: bool
    link_up: bool


class OutletView(BaseModel):
    """`live`: what is plugged in has power. A relay that is stuck stays as it was."""

    pdu: str
    outlet: int
    on: bool
    live: bool


@router.post("/cables", summary="Pull a patch cable, or plug it in again")
async def cables(lab: Lab, order: CableOrder) -> CableView:
    """A pulled one is the fault `cable.unplugged`, wherever it is mended."""
    run = lab.run
    server = _one(run.plant.servers, order.server, "server")
    names = [nic.name for nic in server.nics]
    if order.nic not in names:
        raise Refused(404, f"{order.server} has no {order.nic!r}{hint(order.nic, names, 'NICs')}")
    nic = server.nics[names.index(order.nic)]
    if nic.cable is None:
        raise Refused(409, f"{order.nic} of {order.server} has no cable")
    if order.plugged:
        for fault in run.faults.active():
            if fault.kind == _UNPLUGGED and (fault.params.target, getattr(fault.params, "nic", "")) == (
                server.name,
                nic.name,
            ):
                run.faults.mend(fault)
    elif nic.cable.plugged:
        params = CATALOGUE[_UNPLUGGED].params.model_validate({"server": server.name, "nic": nic.name})
        try:
            run.faults.inject(_UNPLUGGED, params)
        except NotPossible as error:  # pragma: no cover - looked at above
            raise Refused(409, str(error)) from None
    return CableView(server=server.name, nic=nic.name, plugged=nic.cable.plugged, link_up=nic.link_up)


@router.post("/ports", summary="Switch a port of a switch on or off, as on its own console")
async def ports(lab: Lab, order: PortOrder) -> PortView:
    switch = _one(lab.run.plant.switches, order.switch, "switch")
    if order.port > len(switch.ports):
        raise Refused(404, f"{order.switch} has {len(switch.ports)} ports, no port {order.port}")
    port = switch.ports[order.port - 1]
    if order.up != port.admin_up:
        with _hand(lab.run, order.switch, f"port switched {'on' if order.up else 'off'} by hand", port=order.port):
            port.set_admin(order.up)
    return PortView(switch=order.switch, port=order.port, up=port.admin_up, link_up=port.link_up)


@router.post("/outlets", summary="Switch an outlet of a PDU, as at its front")
async def outlets(lab: Lab, order: OutletOrder) -> OutletView:
    pdu = _one(lab.run.plant.pdus, order.pdu, "PDU")
    if order.outlet > len(pdu.outlets):
        raise Refused(404, f"{order.pdu} has {len(pdu.outlets)} outlets, no outlet {order.outlet}")
    outlet = pdu.outlets[order.outlet - 1]
    with _hand(lab.run, order.pdu, f"outlet switched {'on' if order.on else 'off'} by hand", outlet=order.outlet):
        (outlet.turn_on if order.on else outlet.turn_off)()
    return OutletView(pdu=order.pdu, outlet=order.outlet, on=outlet.on, live=outlet.live)


def _one(things: Any, name: str, what: str) -> Any:
    if name not in things:
        raise Refused(404, f"there is no {what} {name!r}{hint(name, things, 'there are')}")
    return things[name]


@contextmanager
def _hand(run: Run, subject: str, what: str, **detail: object) -> Iterator[None]:
    """All that comes of it came from this."""
    with root():
        record = run.journal.write("lab", subject, what, **detail)
    with because(record.number):
        yield

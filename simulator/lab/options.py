"""How a lab on real sockets is started: one record, from the command line down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from simulator.web.sockets import Certificate

__all__ = ["ClockSpec", "DriverKind", "WireOptions"]

DriverKind = Literal["own", "foreign"]
ClockSpec = str
"""`real`, `scaled:N`, `stepped`, or `auto`: moved by itself, when every actor is ours, as in `rackloop run --wire`; programs outside would
wait for nothing, so commands and fixtures do not offer it.
"""


@dataclass(frozen=True, slots=True)
class WireOptions:
    """`port` is that of DCImanager 6, `port5` of DCImanager 5, `hosting_port` of the ispmanager, if the lab has one; 0 is
    any free one, and a taken one gives way to a free one.
    """

    seed: int = 1
    clock: ClockSpec = "real"
    drivers: DriverKind = "own"
    """What the panel speaks to devices with."""
    host: str = "127.0.0.1"
    """Where all of it listens. Off loopback the lab is for other machines: every device then answers on that host, told
    apart by its port.
    """
    port: int = 0
    port5: int = 0
    hosting_port: int = 0
    tls: bool = False
    devices: Literal["as planned", "free ports"] = "free ports"
    """Their planned ports (a taken one gives way to a free one), or any free."""
    dry_run: bool = False
    """Real equipment is read and not written: what would be stands in the journal and in the list at the end."""
    certificate: Certificate | None = None
    """With `tls`, what servers show; else one is made."""
    epoch: datetime | None = None
    """What the calendar shows at lab time 0; else what the lab file says, else the one of simulated runs."""

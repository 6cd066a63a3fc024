"""A lab that runs: every layer of it by name, and the ways in for those who use it. How it is started is `running`'s."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from starlette.types import ASGIApp

from simulator.bmc import Bmc
from simulator.dcim.drivers.base import DeviceError, DriverFactory, PduDriver
from simulator.dcim.panel import Panel
from simulator.fabric import Address, Fabric
from simulator.faults import FaultEngine
from simulator.faults.kinds import FaultParams, NotPossible
from simulator.files.plan import LabPlan
from simulator.ispmanager import Hosting
from simulator.kernel import Activity, Clock, Journal, Streams
from simulator.kernel.branch import branch
from simulator.kernel.wire import Wire
from simulator.plant import Plant
from simulator.real import RealEquipment
from simulator.real.bending import why_not
from simulator.recording.twin import Twin
from simulator.snmp.station import Station
from simulator.web.gateway import Gateway
from simulator.web.in_process import InProcessTransport
from simulator.web.interference import HttpInterference

if TYPE_CHECKING:
    from simulator.web.sockets import Certificate
from simulator.web.transports import ByHost, Counted

__all__ = ["Resumed", "Run"]

T = TypeVar("T")


@dataclass
class Run:
    """One run of a lab. `bmcs`, `switches` and `pdus` say where each device answers, by name."""

    plan: LabPlan
    mode: str
    seed: int
    clock: Clock
    streams: Streams
    journal: Journal
    activity: Activity
    fabric: Fabric
    plant: Plant
    panel: Panel
    gateway6: Gateway
    gateway5: Gateway
    wire: Wire
    """The messages of the run, and what becomes of them."""
    interferences: Mapping[str, HttpInterference]
    """What faults do to HTTP messages, by panel."""
    dci6_url: str
    dci5_url: str
    certificate: Certificate | None
    not_written: Mapping[str, ASGIApp] = field(default_factory=dict)
    """By panel, what says in its words that its database cannot be written."""
    hosting: Hosting | None = None
    """The accounts of the ispmanager; None where the lab has none, likewise its door and its address."""
    ispmanager: Gateway | None = None
    ispmanager_url: str | None = None
    bmcs: dict[str, Address] = field(default_factory=dict)
    switches: dict[str, Address] = field(default_factory=dict)
    pdus: dict[str, Address] = field(default_factory=dict)
    traps: Address | None = None
    """Where the panel listens for traps; None where it does not."""
    bound: dict[str, Address] = field(default_factory=dict)
    """What each device listens on, by its name: "everywhere", when the lab is for other machines."""
    bmc_devices: dict[str, Bmc] = field(default_factory=dict)
    stations: dict[str, Station[Any]] = field(default_factory=dict)
    """The SNMP agents of switches and PDUs."""
    drivers: DriverFactory | None = None
    """What the panel makes its drivers with."""
    twins: Sequence[Twin[Any]] = ()
    """Real devices that are asked what emulated ones are asked."""
    equipment: RealEquipment | None = None
    """What was written to real equipment; None in virtual time."""

    def __repr__(self) -> str:
        return f"<lab {self.plan.name}, {self.mode}, seed {self.seed}, at {self.clock.now():.3f} s>"

    def __post_init__(self) -> None:
        self.faults = FaultEngine(self, self.clock, self.journal)
        self._services = PanelServices(self)

    # the world as faults see it

    @property
    def management(self) -> Fabric:
        return self.fabric

    @property
    def http_panels(self) -> Collection[str]:
        return self.interferences.keys()

    @property
    def doors(self) -> Mapping[str, Gateway]:
        """The gateways of the panels, by the names that messages have for them."""
        doors = {"dci6": self.gateway6, "dci5": self.gateway5}
        return doors if self.ispmanager is None else {**doors, "ispmanager": self.ispmanager}

    @property
    def panel_services(self) -> PanelServices:
        return self._services

    @property
    def hosting_services(self) -> Gateway | None:
        return self.ispmanager

    def may_bend(self, kind: str, params: FaultParams) -> None:
        if self.plan.real and (reason := why_not(kind, params, self.plan)):
            raise NotPossible(f"{reason}: nothing in this lab can bend it")

    def switch_outlet(self, pdu: str, outlet: int, on: bool) -> None:
        if pdu in self.stations or self.equipment is None or self.drivers is None:
            hand = self.plant.pdus[pdu].outlets[outlet - 1]
            (hand.turn_on if on else hand.turn_off)()
            return
        access = next(each.access for each in self.panel.inventory.pdus if each.name == pdu)
        self.equipment.begin(_set_outlet(self.drivers.pdu(access), outlet, on))

    def bmc_address(self, server: str) -> Address:
        self._require_emulated(server)
        return self.bound.get(server, self.bmcs[server])

    def _require_emulated(self, server: str) -> None:
        if server in self.bmcs and server not in self.bmc_devices:
            raise NotPossible(f"the BMC of {server} is a real one: nothing in this lab can bend it")

    def station(self, name: str) -> Station[Any]:
        if name not in self.stations and name in (*self.switches, *self.pdus):
            raise NotPossible(f"{name} is a real one: nothing in this lab can bend it")
        return self.stations[name]

    def bmc(self, server: str) -> Bmc:
        self._require_emulated(server)
        return self.bmc_devices[server]

    # ways in

    @property
    def admin(self) -> tuple[str, str]:
        """E-mail and password of the panel's administrator; in version 5 the e-mail is his user name."""
        return self.plan.admin.email, self.plan.admin.password

    def billing_transport(self) -> httpx.AsyncBaseTransport:
        """How a billing side of this process reaches the panel: straight into the application, or over a socket."""
        if self.mode == "simulated":
            hosts: dict[str, httpx.AsyncBaseTransport] = {
                httpx.URL(self.dci5_url).host: InProcessTransport(self.gateway5)
            }
            if self.ispmanager_url:
                hosts[httpx.URL(self.ispmanager_url).host] = InProcessTransport(self.ispmanager)
            return ByHost(hosts, InProcessTransport(self.gateway6))
        verify: Any = self.certificate.client_context() if self.certificate else False
        return Counted(httpx.AsyncHTTPTransport(verify=verify), self.activity)

    def observer_transport(self) -> httpx.AsyncBaseTransport:
        """How somebody who only looks, or works in a panel by hand, reaches it: no fault bends what he does."""
        doors = {self.dci6_url: self.gateway6, self.dci5_url: self.gateway5}
        if self.ispmanager_url and self.ispmanager:
            doors[self.ispmanager_url] = self.ispmanager
        ways: dict[str, httpx.AsyncBaseTransport] = {
            httpx.URL(url).netloc.decode("ascii"): InProcessTransport(gateway.services)
            for url, gateway in doors.items()
        }
        return ByHost(ways, InProcessTransport(self.gateway6.services))

    async def branch(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` comes to from this moment on, in a copy of the whole lab; here nothing of it happens, and no time passes. Only in
        virtual time, and where a process can be copied. What it returns is pickled. Raises BranchFailed, RuntimeError.
        """
        return await branch(work)

    async def drive(self, work: Awaitable[T]) -> T:
        """Await something of the billing side while lab time goes on; a `stepped` lab needs somebody else to step."""
        return await work


async def _set_outlet(driver: PduDriver, outlet: int, on: bool) -> None:
    """What becomes of it stands in the journal."""
    try:
        views = await driver.outlets()
        if outlet <= len(views):
            await driver.set_outlet(views[outlet - 1].identity, on)
    except DeviceError:
        pass
    finally:
        await driver.close()


@dataclass(frozen=True, slots=True)
class Resumed:
    """A lab that goes on from what outlived a stop."""

    now: float
    """Lab time that its clock shows at first, seconds."""
    epoch: datetime
    """What its calendar showed at lab time 0."""
    starts: int
    """How often it has been started, this time included."""
    back: Callable[[Run], None]
    """Puts the state in its place, before anything moves."""


class PanelServices:
    """The panel's services on their host: they restart together, whichever API asks for them."""

    def __init__(self, run: Run) -> None:
        self._gateways = (run.gateway6, run.gateway5)
        self._panel = run.panel
        self._network = run.plant.network

    def take_down(self) -> None:
        for gateway in self._gateways:
            gateway.take_down()

    def bring_up(self) -> None:
        for gateway in self._gateways:
            gateway.bring_up()

    def lose_host(self) -> None:
        self.take_down()
        self._network.disconnect()
        self._panel.lose()

    def host_back(self) -> None:
        self._panel.recover()
        self._network.connect(self._panel.boot)
        self.bring_up()

"""A lab that runs: every layer of it by name, and the ways in for those who use it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import httpx

from simulator.api5 import create_app as create_app5
from simulator.api6 import create_app, create_gateway
from simulator.api6.dialect import read_file
from simulator.api6.errors import UNAVAILABLE, respond
from simulator.bmc import Bmc
from simulator.dcim.drivers.base import DriverFactory
from simulator.dcim.drivers.foreign import ForeignDrivers
from simulator.dcim.drivers.foreign_ipmi import ForeignBmcPool
from simulator.dcim.drivers.own import OwnDrivers
from simulator.dcim.drivers.per_bmc import PerBmcDrivers
from simulator.dcim.drivers.traps import listen
from simulator.dcim.panel import Panel
from simulator.fabric import (
    Address,
    Fabric,
    MemoryFabric,
    SharedUdpFabric,
    UdpFabric,
    can_share,
)
from simulator.faults import FaultEngine
from simulator.faults.kinds import NotPossible
from simulator.files.lab_schema import SinkSpec
from simulator.files.plan import LabPlan, PduPlan, SwitchPlan
from simulator.ispmanager import Hosting
from simulator.ispmanager import create_app as create_ispmanager
from simulator.kernel import LAB_EPOCH, Activity, Clock, Journal, LoopClock, SteppedClock, Streams, VirtualLoop
from simulator.lab.attaching import Octets, attach_to, devices_of
from simulator.lab.build import build_hosting, build_plant, panel_config, timings_of
from simulator.plant import Physics, Plant
from simulator.snmp import Version
from simulator.snmp.station import Sink, Station
from simulator.web.gateway import Gateway
from simulator.web.in_process import InProcessTransport
from simulator.web.list_cache import ListCache
from simulator.web.sockets import Certificate, WebServer, bind, self_signed

__all__ = ["ClockSpec", "DriverKind", "NotSimulated", "Resumed", "Run", "simulated", "wire"]

T = TypeVar("T")
LOOPBACK = ("127.0.0.1", "localhost")
DriverKind = Literal["own", "foreign"]
ClockSpec = str
"""`real`, `scaled:N`, `stepped`, or `auto`: moved by itself, when every actor is ours."""


class NotSimulated(RuntimeError):
    """A simulated lab needs the virtual loop to live on."""


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
    lists5: ListCache
    """What a fault may have put in front of version 5."""
    dci6_url: str
    dci5_url: str
    certificate: Certificate | None
    hosting: Hosting | None = None
    """The accounts of the ispmanager; None where the lab has none, likewise its door and its address."""
    ispmanager: Gateway | None = None
    ispmanager_url: str | None = None
    bmcs: dict[str, Address] = field(default_factory=dict)
    switches: dict[str, Address] = field(default_factory=dict)
    pdus: dict[str, Address] = field(default_factory=dict)
    bmc_devices: dict[str, Bmc] = field(default_factory=dict)
    stations: dict[str, Station[Any]] = field(default_factory=dict)
    """The SNMP agents of switches and PDUs."""

    def __post_init__(self) -> None:
        self.faults = FaultEngine(self, self.clock, self.journal)
        self._services = _Services(self)

    # the world as faults see it

    @property
    def management(self) -> Fabric:
        return self.fabric

    @property
    def panel_services(self) -> _Services:
        return self._services

    @property
    def hosting_services(self) -> Gateway | None:
        return self.ispmanager

    def bmc_host(self, server: str) -> str:
        self._require_emulated(server)
        return self.bmcs[server][0]

    def _require_emulated(self, server: str) -> None:
        if server in self.bmcs and server not in self.bmc_devices:
            raise NotPossible(f"the BMC of {server} is a real one: nothing in this lab can bend it")

    def station(self, name: str) -> Station[Any]:
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
            return _ByHost(hosts, InProcessTransport(self.gateway6))
        verify: Any = self.certificate.client_context() if self.certificate else False
        return _Counted(httpx.AsyncHTTPTransport(verify=verify), self.activity)

    async def drive(self, work: Awaitable[T]) -> T:
        """Await something of the billing side while lab time goes on; a `stepped` lab needs somebody else to step."""
        return await work


@dataclass(frozen=True, slots=True)
class Resumed:
    """A lab that goes on from what outlived a stop."""

    now: float
    """Lab time that its clock shows at first, seconds."""
    starts: int
    """How often it has been started, this time included."""
    back: Callable[[Run], None]
    """Puts the state in its place, before anything moves."""


class _Services:
    """The panel's services on their host: they restart together, whichever API asks for them."""

    def __init__(self, run: Run) -> None:
        self._gateways = (run.gateway6, run.gateway5)
        self._lists = run.lists5
        self._panel = run.panel
        self._network = run.plant.network

    def keep_lists(self, age: float) -> None:
        self._lists.keep(age)

    def take_down(self) -> None:
        for gateway in self._gateways:
            gateway.take_down()

    def bring_up(self) -> None:
        for gateway in self._gateways:
            gateway.bring_up()

    def lose_host(self) -> None:
        self.take_down()
        self._network.boot_service = None
        self._panel.lose()

    def host_back(self) -> None:
        self._panel.recover()
        self._network.boot_service = self._panel.boot
        self._network.changed()
        self.bring_up()


class _ByHost(httpx.AsyncBaseTransport):
    """Another transport for some hosts."""

    def __init__(self, hosts: dict[str, httpx.AsyncBaseTransport], rest: httpx.AsyncBaseTransport) -> None:
        self._hosts = hosts
        self._rest = rest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._hosts.get(request.url.host, self._rest).handle_async_request(request)


class _Counted(httpx.AsyncBaseTransport):
    """Counts each request as in flight, so that stepped time waits for its answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, activity: Activity) -> None:
        self._inner = inner
        self._activity = activity

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with self._activity.busy():
            response = await self._inner.handle_async_request(request)
            await response.aread()
            return response

    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def simulated(plan: LabPlan, *, seed: int, resumed: Resumed | None = None) -> AsyncIterator[Run]:
    """The lab on virtual time and an in-memory network; the loop must be a VirtualLoop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise NotSimulated("a simulated lab runs on virtual time: start it inside simulator.kernel.run(...)")
    equipment: list[SwitchPlan | PduPlan] = [*plan.switches.values(), *plan.pdus.values()]
    programs = sorted(each.name for each in equipment if each.program)
    if programs:
        raise NotSimulated(
            f"{', '.join(programs)}: a handler of one's own is a program, which reaches equipment over real sockets"
            " only: run this lab on the wire (--wire)"
        )
    real = sorted(server.name for server in plan.servers.values() if server.bmc.driver)
    if real:
        raise NotSimulated(
            f"{', '.join(real)}: a real BMC is reached over real sockets only: run this lab on the wire (--wire)"
        )
    clock = LoopClock(loop, start=resumed.now if resumed else 0.0)
    streams = Streams(seed, resumed.starts if resumed else 1)
    fabric = MemoryFabric(streams)
    loop.datagrams = fabric
    drivers = OwnDrivers(fabric, streams["panel/ipmi"].randbytes)
    octets = streams["bmc/sessions"].randbytes
    async with _running(
        plan, "simulated", clock, streams, fabric, fabric.activity, drivers, octets, resumed=resumed
    ) as run:
        yield run
    loop.datagrams = None


@asynccontextmanager
async def wire(
    plan: LabPlan,
    *,
    seed: int,
    clock: ClockSpec = "real",
    drivers: DriverKind = "own",
    host: str = "127.0.0.1",
    port: int = 0,
    port5: int = 0,
    hosting_port: int = 0,
    tls: bool = False,
    devices: Literal["as planned", "free ports"] = "free ports",
    epoch: datetime | None = None,
    resumed: Resumed | None = None,
) -> AsyncIterator[Run]:
    """The lab on real sockets. `devices`: their planned ports (a taken one gives way to a free one), or any free.

    On a `host` that is not loopback, the lab is for other machines: every device then answers on that host, told
    apart by its port.
    """
    activity = Activity(idle=0.0) if clock == "auto" else Activity()
    lab_clock = make_clock(clock, activity, epoch or LAB_EPOCH, resumed.now if resumed else 0.0)
    streams = Streams(seed, resumed.starts if resumed else 1)
    fabric = (SharedUdpFabric if can_share() else UdpFabric)(activity=activity, streams=streams)
    own = OwnDrivers(fabric, os.urandom)
    factory: DriverFactory = own if drivers == "own" else ForeignDrivers(activity, fabric.time)
    if any(server.bmc.driver for server in plan.servers.values()):
        factory = PerBmcDrivers(factory, own, ForeignBmcPool(activity, fabric.time))
    certificate = self_signed(host, lab_clock.calendar() if epoch else datetime.now(UTC)) if tls else None  # noqa: TID251 - TLS clients check it against their own clock
    mode = "wire" if drivers == "own" else "wire-foreign"
    sock = bind(host, port)
    sock5: socket.socket | None = None
    hosting_sock: socket.socket | None = None
    try:
        sock5 = bind(host, port5)
        hosting_sock = bind(host, hosting_port) if plan.ispmanager else None
        async with _running(
            plan,
            mode,
            lab_clock,
            streams,
            fabric,
            activity,
            factory,
            os.urandom,
            free_ports=devices == "free ports",
            device_host=None if host in LOOPBACK else host,
            resumed=resumed,
        ) as run:
            servers = [WebServer(run.gateway6, sock, certificate), WebServer(run.gateway5, sock5, certificate)]
            if hosting_sock:
                servers.append(WebServer(run.ispmanager, hosting_sock, certificate))
            for server in servers:
                await server.start()
            run.dci6_url, run.dci5_url = (server.url for server in servers[:2])
            run.ispmanager_url = servers[2].url if hosting_sock else None
            run.certificate = certificate
            mover = asyncio.create_task(_move(lab_clock), name="lab clock") if clock == "auto" else None
            try:
                yield run
            finally:
                if mover:
                    mover.cancel()
                    await asyncio.gather(mover, return_exceptions=True)
                for server in servers:
                    await server.stop()
    finally:
        sock.close()
        for other in (sock5, hosting_sock):
            if other:
                other.close()
        fabric.close()


async def _move(clock: Clock) -> None:
    assert isinstance(clock, SteppedClock)
    await clock.run_freely()


def make_clock(spec: ClockSpec, activity: Activity, epoch: datetime, start: float = 0.0) -> Clock:
    """The clock that a word means; `start`: what it shows at first. Raises ValueError for another word."""
    if spec == "real":
        return LoopClock(epoch=epoch, start=start)
    if spec in ("stepped", "auto"):
        return SteppedClock(activity.settle, epoch=epoch, start=start)
    word, _, rate = spec.partition(":")
    try:
        factor = float(rate)
    except ValueError:
        factor = 0.0
    if word != "scaled" or not 0 < factor < float("inf"):
        raise ValueError(f"{spec!r} is no clock: write real, stepped, or scaled:N (N seconds pass in one)")
    return LoopClock(rate=factor, epoch=epoch, start=start)


@asynccontextmanager
async def _running(
    plan: LabPlan,
    mode: str,
    clock: Clock,
    streams: Streams,
    fabric: Fabric,
    activity: Activity,
    drivers: DriverFactory,
    octets: Octets,
    *,
    free_ports: bool = False,
    device_host: str | None = None,
    resumed: Resumed | None = None,
) -> AsyncIterator[Run]:
    journal = Journal(clock)
    plant = build_plant(plan, Physics(clock, streams, journal, timings_of(plan)), cold=resumed is not None)
    async with AsyncExitStack() as stack:
        stack.callback(plant.close)
        places: dict[str, dict[str, Address]] = {"bmcs": {}, "switches": {}, "pdus": {}}
        bmcs: dict[str, Bmc] = {}
        stations: dict[str, Station[Any]] = {}
        for group, name, planned, attach in devices_of(plan, plant, fabric, octets, clock, bmcs, stations):
            if device_host:
                planned = (device_host, planned[1] + sum(map(len, places.values())))
            endpoint = await attach_to(attach, planned, free=free_ports)
            stack.callback(endpoint.close)
            places[group][name] = endpoint.address
        for server in plan.servers.values():
            if server.bmc.driver:
                places["bmcs"][server.name] = (server.bmc.host, server.bmc.port)
        everywhere = {name: place for group in places.values() for name, place in group.items()}
        stack.push_async_callback(drivers.close)
        panel = Panel(panel_config(plan, everywhere), drivers, clock, streams, journal)
        plant.network.boot_service = panel.boot
        gateway6 = create_gateway(
            create_app(panel, read_file(plan.dialect) if plan.dialect else None), journal=journal, activity=activity
        )
        unavailable = respond(*UNAVAILABLE, "Unavailable")
        dcimgr = create_app5(panel, streams["panel/sessions5"].randbytes, journal=journal, activity=activity)
        lists5 = ListCache(dcimgr, clock)
        gateway5 = Gateway(lists5, unavailable)
        hosting = build_hosting(plan, clock, streams["ispmanager/sessions"].randbytes)
        ispmanager = (
            Gateway(create_ispmanager(hosting, journal=journal, activity=activity), unavailable) if hosting else None
        )
        run = Run(
            plan, mode, streams.seed, clock, streams, journal, activity, fabric, plant, panel, gateway6, gateway5, lists5,
            dci6_url="http://dci6.lab", dci5_url="http://dci5.lab", certificate=None, bmc_devices=bmcs, stations=stations, **places,
            hosting=hosting, ispmanager=ispmanager, ispmanager_url="http://ispmanager.lab" if ispmanager else None,
        )  # fmt: skip
        if resumed:
            resumed.back(run)
        sinks = [_sink(each) for each in plan.panel.trap_sinks]
        if plan.panel.traps:
            ear = await listen(fabric, None, panel.devices.port_told)
            stack.callback(ear.close)
            sinks.append(Sink(ear.address))
        for station in stations.values():
            station.sinks += sinks
        await panel.start()
        stack.push_async_callback(panel.stop)
        yield run


def _sink(spec: str | SinkSpec) -> Sink:
    if isinstance(spec, str):
        return Sink(_address(spec))
    version = Version.V1 if spec.version == "1" else Version.V2C
    return Sink(_address(spec.to), spec.community, version, spec.inform)


def _address(text: str) -> Address:
    """`host:port`. Raises ValueError for another form."""
    host, _, port = text.rpartition(":")
    return host, int(port)

"""How a lab is started: on virtual time and an in-memory network, or on real sockets."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.bmc import Bmc
from simulator.dcim.drivers.base import DriverFactory
from simulator.dcim.drivers.foreign import ForeignDrivers
from simulator.dcim.drivers.own import OwnDrivers
from simulator.dcim.drivers.per_device import PerDeviceDrivers
from simulator.dcim.drivers.traps import listen
from simulator.dcim.panel import Panel
from simulator.fabric import (
    Address,
    Fabric,
    Gate,
    MemoryFabric,
    SharedUdpFabric,
    UdpFabric,
    can_share,
)
from simulator.files.lab_schema import SinkSpec
from simulator.files.plan import LabPlan, PduPlan, SwitchPlan
from simulator.kernel import LAB_EPOCH, Activity, Clock, Journal, LoopClock, SteppedClock, Streams, VirtualLoop
from simulator.kernel.hosts import is_loopback, reached_at
from simulator.kernel.wire import Wire
from simulator.lab.attaching import Octets, attach_to, devices_of, on_one_host
from simulator.lab.build import build_hosting, build_plant, panel_config, snmp_stacks, timings_of
from simulator.lab.doors import Surroundings, open_doors
from simulator.lab.options import ClockSpec, WireOptions
from simulator.lab.points import ask_the_wire
from simulator.lab.real_equipment import guarded, put_back, real_devices
from simulator.lab.run import Resumed, Run
from simulator.lab.twins import twins_of
from simulator.plant import Physics
from simulator.real import RealEquipment
from simulator.snmp import Version
from simulator.snmp.station import Sink, Station

if TYPE_CHECKING:
    from simulator.web.sockets import Certificate, WebServer

__all__ = ["NotSimulated", "make_clock", "simulated", "wire"]


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the panels answer."""

    dci6: str
    dci5: str
    ispmanager: str | None
    """None where the lab has none."""


SLOWEST, FASTEST = 0.001, 100_000.0
"""A day in less than a second: faster than that nothing is polled in time, and devices seem dead."""


class NotSimulated(RuntimeError):
    """A simulated lab needs the virtual loop to live on."""


@asynccontextmanager
async def simulated(
    plan: LabPlan, *, seed: int, resumed: Resumed | None = None, exact: bool = False
) -> AsyncIterator[Run]:
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
    if real := [*plan.real, *(f"twin of {each.of}" for each in plan.twins)]:
        raise NotSimulated(
            f"{', '.join(real)}: what is real is reached over real sockets only: run this lab on the wire (--wire)"
        )
    epoch = resumed.epoch if resumed else plan.epoch or LAB_EPOCH
    clock = LoopClock(loop, epoch=epoch, start=resumed.now if resumed else 0.0)
    streams = Streams(seed, resumed.starts if resumed else 1)
    fabric = MemoryFabric(streams)
    loop.datagrams = fabric
    fabric.exact = exact
    drivers = OwnDrivers(fabric, streams["panel/ipmi"].randbytes)
    octets = streams["bmc/sessions"].randbytes
    urls = Urls("http://dci6.lab", "http://dci5.lab", "http://ispmanager.lab" if plan.ispmanager else None)
    async with _running(
        plan, "simulated", clock, streams, fabric, fabric.activity, drivers, octets, urls=urls, resumed=resumed
    ) as run:
        run.gateway6.answers_again = not exact
        yield run
    loop.datagrams = None


@asynccontextmanager
async def wire(
    plan: LabPlan, options: WireOptions, *, resumed: Resumed | None = None, gate: Gate | None = None
) -> AsyncIterator[Run]:
    """The lab on real sockets. `gate`: what devices' answers pass on their way out."""
    # Simulated runs, which most are, need no web server.
    from simulator.web.sockets import WebServer, bind, self_signed, url_of  # noqa: PLC0415

    activity = Activity(idle=0.0) if options.clock == "auto" else Activity()
    epoch = options.epoch or (resumed.epoch if resumed else plan.epoch or LAB_EPOCH)
    lab_clock = make_clock(options.clock, activity, epoch, resumed.now if resumed else 0.0)
    streams = Streams(options.seed, resumed.starts if resumed else 1, reachable=True)
    fabric = (SharedUdpFabric if can_share() else UdpFabric)(activity=activity, streams=streams)
    own = OwnDrivers(fabric, os.urandom)
    factory: DriverFactory = own if options.drivers == "own" else ForeignDrivers(activity, fabric.time)
    if plan.real:
        foreign = factory if options.drivers == "foreign" else ForeignDrivers(activity, fabric.time)
        factory = PerDeviceDrivers(factory, own, foreign, snmp_stacks(plan))
    # TLS clients check the certificate against their own clock.
    today = lab_clock.calendar() if options.epoch else datetime.now(UTC)  # noqa: TID251
    certificate = (options.certificate or self_signed(options.host, today)) if options.tls else None
    mode = "wire" if options.drivers == "own" else "wire-foreign"
    sock = bind(options.host, options.port)
    sock5: socket.socket | None = None
    hosting_sock: socket.socket | None = None
    try:
        sock5 = bind(options.host, options.port5)
        hosting_sock = bind(options.host, options.hosting_port) if plan.ispmanager else None
        async with _running(
            plan,
            mode,
            lab_clock,
            streams,
            fabric,
            activity,
            factory,
            os.urandom,
            free_ports=options.devices == "free ports",
            device_host=None if is_loopback(options.host) else options.host,
            urls=Urls(
                url_of(sock, certificate),
                url_of(sock5, certificate),
                url_of(hosting_sock, certificate) if hosting_sock else None,
            ),
            certificate=certificate,
            resumed=resumed,
            gate=gate,
            dry_run=options.dry_run,
        ) as run:
            servers = [WebServer(run.gateway6, sock, certificate), WebServer(run.gateway5, sock5, certificate)]
            if hosting_sock:
                servers.append(WebServer(run.ispmanager, hosting_sock, certificate))
            for server in servers:
                await server.start()
            named = dict(zip(run.http_panels, servers, strict=True))
            run.wire.serve("http", lambda active: _refuse(run.wire, named))
            mover = asyncio.create_task(_move(lab_clock), name="lab clock") if options.clock == "auto" else None
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


def _refuse(messages: Wire, servers: Mapping[str, WebServer]) -> None:
    """Where everybody is refused, nobody listens: a new connection is not made and reset, but not made."""
    for name, server in servers.items():
        rule = messages.refusing(name)
        server.refuse(rule is not None)
        if rule is not None:
            rule.hits = max(rule.hits, 1)  # the system refuses, and tells nobody how often


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
    if not SLOWEST <= factor <= FASTEST:
        raise ValueError(
            f"{spec!r}: a scaled clock goes from {SLOWEST:g} to {FASTEST:g} times as fast; stepped goes as far as told"
        )
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
    urls: Urls,
    certificate: Certificate | None = None,
    resumed: Resumed | None = None,
    gate: Gate | None = None,
    dry_run: bool = False,
) -> AsyncIterator[Run]:
    """From a plan to a lab that lives, in the order in which each needs the one before: plant, devices at their addresses, the panel
    that is told where they are, the doors in front of it; then what outlived a stop, traps, and polling. Undone in reverse.
    """
    journal = Journal(clock)
    messages = Wire(streams, journal)
    plant = build_plant(plan, Physics(clock, streams, journal, timings_of(plan), messages), cold=resumed is not None)
    async with AsyncExitStack() as stack:
        stack.callback(plant.close)
        places: dict[str, dict[str, Address]] = {"bmcs": {}, "switches": {}, "pdus": {}}
        bound: dict[str, Address] = {}
        bmcs: dict[str, Bmc] = {}
        stations: dict[str, Station[Any]] = {}
        devices = devices_of(plan, plant, gate.over(fabric) if gate else fabric, octets, clock, bmcs, stations)
        ports = on_one_host([planned[1] for _, _, planned, _ in devices])
        for (group, name, planned, attach), port in zip(devices, ports, strict=True):
            if device_host:
                planned = (device_host, port)
            endpoint = await attach_to(attach, planned, free=free_ports)
            stack.callback(endpoint.close)
            host, number = bound[name] = endpoint.address
            if gate:
                gate.names[endpoint.address] = name
            places[group][name] = (reached_at(host), number)
        ours = frozenset(place for group in places.values() for place in group.values())
        for device in real_devices(plan):
            places[_GROUPS[device.kind]][device.name] = device.address
        everywhere = {name: place for group in places.values() for name, place in group.items()}
        stack.push_async_callback(drivers.close)
        equipment: RealEquipment | None = None
        if mode != "simulated":
            drivers, equipment = guarded(plan, plant, drivers, clock, fabric.time, journal, ours, dry=dry_run)
            stack.push_async_callback(put_back, equipment)
        panel = Panel(panel_config(plan, everywhere, resumed=resumed is not None), drivers, clock, streams, journal)
        plant.network.connect(panel.boot)
        listener = await listen(fabric, None, panel.devices.trap_heard) if plan.panel.traps else None
        if listener:
            stack.callback(listener.close)
        hosting = build_hosting(plan, clock, streams.secret("ispmanager/sessions").randbytes)
        doors = open_doors(plan, panel, hosting, Surroundings(clock, streams, journal, activity, messages))
        for interference in doors.interferences.values():
            stack.push_async_callback(interference.close)
        run = Run(
            plan, mode, streams.seed, clock, streams, journal, activity, fabric, plant, panel, doors.dci6, doors.dci5, messages, doors.interferences,
            not_written=doors.not_written, dci6_url=urls.dci6, dci5_url=urls.dci5, certificate=certificate, bound=bound, bmc_devices=bmcs, stations=stations,
            bmcs=places["bmcs"], switches=places["switches"], pdus=places["pdus"],
            hosting=hosting, ispmanager=doors.ispmanager, ispmanager_url=urls.ispmanager,
            traps=listener.address if listener else None, drivers=drivers, equipment=equipment,
        )  # fmt: skip
        ask_the_wire(messages, streams, bmcs, stations)
        run.twins = twins_of(plan, bmcs, stations, fabric, journal)
        for twin in run.twins:
            twin.start()
            stack.push_async_callback(twin.stop)
        if resumed:
            resumed.back(run)
        sinks = [_sink(each) for each in plan.panel.trap_sinks]
        if listener:
            sinks.append(Sink(listener.address))
        for station in stations.values():
            station.sinks += sinks
        await panel.start()
        stack.push_async_callback(panel.stop)
        yield run


_GROUPS = {"BMC": "bmcs", "switch": "switches", "PDU": "pdus"}


def _sink(spec: str | SinkSpec) -> Sink:
    if isinstance(spec, str):
        return Sink(_address(spec))
    version = Version.V1 if spec.version == "1" else Version.V2C
    return Sink(_address(spec.to), spec.community, version, spec.inform)


def _address(text: str) -> Address:
    """`host:port`. Raises ValueError for another form."""
    host, _, port = text.rpartition(":")
    return host, int(port)

"""What of a plan is real: guarded drivers for it, and what is put back when the lab stops."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from simulator.dcim.drivers.base import DriverFactory
from simulator.fabric import Address
from simulator.files.plan import LabPlan
from simulator.kernel import Clock, Journal
from simulator.plant import Plant
from simulator.real import GuardedDrivers, RealDevice, RealEquipment
from simulator.real.equipment import by_address
from simulator.real.following import PduFollows, ServerFollows, SwitchFollows
from simulator.real.guard import Followers

__all__ = ["guarded", "put_back", "real_devices"]


def real_devices(plan: LabPlan) -> list[RealDevice]:
    """With what may be written, and the ports and outlets that cables name."""
    ports: dict[str, set[int]] = {}
    outlets: dict[str, set[int]] = {}
    for server in plan.servers.values():
        for nic in server.nics:
            if nic.port:
                ports.setdefault(nic.port.switch, set()).add(nic.port.port)
        for psu in server.psus:
            if psu.outlet:
                outlets.setdefault(psu.outlet.pdu, set()).add(psu.outlet.outlet)
    for switch in plan.switches.values():
        if switch.power:
            outlets.setdefault(switch.power.pdu, set()).add(switch.power.outlet)
    return [
        *(
            RealDevice(each.name, "BMC", (each.bmc.host, each.bmc.port), frozenset(each.bmc.allow))
            for each in plan.servers.values()
            if each.bmc.driver
        ),
        *(
            RealDevice(
                each.name,
                "switch",
                (each.host, each.port),
                frozenset(each.allow),
                frozenset(ports.get(each.name, ())),
            )
            for each in plan.switches.values()
            if each.driver
        ),
        *(
            RealDevice(
                each.name, "PDU", (each.host, each.port), frozenset(each.allow), frozenset(outlets.get(each.name, ()))
            )
            for each in plan.pdus.values()
            if each.driver
        ),
    ]


def guarded(
    plan: LabPlan,
    plant: Plant,
    drivers: DriverFactory,
    clock: Clock,
    time: Clock,
    journal: Journal,
    ours: frozenset[Address] = frozenset(),
    *,
    dry: bool,
) -> tuple[DriverFactory, RealEquipment]:
    """The drivers with a guard before what is real. `time`: wire time; `ours`: where the lab's own devices answer."""
    devices = real_devices(plan)
    equipment = RealEquipment(by_address(devices), clock, time, journal, _today, dry)
    followers: dict[str, ServerFollows | SwitchFollows | PduFollows] = {}
    for device in devices:
        if device.kind == "BMC":
            followers[str(device)] = ServerFollows(plant.servers[device.name], time)
        elif device.kind == "switch":
            followers[str(device)] = SwitchFollows(plant, device.name, time)
        else:
            followers[str(device)] = PduFollows(plant, device.name, time)
    kept: Followers = followers
    return GuardedDrivers(drivers, equipment, kept, ours), equipment


def _today() -> datetime:
    """Real equipment keeps the host's time, whatever the lab's calendar says."""
    return datetime.now(UTC)  # noqa: TID251


async def put_back(equipment: RealEquipment) -> None:
    """Set what was written as it was, to the end: neither Ctrl-C, nor SIGTERM, nor being cancelled stops it half-way."""
    if not equipment.pending:
        return
    work = asyncio.ensure_future(equipment.set_back())
    cancelled = False
    with _signals_wait():
        while not work.done():
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                cancelled = True
    work.result()
    if cancelled:
        raise asyncio.CancelledError


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Meanwhile whoever wants to end the process hears that it is about to."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            loop.add_signal_handler(number, _patience)
    except NotImplementedError:  # Windows
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            with contextlib.suppress(TypeError):  # one that was not set from Python
                signal.signal(number, handler)


def _patience() -> None:
    sys.stderr.write("real equipment is being set back as it was ...\n")
    sys.stderr.flush()

"""`rackloop up`: a lab on real sockets, with its control API, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.control.app import create_control
from simulator.files.plan import LabPlan, PduPlan, SwitchPlan
from simulator.kernel import LAB_EPOCH
from simulator.kernel.snapshot import BadSnapshot
from simulator.lab import Run
from simulator.lab.build import snmp_user
from simulator.lab.options import WireOptions
from simulator.lab.running import wire
from simulator.lab.snapshot import SavedLab, save_lab
from simulator.lab.state_dir import StateDir
from simulator.web.sockets import WebServer, bind

__all__ = ["CONTROL_PORT", "DCI5_PORT", "DCI6_PORT", "ISPMANAGER_PORT", "Standing", "endpoints", "stand", "up"]

DCI6_PORT = 8006
DCI5_PORT = 1500
ISPMANAGER_PORT = 1501
CONTROL_PORT = 8016
UP = WireOptions(port=DCI6_PORT, port5=DCI5_PORT, hosting_port=ISPMANAGER_PORT, devices="as planned")
"""What `rackloop up` starts unless it is told otherwise."""
STATE_INTERVAL = 5.0
"""Real seconds between two writings of a kept lab's state."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A lab that stands: its run, and where its control API answers."""

    run: Run
    control: str
    starts: int = 1
    """How often the lab has been started, when its state is kept."""


@asynccontextmanager
async def stand(
    plan: LabPlan,
    options: WireOptions = UP,
    *,
    control_port: int = CONTROL_PORT,
    state: StateDir | None = None,
) -> AsyncIterator[Standing]:
    """The lab with its control API; a taken `control_port` gives way. With `state` it goes on from what is kept there;
    raises BadSnapshot.
    """
    today = datetime.now(UTC)  # noqa: TID251 - outside clients compare dates with their own
    data = state.read() if state else None
    kept = None if data is None else SavedLab.of(data, plan)
    resumed = None
    if kept:
        epoch = kept.epoch
        resumed = kept.resumed(kept.showing(today) if options.clock == "real" else None)
    else:
        # A stepped lab keeps the epoch of simulated runs, so that dates do not depend on the day; the others show today.
        epoch = LAB_EPOCH if options.clock == "stepped" else today
    sock = bind(options.host, control_port)
    try:
        async with wire(plan, replace(options, epoch=epoch), resumed=resumed) as run:
            server = WebServer(create_control(run), sock)
            await server.start()
            try:
                starts = resumed.starts if resumed else 1
                async with _kept(run, state, starts):
                    yield Standing(run, server.url, starts)
            finally:
                await server.stop()
    finally:
        sock.close()


@asynccontextmanager
async def _kept(run: Run, state: StateDir | None, starts: int) -> AsyncIterator[None]:
    """Write the lab's state down now and then, and when it ends: who kills it loses the last seconds."""
    if state is None:
        yield
        return
    loop = asyncio.get_running_loop()
    folder = state
    timer: asyncio.TimerHandle | None = None
    writing: asyncio.Future[None] | None = None

    def write() -> None:
        nonlocal writing
        began = loop.time()
        writing = loop.run_in_executor(None, folder.write, save_lab(run, starts))
        writing.add_done_callback(lambda done: written(done, loop.time() - began))

    def written(done: asyncio.Future[None], took: float) -> None:
        nonlocal timer
        if error := done.exception():
            run.journal.write("lab", run.plan.name, "state not written", error=str(error))
        # A hall of ten thousand takes seconds: it should not do only that.
        timer = loop.call_later(max(STATE_INTERVAL, 30 * took), write)

    folder.write(save_lab(run, starts))
    timer = loop.call_later(STATE_INTERVAL, write)
    try:
        yield
    finally:
        if writing is not None:
            await asyncio.wait([writing])
        if timer is not None:
            timer.cancel()
        folder.write(save_lab(run, starts))


def endpoints(standing: Standing) -> dict[str, Any]:
    """Everything an outside program needs to find its way in, as one JSON object."""
    run = standing.run
    plan = run.plan
    email, password = run.admin
    hosting = plan.ispmanager
    return {
        "dci6": run.dci6_url,
        "dci5": run.dci5_url,
        **({"ispmanager": run.ispmanager_url} if hosting else {}),
        "control": standing.control,
        "admin": {
            "dci6": {"email": email, "password": password},
            "dci5": {"username": email, "password": password},
            **({"ispmanager": {"username": hosting.admin.name, "password": hosting.admin.password}} if hosting else {}),
        },
        "bmcs": [
            {
                "server": name,
                "host": host,
                "port": port,
                "username": plan.servers[name].bmc.username,
                "password": plan.servers[name].bmc.password,
                **({"kg": plan.servers[name].bmc.kg} if plan.servers[name].bmc.kg else {}),
            }
            for name, (host, port) in run.bmcs.items()
        ],
        "switches": [
            {"name": name, "host": host, "port": port, **_login(plan.switches[name])}
            for name, (host, port) in run.switches.items()
        ],
        "pdus": [
            {
                "name": name,
                "host": host,
                "port": port,
                **_login(plan.pdus[name]),
                "model": plan.pdus[name].model,
            }
            for name, (host, port) in run.pdus.items()
        ],
        **({"traps": dict(zip(("host", "port"), run.traps, strict=True))} if run.traps else {}),
    }


def _login(plan: SwitchPlan | PduPlan) -> dict[str, Any]:
    """How SNMP is spoken with it: by its community, or as a user of version 3."""
    snmp = plan.snmp
    if snmp.user is None:
        return {
            "community": plan.community,
            **({"version": snmp.version} if snmp.version != "2c" else {}),
            **({"read": list(snmp.read)} if snmp.read else {}),
            **({"write": list(snmp.write)} if snmp.write else {}),
        }
    words = {
        "user": snmp.user,
        "auth": snmp.auth,
        "auth_key": snmp.auth_key,
        "priv": snmp.priv,
        "priv_key": snmp.priv_key,
    }
    return {"version": "3", **{name: word for name, word in words.items() if word}}


def write_endpoints(file: Path, standing: Standing) -> None:
    """Whole or not at all: readers never see half of it."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(json.dumps(endpoints(standing), indent=2) + "\n")
    part.replace(file)


def remove_endpoints(file: Path | None) -> None:
    """The lab stops answering: its file goes first."""
    if file:
        file.unlink(missing_ok=True)


async def up(
    plan: LabPlan,
    options: WireOptions = UP,
    *,
    say: Callable[[str], None],
    endpoints_file: Path | None = None,
    state_dir: Path | None = None,
) -> None:
    """Run the lab until SIGINT or SIGTERM; `say` prints a line. With `state_dir` it goes on where it stopped: raises
    StateInUse, BadSnapshot.
    """
    with contextlib.ExitStack() as stack:
        state = stack.enter_context(StateDir(state_dir)) if state_dir else None
        try:
            await _up(plan, options, state, say, endpoints_file)
        except BadSnapshot as error:
            raise BadSnapshot(
                f"{state.file if state else ''}: {error}; with another folder a lab begins anew"
            ) from error


async def _up(
    plan: LabPlan,
    options: WireOptions,
    state: StateDir | None,
    say: Callable[[str], None],
    endpoints_file: Path | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no loop signals; Ctrl-C still raises there
            loop.add_signal_handler(number, stop.set)
    # What a lab is built of stays: to look for garbage in it again and again takes a quarter of a big lab's start, and
    # makes pauses later on.
    gc.disable()
    try:
        async with stand(plan, options, state=state) as standing:
            gc.freeze()
            gc.enable()
            for line in _greeting(standing):
                say(line)
            if endpoints_file:
                write_endpoints(endpoints_file, standing)
            try:
                await stop.wait()
            finally:
                remove_endpoints(endpoints_file)
    finally:
        gc.unfreeze()
        gc.enable()
    say("stopped")


_LAST = "`rackloop report` says what a module that is pointed at it did wrong. Ctrl-C stops it."


def _flags(plan: SwitchPlan | PduPlan) -> str:
    """What net-snmp's tools want to know to speak with it."""
    user = snmp_user(plan.snmp)
    if user is None:
        return f"-v{'1' if plan.snmp.version == '1' else '2c'} -c {plan.community}"
    level = "authPriv" if user.priv else "authNoPriv" if user.auth else "noAuthNoPriv"
    auth = f" -a {user.auth} -A {user.auth_password}" if user.auth else ""
    priv = f" -x {user.priv} -X {user.priv_password}" if user.priv else ""
    return f"-v3 -u {user.name} -l {level}{auth}{priv}"


def _greeting(standing: Standing) -> list[str]:
    run = standing.run
    email, password = run.admin
    rows = [
        ("DCImanager 6", f"{run.dci6_url}   {email} / {password}"),
        ("DCImanager 5", f"{run.dci5_url}/dcimgr   {email} / {password}"),
        ("lab control", f"{standing.control}/"),
    ]
    if hosting := run.plan.ispmanager:
        login = f"{hosting.admin.name} / {hosting.admin.password}"
        rows.insert(2, ("ispmanager", f"{run.ispmanager_url}/ispmgr   {login}"))
    if run.bmcs:
        name, (host, port) = next(iter(run.bmcs.items()))
        bmc = run.plan.servers[name].bmc
        login = f"-H {host} -p {port} -U {bmc.username} -P {bmc.password}" + (f" -k {bmc.kg}" if bmc.kg else "")
        rows.append((f"BMC of {name}", f"ipmitool -I lanplus {login} power status"))
    for kind, places, plans in (("switch", run.switches, run.plan.switches), ("PDU", run.pdus, run.plan.pdus)):
        if places:
            name, (host, port) = next(iter(places.items()))
            rows.append((f"{kind} {name}", f"snmpwalk {_flags(plans[name])} {host}:{port} 1.3.6.1.2.1.1"))
    width = max(len(label) for label, _ in rows)
    again = (
        f", start {standing.starts}: it goes on at {run.clock.calendar():%Y-%m-%d %H:%M:%S}"
        if standing.starts > 1
        else ""
    )
    lines = [f"Rackloop: lab {run.plan.name!r} is up, seed {run.seed}{again}", ""]
    return [*lines, *(f"  {label:<{width}}   {text}" for label, text in rows), "", _LAST]

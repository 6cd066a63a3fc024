"""`rackloop up`: a lab on real sockets, with its control API, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from simulator.control.api.pace import Pace
from simulator.control.app import create_control
from simulator.control.descriptors import allow_many, say_seldom
from simulator.control.door import Door, door_at
from simulator.control.endpoints import Standing, check_endpoints, greeting, remove_endpoints, write_endpoints
from simulator.control.guard import Access
from simulator.control.snapshots import START, Snapshots, as_it_stands
from simulator.control.state_writer import state_kept
from simulator.fabric import Gate
from simulator.files.plan import LabPlan
from simulator.invariants.watch import Watch
from simulator.kernel import LAB_EPOCH, SteppedClock
from simulator.kernel.hosts import is_loopback
from simulator.kernel.snapshot import BadSnapshot
from simulator.lab import Run
from simulator.lab.options import WireOptions
from simulator.lab.running import wire
from simulator.lab.snapshot import SavedLab
from simulator.lab.state_dir import StateDir
from simulator.web.sockets import bind

__all__ = ["CONTROL_PORT", "DCI5_PORT", "DCI6_PORT", "ISPMANAGER_PORT", "NotSetBack", "stand", "tell_written", "up"]

DCI6_PORT = 8006
DCI5_PORT = 1500
ISPMANAGER_PORT = 1501
CONTROL_PORT = 8016
UP = WireOptions(port=DCI6_PORT, port5=DCI5_PORT, hosting_port=ISPMANAGER_PORT, devices="as planned")
"""What `rackloop up` starts unless it is told otherwise."""
JOURNAL = (40_000, 16 << 20)
"""Records, and octets of them as JSON, that are kept of a lab that is up, which may be up for weeks."""


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@asynccontextmanager
async def stand(
    plan: LabPlan,
    options: WireOptions = UP,
    *,
    control_port: int = CONTROL_PORT,
    control_token: str | None = None,
    state: StateDir | None = None,
    warn: Callable[[str], None] = _to_stderr,
    door: Door | None = None,
    snapshots: Snapshots | None = None,
    journal: tuple[int, int] = JOURNAL,
) -> AsyncIterator[Standing]:
    """The lab with its control API; a taken `control_port` gives way. Off loopback the control API asks for a token, made
    here unless given. With `state` it goes on from what is kept there, and what it answers is durable before it leaves; raises
    BadSnapshot and NotWritten. `warn` is told in a line that the state cannot be written. `door`: where the control API answers,
    if there is one already; `snapshots`: those that the lab can be set back to, and begins from where that is asked for.
    `journal`: how many records of it are kept, and how many octets of them as JSON.
    """
    control_token = control_token or (None if is_loopback(options.host) else secrets.token_urlsafe(18))
    today = datetime.now(UTC)  # noqa: TID251 - outside clients compare dates with their own
    if snapshots is not None and snapshots.asked.is_set():
        kept = snapshots.wanted.saved(plan) if snapshots.wanted else None
    else:
        data = state.read() if state else None
        kept = None if data is None else SavedLab.of(data, plan)
    resumed = None
    if kept:
        epoch = kept.epoch
        resumed = kept.resumed(kept.showing(today) if options.clock == "real" else None)
    else:
        # A stepped lab keeps the epoch of simulated runs, so that dates do not depend on the day; the others show today.
        epoch = plan.epoch or (LAB_EPOCH if options.clock == "stepped" else today)
    gate = Gate() if state else None
    async with AsyncExitStack() as stack:
        control = door
        if control is None:
            control = await stack.enter_async_context(door_at(options.host, control_port))
        run = await stack.enter_async_context(wire(plan, replace(options, epoch=epoch), resumed=resumed, gate=gate))
        run.journal.bound(*journal)
        starts = resumed.starts if resumed else 1
        watch, pace, closing = Watch.alone(run), Pace(), ExitStack()
        writer = await stack.enter_async_context(state_kept(run, state, starts, gate, warn))
        access = Access(control_token, options.host)
        control.open(create_control(run, access, writer, watch, closing, pace, snapshots, starts))
        try:
            told = (*_taken(run, options), *_moved("lab control", control_port, control.url))
            yield Standing(run, control.url, starts, control_token, options.clock, options.host, told, watch)
        finally:
            watch.close()
            closing.close()
            pace.close()
            if isinstance(run.clock, SteppedClock):
                run.clock.halt()
            await control.close(but=snapshots.caller if snapshots else None)


def _taken(run: Run, options: WireOptions) -> list[str]:
    """A line for each port that somebody else had, and what is used instead."""
    lines = _moved("DCImanager 6", options.port, run.dci6_url) + _moved("DCImanager 5", options.port5, run.dci5_url)
    if run.ispmanager_url:
        lines += _moved("ispmanager", options.hosting_port, run.ispmanager_url)
    return lines


def _moved(name: str, wanted: int, url: str) -> list[str]:
    found = urlsplit(url).port
    return [f"port {wanted} is taken: {name} answers on {found}"] if wanted not in (0, found) else []


def _check_host(host: str) -> None:
    """Raises ValueError for an address that this machine cannot listen on."""
    try:
        bind(host, 0).close()
    except OSError as error:
        raise ValueError(f"--host {host}: this machine cannot listen there ({error.strerror or error})") from None


async def up(
    plan: LabPlan,
    options: WireOptions = UP,
    *,
    say: Callable[[str], None],
    endpoints_file: Path | None = None,
    state_dir: Path | None = None,
    control_token: str | None = None,
    written_file: Path | None = None,
) -> None:
    """Run the lab until SIGINT or SIGTERM; `say` prints a line, at the end one for each write to real equipment, which `written_file`
    has as JSON. Raises NotSetBack where something real could not be left as it was. With `state_dir` it goes on where it stopped: raises
    StateInUse, BadSnapshot. Raises ValueError, before anything starts, for a host that is not this machine's and for an
    endpoints file that cannot be written.
    """
    _check_host(options.host)
    if endpoints_file:
        check_endpoints(endpoints_file)
    with contextlib.ExitStack() as stack:
        state = stack.enter_context(StateDir(state_dir)) if state_dir else None
        try:
            await _up(plan, options, state, say, endpoints_file, control_token, written_file)
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
    control_token: str | None,
    written_file: Path | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # A terminal that goes away stops a lab with real equipment too: what was written there is set back.
    hang_up = (signal.SIGHUP,) if plan.real and hasattr(signal, "SIGHUP") else ()
    for number in (signal.SIGINT, signal.SIGTERM, *hang_up):
        with contextlib.suppress(NotImplementedError):  # Windows has no loop signals; Ctrl-C still raises there
            loop.add_signal_handler(number, stop.set)
    allow_many()
    say_seldom(loop, _to_stderr)
    # What a lab is built of stays: to look for garbage in it again and again takes a quarter of a big lab's start, and
    # makes pauses later on.
    gc.disable()
    run: Run | None = None
    snapshots = Snapshots()
    try:
        async with door_at(options.host, CONTROL_PORT) as door:
            while not stop.is_set():
                back = snapshots.asked.is_set()
                if back:
                    gc.unfreeze()
                    gc.collect()
                    name = snapshots.wanted.name if snapshots.wanted else START
                async with stand(
                    plan, options, state=state, control_token=control_token, door=door, snapshots=snapshots
                ) as standing:
                    run = standing.run
                    if written_file is not None and run.equipment is not None:
                        # As it goes: who kills the lab outright finds there what he has to look after.
                        keep_written(run, written_file)
                        run.equipment.changed = partial(keep_written, run, written_file)
                    gc.freeze()
                    gc.enable()
                    for line in [f"set back to {name!r}"] if back else greeting(standing, endpoints_file):
                        say(line)
                    if endpoints_file:
                        write_endpoints(endpoints_file, standing)
                    try:
                        await _first(stop, snapshots.asked)
                    finally:
                        if not snapshots.asked.is_set() or stop.is_set():
                            remove_endpoints(endpoints_file)
                # It goes on where it was found.
                plan, options, control_token = as_it_stands(run), _where(run, options), standing.token
                if state is not None:
                    state.close()
                if not stop.is_set():
                    del standing
                    run = None  # nobody holds the lab that was: it is garbage when the next one is built
    finally:
        if run is not None:
            tell_written(run, say)
        gc.unfreeze()
        gc.enable()
    say("stopped")


async def _first(*events: asyncio.Event) -> None:
    """Return when one of them is set."""
    waits = [asyncio.ensure_future(each.wait()) for each in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()


def _where(run: Run, options: WireOptions) -> WireOptions:
    """Everything at the addresses that it has now."""
    ports = [urlsplit(url or "").port or 0 for url in (run.dci6_url, run.dci5_url, run.ispmanager_url)]
    port, port5, hosting_port = ports
    return replace(
        options, port=port, port5=port5, hosting_port=hosting_port, devices="as planned", certificate=run.certificate
    )


class NotSetBack(ValueError):
    """Something real is not as it was before the run."""


def keep_written(run: Run, file: Path) -> None:
    """Write down what has been written to real equipment so far. Raises OSError."""
    if run.equipment is not None:
        part = file.with_name(f".{file.name}.{os.getpid()}")
        rows = [each.as_dict() for each in run.equipment.writes]
        part.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        part.replace(file)


def tell_written(run: Run, say: Callable[[str], None]) -> None:
    """What was written to real equipment, when the lab has stopped. Raises NotSetBack."""
    equipment = run.equipment
    if equipment is None:
        return
    for line in [*(line for twin in run.twins for line in twin.report()), *equipment.report()]:
        say(line)
    if equipment.left:
        raise NotSetBack("; ".join(equipment.left))

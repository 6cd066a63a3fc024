"""`rackloop up`: a lab on real sockets, with its control API, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from simulator.control.app import create_control
from simulator.control.endpoints import Standing, greeting, remove_endpoints, write_endpoints
from simulator.control.state_writer import state_kept
from simulator.files.plan import LabPlan
from simulator.kernel import LAB_EPOCH
from simulator.kernel.snapshot import BadSnapshot
from simulator.lab.options import WireOptions
from simulator.lab.running import wire
from simulator.lab.snapshot import SavedLab
from simulator.lab.state_dir import StateDir
from simulator.web.sockets import WebServer, bind

__all__ = ["CONTROL_PORT", "DCI5_PORT", "DCI6_PORT", "ISPMANAGER_PORT", "stand", "up"]

DCI6_PORT = 8006
DCI5_PORT = 1500
ISPMANAGER_PORT = 1501
CONTROL_PORT = 8016
UP = WireOptions(port=DCI6_PORT, port5=DCI5_PORT, hosting_port=ISPMANAGER_PORT, devices="as planned")
"""What `rackloop up` starts unless it is told otherwise."""


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
                async with state_kept(run, state, starts):
                    yield Standing(run, server.url, starts)
            finally:
                await server.stop()
    finally:
        sock.close()


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
            for line in greeting(standing):
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

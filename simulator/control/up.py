"""`rackloop up`: a lab on real sockets, with its control API, until somebody stops it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulator.control.app import create_control
from simulator.files.plan import LabPlan
from simulator.kernel import LAB_EPOCH
from simulator.lab import Run
from simulator.lab.running import DriverKind, wire
from simulator.lab.web import WebServer, bind

__all__ = ["CONTROL_PORT", "DCI5_PORT", "DCI6_PORT", "Standing", "endpoints", "stand", "up"]

DCI6_PORT = 8006
DCI5_PORT = 1500
CONTROL_PORT = 8016


@dataclass(frozen=True, slots=True)
class Standing:
    """A lab that stands: its run, and where its control API answers."""

    run: Run
    control: str


@asynccontextmanager
async def stand(
    plan: LabPlan,
    *,
    host: str = "127.0.0.1",
    clock: str = "real",
    tls: bool = False,
    seed: int = 1,
    drivers: DriverKind = "own",
    ports: tuple[int, int] = (DCI6_PORT, CONTROL_PORT),
    port5: int = DCI5_PORT,
) -> AsyncIterator[Standing]:
    """The lab with its control API; `ports` are those of DCImanager 6 and of the control API, `port5` is that of
    DCImanager 5. Taken ones give way.
    """
    # A stepped lab keeps the epoch of simulated runs, so that dates do not depend on the day; the others show today.
    epoch = LAB_EPOCH if clock == "stepped" else datetime.now(UTC)  # noqa: TID251 - outside clients compare dates with their own
    sock = bind(host, ports[1])
    try:
        async with wire(
            plan,
            seed=seed,
            clock=clock,
            drivers=drivers,
            host=host,
            port=ports[0],
            port5=port5,
            tls=tls,
            devices="as planned",
            epoch=epoch,
        ) as run:
            server = WebServer(create_control(run), sock)
            await server.start()
            try:
                yield Standing(run, server.url)
            finally:
                await server.stop()
    finally:
        sock.close()


def endpoints(standing: Standing) -> dict[str, Any]:
    """Everything an outside program needs to find its way in, as one JSON object."""
    run = standing.run
    plan = run.plan
    email, password = run.admin
    return {
        "dci6": run.dci6_url,
        "dci5": run.dci5_url,
        "control": standing.control,
        "admin": {
            "dci6": {"email": email, "password": password},
            "dci5": {"username": email, "password": password},
        },
        "bmcs": [
            {
                "server": name,
                "host": host,
                "port": port,
                "username": plan.servers[name].bmc.username,
                "password": plan.servers[name].bmc.password,
            }
            for name, (host, port) in run.bmcs.items()
        ],
        "switches": [
            {"name": name, "host": host, "port": port, "community": plan.switches[name].community}
            for name, (host, port) in run.switches.items()
        ],
        "pdus": [
            {
                "name": name,
                "host": host,
                "port": port,
                "community": plan.pdus[name].community,
                "model": plan.pdus[name].model,
            }
            for name, (host, port) in run.pdus.items()
        ],
    }


def write_endpoints(file: Path, standing: Standing) -> None:
    """Whole or not at all: readers never see half of it."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_text(json.dumps(endpoints(standing), indent=2) + "\n")
    part.replace(file)


def remove_endpoints(file: Path | None) -> None:
    """The lab stops answering: its file goes first."""
    if file:
        file.unlink(missing_ok=True)


async def up(plan: LabPlan, *, say: Callable[[str], None], endpoints_file: Path | None = None, **options: Any) -> None:
    """Run the lab until SIGINT or SIGTERM; `say` prints a line."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no loop signals; Ctrl-C still raises there
            loop.add_signal_handler(number, stop.set)
    async with stand(plan, **options) as standing:
        for line in _greeting(standing):
            say(line)
        if endpoints_file:
            write_endpoints(endpoints_file, standing)
        try:
            await stop.wait()
        finally:
            remove_endpoints(endpoints_file)
    say("stopped")


def _greeting(standing: Standing) -> list[str]:
    run = standing.run
    email, password = run.admin
    rows = [
        ("DCImanager 6", f"{run.dci6_url}   {email} / {password}"),
        ("DCImanager 5", f"{run.dci5_url}/dcimgr   {email} / {password}"),
        ("lab control", f"{standing.control}/"),
    ]
    if run.bmcs:
        name, (host, port) = next(iter(run.bmcs.items()))
        bmc = run.plan.servers[name].bmc
        login = f"-H {host} -p {port} -U {bmc.username} -P {bmc.password}"
        rows.append((f"BMC of {name}", f"ipmitool -I lanplus {login} power status"))
    communities = {switch.name: switch.community for switch in run.plan.switches.values()}
    communities |= {pdu.name: pdu.community for pdu in run.plan.pdus.values()}
    for kind, places in (("switch", run.switches), ("PDU", run.pdus)):
        if places:
            name, (host, port) = next(iter(places.items()))
            walk = f"snmpwalk -v2c -c {communities[name]} {host}:{port} 1.3.6.1.2.1.1"
            rows.append((f"{kind} {name}", walk))
    width = max(len(label) for label, _ in rows)
    lines = [f"Rackloop: lab {run.plan.name!r} is up, seed {run.seed}", ""]
    return [*lines, *(f"  {label:<{width}}   {text}" for label, text in rows), "", "Ctrl-C stops it."]

"""`rackloop exec`: a lab on real sockets for as long as one program runs, which finds it in its environment."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.control.endpoints import Standing, endpoints, write_endpoints
from simulator.control.up import stand, tell_written
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.kinds import FaultParams, NotPossible
from simulator.files.plan import LabPlan
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter, read_text, validate
from simulator.lab.options import WireOptions
from simulator.review import Recorder, as_dict, review
from simulator.scenario.names import Names

__all__ = ["EXEC", "Executed", "execute", "fault_of"]

EXEC = WireOptions(clock="scaled:600")
"""What `rackloop exec` starts unless it is told otherwise: free ports, so that several may run beside each other."""
JOURNAL = (1_000_000, 256 << 20)
"""Records, and octets of them as JSON, that are kept: what one program does is looked at whole."""
GRACE = 5.0
"""Real seconds that a program has to end after it was asked to."""
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Executed:
    """`status`: the program's as shells tell it: 128 and the signal's number for one that was killed; 127 for none such."""

    status: int = 0
    report: dict[str, Any] = field(default_factory=dict)
    journal: list[dict[str, Any]] = field(default_factory=list)


def environment(standing: Standing, file: Path) -> Mapping[str, str]:
    """All endpoints; `file` has them as JSON."""
    places, run = endpoints(standing), standing.run
    email, password = run.admin
    env = {
        "RACKLOOP_ENDPOINTS": str(file),
        "RACKLOOP_LAB": run.plan.name,
        "RACKLOOP_DCI6": places["dci6"],
        "RACKLOOP_DCI5": places["dci5"],
        "RACKLOOP_CONTROL": places["control"],
        "RACKLOOP_EMAIL": email,
        "RACKLOOP_USERNAME": email,
        "RACKLOOP_PASSWORD": password,
        "RACKLOOP_CLOCK": standing.clock,
    }
    if standing.token:
        env["RACKLOOP_CONTROL_TOKEN"] = standing.token
    if hosting := places.get("ispmanager"):
        env["RACKLOOP_ISPMANAGER"] = hosting
    if run.certificate is not None:
        pem = file.with_name("certificate.pem")
        pem.write_bytes(run.certificate.certificate)
        for name in ("RACKLOOP_CA", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
            env[name] = str(pem)
    return env


async def execute(
    plan: LabPlan,
    command: Sequence[str],
    options: WireOptions = EXEC,
    *,
    faults: Sequence[tuple[str, FaultParams]] = (),
    say: Callable[[str], None] = lambda line: None,
) -> Executed:
    """Start the lab, run the program, stop the lab. Ctrl-C and SIGTERM go to the program. Raises NotPossible for a fault that this
    lab cannot have, before the program starts.
    """
    done = Executed()
    with tempfile.TemporaryDirectory(prefix="rackloop-exec-") as folder:
        gc.disable()  # as in `up`: what a lab is built of stays
        try:
            async with stand(plan, options, control_port=0, journal=JOURNAL) as standing:
                gc.freeze()
                gc.enable()
                run = standing.run
                recorder = Recorder(run)
                recorder.watch()
                for kind, params in faults:
                    try:
                        run.faults.inject(kind, params)
                    except NotPossible as error:
                        raise NotPossible(f"{kind}: {error}") from None
                file = Path(folder) / "endpoints.json"
                write_endpoints(file, standing)
                try:
                    done.status = await _program(command, {**os.environ, **environment(standing, file)}, say)
                finally:
                    done.report = as_dict(recorder, review(recorder))
            done.journal = [record.as_dict() for record in run.journal]
            if run.journal.dropped:
                say(f"the journal's first {run.journal.dropped} records were forgotten: {JOURNAL[0]} are kept")
            tell_written(run, say)
        finally:
            gc.unfreeze()
            gc.enable()
    return done


async def _program(command: Sequence[str], env: Mapping[str, str], say: Callable[[str], None]) -> int:
    """In a process group of its own, of which nothing is left when this returns."""
    loop = asyncio.get_running_loop()
    group: int | None = None
    asked: list[int] = []
    last: list[asyncio.TimerHandle] = []

    def forward(number: int) -> None:
        asked.append(number)
        if group is not None:
            _tell(group, number)
            last.append(loop.call_later(GRACE, _tell, group, signal.SIGKILL))

    for number in _FORWARDED:
        loop.add_signal_handler(number, forward, number)
    try:
        process = await asyncio.create_subprocess_exec(*command, env=dict(env), stdin=sys.stdin, start_new_session=True)
        group = process.pid
        for early in tuple(asked):  # while it was being started
            forward(early)
        status = await process.wait()
    except OSError as error:
        say(f"rackloop exec: {command[0]}: {error.strerror or error}")
        return 126 if isinstance(error, PermissionError) else 127
    finally:
        for number in _FORWARDED:
            loop.remove_signal_handler(number)
        for timer in last:
            timer.cancel()
        if group is not None:
            _tell(group, signal.SIGKILL)
    return 128 - status if status < 0 else status


def _tell(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def fault_of(text: str, plan: LabPlan) -> tuple[str, FaultParams]:
    """A fault as scenario files have it: `bmc.dead: {server: srv-03, at: 8m}`, and the lab has such a part. Raises FileProblems."""
    document = read_text(text.encode("utf-8", "surrogatepass"), "--fault")
    report = Reporter(document)
    if len(document.data) != 1:
        report.at((), "a fault is one kind with its parameters", "e.g. bmc.dead: {server: srv-03}")
        report.check()
    kind, given = next(iter(document.data.items()))
    if kind not in CATALOGUE:
        report.at((kind,), f"there is no kind of fault `{kind}`", did_you_mean(kind, CATALOGUE, "kinds"), key=True)
        report.check()
    params = validate(CATALOGUE[kind].params, {} if given is None else given, report.under(kind))
    if params is not None:
        Names(plan, report, ()).fault_params(params, (kind,))
    report.check()
    assert params is not None
    return kind, params

"""`rackloop doctor`: whether this machine has what Rackloop needs, and what is missing for what."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simulator.commands.common import UNUSABLE, LabName, check_writable, lab_plan, write

if TYPE_CHECKING:
    from simulator.files.plan import LabPlan

__all__ = ["Finding", "doctor"]

Level = Literal["ok", "note", "wrong"]
_PATIENCE = 10.0
"""Real seconds that another program has to say its version."""
_DESCRIPTORS = 1024
_SPEED = 60.0
"""Real seconds for an hour of a small lab at which something is the matter with this machine."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`note`: something cannot be done, or otherwise than usual; `wrong`: Rackloop does not work here."""

    level: Level
    about: str
    text: str


def doctor(
    lab: LabName = "small",
    json_file: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write it as JSON here.")] = None,
) -> None:
    """Say whether this machine has what Rackloop needs: versions, permissions, ports, foreign programs, faketime.

    Exit status: 0 when labs run here; 1 when they do not; 2 for a lab that there is not.
    """
    check_writable(json_file)
    plan = lab_plan(lab, "rackloop doctor")
    found: list[Finding] = []
    for each in _everything(plan):
        found.append(each)
        typer.echo(f"{each.level:<6} {each.about:<14} {each.text}")
    counts = {level: sum(each.level == level for each in found) for level in ("wrong", "note")}
    notes = f"{counts['note']} {'note' if counts['note'] == 1 else 'notes'}"
    typer.echo("")
    typer.echo(f"{counts['wrong']} wrong, {notes}" if counts["wrong"] else f"labs run here; {notes}")
    if not write(json_file, lambda: json.dumps([asdict(each) for each in found], indent=2) + "\n"):
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(1 if counts["wrong"] else 0)


def _everything(plan: LabPlan) -> Iterator[Finding]:
    yield from _versions()
    yield from _permissions()
    yield from _ports(plan)
    yield from _programs()
    yield _faketime()
    yield _simulated(plan)


# what is installed


def _versions() -> Iterator[Finding]:
    python = platform.python_version()
    enough = sys.version_info >= (3, 11)
    yield Finding("ok" if enough else "wrong", "Python", python if enough else f"{python}: 3.11 or newer is needed")
    try:
        installed = version("rackloop")
    except PackageNotFoundError:
        yield Finding(
            "note", "Rackloop", "not installed: it runs from its source, and pytest does not know its fixtures"
        )
        return
    yield Finding("ok", "Rackloop", f"{installed}, in {Path(__file__).resolve().parents[2]}")
    missing, extras = _missing()
    if missing:
        yield Finding("wrong", "packages", f"not installed: {', '.join(missing)}; pip install rackloop")
    else:
        yield Finding("ok", "packages", "all that it needs")
    for extra, names in extras.items():
        yield Finding(
            "note", "packages", f"without {', '.join(names)} no `{_FOR[extra]}`: pip install 'rackloop[{extra}]'"
        )


_FOR = {"cluster": "rackloop sweep --dask", "explore": "rackloop explore"}
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)""")


def _missing() -> tuple[list[str], dict[str, list[str]]]:
    """What must be installed and is not; what is not of each extra."""
    must: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in requires("rackloop") or ():
        matched = _NAME.match(line)
        if matched is None or _installed(matched[0]):
            continue
        extra = _EXTRA.search(line)
        if extra is None and ";" not in line:
            must.append(matched[0])
        elif extra is not None and extra[1] in _FOR:
            extras.setdefault(extra[1], []).append(matched[0])
    return must, extras


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


# what is allowed


def _permissions() -> Iterator[Finding]:
    for about, folder in (("this folder", Path.cwd()), ("temporary", Path(tempfile.gettempdir()))):
        try:
            with tempfile.TemporaryFile(dir=folder):
                yield Finding("ok", about, f"{folder} can be written to")
        except OSError as error:
            level: Level = "note" if about == "this folder" else "wrong"
            yield Finding(level, about, f"{folder} cannot be written to ({error.strerror or error}): no reports there")
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not everywhere

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        many = hard == resource.RLIM_INFINITY or hard >= _DESCRIPTORS
        most = "no limit" if hard == resource.RLIM_INFINITY else f"{hard}"
        text = f"{most} of descriptors" + ("" if many else ": a big hall, or many clients, need more (ulimit -Hn)")
        yield Finding("ok" if many else "note", "files", text)


# where things answer


def _ports(plan: LabPlan) -> Iterator[Finding]:
    from simulator.control import up  # noqa: PLC0415 - the whole lab, which `--help` need not wait for

    wanted = {"DCImanager 6": up.DCI6_PORT, "DCImanager 5": up.DCI5_PORT, "lab control": up.CONTROL_PORT}
    if plan.ispmanager:
        wanted["ispmanager"] = up.ISPMANAGER_PORT
    problem = _bound(socket.SOCK_STREAM, "127.0.0.1", 0)
    if problem:
        yield Finding(
            "wrong", "loopback", f"nothing can listen on 127.0.0.1 ({problem}): neither `up` nor `run --wire`"
        )
        return
    taken = [f"{port} ({name})" for name, port in wanted.items() if _bound(socket.SOCK_STREAM, "127.0.0.1", port)]
    free = ", ".join(str(port) for port in wanted.values())
    text = f"taken: {', '.join(taken)}; `rackloop up` answers on free ones instead, and says which"
    yield Finding("note", "ports", text) if taken else Finding("ok", "ports", f"{free} are free")
    devices = [(each.bmc.host, each.bmc.port) for each in plan.servers.values() if not each.bmc.driver]
    devices += [(each.host, each.port) for each in plan.switches.values()]
    devices += [(each.host, each.port) for each in plan.pdus.values()]
    refused = {}
    for host, port in devices:
        if problem := _bound(socket.SOCK_DGRAM, host, port):
            refused[f"{host}:{port}"] = problem
    if refused:
        first, problem = next(iter(refused.items()))
        text = f"{len(refused)} of {len(devices)} planned addresses are not to be had ({first}: {problem}); those devices answer elsewhere"
        yield Finding("note", "devices", text)
    else:
        yield Finding("ok", "devices", f"the {len(devices)} addresses of lab {plan.name} are free")


def _bound(kind: socket.SocketKind, host: str, port: int) -> str:
    """Why nothing can listen there; nothing when it can."""
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as sock:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


# programs of others


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    ask: Sequence[str]
    of: str
    needed_for: str


_OTHERS = (
    Program("ipmitool", ("-V",), "ipmitool", "asking BMCs by hand, as `rackloop up` shows"),
    Program("snmpwalk", ("-V",), "snmp", "asking switches and PDUs by hand"),
    Program("php", ("--version",), "php-cli", "server modules of WHMCS (`module: {whmcs: ...}`)"),
)


def _programs() -> Iterator[Finding]:
    for each in _OTHERS:
        if shutil.which(each.name) is None:
            yield Finding("note", each.name, f"not installed, for {each.needed_for}: apt-get install {each.of}")
        else:
            yield Finding("ok", each.name, _output([each.name, *each.ask])[0] or "there, and says no version")


def _output(words: Sequence[str]) -> tuple[str, int]:
    """The first line that a program writes, and its exit status."""
    try:
        done = subprocess.run(  # noqa: S603 - the names stand above
            words,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error), 127
    said = (done.stdout + done.stderr).strip()
    return (said.splitlines() or [""])[0].strip(), done.returncode


def _faketime() -> Finding:
    """It is there, and another program really sees the time that it is told."""
    about = "faketime"
    if shutil.which(about) is None:
        return Finding(
            "note",
            about,
            "not installed: modules that are programs need `time: told` or `real`: apt-get install faketime",
        )
    said, status = _output(
        ["faketime", "-f", "@2001-02-03 04:05:06 x1", sys.executable, "-c", "import time; print(time.gmtime().tm_year)"]
    )
    if said == "2001" and status == 0:
        return Finding("ok", about, "programs see the time that they are told")
    return Finding(
        "note", about, f"does not work here ({said or f'exit status {status}'}): say `time: told` or `real` of a module"
    )


# a lab


def _simulated(plan: LabPlan) -> Finding:
    """An hour of the lab in virtual time."""
    from simulator.kernel import run  # noqa: PLC0415
    from simulator.lab import Lab, NotSimulated  # noqa: PLC0415

    async def hour() -> int:
        async with Lab(plan).simulated() as here:
            await here.clock.sleep(3600)
            return len(here.journal)

    began = time.perf_counter()
    try:
        run(hour())
    except NotSimulated as error:
        return Finding("note", "lab", f"{plan.name}: {error}")
    took = time.perf_counter() - began
    text = (
        f"an hour of {plan.name} in virtual time took {took * 1000:.0f} ms; {os.cpu_count() or 1} processors for `-j`"
    )
    return Finding("ok" if took < _SPEED else "note", "lab", text)

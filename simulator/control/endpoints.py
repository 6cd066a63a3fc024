"""A lab that is up, told to others: the endpoints file for programs, the greeting for people."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.files.plan import PduPlan, SwitchPlan
from simulator.invariants.watch import Watch
from simulator.kernel.hosts import is_everywhere, is_loopback, reached_at
from simulator.lab import Run
from simulator.lab.attaching import on_one_host
from simulator.lab.build import snmp_user
from simulator.real import RealDevice

__all__ = ["Standing", "check_endpoints", "endpoints", "greeting", "remove_endpoints", "write_endpoints"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A lab that stands: its run, and where its control API answers."""

    run: Run
    control: str
    starts: int = 1
    """How often the lab has been started, when its state is kept."""
    token: str | None = None
    """What the control API asks for, if it does."""
    clock: str = "real"
    host: str = "127.0.0.1"
    taken: tuple[str, ...] = ()
    """What is to be said of ports that somebody else had."""
    watch: Watch | None = None
    """Sees what does not hold in it."""


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
        **({"control_token": standing.token} if standing.token else {}),
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
    """Whole or not at all: readers never see half of it. It is full of passwords: only its owner may read it."""
    part = _part_of(file)
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(json.dumps(endpoints(standing), indent=2) + "\n")
    part.replace(file)


def check_endpoints(file: Path) -> None:
    """Raises ValueError where no endpoints file can be written."""
    try:
        if file.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        part = _part_of(file)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT, 0o600))
        part.unlink()
    except OSError as error:
        raise ValueError(f"--endpoints {file}: it cannot be written ({error.strerror or error})") from None


def _part_of(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}")


def remove_endpoints(file: Path | None) -> None:
    """The lab stops answering: its file goes first."""
    if file:
        file.unlink(missing_ok=True)


_CONTROL = "http://127.0.0.1:8016"
"""Where `rackloop report` looks unless it is told."""


def _flags(plan: SwitchPlan | PduPlan) -> str:
    """What net-snmp's tools want to know to speak with it."""
    user = snmp_user(plan.snmp)
    if user is None:
        return f"-v{'1' if plan.snmp.version == '1' else '2c'} -c {plan.community}"
    level = "authPriv" if user.priv else "authNoPriv" if user.auth else "noAuthNoPriv"
    auth = f" -a {user.auth} -A {user.auth_password}" if user.auth else ""
    priv = f" -x {user.priv} -X {user.priv_password}" if user.priv else ""
    return f"-v3 -u {user.name} -l {level}{auth}{priv}"


def greeting(standing: Standing, file: Path | None = None) -> list[str]:
    """What is printed when the lab is up; `file`: its endpoints file, if it has one. All of it can be used as it stands."""
    run = standing.run
    email, password = run.admin
    rows = [
        ("DCImanager 6", f"{run.dci6_url}   {email} / {password}"),
        ("DCImanager 5", f"{run.dci5_url}/dcimgr   {email} / {password}"),
        ("lab control", f"{standing.control}/" + (f"?token={standing.token}" if standing.token else "")),
        ("API documents", f"{run.dci6_url}/swagger   {standing.control}/__lab/docs"),
        ("clock", _clock(standing)),
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
            rows.append((f"{kind} {name}", f"snmpwalk {_flags(plans[name])} {_peer(host, port)} 1.3.6.1.2.1.1"))
    if run.equipment is not None and run.equipment.devices:
        dry = "dry run, nothing is written: " if run.equipment.dry else ""
        rows.append(("real", dry + ", ".join(_real(device) for device in run.equipment.devices.values())))
    rows += [(f"twin of {twin.name}", "asked whatever it is asked to read") for twin in run.twins]
    width = max(len(label) for label, _ in rows)
    again = (
        f", start {standing.starts}: it goes on at {run.clock.calendar():%Y-%m-%d %H:%M:%S}"
        if standing.starts > 1
        else ""
    )
    lines = [f"Rackloop: lab {run.plan.name!r} is up, seed {run.seed}{again}", ""]
    lines += [f"  {label:<{width}}   {text}" for label, text in rows]
    if notes := [*standing.taken, *_devices_moved(standing), *_from_outside(standing)]:
        lines += ["", *notes]
    said = f"`{_report_command(standing, file)}` says what a module that is pointed at it did wrong. Ctrl-C stops it."
    return [*lines, "", said]


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _peer(host: str, port: int) -> str:
    """A device as net-snmp's tools want it."""
    return f"udp6:{_place(host, port)}" if ":" in host else _place(host, port)


def _real(device: RealDevice) -> str:
    return f"{device} ({', '.join(sorted(device.allow)) or 'read only'})"


def _clock(standing: Standing) -> str:
    mode, _, rate = standing.clock.partition(":")
    if mode == "stepped":
        token = f"-H 'Authorization: Bearer {standing.token}' " if standing.token else ""
        move = f"""curl {token}--json '{{"seconds": "10m"}}' {standing.control}/__lab/clock/advance"""
        return f"stepped: time stands until it is moved:   {move}"
    return f"scaled: {rate} s pass in one" if mode == "scaled" else "real"


def _devices_moved(standing: Standing) -> list[str]:
    """Where devices could not have what they were planned for; nothing is said of devices that are not emulated."""
    run = standing.run
    plan = run.plan
    planned = {server.name: (server.bmc.host, server.bmc.port) for server in plan.servers.values()}
    planned |= {each.name: (each.host, each.port) for group in (plan.switches, plan.pdus) for each in group.values()}
    planned = {name: planned[name] for name in run.bound}
    if not is_loopback(standing.host):
        ports = on_one_host([port for _, port in planned.values()])
        planned = {name: (run.bound[name][0], port) for name, port in zip(planned, ports, strict=True)}
    places = {**run.bmcs, **run.switches, **run.pdus}
    moved = [name for name in planned if run.bound[name] != planned[name]]
    if not moved:
        return []
    few = ", ".join(f"{name} {_place(*places[name])}" for name in moved[:3])
    more = f", and {len(moved) - 3} more" if len(moved) > 3 else ""
    return [f"not at their planned addresses, which are taken or not to be had here: {few}{more}"]


def _from_outside(standing: Standing) -> list[str]:
    """All that is printed is as this machine sees it."""
    if not is_everywhere(standing.host):
        return []
    return [f"from other machines: an address of this one instead of {reached_at(standing.host)}"]


def _report_command(standing: Standing, file: Path | None) -> str:
    if file is not None:
        return f"rackloop report --endpoints {shlex.quote(str(file))}"
    words = ["rackloop", "report"]
    if standing.control != _CONTROL:
        words += ["--control", standing.control]
    if standing.token:
        words += ["--token", standing.token]
    return shlex.join(words)

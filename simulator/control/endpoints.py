"""A lab that is up, told to others: the endpoints file for programs, the greeting for people."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.files.plan import PduPlan, SwitchPlan
from simulator.lab import Run
from simulator.lab.build import snmp_user

__all__ = ["Standing", "endpoints", "greeting", "remove_endpoints", "write_endpoints"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A lab that stands: its run, and where its control API answers."""

    run: Run
    control: str
    starts: int = 1
    """How often the lab has been started, when its state is kept."""


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


def greeting(standing: Standing) -> list[str]:
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

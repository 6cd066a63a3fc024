"""Where a lab's devices answer: emulated ones at addresses planned for them, real ones where the file says."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from simulator.files.lab_schema import PduSpec, ServerSpec, SnmpSpec, SwitchSpec, TwinSpec
from simulator.files.plan import (
    BMC_PORT,
    REAL_BMC_PORT,
    REAL_SNMP_PORT,
    BmcPlan,
    PduPlan,
    ServerPlan,
    SwitchPlan,
    TwinPlan,
)
from simulator.files.problems import did_you_mean

__all__ = ["Say", "Way", "bmc_plan", "snmp_place", "twin_plans"]

Way = tuple[str | int, ...]


class Say(Protocol):
    def __call__(self, way: Way, message: str, hint: str = "", *, key: bool = False) -> None: ...


def snmp_place(
    spec: SwitchSpec | PduSpec, name: str, planned: str, way: Way, taken: dict[str, str], say: Say
) -> tuple[str, int]:
    """Host and port. `planned`: of an emulated one; `taken`: places of real ones, and who is there."""
    if spec.driver is None:
        for key in ("address", "allow"):
            if getattr(spec, key):
                say((*way, key), f"`{key}` is of real equipment", "say `driver: snmp`", key=True)
        return planned, spec.port
    port = spec.port if "port" in spec.model_fields_set else REAL_SNMP_PORT
    if spec.address is None:
        say(way, f"`driver: {spec.driver}` needs the `address` of that device")
        return planned, port
    if spec.count > 1:
        say((*way, "count"), "a real device is one, at its address")
    try:
        host = str(ipaddress.ip_address(spec.address))
    except ValueError:
        say((*way, "address"), f"{spec.address!r} is not an IP address")
        return planned, port
    place = f"{host}:{port}"
    if place in taken:
        say((*way, "address"), f"the address {place} is taken by {taken[place]}")
    taken[place] = name
    return host, port


def bmc_plan(spec: ServerSpec, name: str, planned: str, way: Way, taken: dict[str, str], say: Say) -> BmcPlan:
    """`way`: of the server's `bmc`."""
    bmc, host = spec.bmc, planned
    if bmc.address is not None:
        try:
            host = str(ipaddress.ip_address(bmc.address))
        except ValueError:
            say((*way, "address"), f"{bmc.address!r} is not an IP address")
    real = bmc.driver is not None
    if real and bmc.address is None:
        say(way, f"`driver: {bmc.driver}` needs the `address` of that BMC")
    port = bmc.port or (REAL_BMC_PORT if real else BMC_PORT)
    place = f"{host}:{port}" if real else host  # several real ones may be behind one address
    if place in taken:
        say((*way, "address"), f"the address {place} is taken by the BMC of {taken[place]}")
    taken[place] = name
    if bmc.allow and not real:
        say((*way, "allow"), "`allow` is of real equipment", "say `driver: ipmi`", key=True)
    if bmc.shared and real:
        say(way, "a real BMC stands on its own network: leave out `shared`")
    receivers = _receivers(bmc.alerts, way, say)
    return BmcPlan(
        host, port, bmc.username, bmc.password, bmc.kg, bmc.driver, receivers, bmc.shared is not None, tuple(bmc.allow)
    )


def _receivers(texts: list[str], way: Way, say: Say) -> tuple[tuple[str, int], ...]:
    found = []
    for index, text in enumerate(texts):
        host, _, port = text.rpartition(":")
        try:
            found.append((str(ipaddress.IPv4Address(host)), int(port)))
        except ValueError:
            say((*way, "alerts", index), f"{text!r} is not an IPv4 address and a port")
    return tuple(found)


def twin_plans(
    specs: Sequence[TwinSpec],
    servers: Mapping[str, ServerPlan],
    switches: Mapping[str, SwitchPlan],
    pdus: Mapping[str, PduPlan],
    say: Say,
) -> tuple[TwinPlan, ...]:
    """Those whose other half is an emulated device of the lab."""
    found = []
    for index, spec in enumerate(specs):
        way: Way = ("twin", index) if len(specs) > 1 else ("twin",)
        kind: Literal["BMC", "switch", "PDU"]
        if spec.of in servers:
            kind, real = "BMC", servers[spec.of].bmc.driver
        elif spec.of in switches:
            kind, real = "switch", switches[spec.of].driver
        elif spec.of in pdus:
            kind, real = "PDU", pdus[spec.of].driver
        else:
            names = [*switches, *pdus, *servers]
            say((*way, "of"), f"there is no device `{spec.of}`", did_you_mean(spec.of, names, "there are"))
            continue
        if real:
            say((*way, "of"), f"{spec.of} is real itself: a twin stands beside an emulated device")
        try:
            host = str(ipaddress.ip_address(spec.address))
        except ValueError:
            say((*way, "address"), f"{spec.address!r} is not an IP address")
            continue
        port = spec.port or (REAL_BMC_PORT if kind == "BMC" else REAL_SNMP_PORT)
        found.append(
            TwinPlan(
                spec.of,
                kind,
                host,
                port,
                spec.community,
                spec.snmp or SnmpSpec(),
                spec.username,
                spec.password,
                spec.kg,
            )
        )
    return tuple(found)

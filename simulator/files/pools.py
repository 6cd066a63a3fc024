"""The panel's part of a lab file checked: pools of addresses, templates, users."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from simulator.dcim.people.roles import BUILT_IN
from simulator.files.lab_schema import PanelSpec, PoolSpec
from simulator.files.plan import PoolPlan
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter

__all__ = ["expand_pools"]

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def expand_pools(panel: PanelSpec, report: Reporter) -> Mapping[str, PoolPlan]:
    """The pools by name, networks filled in. Duplicate names of pools, templates and users are problems too."""
    _unique("pools", "pool", [pool.name for pool in panel.pools], "name", report)
    _unique("templates", "template", [template.name for template in panel.templates], "name", report)
    users = [user.email for user in panel.users]
    _unique("users", "user", users, "email", report)
    if panel.admin.email in users:
        report.at(("users", users.index(panel.admin.email), "email"), f"{panel.admin.email} is the administrator")
    for way, user in [(("admin",), panel.admin), *((("users", index), user) for index, user in enumerate(panel.users))]:
        for place, role in enumerate(user.roles):
            if role not in BUILT_IN:
                report.at((*way, "roles", place), f"there is no role `{role}`", did_you_mean(role, BUILT_IN, "roles"))
    found: dict[str, PoolPlan] = {}
    for index, pool in enumerate(panel.pools):
        plan = _pool(pool, report.under("pools", index))
        if plan is not None:
            found[pool.name] = plan
    return found


def _unique(group: str, what: str, names: Iterable[str], field: str, report: Reporter) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            report.at((group, index, field), f"there are two {what}s of the name `{name}`")
        seen.add(name)


def _pool(pool: PoolSpec, report: Reporter) -> PoolPlan | None:
    """The pool with its network worked out; None, with everything that is wrong reported."""
    before = len(report.problems)
    gateway = _ip(pool.gateway, "gateway", report)
    ends = _ends(pool.range, report)
    if gateway is None or ends is None:
        return None
    text = pool.network or f"{gateway}/{24 if gateway.version == 4 else 64}"
    try:
        network = ipaddress.ip_network(text, strict=pool.network is not None)
    except ValueError as error:
        report.at(("network",), f"{text!r} is not a network: {error}")
        return None
    if gateway not in network:
        report.at(("gateway",), f"the gateway {gateway} is not in the network {network}")
    outside = [str(end) for end in dict.fromkeys(ends) if end not in network]
    if outside:
        hint = "" if pool.network else "by default it is the one around the gateway; `network` names another"
        are = "is" if len(outside) == 1 else "are"
        report.at(("range",), f"{' and '.join(outside)} {are} not in the network {network}", hint)
    if len(report.problems) > before:
        return None
    return PoolPlan(pool.name, pool.range, str(network), str(gateway), pool.deallocation, str(ends[0]), str(ends[1]))


def _ip(text: str, field: str, report: Reporter) -> Ip | None:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        report.at((field,), f"{text!r} is not an IP address")
        return None


def _ends(text: str, report: Reporter) -> tuple[Ip, Ip] | None:
    if "/" in text:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            report.at(("range",), f"{text!r} is not a network: {error}")
            return None
        return network[0], network[-1]
    parts = [part.strip() for part in text.split("-")]
    if len(parts) > 2:
        report.at(("range",), f"{text!r} is not a range of addresses", "write it as 192.0.2.10-192.0.2.99")
        return None
    first, last = _ip(parts[0], "range", report), _ip(parts[-1], "range", report)
    if first is None or last is None:
        return None
    if first.version != last.version or int(first) > int(last):
        report.at(("range",), f"the range {text} ends before it begins")
        return None
    return first, last

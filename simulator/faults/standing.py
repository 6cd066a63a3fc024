"""In whose way a fault stands, and in what respect, while it holds: what somebody who waits in vain finds as his cause.

Most of what a fault does has a record of its own (a link is down, an outlet is off, a message is lost), which names the fault. What it
withholds has none: a dead BMC says nothing. For that there is the fault's own mark (`kernel/marks.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.faults.kinds import FaultParams

__all__ = ["ways"]

_ASPECTS = {
    "bmc.sensor_lost": "sensor",
    "bmc.sensor_frozen": "sensor",
    "bmc.log_full": "sensor",
    "bmc.inventory_spoiled": "sensor",
    "fan.dead": "sensor",
    "inlet.hot": "sensor",
    "board.dead": "board",
    "psu.dead": "supply",
    "link.lossy": "bmc",
    "panel.restart": "services",
    "panel.crash": "services",
    "outlets.swapped": "outlets",
    "bank.tripped": "bank",
}
_FAMILIES = {
    "bmc": "bmc",
    "ipmi": "bmc",
    "nic": "net",
    "cable": "net",
    "disk": "disk",
    "switch": "equipment",
    "pdu": "equipment",
    "feed": "equipment",
    "snmp": "equipment",
}
"""By the first word of the kind, where the whole is not named above."""
_AT_ONCE = frozenset({"bmc.restarts", "installer.stall", "snmp.restart"})
"""What comes of them says so itself, and may be over before they are mended: a reset ends a stall."""


def ways(kind: str, params: FaultParams) -> Iterable[tuple[str, str]]:
    """Pairs of a subject and the aspect in which the fault stands in its way. None for faults of messages: each message that is
    hit has a record.
    """
    if kind in _AT_ONCE:
        return
    family = kind.partition(".")[0]
    number = getattr(params, family, None)
    aspect = _ASPECTS.get(kind) or _FAMILIES.get(family) or (f"{family} {number}" if number is not None else "")
    if not aspect:
        return
    yield params.target, aspect
    if aspect == "net":
        yield params.target, f"net {getattr(params, 'nic', 'nic1')}"
    other = getattr(params, "other", None)
    if isinstance(other, str):
        yield other, aspect

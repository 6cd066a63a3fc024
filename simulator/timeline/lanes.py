"""The lanes of a timeline, and which record belongs where."""

from __future__ import annotations

from simulator.kernel import Record

__all__ = ["LANES", "is_bad", "lane_of"]

LANES: tuple[tuple[str, str], ...] = (
    ("billing", "Billing"),
    ("panel", "Panel"),
    ("operations", "Operations"),
    ("ipmi", "IPMI"),
    ("snmp", "SNMP"),
    ("plant", "Plant"),
    ("faults", "Faults"),
)
"""Key and title, top to bottom. Calls to a panel's API are billing's; what became of a message is a fault's."""

_LAYERS = {
    "billing": "billing",
    "scenario": "billing",
    "api6": "billing",
    "api5": "billing",
    "ispmanager": "billing",
    "plant": "plant",
    "fault": "faults",
    "wire": "faults",
    "lab": "faults",
}
_WORK = ("operation", "diagnosis", "release", "rescue")
_BAD = ("error", "failed", "lost", "without", "stuck", "tripped", "halted", "no_ac", "garbled", "refused", "down")


def lane_of(record: Record) -> str:
    """The key of its lane."""
    if record.layer == "panel":
        return "operations" if record.what.startswith(_WORK) else "panel"
    return _LAYERS.get(record.layer, "panel")


def is_bad(record: Record) -> bool:
    """It tells of something that went wrong: an error, a refusal, a fault that strikes."""
    if record.layer == "fault":
        return not record.what.endswith(" ends")
    status = record.detail.get("status")
    if isinstance(status, int) and status >= 400:
        return True
    return record.layer == "wire" or "error" in record.detail or any(word in record.what for word in _BAD)

"""All that a panel keeps, as text: to show that a refused request changed nothing."""

from __future__ import annotations

from typing import Any

from simulator.api6.dialect import load_dialect
from simulator.dcim import Panel

__all__ = ["PATHS", "snapshot"]

PATHS = tuple(call for row in load_dialect() for call in (row.call, *row.aliases))


def snapshot(panel: Panel) -> dict[str, str]:
    """Everything but the ends of sessions, which each use moves."""
    users = panel.users
    parts: dict[str, Any] = {
        "inventory": panel.inventory,
        "addresses": panel.addresses,
        "operations": list(panel.operations.all),
        "users": list(users.all),
        "sessions": sorted(users._tokens),
        "keys": sorted(users._keys),
        "mails": sorted(users._mails),
        "locks": users._locks,
        "settings": users.settings,
        "roles": users.roles,
        "access lists": users.access_lists,
        "ssh keys": users.ssh_keys,
        "rules": users.restrictions.rules,
    }
    return {name: _shown(part) for name, part in parts.items()}


def _shown(value: Any, depth: int = 8) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(inner, depth)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(inner, depth) for inner in value) + "]"
    if hasattr(value, "_records"):
        return _shown(value._records, depth)
    own = getattr(value, "__dict__", None)
    if own is not None and type(value).__module__.startswith("simulator.dcim") and depth:
        return _shown({key: inner for key, inner in own.items() if not _stands_aside(inner)}, depth - 1)
    return repr(value)


def _stands_aside(value: Any) -> bool:
    """What keeps nothing that a caller could change."""
    return type(value).__module__.startswith("simulator.kernel") or callable(value)

"""A call that nearly is one of the panel's, and the one that was meant."""

from __future__ import annotations

from functools import cache

from simulator.api6.dialect import load_dialect
from simulator.files.problems import did_you_mean
from simulator.review.actions import Action, functions_of, properties_of
from simulator.web.interference import without_ids

__all__ = ["near_miss", "nearest_of"]


def near_miss(action: Action) -> str:
    """What the panel has not, with the nearest that it has; empty where it has all that was asked of it."""
    call = action.call
    if action.unknown_property:
        what = f"it takes no {action.unknown_property!r}"
    elif action.unknown:
        what = "there is no such call"
    elif call.panel != 6 and call.parsed.action and not action.absent and call.parsed.action not in functions_of(call):
        what = "there is no such function"  # which the panel says only to who is logged in
    else:
        return ""
    return "; ".join(filter(None, [what, nearest_of(action)]))


def nearest_of(action: Action) -> str:
    """`did you mean ...?`, a list where it is short, or nothing."""
    call = action.call
    if action.unknown_property:
        return did_you_mean(action.unknown_property, properties_of(call), "it takes")
    if call.panel != 6:
        return did_you_mean(call.parsed.action, functions_of(call))
    return did_you_mean(f"{call.method} {without_ids(call.path.removeprefix('/api'))}", _served())


@cache
def _served() -> tuple[str, ...]:
    return tuple(call for row in load_dialect() for call in (row.call, *row.aliases))

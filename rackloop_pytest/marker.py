"""`@pytest.mark.rackloop(...)`: what may stand in it, checked before the test begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from rackloop_pytest.words import nearest

__all__ = ["MARKER", "OPTIONS", "options_of"]

OPTIONS: Mapping[str, Any] = {"lab": "small", "seed": 1, "clock": None, "pending_faults": False, "known": ()}
MARKER = (
    "rackloop(lab='small', seed=1, clock='scaled:600', pending_faults=False, known=()): the datacenter of this test; "
    "`clock` is that of `rackloop_up`: real, scaled:N or stepped"
)
_CLOCK = re.compile(r"real|stepped|scaled:\d+(\.\d+)?")


def options_of(item: pytest.Item) -> dict[str, Any]:
    """Those of this test: of all its markers, the nearest counts for each word. Raises ValueError for what is not understood."""
    found = dict(OPTIONS)
    seed = item.config.getoption("rackloop_seed", default=None)
    for marker in reversed(list(item.iter_markers("rackloop"))):
        if marker.args:
            raise ValueError(f"not understood: {marker.args[0]!r}: it takes words only, as in rackloop(lab='small')")
        for word, value in marker.kwargs.items():
            if word not in OPTIONS:
                raise ValueError(f"not understood: {word}{nearest(word, OPTIONS)}")
            if message := _wrong(word, value):
                raise ValueError(f"{word}={value!r}: {message}")
        found |= marker.kwargs
    if seed is not None:
        found["seed"] = seed
    return found


def _wrong(word: str, value: Any) -> str:
    """What is wrong with a value; nothing when it can be."""
    match word:
        case "seed" if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return "a whole number from 0 up"
        case "clock" if not isinstance(value, str) or not _CLOCK.fullmatch(value):
            return "write real, stepped, or scaled:N (N seconds pass in one)"
        case "pending_faults" if not isinstance(value, bool):
            return "True or False"
        case "lab" if not isinstance(value, str | Mapping) and not hasattr(value, "__fspath__"):
            return "a lab's name, the path of its file, or a mapping as in one"
        case "known" if isinstance(value, str | Mapping) or not all(isinstance(each, Mapping) for each in value):
            return 'a list, as in known=[{"violates": "idle-power", "because": "..."}]'
    return ""

"""How a module's settings are read from plain data (a YAML mapping): a frozen dataclass says by its fields' types what
each may be. Times are seconds, or text such as `90m`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from provisioner.errors import BadSettings

__all__ = ["read_settings"]

T = TypeVar("T")

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\s*", re.ASCII)
_UNITS = {"s": 1.0, None: 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def read_settings(kind: type[T], settings: Mapping[str, Any]) -> T:
    """Raises BadSettings that names every unknown key with the nearest known one, or the value that does not fit."""
    types = {field.name: str(field.type) for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := [str(key) for key in settings if key not in types]:
        raise BadSettings("; ".join(_unknown(key, list(types)) for key in unknown))
    return kind(**{key: _BY_TYPE[types[key]](key, value) for key, value in settings.items()})


def _unknown(key: str, known: list[str]) -> str:
    nearest = difflib.get_close_matches(key.lower().replace("-", "_"), known, n=1, cutoff=0.0)
    return f"unknown setting {key!r}; the nearest there is: {nearest[0]!r}"


def _text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadSettings(f"{key} is text, not {value!r}")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        raise BadSettings(f"{key} is a list of texts, not {value!r}")
    return tuple(value)


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadSettings(f"{key} is true or false, not {value!r}")
    return value


def _count(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadSettings(f"{key} is a number, 0 or more, not {value!r}")
    return value


def _seconds(key: str, value: Any) -> float:
    text = value if isinstance(value, str) else "" if isinstance(value, bool) else str(value)
    match = _DURATION.fullmatch(text)
    if match is None:
        raise BadSettings(f"{key} is a time such as 90m or 5400 (seconds), not {value!r}")
    return float(match[1]) * _UNITS[match[2]]


def _location(key: str, value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadSettings(f"{key} is the number of a location in DCImanager 6, or empty, not {value!r}")
    return value


_BY_TYPE: Mapping[str, Callable[[str, Any], Any]] = MappingProxyType(
    {
        "str": _text,
        "tuple[str, ...]": _texts,
        "bool": _flag,
        "int": _count,
        "float": _seconds,
        "int | None": _location,
    }
)

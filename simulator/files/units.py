"""Quantities as people write them in lab and scenario files: `90s`, `25m`, `900 MB`, `1 Gbit/s`, `40%`, an instant, a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

__all__ = [
    "DURATION",
    "Duration",
    "Moment",
    "NoUnit",
    "Octets",
    "Rate",
    "Share",
    "Zone",
    "need_unit",
    "parse_duration",
    "parse_moment",
    "parse_octets",
    "parse_rate",
    "parse_share",
    "parse_zone",
]

_BARE = re.compile(r"\d+(?:\.\d+)?")
_NUMBER = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([A-Za-z/%]*)\s*$")
# `provisioner.modules.readers` reads the same texts (but for ms) for those who use a billing module without a simulator; a
# scenario's settings are read here, so that an error has its place in the file. A test holds the two together.
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_OCTETS = {"": 1, "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_MOST = 1e18
"""More octets or bits per second than anything here has; keeps infinity out."""
_MOST_SECONDS = 100e9
"""Some 3,000 years: lab time has a calendar, and calendars end with the year 9999."""
_BITS = {"bit/s": 1, "kbit/s": 10**3, "Mbit/s": 10**6, "Gbit/s": 10**9}
_OCTETS_PER_SECOND = {"B/s": 8, "kB/s": 8 * 10**3, "MB/s": 8 * 10**6, "GB/s": 8 * 10**9}


def _split(value: Any, units: dict[str, Any], example: str, most: float = _MOST) -> float:
    if isinstance(value, bool):
        raise ValueError(f"write it as {example}")  # noqa: TRY004 - pydantic makes problems of ValueErrors only
    if isinstance(value, int | float):
        value = str(value)
    match = _NUMBER.match(value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        raise ValueError(f"{value!r} is not understood; write it as {example}")
    size = float(match[1]) * float(units[match[2]])
    if size > most:
        raise ValueError(f"{value!r} is more than can be; write it as {example}")
    return size


class NoUnit(ValueError):
    """A number that does not say what it counts."""


def need_unit(value: Any, example: str) -> None:
    """In a file a number says what it counts. Raises NoUnit for one that does not; zero is zero in any unit."""
    text = str(value).strip()
    if not isinstance(value, bool) and _BARE.fullmatch(text) and float(text):
        raise NoUnit(f"{text} has no unit; write it as {text}{example}")


def parse_duration(value: Any) -> float:
    """Seconds; a bare number is seconds."""
    return _split(value, _SECONDS, "90s, 25m or 1h", _MOST_SECONDS)


def parse_octets(value: Any) -> int:
    """Octets, in decimal multiples as disk makers count."""
    return round(_split(value, _OCTETS, "900 MB or 1 TB"))


def parse_rate(value: Any) -> int:
    """Bits per second; `MB/s` are octets."""
    need_unit(value, " Mbit/s")
    return round(_split(value, _BITS | _OCTETS_PER_SECOND, "1 Gbit/s or 450 MB/s"))


def parse_share(value: Any) -> float:
    """A share from 0 to 1, written as per cent or as a number."""
    if isinstance(value, str) and value.strip().endswith("%"):
        share = _split(value, {"%": 1}, "40%") / 100
    else:
        share = _split(value, {"": 1}, "40% or 0.4")
    if share > 1:
        percent = f"{share:g}%" if not isinstance(value, str) and share <= 100 else "40%"
        raise ValueError(f"{value} is more than the whole; write it as {percent}")
    return share


def parse_moment(value: Any) -> datetime:
    """An instant, in UTC unless it says otherwise; whole seconds."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC, microsecond=0).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r} is no instant; write it as 2026-03-29T00:30:00Z") from None
    if not 1970 <= moment.year < 3000:
        raise ValueError(f"{value!r} is not between 1970 and 3000; write it as 2026-03-29T00:30:00Z")
    return moment


def parse_zone(value: Any) -> str:
    """The name of a time zone in the IANA database."""
    try:
        return ZoneInfo(value).key
    except (TypeError, ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{value!r} is no time zone; write it as Europe/Berlin") from None


def _in_file(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get("units"))


def _duration(value: Any, info: ValidationInfo) -> float:
    if _in_file(info):
        need_unit(value, "s")
    return parse_duration(value)


def _octets(value: Any, info: ValidationInfo) -> int:
    if _in_file(info):
        need_unit(value, " MB")
    return parse_octets(value)


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, {"const": 0}], "examples": [example]})


DURATION = r"^\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d)\s*$"
"""Texts that are durations, for JSON Schemas."""
Duration = Annotated[float, BeforeValidator(_duration), _schema(DURATION, "25m")]
Octets = Annotated[int, BeforeValidator(_octets), _schema(r"^\s*\d+(\.\d+)?\s*(B|[kK]B|MB|GB|TB)\s*$", "900 MB")]
Rate = Annotated[
    int, BeforeValidator(parse_rate), _schema(r"^\s*\d+(\.\d+)?\s*([kMG]?bit/s|[kMG]?B/s)\s*$", "1 Gbit/s")
]
Share = Annotated[
    float,
    BeforeValidator(parse_share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%?\s*$"},
                {"type": "number", "minimum": 0, "maximum": 1},
            ],
            "examples": ["40%"],
        }
    ),
]
Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-29T00:30:00Z"]}),
]
Zone = Annotated[
    str, BeforeValidator(parse_zone), WithJsonSchema({"type": "string", "minLength": 1, "examples": ["Europe/Berlin"]})
]

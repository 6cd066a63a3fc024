"""Order periods of a service package (B5-3): how long one is, by the calendar, and until when a service is paid for."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from provisioner.errors import BadSettings

__all__ = ["after", "check_period"]

_PERIOD: Final = re.compile(r"\s*(?:([1-9]\d{0,2})\s+)?(hour|day|week|month|quarter|year)s?\s*", re.ASCII)
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_LENGTHS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def check_period(period: str) -> tuple[int, str]:
    """Its number and unit. Raises BadSettings for what is none: `month`, `3 months`, `quarter`, `year`, `10 days`."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise BadSettings(
            f"an order period is hours, days, weeks, months, quarters or years, such as '3 months', not {period!r}"
        )
    return int(match[1] or 1), match[2]


def after(moment: float, period: str) -> float:
    """The end of a period that begins at `moment`, both in seconds of the clock (UTC). A month ends on the day of its
    beginning, or on its last day where that month has no such day.
    """
    number, unit = check_period(period)
    begin = datetime.fromtimestamp(moment, UTC)
    if unit in _LENGTHS:
        return (begin + number * _LENGTHS[unit]).timestamp()
    months = begin.month - 1 + number * _MONTHS[unit]
    year, month = begin.year + months // 12, months % 12 + 1
    day = min(begin.day, calendar.monthrange(year, month)[1])
    return begin.replace(year=year, month=month, day=day).timestamp()

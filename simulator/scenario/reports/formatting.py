"""How reports write times, counts and places: the same on every machine, whatever its locale."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.invariants.ledger import THINGS, Account, Difference
from simulator.scenario.result import Failure, Result

__all__ = ["amount", "billed", "differences", "ended", "hours", "lab_time", "place", "statements", "wall_time"]


def lab_time(seconds: float) -> str:
    """`1:34:05`, hours without limit."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def wall_time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def place(result: Result, failure: Failure) -> str:
    """`file:line`, or the file where no line is to blame."""
    return f"{result.file}:{failure.line}" if failure.line else result.file


def hours(seconds: float) -> str:
    """`0.42 h`."""
    return f"{seconds / 3600:.2f} h"


def differences(result: Result) -> Sequence[Difference]:
    """Between what was charged and what was delivered in this run."""
    return result.account.differences if result.account else ()


def statements(result: Result) -> list[str]:
    """A line for each service that was sold for a price."""
    return [
        f"{each.service}: {amount(each.price)} a {each.period}, {amount(each.charged)} charged, {amount(each.paid)} paid, "
        f"{amount(each.owed)} owed, {amount(each.refunded)} refunded"
        for each in (result.account.money if result.account else ())
    ]


def billed(results: Sequence[Result]) -> list[str]:
    """A line for each kind of thing: hours charged and delivered in all runs, and what of them was not the same."""
    accounts = [result.account for result in results if result.account]
    lines = []
    for thing in THINGS:
        charged = sum(account.charged[thing] for account in accounts)
        delivered = sum(account.delivered[thing] for account in accounts)
        apart = [each for account in accounts for each in account.differences if each.thing == thing]
        missing = sum(each.seconds for each in apart if each.charged)
        free = sum(each.seconds for each in apart if not each.charged)
        left = sum(each.open and not each.charged for each in apart)
        if charged or delivered or apart:
            text = f"{thing:<7} {hours(charged)} charged, {hours(delivered)} delivered"
            parts = [f"{hours(missing)} charged and not delivered"] if missing else []
            parts += [f"{hours(free)} delivered and not charged"] if free else []
            parts += [f"{left} left behind at the end"] if left else []
            lines.append(f"{text}: {', '.join(parts) or 'no difference'}")
    return lines + _money(accounts)


def _money(accounts: Sequence[Account]) -> list[str]:
    """One line, where anything was sold for a price."""
    found = [each for account in accounts for each in account.money]
    if not found:
        return []
    words = ("charged", "paid", "owed", "refunded")
    return ["money   " + ", ".join(f"{amount(sum(getattr(each, word) for each in found))} {word}" for word in words)]


def amount(cents: int) -> str:
    """`59.90`."""
    return f"{cents // 100}.{cents % 100:02}"


def ended(results: Sequence[Result]) -> str:
    """`12 passed, 1 failed`."""
    counts = [
        (verdict, sum(result.verdict == verdict for result in results)) for verdict in ("passed", "failed", "error")
    ]
    shown = [f"{count} {verdict}" for verdict, count in counts if count or verdict == "passed"]
    return ", ".join(shown)

"""Lockout, or throttling of logins: how often a role may fail, and for how long it is banned then (auth v4, `restrictions`).

Whoever is refused is told how long to wait, and waits by his own clock. Where the lab's clock moves only when told, the
seconds that he waits count like those of the lab: otherwise nobody could log in again before somebody moves it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.dcim.errors import Banned, Invalid, NotFound
from simulator.kernel import Clock, Journal

__all__ = ["Ban", "Restriction", "Restrictions"]


@dataclass(frozen=True, slots=True)
class Restriction:
    """Times in seconds. The defaults are the examples of auth v4's document."""

    id: int
    role: str
    attempts_max_count: int | None = 10
    """Failed logins until the ban; None bans nobody."""
    time_to_unban: int = 600
    time_between_attempts: int = 1
    """After a failed login nobody logs in as this user from this address for so long."""
    attempts_counting_duration: int = 600
    """Failures older than this no longer count."""


@dataclass(frozen=True, slots=True)
class Ban:
    id: int
    user: int
    address: str
    until: float
    """Lab time, seconds."""


class Restrictions:
    """Failures and bans, each of one user from one address. Of a user's several roles the strictest rule holds."""

    def __init__(self, roles: tuple[str, ...], clock: Clock, journal: Journal) -> None:
        """`roles`: those that have a rule from the start."""
        self.rules: dict[str, Restriction] = {role: Restriction(n, role) for n, role in enumerate(roles, 1)}
        self._clock = clock
        self._journal = journal
        self._failures: dict[tuple[int, str], list[float]] = {}
        self._bans: dict[tuple[int, str], Ban] = {}
        self._counted = 0
        self._begun: dict[tuple[int, str], float] = {}
        """What `Clock.stood` was when the last delay or ban of each began, or was first met after the lab was resumed."""

    def set_rule(self, role: str, fields: Mapping[str, Any]) -> None:
        """Change the rule of a role, or give it one. Raises Invalid."""
        for name, value in fields.items():
            low = 1 if name == "attempts_max_count" else 0
            if value is not None and value < low:
                raise Invalid(name, f"it is less than {low}")
        rule = self.rules.get(role) or Restriction(len(self.rules) + 1, role)
        self.rules[role] = replace(rule, **fields)

    def check(self, user: int, roles: tuple[str, ...], address: str) -> None:
        """Before the password is looked at. Raises Banned."""
        ban = self._bans.get((user, address))
        if ban is not None:
            wait = self._left(user, address, ban.until)
            if wait > 0:
                raise Banned(f"too many failed logins; try again in {math.ceil(wait)} s")
            del self._bans[user, address]
        failures = self._failures.get((user, address))
        if failures:
            wait = self._left(user, address, failures[-1] + self._rule(roles).time_between_attempts)
            if wait > 0:
                raise Banned(f"the last login failed; try again in {math.ceil(wait)} s")

    def _left(self, user: int, address: str, until: float) -> float:
        """Seconds until then, for somebody who waits outside."""
        stood = self._clock.stood()
        return until - self._clock.now() - (stood - self._begun.setdefault((user, address), stood))

    def failed(self, user: int, roles: tuple[str, ...], address: str) -> None:
        """Count a failed login; the last one that was allowed bans."""
        rule, now = self._rule(roles), self._clock.now()
        recent = [at for at in self._failures.get((user, address), ()) if at > now - rule.attempts_counting_duration]
        recent.append(now)
        self._failures[user, address] = recent
        self._begun[user, address] = self._clock.stood()
        if rule.attempts_max_count is not None and len(recent) >= rule.attempts_max_count:
            self._counted += 1
            self._bans[user, address] = Ban(self._counted, user, address, now + rule.time_to_unban)
            del self._failures[user, address]
            self._journal.write("panel", f"user {user}", "banned", address=address, seconds=rule.time_to_unban)

    def succeeded(self, user: int, address: str) -> None:
        self._failures.pop((user, address), None)

    def bans(self) -> Iterator[Ban]:
        """Those that still hold."""
        return (ban for ban in self._bans.values() if self._left(ban.user, ban.address, ban.until) > 0)

    def lift(self, *, number: int | None = None, user: int | None = None, address: str | None = None) -> None:
        """End a ban, by its id or by user and address. Raises NotFound."""
        for ban in self.bans():
            if ban.id == number or (ban.user == user and ban.address == address):
                del self._bans[ban.user, ban.address]
                return
        raise NotFound("ban", number if number is not None else f"{user}/{address}")

    def forget(self, user: int) -> None:
        """The user is gone."""
        tables: tuple[dict[tuple[int, str], Any], ...] = (self._failures, self._bans, self._begun)
        for table in tables:
            for key in [key for key in table if key[0] == user]:
                del table[key]

    def _rule(self, roles: tuple[str, ...]) -> Restriction:
        rules = [self.rules[role] for role in roles if role in self.rules]
        if not rules:
            return Restriction(0, "", attempts_max_count=None, time_between_attempts=0)
        counts = [rule.attempts_max_count for rule in rules if rule.attempts_max_count is not None]
        return Restriction(
            0,
            "",
            attempts_max_count=min(counts, default=None),
            time_to_unban=max(rule.time_to_unban for rule in rules),
            time_between_attempts=max(rule.time_between_attempts for rule in rules),
            attempts_counting_duration=max(rule.attempts_counting_duration for rule in rules),
        )

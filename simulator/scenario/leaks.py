"""Leaks: what a service that has ended still holds. The words for them in a scenario, and the ledger that is compared.

`owner of srv-03`; `one address`, `2 addresses`, both also `... of srv-03`; `account user1` (of the ispmanager); `none`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.invariants.holdings import Leak

__all__ = ["Leaks", "compare", "parse_leaks"]

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_OWNER = re.compile(r"owner of (\S+)")
_ACCOUNT = re.compile(r"account (\S+)")
_ADDRESSES = re.compile(r"(\w+) address(?:es)?(?: of (\S+))?")


@dataclass(frozen=True, slots=True)
class Leaks:
    """Leaks that a scenario expects. `addresses` counts by server; the key None is any server."""

    owners: tuple[str, ...] = ()
    addresses: tuple[tuple[str | None, int], ...] = ()
    accounts: tuple[str, ...] = ()

    def __str__(self) -> str:
        owners = [f"owner of {server}" for server in self.owners]
        addresses = [
            f"{count} address{'es' if count > 1 else ''}{f' of {server}' if server else ''}"
            for server, count in self.addresses
        ]
        return ", ".join([*owners, *addresses, *(f"account {name}" for name in self.accounts)]) or "none"


def parse_leaks(words: Sequence[str], servers: Collection[str], report: Reporter) -> Leaks:
    """The leaks that these words name; what is not understood goes to the reporter."""
    owners: list[str] = []
    addresses: list[tuple[str | None, int]] = []
    accounts: list[str] = []
    for index, word in enumerate(words):
        if word == "none":
            continue  # beside others it is a contradiction, which is told where expectations are compared
        if account := _ACCOUNT.fullmatch(word):
            accounts.append(account[1])
            continue
        owner, address = _OWNER.fullmatch(word), _ADDRESSES.fullmatch(word)
        server = owner[1] if owner else address[2] if address else None
        count = (_WORDS.get(address[1]) or _count(address[1])) if address else 0
        if owner is None and not count:
            hint = did_you_mean(word, ["none"]) if len(words) == 1 and len(word) < 6 else ""
            report.at(
                (index,), f"the leak {word!r} is not understood", hint or "write `owner of srv-03` or `one address`"
            )
        elif server is not None and server not in servers:
            report.at((index,), f"there is no server `{server}`", did_you_mean(server, servers, "servers"))
        elif owner:
            owners.append(owner[1])
        else:
            addresses.append((server, count))
    return Leaks(tuple(owners), tuple(addresses), tuple(accounts))


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def compare(expected: Leaks, seen: Sequence[Leak]) -> tuple[list[Leak], list[str]]:
    """Leaks that nobody expected, and expected ones that are not there."""
    missing: list[str] = []
    owned = Counter(leak.server for leak in seen if leak.kind == "owner")
    for server in expected.owners:
        if owned[server]:
            owned[server] -= 1
        else:
            missing.append(f"owner of {server}")
    forgotten = Counter(leak.server for leak in seen if leak.kind == "account")
    for name in expected.accounts:
        if forgotten[name]:
            forgotten[name] -= 1
        else:
            missing.append(f"account {name}")
    held = Counter(leak.server for leak in seen if leak.kind == "address")
    for place, count in sorted(expected.addresses, key=lambda each: each[0] is None):
        wanted = count
        for holder in [place] if place is not None else list(held):
            taken = min(wanted, held[holder])
            held[holder] -= taken
            wanted -= taken
        if wanted:
            missing.append(f"{wanted} address{'es' if wanted > 1 else ''}{f' of {place}' if place else ''}")
    extra: list[Leak] = []
    for leak in seen:
        left = {"owner": owned, "account": forgotten}.get(leak.kind, held)
        if left[leak.server]:
            left[leak.server] -= 1
            extra.append(leak)
    return extra, missing

"""How it came to a failure: the chain that explains it and the journal's records about it, for whoever judges a lab."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from simulator.kernel import Journal, Record
from simulator.kernel.causes import explain, told

__all__ = ["RECORDS_SHOWN", "excerpt", "explanation", "latest_trouble", "why", "words_of"]

RECORDS_SHOWN = 12
"""Journal records with a failure: the last that are about what it names. One excerpt for all."""
_CAUSES = ("fault", "wire")
"""Layers whose records belong to every failure: what was bent, and what became of messages."""
_WORD = re.compile(r"[A-Za-z0-9][\w.-]*\w")
_LOOKED_AT = 20_000
"""Records in which a chain is sought where nothing names a subject."""


def words_of(text: str) -> list[str]:
    """What in a text may be the name of something in a lab."""
    return _WORD.findall(text)


def why(journal: Journal, subjects: Iterable[str]) -> Sequence[Record]:
    """Of the chains to these subjects, the first that begins with a fault or a message's fate; else none."""
    for subject in dict.fromkeys(subjects):
        chain = explain(journal, subject)
        if chain and chain[0].layer in _CAUSES:
            return chain
    return ()


def latest_trouble(journal: Journal) -> Sequence[Record]:
    """The chain of the latest record that came from a fault or a message's fate, where a failure names nothing; else none."""
    for record in islice(reversed(journal), _LOOKED_AT):
        if record.layer not in _CAUSES and record.cause:
            chain = journal.chain(record)
            if chain[0].layer in _CAUSES:
                return chain
    return ()


def excerpt(journal: Journal, names: Collection[str], most: int = RECORDS_SHOWN) -> list[Record]:
    """The last records about any of these names, or the last of all where there is none."""
    records = [each for each in journal if each.subject in names or each.layer in _CAUSES] or list(journal)
    return records[-most:]


def explanation(journal: Journal, now: float, text: str) -> list[str]:
    """What the journal knows of a failure with this text, for a lab that no scenario judges: why, then its last records."""
    names = words_of(text)
    subjects = {record.subject for record in journal}
    about = [name for name in dict.fromkeys(names) if name in subjects]
    chain = why(journal, about) or latest_trouble(journal)
    lines = [f"{'' if number else 'why':<9} {each}" for number, each in enumerate(told(chain))]
    records = excerpt(journal, set(about))
    shown = f"; the last{' about ' * bool(about)}{', '.join(about[:4])}:" if records else ""
    lines.append(f"{'lab time':<9} {now:.3f} s, {len(journal)} records{shown}")
    return [*lines, *(f"  {record}" for record in records)]

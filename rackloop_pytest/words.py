"""The word that was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest"]

_FEW = 12


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or the list of what there is where it is short, or nothing."""
    words = sorted(known)
    if near := get_close_matches(word, words, n=1, cutoff=0.6):
        return f"; did you mean `{near[0]}`?"
    return f"; there are {', '.join(f'`{each}`' for each in words)}" if 0 < len(words) <= _FEW else ""

"""The word that was meant: near in letters, and not merely another number of the same row (`srv-50` is not meant to be `srv-10`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches

__all__ = ["did_you_mean", "listed", "nearest"]

_SHORT_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?!\d)")
"""The number of a member, as in `srv-07`. Longer ones are names: `cisco-c3560`."""
_SEPARATORS = re.compile(r"[-_ ]")
_MOST_LISTED = 24
_LONGEST = 200
"""Letters of a word that is still compared with others."""
_SHARE = 0.4
"""Of a word's letters, what may differ."""


def did_you_mean(word: str, known: Iterable[str], what: str = "known") -> str:
    """A hint: the nearest of `known`, or the list of them when it is short, or nothing."""
    words = list(dict.fromkeys(known))
    near = nearest(word, words)
    if near is not None:
        return f"did you mean `{near}`?"
    if len(word) <= _LONGEST and (row := _row(word, words)):
        return f"{what}: {listed(row)}"
    return f"{what}: {listed(words)}" if 0 < len(words) <= _MOST_LISTED else ""


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The one of `words` that was meant, if any is near enough."""
    if len(word) > _LONGEST:
        return None
    folded = _folded(word)
    by_fold = {_folded(each): each for each in reversed(words)}
    if folded in by_fold:
        return by_fold[folded]
    row = _row(word, words)
    for each in row:
        if _numbers(each) == _numbers(word):  # `srv-3` for `srv-03`
            return each
    best: tuple[float, float, int] | None = None
    found = None
    for each in get_close_matches(folded, by_fold, n=8, cutoff=0.6):
        if by_fold[each] in row and len(row) > 1:
            continue
        distance = _distance(folded, each)
        shortened = distance == len(each) - len(folded)  # `secs` for `seconds`
        if distance > max(1, int(_SHARE * max(len(folded), len(each)))) and not shortened:
            continue
        rank = (distance, -SequenceMatcher(None, folded, each).ratio(), words.index(by_fold[each]))
        if best is None or rank < best:
            best, found = rank, by_fold[each]
    return found


def listed(words: Sequence[str]) -> str:
    """In one line, with rows of numbers told by their ends: `srv-01` to `srv-12`, `box`."""
    parts: list[list[str]] = []
    for each in words:
        if parts and _follows(parts[-1][-1], each):
            parts[-1].append(each)
        else:
            parts.append([each])
    shown = (
        f"`{part[0]}` to `{part[-1]}`" if len(part) > 3 else ", ".join(f"`{each}`" for each in part) for part in parts
    )
    return ", ".join(shown)


def _folded(word: str) -> str:
    return word.casefold().replace("_", "-")


def _skeleton(word: str) -> str:
    return _SEPARATORS.sub("", _SHORT_NUMBER.sub("#", word.casefold()))


def _numbers(word: str) -> list[int]:
    return [int(each) for each in _SHORT_NUMBER.findall(word)]


def _row(word: str, words: Sequence[str]) -> list[str]:
    """Those that differ from `word` in their numbers only."""
    skeleton = _skeleton(word)
    return [each for each in words if _skeleton(each) == skeleton] if "#" in skeleton else []


def _follows(one: str, other: str) -> bool:
    before, after = _numbers(one), _numbers(other)
    return bool(before) and _skeleton(one) == _skeleton(other) and [*before[:-1], before[-1] + 1] == after


def _distance(one: str, other: str) -> float:
    """Letters that are to be added, taken away, exchanged; two that changed places count a little less than one."""
    rows = [[float(n) for n in range(len(other) + 1)]]
    for i, letter in enumerate(one, 1):
        row = [float(i)]
        for j, its in enumerate(other, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its and letter != its:
                cost = min(cost, rows[-2][j - 2] + 0.9)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]

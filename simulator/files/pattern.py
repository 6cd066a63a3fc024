"""Names that multiply: `srv-{n:02}`, `sw-{rack}/{i}`. Substitution only; no arithmetic, no format mini-language."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["WORDS", "Pattern", "PatternError"]

WORDS = {
    "n": "the member's own number, from `first` on",
    "i": "its place in its group, from 1 on",
    "r": "the number of its rack",
    "rack": "the name of its rack",
}

_FIELD = re.compile(r"\{(?P<word>[a-z]+)(?::0?(?P<width>[1-9]))?\}")


class PatternError(ValueError):
    """A pattern that is not understood. `word` is the unknown word in the braces, or empty."""

    def __init__(self, message: str, word: str = "") -> None:
        super().__init__(message)
        self.word = word


class Pattern:
    """A compiled pattern; calling it gives the text for one member. Raises PatternError when it is made."""

    __slots__ = ("_parts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words: set[str] = set()
        self._parts: list[str | Callable[[int, int, int, str], str]] = []
        end = 0
        for match in _FIELD.finditer(text):
            self._literal(text[end : match.start()])
            word, width = match["word"], int(match["width"] or 0)
            if word not in WORDS or (word == "rack" and width):
                raise PatternError(f"`{match[0]}` is not known in a name pattern", word)
            self.words.add(word)
            self._parts.append(_field(word, width))
            end = match.end()
        self._literal(text[end:])

    def _literal(self, text: str) -> None:
        if "{" in text or "}" in text:
            raise PatternError(f"the braces in {self.text!r} are not understood; write {{n}} or {{n:02}}")
        if text:
            self._parts.append(text)

    @property
    def varies(self) -> bool:
        """Two members of one group get different texts."""
        return bool(self.words & {"n", "i"})

    def __call__(self, n: int, i: int, r: int, rack: str) -> str:
        return "".join([part if isinstance(part, str) else part(n, i, r, rack) for part in self._parts])


def _field(word: str, width: int) -> Callable[[int, int, int, str], str]:
    if word == "rack":
        return lambda n, i, r, rack: rack
    place = "nir".index(word)
    return lambda *numbers: str(numbers[place]).zfill(width)

"""Seeded randomness by name: a further draw in one stream never shifts another."""

from __future__ import annotations

import hashlib
import random

__all__ = ["Streams"]


class Streams:
    """Named child streams of one seed, `streams["plant/srv-01/boot"]`; the same object for the same name."""

    def __init__(self, seed: int, start: int = 1, *, reachable: bool = False) -> None:
        """`start`: which start of a kept lab this is; each has its own randomness, so that nothing is drawn twice.
        `reachable`: strangers can reach the lab, who know its seed; what keeps them out is then real chance.
        """
        self._secret = random.SystemRandom() if reachable else None
        self.seed = seed
        self._root = f"{seed}" if start == 1 else f"{seed}/start {start}"
        self._streams: dict[str, random.Random] = {}

    def __getitem__(self, name: str) -> random.Random:
        stream = self._streams.get(name)
        if stream is None:
            digest = hashlib.sha256(f"{self._root}/{name}".encode()).digest()
            stream = self._streams[name] = random.Random(int.from_bytes(digest, "big"))
        return stream

    def jitter(self, name: str, seconds: float, share: float) -> float:
        """`seconds`, give or take up to `share` of it (0.1 is ten per cent)."""
        return seconds * (1 + share * (2 * self[name].random() - 1)) if share else seconds

    def secret(self, name: str) -> random.Random:
        """Chance that guards something: seeded where nobody is to be kept out, in a simulated run."""
        return self._secret or self[name]

    def octets(self, name: str, count: int) -> bytes:
        """Tokens, salts, keys and nonces: chance that guards something."""
        return self.secret(name).randbytes(count)

"""How the fuzz scripts damage a packet."""

from __future__ import annotations

import random

__all__ = ["mutate"]


def mutate(data: bytes, chance: random.Random, telling: bytes = b"") -> bytes:
    """One to four damages: octets changed, flipped, cut off, put in, taken out, appended. `telling`: octets that mean
    something in the protocol, to be put in the place of others.
    """
    octets = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        what = chance.randrange(7 if telling else 6)
        place = chance.randrange(len(octets)) if octets else 0
        if what == 0 and octets:
            octets[place] = chance.randrange(256)
        elif what == 1 and octets:
            octets[place] ^= 1 << chance.randrange(8)
        elif what == 2:
            del octets[place:]
        elif what == 3:
            octets[place:place] = chance.randbytes(chance.randint(1, 8))
        elif what == 4:
            del octets[place : place + chance.randint(1, 8)]
        elif what == 6 and octets:
            octets[place] = chance.choice(telling)
        else:
            octets += chance.randbytes(chance.randint(1, 40))
    return bytes(octets)

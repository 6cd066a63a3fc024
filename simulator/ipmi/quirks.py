"""What real boards get wrong, by the names that FreeIPMI's manual gave to its workarounds."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["QUIRKS", "Quirk"]

Quirk = Literal[
    "authcap",
    "idzero",
    "integritycheckvalue",
    "intel20",
    "ipmiping",
    "nochecksumcheck",
    "opensesspriv",
    "solpayloadsize",
    "solport",
    "sun20",
    "supermicro20",
]

QUIRKS: Final[dict[Quirk, str]] = {
    "authcap": "capabilities say that only the null user may log in",
    "idzero": "answers within IPMI 1.5 sessions carry session id 0",
    "integritycheckvalue": "RAKP 4 carries a check value with cipher suite 0 too",
    "intel20": "RAKP 3 is hashed without the name-only bit and with the bare name; padded names are taken",
    "ipmiping": "no pong to an RMCP presence ping",
    "nochecksumcheck": "checksums of answers within a session do not hold",
    "opensesspriv": "keys are hashed with the privilege of Open Session instead of that of RAKP 1",
    "solpayloadsize": "Activate Payload names payload sizes that no packet can have",
    "solport": "Activate Payload names a port on which nobody listens",
    "sun20": "RAKP 2 is one octet longer than it should be, and keys are hashed with the privilege of Open Session",
    "supermicro20": "RAKP 2 is one octet longer than it should be",
}

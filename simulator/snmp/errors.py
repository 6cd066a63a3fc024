"""What can go wrong in SNMP, by whose fault it is.

SnmpError
├── DecodeError            the sender's: octets that are no message for us
│   ├── Malformed          they break BER or the message's grammar
│   └── Unsupported        a version or a PDU that is not spoken here
├── DisorderedAnswer       the agent's: a walk in which names do not increase
└── EncodeError            ours: a value that its type cannot hold (also a ValueError)
"""

from __future__ import annotations

__all__ = ["DecodeError", "DisorderedAnswer", "EncodeError", "Malformed", "SnmpError", "Unsupported"]


class SnmpError(Exception):
    """The root."""


class DecodeError(SnmpError):
    """Octets that are no message for us. An agent drops them without a word (RFC 3417, 3416 4)."""


class Malformed(DecodeError):
    """The octets break BER (X.690, as restricted by RFC 3417 section 8) or the grammar of the message."""


class Unsupported(DecodeError):
    """Well formed so far, but of a version or a PDU type that is not spoken here."""


class DisorderedAnswer(SnmpError):
    """An agent answered a walk with a name that does not come after the one asked for: to go on could be endless."""


class EncodeError(SnmpError, ValueError):
    """A value that its type cannot hold: our own mistake."""

"""Host names: one rule for all that takes one, in both versions.

Labels of letters, digits, dashes and underscores, 63 octets each at most, none beginning or ending with a dash; 253 octets in
all (RFC 1123, 2.1; RFC 2181, 11). What is not ASCII is an internationalized name, and kept as its A-label (RFC 5891).
"""

from __future__ import annotations

import re

import idna

from simulator.dcim.errors import Invalid

__all__ = ["host_name"]

LONGEST = 253
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")


def host_name(text: str, field: str = "domain") -> str:
    """The name as it is kept; empty is none. Raises Invalid for `field`."""
    if text and not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise Invalid(field, f"{text!r} is no host name: {error}") from None
    if text and (len(text.removesuffix(".")) > LONGEST or not _NAME.fullmatch(text)):
        raise Invalid(field, f"{text[:LONGEST]!r} is no host name")
    return text

"""The second factor in the auth service: setting it up, reserve codes, and the picture that a telephone reads."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, Picture, handles
from simulator.dcim.errors import Invalid

__all__: list[str] = []

_LEVELS = {"low": "l", "medium": "m", "high": "q", "highest": "h"}
_QUIET = 4
"""Modules around the code (ISO/IEC 18004, 9.1)."""


Secret = Annotated[str, Field(min_length=64, max_length=64, pattern="^[A-Za-z2-7]*$")]
"""Base32 of 40 octets."""


class Factor(Body):
    secret: Secret
    code: int


class QrCode(Body):
    name: str
    """What the telephone shows beside the code."""
    secret: Secret
    size: int = Field(default=256, ge=177, le=1024)
    """Pixels of each side."""
    recovery: Literal["low", "medium", "high", "highest"] = "medium"
    """How much of it may be lost: 7, 15, 25 or 30 %."""


@handles("auth.self.factor.set", Factor, anyone=True)
async def set_up_factor(call: Call[Factor]) -> Any:
    call.panel.users.second_factor.set_up(call.oneself().id, call.body.secret, call.body.code)
    return {}


@handles("auth.self.factor.delete", anyone=True)
async def turn_off_own_factor(call: Call[Nothing]) -> Any:
    call.panel.users.second_factor.turn_off(call.oneself().id)
    return {}


@handles("auth.user.factor.delete")
async def turn_off_factor(call: Call[Nothing]) -> Any:
    call.panel.users.second_factor.turn_off(call.panel.access.user(call.user, call.path["u"], touch=True).id)
    return {}


@handles("auth.self.factor.reserve", anyone=True)
async def make_reserve_codes(call: Call[Nothing]) -> Any:
    return {"codes": call.panel.users.second_factor.new_reserve_codes(call.oneself().id)}


@handles("auth.factor.picture", QrCode, public=True)
async def draw_factor(call: Call[QrCode]) -> Any:
    """The key URI that authenticators read; nothing is kept. The document names the picture's format, its content is
    inferred.
    """
    import segno  # noqa: PLC0415 - for this picture only

    body = call.body
    try:
        code = segno.make_qr(f"otpauth://totp/{quote(body.name)}?secret={body.secret}", error=_LEVELS[body.recovery])
    except segno.DataOverflowError:
        raise Invalid("name", "it does not fit into a QR code") from None
    return Picture(_png([bytearray(row) for row in code.matrix], body.size), "image/png")


def _png(modules: Sequence[Sequence[int]], size: int) -> bytes:
    """A square of exactly `size` pixels, the code in its middle, in whole pixels a module. Raises Invalid where that is
    too small for it.
    """
    scale = size // (len(modules) + 2 * _QUIET)
    if not scale:
        raise Invalid("size", "the code does not fit into so few pixels")
    margin = (size - scale * len(modules)) // 2
    white = b"\xff" * size
    rows = [white] * margin
    for row in modules:
        line = b"".join((b"\x00" if dark else b"\xff") * scale for dark in row)
        rows += [(b"\xff" * margin + line).ljust(size, b"\xff")] * scale
    rows += [white] * (size - len(rows))
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows), 9)
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)  # eight bits of grey
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

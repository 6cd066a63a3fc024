"""The packets that set a session up: Open Session, RAKP 1 to 4, and what their codes cover (IPMI 2.0, 13.17 to 13.24)."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple

from simulator.ipmi.crypto import CipherSuite
from simulator.ipmi.errors import Malformed

__all__ = [
    "NAME_ONLY",
    "Exchange",
    "OpenRequest",
    "OpenResponse",
    "Rakp1",
    "Rakp2",
    "Rakp3",
    "Rakp4",
]

NAME_ONLY: Final = 0x10
"""Role bit: look the user up by name alone, not by name and privilege."""

_OPEN_REQUEST: Final = Struct("<BB2xI")
_OPEN_RESPONSE: Final = Struct("<BBBxII")
_ERROR: Final = Struct("<BB2xI")
_RAKP1: Final = Struct("<B3xI16sB2xB")
_RAKP2: Final = Struct("<BB2xI16s16s")
_IDS: Final = Struct("<II")
_ID: Final = Struct("<I")


@lru_cache(maxsize=64)
def _encode_algorithms(algorithms: tuple[int, int, int]) -> bytes:
    return b"".join(bytes((kind, 0, 0, 8, number, 0, 0, 0)) for kind, number in enumerate(algorithms))


@lru_cache(maxsize=64)
def _decode_algorithms(data: bytes) -> tuple[int, int, int]:
    """Three records of 8 octets. A record of length 0 asks the BMC to choose, which is not spoken here."""
    numbers = []
    for kind in range(3):
        record = data[8 * kind : 8 * kind + 8]
        if len(record) != 8 or record[0] != kind or record[3] != 8:
            raise Malformed("three algorithm records of 8 octets are due, for authentication, integrity, encryption")
        numbers.append(record[4] & 0x3F)
    return numbers[0], numbers[1], numbers[2]


class OpenRequest(NamedTuple):
    tag: int
    privilege: int
    """The highest wanted; 0 is the highest there is."""
    console_id: int
    algorithms: tuple[int, int, int]

    def encode(self) -> bytes:
        return _OPEN_REQUEST.pack(self.tag, self.privilege, self.console_id) + _encode_algorithms(self.algorithms)

    @classmethod
    def decode(cls, data: bytes) -> OpenRequest:
        if len(data) < 32:
            raise Malformed("an Open Session request has 32 octets")
        tag, privilege, console_id = _OPEN_REQUEST.unpack_from(data)
        return cls(tag, privilege & 0x0F, console_id, _decode_algorithms(data[8:32]))


class OpenResponse(NamedTuple):
    """With a status other than 0 only the first three fields and the console's id are on the wire; OpenIPMI's simulator
    leaves those out too (the id is then 0).
    """

    tag: int
    status: int
    privilege: int
    console_id: int
    bmc_id: int = 0
    algorithms: tuple[int, int, int] = (0, 0, 0)

    def encode(self) -> bytes:
        whole = _OPEN_RESPONSE.pack(self.tag, self.status, self.privilege, self.console_id, self.bmc_id)
        return whole[:8] if self.status else whole + _encode_algorithms(self.algorithms)

    @classmethod
    def decode(cls, data: bytes) -> OpenResponse:
        if len(data) >= 2 and data[1]:
            whole = data.ljust(8, b"\0")
            return cls(data[0], data[1], whole[2] & 0x0F, _ID.unpack_from(whole, 4)[0])
        if len(data) < 36:
            raise Malformed("an Open Session response has 36 octets, or 8 with an error status")
        tag, status, privilege, console_id, bmc_id = _OPEN_RESPONSE.unpack_from(data)
        return cls(tag, status, privilege & 0x0F, console_id, bmc_id, _decode_algorithms(data[12:36]))


class Rakp1(NamedTuple):
    tag: int
    bmc_id: int
    random: bytes
    role: int
    """As on the wire: bit 4 NAME_ONLY, bits 3 to 0 the highest privilege wanted."""
    name: bytes

    def encode(self) -> bytes:
        return _RAKP1.pack(self.tag, self.bmc_id, self.random, self.role, len(self.name)) + self.name

    @classmethod
    def decode(cls, data: bytes) -> Rakp1:
        if len(data) < 28:
            raise Malformed("RAKP 1 has at least 28 octets")
        tag, bmc_id, random, role, length = _RAKP1.unpack_from(data)
        if 28 + length > len(data):
            raise Malformed("the user name is longer than the packet")
        return cls(tag, bmc_id, random, role, data[28 : 28 + length])


class Rakp2(NamedTuple):
    tag: int
    status: int
    console_id: int
    random: bytes = b""
    guid: bytes = b""
    code: bytes = b""

    def encode(self) -> bytes:
        if self.status:
            return _ERROR.pack(self.tag, self.status, self.console_id)
        return _RAKP2.pack(self.tag, self.status, self.console_id, self.random, self.guid) + self.code

    @classmethod
    def decode(cls, data: bytes) -> Rakp2:
        if len(data) >= 2 and data[1]:
            return cls(data[0], data[1], _ID.unpack_from(data.ljust(8, b"\0"), 4)[0])
        if len(data) < 40:
            raise Malformed("RAKP 2 has at least 40 octets, or 8 with an error status")
        tag, status, console_id, random, guid = _RAKP2.unpack_from(data)
        return cls(tag, status, console_id, random, guid, data[40:])


class Rakp3(NamedTuple):
    tag: int
    status: int
    bmc_id: int
    code: bytes = b""

    def encode(self) -> bytes:
        return _ERROR.pack(self.tag, self.status, self.bmc_id) + self.code

    @classmethod
    def decode(cls, data: bytes) -> Rakp3:
        if len(data) < 8:
            raise Malformed("RAKP 3 has at least 8 octets")
        tag, status, bmc_id = _ERROR.unpack_from(data)
        return cls(tag, status, bmc_id, data[8:])


class Rakp4(NamedTuple):
    tag: int
    status: int
    console_id: int
    code: bytes = b""

    def encode(self) -> bytes:
        return _ERROR.pack(self.tag, self.status, self.console_id) + self.code

    @classmethod
    def decode(cls, data: bytes) -> Rakp4:
        if len(data) >= 2 and data[1]:
            return cls(data[0], data[1], _ID.unpack_from(data.ljust(8, b"\0"), 4)[0])
        if len(data) < 8:
            raise Malformed("RAKP 4 has at least 8 octets, or 2 with an error status")
        tag, status, console_id = _ERROR.unpack_from(data)
        return cls(tag, status, console_id, data[8:])


class Exchange(NamedTuple):
    """What both ends know after RAKP 2, and the three codes over it."""

    suite: CipherSuite
    console_id: int
    bmc_id: int
    console_random: bytes
    bmc_random: bytes
    guid: bytes
    role: int
    name: bytes
    key: bytes
    """K_uid, the user's password."""
    kg: bytes = b""
    """K_g, the BMC's own key; empty is not set, and then K_uid stands in for it."""
    opened: int | None = None
    """A quirk: the privilege of Open Session that is hashed in place of the role's."""

    def _who(self) -> bytes:
        role = self.role if self.opened is None else self.role & 0xF0 | self.opened
        return bytes((role, len(self.name))) + self.name

    def code2(self) -> bytes:
        """Key exchange code of RAKP 2, by which the console knows the BMC."""
        ids = _IDS.pack(self.console_id, self.bmc_id)
        return self.suite.hmac(self.key, ids + self.console_random + self.bmc_random + self.guid + self._who())

    def code3(self) -> bytes:
        """Key exchange code of RAKP 3, by which the BMC knows the user."""
        return self.suite.hmac(self.key, self.bmc_random + _ID.pack(self.console_id) + self._who())

    def sik(self) -> bytes:
        """Session integrity key."""
        return self.suite.hmac(self.kg or self.key, self.console_random + self.bmc_random + self._who())

    def proof4(self) -> bytes:
        """What the check value of RAKP 4 covers."""
        return self.console_random + _ID.pack(self.bmc_id) + self.guid

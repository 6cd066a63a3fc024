"""Cipher suites and the keys of a session (IPMI 2.0, 13.28 to 13.33, 22.15.2).

A hall speaks IPMI all day, so what a packet costs is kept low: a key is prepared once, be it for HMAC or for AES.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator.ipmi.errors import BadIntegrity
from simulator.kernel.mac import Mac

__all__ = [
    "PASSWORD_OCTETS",
    "SUITES",
    "CipherSuite",
    "SessionKeys",
    "match_suite",
    "password_key",
    "suite_records",
]

PASSWORD_OCTETS: Final = 20
NONE: Final = 0
AES_CBC_128: Final = 1

_PAD: Final = bytes(range(1, 16))


_prepared = lru_cache(maxsize=256)(Mac)


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """Three algorithms that are agreed on as a set. The numbers are the wire's."""

    id: int
    authentication: int
    """0 none, 1 RAKP-HMAC-SHA1, 3 RAKP-HMAC-SHA256."""
    integrity: int
    """0 none, 1 HMAC-SHA1-96, 4 HMAC-SHA256-128."""
    confidentiality: int
    """0 none, 1 AES-CBC-128."""
    digest: str
    check_octets: int
    """Length of the check value in RAKP 4, and of a packet's code where there is integrity."""

    def hmac(self, key: bytes, data: bytes) -> bytes:
        """Under a password or a BMC's key, of which there are few."""
        return _prepared(key, self.digest)(data) if self.authentication else b""


SUITES: Final[dict[int, CipherSuite]] = {
    suite.id: suite
    for suite in (
        CipherSuite(0, NONE, NONE, NONE, "", 0),
        CipherSuite(1, 1, NONE, NONE, "sha1", 12),
        CipherSuite(2, 1, 1, NONE, "sha1", 12),
        CipherSuite(3, 1, 1, AES_CBC_128, "sha1", 12),
        CipherSuite(15, 3, NONE, NONE, "sha256", 16),
        CipherSuite(16, 3, 4, NONE, "sha256", 16),
        CipherSuite(17, 3, 4, AES_CBC_128, "sha256", 16),
    )
}
"""Those that this package speaks. Suite 0 asks for no password: a hole, where it is open."""


def match_suite(offered: Iterable[CipherSuite], algorithms: tuple[int, int, int]) -> CipherSuite | None:
    """The offered suite with exactly these three algorithms: a set, not three choices (IPMI 2.0, 13.17)."""
    for suite in offered:
        if (suite.authentication, suite.integrity, suite.confidentiality) == algorithms:
            return suite
    return None


def suite_records(suites: Iterable[CipherSuite]) -> bytes:
    """Cipher suite records, as Get Channel Cipher Suites hands them out (IPMI 2.0, 22.15.1)."""
    return b"".join(
        bytes((0xC0, suite.id, suite.authentication, 0x40 | suite.integrity, 0x80 | suite.confidentiality))
        for suite in suites
    )


def password_key(password: str) -> bytes:
    """A password as key K_uid: 20 octets, zero-padded. Raises ValueError when it is longer."""
    key = password.encode()
    if len(key) > PASSWORD_OCTETS:
        raise ValueError(f"an IPMI 2.0 password has at most {PASSWORD_OCTETS} octets")
    return key.ljust(PASSWORD_OCTETS, b"\0")


def _no_code(data: bytes) -> bytes:
    """Of suites without codes."""
    return b""


class SessionKeys:
    """What both ends derive from the session integrity key: K1 for codes, the first half of K2 for AES."""

    __slots__ = ("_check", "_code", "_decrypt", "_encrypt", "_octets", "encrypts", "signs", "suite")

    def __init__(self, suite: CipherSuite, sik: bytes) -> None:
        self.suite = suite
        self.signs = bool(suite.integrity)
        """Packets carry an authentication code."""
        self.encrypts = bool(suite.confidentiality)
        self._octets = suite.check_octets
        self._check = check = Mac(sik, suite.digest) if suite.authentication else _no_code
        # The constants have 20 octets with SHA-256 too (13.32 names no other length; so do ipmitool and pyghmi).
        self._code = Mac(check(b"\x01" * 20), suite.digest) if self.signs else _no_code
        if self.encrypts:
            # CBC is done here, on ciphers of single blocks that are set up once: to set up one in CBC mode for every packet
            # costs more than all the rest of it.
            cipher = Cipher(algorithms.AES(check(b"\x02" * 20)[:16]), modes.ECB())  # noqa: S305
            self._encrypt, self._decrypt = cipher.encryptor().update, cipher.decryptor().update

    def code(self, data: bytes) -> bytes:
        """The authentication code over a packet, from its authentication type to its next header."""
        return self._code(data)[: self._octets]

    def check_value(self, data: bytes) -> bytes:
        """The check value of RAKP 4."""
        return self._check(data)[: self._octets]

    def encrypt(self, payload: bytes, iv: bytes) -> bytes:
        """IV, then payload, pad 01 02 03 ..., pad length (IPMI 2.0, 13.29)."""
        pad = -(len(payload) + 1) % 16
        plain = payload + _PAD[:pad] + bytes((pad,))
        encrypt, blocks, last = self._encrypt, [iv], int.from_bytes(iv, "big")
        for start in range(0, len(plain), 16):
            block = encrypt((int.from_bytes(plain[start : start + 16], "big") ^ last).to_bytes(16, "big"))
            blocks.append(block)
            last = int.from_bytes(block, "big")
        return b"".join(blocks)

    def decrypt(self, data: bytes) -> bytes:
        """Raises BadIntegrity."""
        length = len(data) - 16
        if length < 16 or length % 16:
            raise BadIntegrity("an encrypted payload is an IV and at least one block")
        blocks = int.from_bytes(self._decrypt(data[16:]), "big")
        plain = (blocks ^ int.from_bytes(data[:length], "big")).to_bytes(length, "big")
        pad = plain[-1]
        if pad > 15 or plain[-1 - pad : -1] != _PAD[:pad]:
            raise BadIntegrity("the confidentiality pad does not hold")
        return plain[: -1 - pad]

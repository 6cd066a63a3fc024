"""The User-based Security Model's cryptography (RFC 3414, 3826, 7860): passwords to keys, digests, ciphers.

AES-192 and AES-256 have no RFC; their keys are stretched as draft-blumenthal-aes-usm-04 says, which is what net-snmp
calls plain `AES-192` and `AES-256`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from simulator.kernel.mac import Mac
from simulator.snmp.errors import EncodeError, Malformed

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # older releases of the library have it among the others
    from cryptography.hazmat.primitives.ciphers.modes import CFB

__all__ = ["AUTH_PROTOCOLS", "PRIV_PROTOCOLS", "AuthProtocol", "Keys", "PrivProtocol", "User"]

AuthProtocol = Literal["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivProtocol = Literal["DES", "AES", "AES-192", "AES-256"]

_AUTH = {
    "MD5": ("md5", 12),
    "SHA": ("sha1", 12),
    "SHA-224": ("sha224", 16),
    "SHA-256": ("sha256", 24),
    "SHA-384": ("sha384", 32),
    "SHA-512": ("sha512", 48),
}
"""The hash, and octets of its digest that are sent."""
_PRIV = {"DES": 16, "AES": 16, "AES-192": 24, "AES-256": 32}
"""Octets of the key; of those of DES eight are its pre-IV."""
AUTH_PROTOCOLS = tuple(_AUTH)
PRIV_PROTOCOLS = tuple(_PRIV)
_MEGABYTE = 1048576


@dataclass(frozen=True, slots=True)
class User:
    """A user of SNMPv3. Without protocols it may ask unauthenticated; passwords have at least eight characters."""

    name: str
    auth: AuthProtocol | None = None
    auth_password: str = ""
    priv: PrivProtocol | None = None
    priv_password: str = ""
    write: bool = True
    view: tuple[bytes, ...] = ()
    """The subtrees that exist for it, content octets; all when empty."""

    def __post_init__(self) -> None:
        if self.priv is not None and self.auth is None:
            raise EncodeError(f"user {self.name}: there is no privacy without authentication")
        for protocol, password in ((self.auth, self.auth_password), (self.priv, self.priv_password)):
            if protocol is not None and len(password) < 8:
                raise EncodeError(f"user {self.name}: a password has at least eight characters (RFC 3414, 11.2)")


@lru_cache(maxsize=256)
def _ku(algorithm: str, password: str) -> bytes:
    """RFC 3414 A.2: the digest of a megabyte of the password. Slow on purpose, so it is kept."""
    raw = password.encode()
    whole = raw * (_MEGABYTE // len(raw) + 1)
    return hashlib.new(algorithm, whole[:_MEGABYTE], usedforsecurity=False).digest()


@lru_cache(maxsize=65536)
def _localized(algorithm: str, password: str, engine_id: bytes) -> bytes:
    ku = _ku(algorithm, password)
    return hashlib.new(algorithm, ku + engine_id + ku, usedforsecurity=False).digest()


class Keys:
    """A user's keys, localized to one engine."""

    __slots__ = ("_block", "_mac", "_priv", "_priv_kind", "blank", "digest_size", "name")

    def __init__(self, user: User, engine_id: bytes) -> None:
        self.name = user.name.encode()
        """As msgUserName has it."""
        self._priv = self.blank = b""
        self._block: Callable[[bytes], bytes] = bytes
        self._mac: Callable[[bytes], bytes] = bytes
        self.digest_size = 0
        """Octets of msgAuthenticationParameters."""
        self._priv_kind = user.priv
        if user.auth is None:
            return
        algorithm, self.digest_size = _AUTH[user.auth]
        self.blank = bytes(self.digest_size)
        """What stands in their place while a digest is made."""
        self._mac = Mac(_localized(algorithm, user.auth_password, engine_id), algorithm)
        if user.priv is None:
            return
        key = _localized(algorithm, user.priv_password, engine_id)
        while len(key) < _PRIV[user.priv]:
            key += hashlib.new(algorithm, key, usedforsecurity=False).digest()
        self._priv = key[: _PRIV[user.priv]]
        if user.priv != "DES":
            # CFB is this block cipher in a chain (RFC 3826, 3.1.3); without a mode it can be kept from message to message.
            self._block = Cipher(AES(self._priv), modes.ECB()).encryptor().update  # noqa: S305

    def signed(self, message: bytes, at: int) -> bytes:
        """A message in which zeros stand where the digest belongs, with the digest there."""
        size = self.digest_size
        return message[:at] + self._mac(message)[:size] + message[at + size :]

    def genuine(self, message: bytes, digest: bytes, at: int) -> bool:
        """Whether the digest in a message is the one that these keys give."""
        size = self.digest_size
        return len(digest) == size and self._mac(message[:at] + self.blank + message[at + size :])[:size] == digest

    def encrypt(self, plain: bytes, boots: int, time: int, salt: int) -> tuple[bytes, bytes]:
        """Ciphertext, and the salt as msgPrivacyParameters carry it."""
        if self._priv_kind == "DES":
            sent = (boots & 0xFFFFFFFF).to_bytes(4, "big") + (salt & 0xFFFFFFFF).to_bytes(4, "big")
            encryptor = self._des(sent).encryptor()
            return encryptor.update(plain + bytes(-len(plain) % 8)) + encryptor.finalize(), sent
        sent = (salt & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")
        vector = _vector(boots, time, sent)
        if len(plain) > _SHORT:
            encryptor = Cipher(AES(self._priv), CFB(vector)).encryptor()
            return encryptor.update(plain) + encryptor.finalize(), sent
        block, number, out, size = self._block, int.from_bytes, b"", len(plain)
        plain += bytes(-size % 16)
        for at in range(0, size, 16):
            vector = (number(plain[at : at + 16], "big") ^ number(block(vector), "big")).to_bytes(16, "big")
            out += vector
        return out[:size], sent

    def decrypt(self, cipher: bytes, boots: int, time: int, sent: bytes) -> bytes:
        """Raises Malformed when there is nothing that could be decrypted."""
        if len(sent) != 8 or (self._priv_kind == "DES" and (not cipher or len(cipher) % 8)):
            raise Malformed("the encrypted part is of no possible length")
        if self._priv_kind == "DES":
            decryptor = self._des(sent).decryptor()
            return decryptor.update(cipher) + decryptor.finalize()
        size = len(cipher)
        chain = _vector(boots, time, sent) + cipher
        return _xor(cipher, self._block(chain[: (size + 15) // 16 * 16]))

    def _des(self, sent: bytes) -> Cipher[modes.CBC]:
        key, pre = self._priv[:8], self._priv[8:]
        return Cipher(TripleDES(key * 3), modes.CBC(bytes(a ^ b for a, b in zip(pre, sent, strict=True))))


_SHORT = 160
"""Octets up to which blocks one by one are faster than the library's CFB, which is made anew for each message."""


def _vector(boots: int, time: int, sent: bytes) -> bytes:
    """RFC 3826, 3.1.2.1."""
    return (boots & 0xFFFFFFFF).to_bytes(4, "big") + (time & 0xFFFFFFFF).to_bytes(4, "big") + sent


def _xor(data: bytes, stream: bytes) -> bytes:
    """As many octets as `data` has, which are at most those of `stream`."""
    size = len(data)
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream[:size], "big")).to_bytes(size, "big")

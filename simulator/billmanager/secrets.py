"""Values that BILLmanager keeps encrypted: base64 of RSA, PKCS #1 v1.5, for the key in `etc/billmgr.pem`."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

__all__ = ["Secrets", "new_key"]


def new_key(bits: int = 2048) -> bytes:
    """A key of one's own, PEM."""
    key = rsa.generate_private_key(65537, bits)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(pem, form, serialization.NoEncryption())


class Secrets:
    def __init__(self, file: Path) -> None:
        self._file = file

    def _key(self) -> rsa.RSAPrivateKey:
        key = serialization.load_pem_private_key(self._file.read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{self._file} is no RSA key")
        return key

    def encrypted(self, value: str) -> str:
        return base64.b64encode(self._key().public_key().encrypt(value.encode(), padding.PKCS1v15())).decode()

    def decrypted(self, value: str) -> str:
        return self._key().decrypt(base64.b64decode(value), padding.PKCS1v15()).decode()

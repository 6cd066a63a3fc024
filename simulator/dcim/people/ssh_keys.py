"""Users' public SSH keys (auth v4, `sshkey`)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from simulator.dcim.errors import AlreadyThere, Invalid, NotFound
from simulator.dcim.records import Register

__all__ = ["SshKey", "SshKeys"]

_KINDS = r"ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com"
_KEY = re.compile(rf"({_KINDS}) ([A-Za-z0-9+/]+={{0,2}})(?: [^\r\n]*)?")


@dataclass(frozen=True, slots=True)
class SshKey:
    id: int
    user: int
    name: str
    text: str
    """As in `authorized_keys`: kind, base64, comment."""


class SshKeys:
    def __init__(self) -> None:
        self.all: Register[SshKey] = Register("SSH key")

    def of(self, user: int) -> list[SshKey]:
        return [key for key in self.all if key.user == user]

    def get(self, user: int, number: int) -> SshKey:
        """Raises NotFound, also for a key of somebody else."""
        key = self.all.get(number)
        if key.user != user:
            raise NotFound("SSH key", number)
        return key

    def add(self, user: int, name: str, text: str) -> SshKey:
        """Raises Invalid, and AlreadyThere when the user has one of that name."""
        self._check_name(user, name, None)
        match = _KEY.fullmatch(text.strip())
        if match is None or not _holds_kind(match[2], match[1]):
            raise Invalid("ssh_pub_key", "it is no public SSH key")
        return self.all.add(lambda number: SshKey(number, user, name, text.strip()))

    def rename(self, key: SshKey, name: str) -> None:
        self._check_name(key.user, name, key)
        self.all.change(key.id, name=name)

    def forget(self, user: int) -> None:
        """The user is gone."""
        for key in self.of(user):
            self.all.remove(key.id)

    def _check_name(self, user: int, name: str, this: SshKey | None) -> None:
        if not name.strip():
            raise Invalid("name", "a key has a name")
        if any(key.name == name and key is not this for key in self.of(user)):
            raise AlreadyThere(f"there is a key {name} already", name)


def _holds_kind(blob: str, kind: str) -> bool:
    """The binary part begins with the kind again (RFC 4253, 6.6)."""
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return False
    name = kind.encode()
    return raw.startswith(len(name).to_bytes(4, "big") + name) and len(raw) > 4 + len(name)

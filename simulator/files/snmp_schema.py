"""The lab file's SNMP: how equipment is set up for it, and how the panel speaks to it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from simulator.files.base import FileModel

__all__ = ["SnmpPort", "SnmpSpec"]

Community = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Communities = Annotated[
    list[Community],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
SnmpPort = Annotated[int, Field(ge=1, le=65535)]


class SnmpSpec(FileModel):
    """How equipment is set up for SNMP, and how the panel speaks to it. With version 3 it answers its user and no
    community.
    """

    version: Annotated[
        Literal["1", "2c", "3"],
        BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
        WithJsonSchema({"enum": [1, "1", "2c", 3, "3"]}),
    ] = "2c"
    """What the panel speaks."""
    speaks: list[
        Annotated[
            Literal["1", "2c"],
            BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
            WithJsonSchema({"enum": [1, "1", "2c"]}),
        ]
    ] = Field(default=[], repr=False)
    """What the device speaks; by default 1 with version 1, and both 1 and 2c with 2c. Others it drops, without a word."""
    read: Communities = Field(default=[], repr=False)
    """Communities that the device lets read."""
    write: Communities = Field(default=[], repr=False)
    """Those that it lets read and write; by default `community`, unless that is among `read`."""
    user: str | None = Field(default=None, min_length=1, max_length=32)
    """The user's name; of version 3 only."""
    auth: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] | None = None
    """How the user's messages are authenticated; without, they are not."""
    auth_key: str = ""
    """The password, eight characters at least; likewise `priv_key`."""
    priv: Literal["des", "aes", "aes192", "aes256"] | None = None
    """How they are encrypted; without, they are not. Needs `auth`."""
    priv_key: str = ""
    """The password for encryption, eight characters at least."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.version != "3":
            if self.user or self.auth or self.priv or self.auth_key or self.priv_key:
                raise ValueError("users and keys are those of `version: 3`")
            return self
        if self.user is None:
            raise ValueError("`version: 3` needs a `user`")
        if self.read or self.write or self.speaks:
            raise ValueError("communities are those of versions 1 and 2c")
        if self.priv and not self.auth:
            raise ValueError("there is no privacy without authentication: `priv` needs `auth`")
        for word, key in (("auth", self.auth_key), ("priv", self.priv_key)):
            if getattr(self, word) and len(key) < 8:
                raise ValueError(f"`{word}` needs a `{word}_key` of at least eight characters")
            if key and not getattr(self, word):
                raise ValueError(f"`{word}_key` is of no use without `{word}`")
        return self

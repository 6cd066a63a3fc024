"""What a scenario can say of the lab's ispmanager."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulator.files.base import FileModel

__all__ = ["AccountExpect"]


class AccountExpect(FileModel):
    """A user of the lab's ispmanager, as its administrator sees the list and as the user finds the door."""

    account: str
    """The name, which tells upper from lower case."""
    is_: Literal["active", "disabled", "absent"] | None = Field(default=None, alias="is")
    """Whether it is there, and whether it is switched off."""
    preset: str | None = None
    """The preset that it has."""
    password: str | None = None
    """The user logs in with this one."""
    of: str | None = None
    """The service that is bound to it, or `none`."""

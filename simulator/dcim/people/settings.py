"""The panel's global settings, and what its front end keeps for each user (auth v4, `setting`)."""

from __future__ import annotations

import re
from typing import Any

from simulator.dcim.errors import Invalid, NotFound

__all__ = ["TTL", "Settings"]

TTL = "token_ttl"
LONGEST_TTL = 60 * 24 * 365
"""Minutes."""
KNOWN = (TTL, "timezone", "lang")
_VALUE = re.compile(r"[-A-Za-z0-9/]+")


class Settings:
    """Global settings are strings; only `KNOWN` names can be set. A user's are any JSON object."""

    def __init__(self, token_ttl: float) -> None:
        """`token_ttl`: seconds of inactivity after which a token ends, until the setting says otherwise."""
        self.token_ttl = token_ttl
        self._first_ttl = token_ttl
        self._global: dict[str, str] = {}
        self._own: dict[tuple[int, str], Any] = {}

    def get(self, name: str) -> str:
        """Raises NotFound for what is not set; `token_ttl`, in minutes, always is."""
        if name == TTL and name not in self._global:
            return f"{self.token_ttl / 60:g}"
        try:
            return self._global[name]
        except KeyError:
            raise NotFound("setting", name) from None

    def set(self, name: str, value: str) -> None:
        """Raises NotFound for a name that no setting has, Invalid for a value that does not fit."""
        if name not in KNOWN:
            raise NotFound("setting", name)
        if not _VALUE.fullmatch(value):
            raise Invalid("value", f"{value!r} has other signs than letters, digits, - and /")
        if name == TTL:
            if not (value.isascii() and value.isdigit() and len(value) < 9 and 1 <= int(value) <= LONGEST_TTL):
                raise Invalid("value", f"token_ttl is a number of minutes, from 1 to {LONGEST_TTL}")
            self.token_ttl = 60.0 * int(value)
        self._global[name] = value

    def remove(self, name: str) -> None:
        """Back to the default. Raises NotFound."""
        if name not in self._global:
            raise NotFound("setting", name)
        del self._global[name]
        if name == TTL:
            self.token_ttl = self._first_ttl

    def own(self, user: int, name: str) -> Any:
        """None when the user never set it."""
        return self._own.get((user, name))

    def set_own(self, user: int, name: str, data: Any) -> None:
        self._own[user, name] = data

    def forget(self, user: int) -> None:
        """The user is gone."""
        for key in [key for key in self._own if key[0] == user]:
            del self._own[key]

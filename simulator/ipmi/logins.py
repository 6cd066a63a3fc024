"""Who may log in to one BMC: its users by name, and those that are locked out after wrong passwords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.ipmi.channel import Channel, User

__all__ = ["Host", "Logins"]


class Host(Protocol):
    """What log-ins need of the device."""

    @property
    def users(self) -> Sequence[User]: ...

    def notify(self, what: str, user: bytes, detail: str) -> None:
        """Something that an onlooker may want to know: `login`, `login refused`, `locked out`, `session ended`."""


class _Failures:
    """Wrong passwords of one user."""

    __slots__ = ("count", "until")

    def __init__(self) -> None:
        self.count = 0
        self.until = 0.0
        """Locked out until then."""


class Logins:
    """Looks users up, and counts their wrong passwords where the channel has a limit for them."""

    __slots__ = ("_channel", "_failures", "_host")

    def __init__(self, host: Host, channel: Channel) -> None:
        self._host = host
        self._channel = channel
        self._failures: dict[bytes, _Failures] | None = None

    def find(self, name: bytes, now: float) -> User | None:
        """The first enabled user of this name, who is not locked out."""
        failures = self._failures.get(name) if self._failures else None
        if failures is not None and now < failures.until:
            return None
        return next((user for user in self._host.users if user.enabled and user.name == name), None)

    def failed(self, name: bytes, now: float) -> None:
        """Count a wrong password; too many lock the user out for a while."""
        most = self._channel.bad_logins
        if not most:
            return
        if self._failures is None:
            self._failures = {}
        failures = self._failures.setdefault(name, _Failures())
        failures.count += 1
        if failures.count >= most:
            failures.count = 0
            failures.until = now + self._channel.lock_out
            self._host.notify("locked out", name, f"{most} wrong passwords")

    def succeeded(self, name: bytes) -> None:
        """Forget the wrong passwords before, and tell."""
        if self._failures:
            self._failures.pop(name, None)
        self._host.notify("login", name, "")

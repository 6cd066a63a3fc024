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

    def lock(self, name: bytes) -> None:
        """Lock the users of this name out, until somebody lets them in again."""

    def notify(self, what: str, user: bytes, detail: str) -> None:
        """Something that an onlooker may want to know: `login`, `login refused`, `locked out`, `session ended`."""


class _Failures:
    """Wrong passwords of one user."""

    __slots__ = ("count", "last", "until")

    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0
        """When."""
        self.until = 0.0
        """Locked out until then."""


class Logins:
    """Looks users up, and counts their wrong passwords where the channel has a limit for them."""

    __slots__ = ("_failures", "_host", "channel")

    def __init__(self, host: Host, channel: Channel) -> None:
        self._host = host
        self.channel = channel
        self._failures: dict[bytes, _Failures] | None = None

    def find(self, name: bytes, now: float) -> User | None:
        """The first enabled user of this name, who is not locked out."""
        failures = self._failures.get(name) if self._failures else None
        if failures is not None and now < failures.until:
            return None
        return next(iter(self.all_of(name)), None)

    def all_of(self, name: bytes) -> list[User]:
        """The users of this name who are let in."""
        return [user for user in self._host.users if user.name == name and user.enabled and not user.locked]

    def failed(self, name: bytes, now: float) -> None:
        """Count a wrong password; too many lock the user out, for a while or until somebody lets him in again."""
        channel = self.channel
        most = channel.bad_logins
        if not most:
            return
        if self._failures is None:
            self._failures = {}
        failures = self._failures.setdefault(name, _Failures())
        if channel.forgives and now - failures.last >= channel.forgives:
            failures.count = 0
        failures.count, failures.last = failures.count + 1, now
        if failures.count >= most:
            failures.count = 0
            if channel.lock_out:
                failures.until = now + channel.lock_out
            else:
                self._host.lock(name)
            self._host.notify("locked out", name, f"{most} wrong passwords")

    def forgive(self, name: bytes) -> None:
        """Forget the wrong passwords so far, and a lock-out with them."""
        if self._failures:
            self._failures.pop(name, None)

    def succeeded(self, name: bytes) -> None:
        """Forget the wrong passwords before, and tell."""
        self.forgive(name)
        self._host.notify("login", name, "")

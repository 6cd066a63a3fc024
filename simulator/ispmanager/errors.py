"""What an ispmanager refuses. Each says itself how COREmanager tells it: type, object, value.

HostingError
├── Invalid            a value that cannot be
├── NotFound           no such user or preset
├── AlreadyThere       the name is taken
├── WrongCredentials   no such name and password, or the account is disabled
└── NotLoggedIn        no session
"""

from __future__ import annotations

__all__ = ["AlreadyThere", "HostingError", "Invalid", "NotFound", "NotLoggedIn", "WrongCredentials"]


class HostingError(Exception):
    """`kind`, `subject` and `value` are the error's `type`, `object` and value."""

    def __init__(self, kind: str, subject: str, value: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.subject = subject
        self.value = value


class Invalid(HostingError):
    def __init__(self, field: str, value: str) -> None:
        super().__init__("value", field, value, f"the field {field} has a wrong value")


class NotFound(HostingError):
    def __init__(self, thing: str, name: str) -> None:
        super().__init__("missed", thing, name, f"there is no {thing} {name!r}")


class AlreadyThere(HostingError):
    def __init__(self, name: str, thing: str = "users") -> None:
        super().__init__("exists", thing, name, f"{name!r} is there already")


class WrongCredentials(HostingError):
    def __init__(self) -> None:
        super().__init__("auth", "badpassword", "", "wrong user name or password")


class NotLoggedIn(HostingError):
    def __init__(self) -> None:
        super().__init__("auth", "", "", "no such session for this address")

"""What can go wrong in IPMI over LAN.

IpmiError
├── Malformed               the bytes: not what they claim to be; every decoder raises this and nothing else
│   ├── BadChecksum
│   └── BadIntegrity        authentication code, pad or decryption
├── CompletionError         the device: it understood and said no, with a completion code
└── SessionError            the console's side of a session cannot go on
    ├── NoAnswer            silence, after all tries
    ├── WrongPassword       the device proved that its key is not ours
    ├── WrongKey            ... that its own key K_g is not
    └── SessionRefused      the device answered a set-up packet with a status
        └── WrongUser       ... with 0Dh
"""

from __future__ import annotations

from simulator.ipmi.codes import completion_text, status_text

__all__ = [
    "BadChecksum",
    "BadIntegrity",
    "CompletionError",
    "IpmiError",
    "Malformed",
    "NoAnswer",
    "SessionError",
    "SessionRefused",
    "WrongKey",
    "WrongPassword",
    "WrongUser",
]


class IpmiError(Exception):
    """Any error of this package."""


class Malformed(IpmiError):
    """These bytes are no such packet, message or record."""


class BadChecksum(Malformed):
    """A message whose checksum does not hold (IPMI 2.0, 13.8)."""


class BadIntegrity(Malformed):
    """A session packet whose authentication code, pad or encryption does not hold (IPMI 2.0, 13.28)."""


class CompletionError(IpmiError):
    """A command ended with this completion code (IPMI 2.0, table 5-2), which a few commands have data with all the same."""

    def __init__(self, code: int, command: str = "", *, data: bytes = b"") -> None:
        text = f"{completion_text(code)} (completion code {code:02X}h)"
        super().__init__(f"{command}: {text}" if command else text)
        self.code = code
        self.command = command
        self.data = data


class SessionError(IpmiError):
    """There is no session, or no longer one."""


class NoAnswer(SessionError):
    """`tries` packets were sent over `seconds` of wire time, and none was answered."""

    def __init__(self, what: str, tries: int, seconds: float) -> None:
        super().__init__(f"no answer to {what} after {tries} tries in {seconds:g} s")
        self.what = what
        self.tries = tries
        self.seconds = seconds


class WrongPassword(SessionError):
    """The device's key exchange code does not fit our password (IPMI 2.0, 13.31: RAKP 2 or RAKP 4)."""

    def __init__(self) -> None:
        super().__init__("wrong password")


class WrongKey(SessionError):
    """The device knows our password, and its own key K_g is another one than ours, or there is none (IPMI 2.0, 13.31:
    RAKP 4).
    """

    def __init__(self) -> None:
        super().__init__("wrong key K_g")


class SessionRefused(SessionError):
    """The device refused a set-up packet with an RMCP+ status (IPMI 2.0, table 13-15)."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"{what} refused: {status_text(status)} (status {status:02X}h)")
        self.what = what
        self.status = status


class WrongUser(SessionRefused):
    """The device does not know the user name."""

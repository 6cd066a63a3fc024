"""The second factor: one-time codes from a shared secret and the lab's clock (RFC 6238, RFC 4226), and reserve codes."""

from __future__ import annotations

import base64
import binascii

from simulator.dcim.errors import Invalid
from simulator.kernel import Clock, Streams

__all__ = ["RESERVE_CODES", "SecondFactor", "one_time_code"]

STEP = 30
"""Seconds that a code is good for; those of the step before and after are taken too, as RFC 6238 5.2 advises."""
SECRET_OCTETS = 40
RESERVE_CODES = 10
STREAM = "panel/reserve codes"


def one_time_code(secret: str, posix: float) -> int:
    """Six digits (RFC 4226, 5.3). `secret` is base32, `posix` seconds. Raises Invalid for a secret that is
    not base32, or too short to be one.
    """
    import pyotp  # noqa: PLC0415 - few labs have a second factor

    _key(secret)  # pyotp would pad one that is cut short
    try:
        return int(pyotp.TOTP(secret, interval=STEP).at(int(posix)))
    except ValueError as error:
        raise Invalid("secret", str(error)) from None


class SecondFactor:
    """Who has one, and whether a code fits."""

    def __init__(self, clock: Clock, streams: Streams) -> None:
        self._clock = clock
        self._streams = streams
        self._secrets: dict[int, str] = {}
        self._reserve: dict[int, list[str]] = {}

    def has(self, user: int) -> bool:
        return user in self._secrets

    def set_up(self, user: int, secret: str, code: int) -> None:
        """The code shows that the user's device has the secret. Raises Invalid."""
        if len(_key(secret)) != SECRET_OCTETS:
            raise Invalid("secret", f"it is not the base32 form of {SECRET_OCTETS} octets")
        if not self._fits(secret, code):
            raise Invalid("code", "it does not fit the secret")
        self._secrets[user] = secret

    def turn_off(self, user: int) -> None:
        """Raises Invalid when it is not on."""
        if user not in self._secrets:
            raise Invalid("2fa", "it is not set up")
        self.forget(user)

    def check(self, user: int, code: int | None, reserve_code: str | None) -> None:
        """A reserve code is good for once. Raises Invalid."""
        if reserve_code is not None and reserve_code in self._reserve.get(user, ()):
            self._reserve[user].remove(reserve_code)
            return
        if code is None or not self._fits(self._secrets[user], code):
            raise Invalid("reserve_code" if code is None else "code", "it does not fit")

    def new_reserve_codes(self, user: int) -> list[str]:
        """They replace the former ones."""
        draw = self._streams.secret(STREAM)
        codes = [f"{draw.randrange(10**10):010}" for _ in range(RESERVE_CODES)]
        self._reserve[user] = codes
        return list(codes)

    def forget(self, user: int) -> None:
        self._secrets.pop(user, None)
        self._reserve.pop(user, None)

    def _fits(self, secret: str, code: int) -> bool:
        now = self._clock.epoch.timestamp() + self._clock.now()
        return any(one_time_code(secret, now + step) == code for step in (-STEP, 0, STEP))


def _key(secret: str) -> bytes:
    try:
        return base64.b32decode(secret.upper())
    except (binascii.Error, ValueError):
        raise Invalid("secret", "it is not base32") from None

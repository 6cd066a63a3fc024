"""The LAN channel as it was set up: what its settings make of what the model comes with (IPMI 2.0, 22.22 and table 23-4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from simulator.bmc.settings import Settings
from simulator.ipmi.channel import Channel
from simulator.ipmi.codes import Privilege
from simulator.ipmi.lan15 import authentication_bits

__all__ = [
    "ALERTING_DISABLED",
    "AUTHENTICATION_TYPES",
    "BAD_PASSWORDS",
    "SUITE_PRIVILEGES",
    "channel_of",
    "factory_value",
]

AUTHENTICATION_TYPES: Final = 2
SUITE_PRIVILEGES: Final = 24
BAD_PASSWORDS: Final = 26
"""LAN parameters that act on the channel."""

ALERTING_DISABLED: Final = 0x20
_PER_MESSAGE_DISABLED: Final = 0x10
_USER_LEVEL_DISABLED: Final = 0x08
_MODE: Final = 0x07
"""Of the access mode (22.22, octet 2)."""
_TENS: Final = 10.0


def factory_value(channel: Channel, parameter: int) -> bytes:
    """A LAN parameter of the channel as the model comes with it."""
    if parameter == AUTHENTICATION_TYPES:
        return bytes((authentication_bits(channel.authentication),)) * 5
    if parameter == SUITE_PRIVILEGES:
        levels = [Privilege.ADMINISTRATOR] * min(len(channel.suites), 16)
        levels += [Privilege.NONE] * (16 - len(levels))
        return b"\0" + bytes(low | high << 4 for low, high in zip(levels[::2], levels[1::2], strict=True))
    octets = (round(channel.forgives / _TENS), round(channel.lock_out / _TENS) if channel.bad_logins else 0)
    return bytes((0, channel.bad_logins)) + b"".join(each.to_bytes(2, "little") for each in octets)


def channel_of(factory: Channel, settings: Settings) -> Channel:
    """What the model's channel has become."""
    mode, lan = settings.mode, settings.lan
    channel = replace(
        factory,
        enabled=bool(mode & _MODE),
        limit=settings.limit,
        per_message=not mode & _PER_MESSAGE_DISABLED,
        user_level=not mode & _USER_LEVEL_DISABLED,
    )
    if AUTHENTICATION_TYPES in lan:
        channel = replace(channel, authentication_masks=tuple(lan[AUTHENTICATION_TYPES]))
    if SUITE_PRIVILEGES in lan:
        nibbles = [octet >> shift & 0x0F for octet in lan[SUITE_PRIVILEGES][1:] for shift in (0, 4)]
        channel = replace(channel, suite_limits=tuple(nibbles[: len(factory.suites)]))
    if BAD_PASSWORDS in lan:
        value = lan[BAD_PASSWORDS]
        forgives, lock_out = (int.from_bytes(value[at : at + 2], "little") * _TENS for at in (2, 4))
        channel = replace(channel, bad_logins=value[1], forgives=forgives, lock_out=lock_out)
    return channel

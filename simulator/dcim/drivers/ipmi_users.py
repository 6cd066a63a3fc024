"""The users of a BMC (IPMI 2.0, 22.26 to 22.30), whoever carries the commands. Slot 1 is the one without a name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from simulator.dcim.drivers.base import BmcUser, DeviceRefused

__all__ = ["AppCommand", "read_users", "remove_user", "write_user"]

AppCommand = tuple[int, bytes]
"""The number of a command of the network function App, and its data."""
Ask = Callable[[Sequence[AppCommand]], Awaitable[Sequence[bytes]]]
"""All in one session, in order; the answers' data. Raises a DeviceError for the first that is refused."""

_SET_ACCESS, _GET_ACCESS, _SET_NAME, _GET_NAME, _SET_PASSWORD = 0x43, 0x44, 0x45, 0x46, 0x47
_PRESENT = 0x0E
"""The channel on which we speak."""
_MESSAGES = 0x80 | 0x30
"""Set User Access: change the flags; link authentication and IPMI messaging."""
_NO_ACCESS = 0x0F
_NAME_OCTETS, _SHORT, _LONG = 16, 16, 20
_DISABLE, _ENABLE, _SET = 0, 1, 2


async def read_users(ask: Ask) -> list[BmcUser]:
    """Those with a name, by slot."""
    (first,) = await ask([(_GET_ACCESS, bytes((_PRESENT, 1)))])
    slots = range(2, (first[0] & 0x3F) + 1)
    asked: list[AppCommand] = []
    for slot in slots:
        asked += [(_GET_ACCESS, bytes((_PRESENT, slot))), (_GET_NAME, bytes((slot,)))]
    answers = await ask(asked)
    found = []
    for place, slot in enumerate(slots):
        access, name = answers[2 * place], answers[2 * place + 1].rstrip(b"\0")
        if name:
            found.append(BmcUser(slot, name.decode("latin-1"), access[3] & 0x0F))
    return found


async def write_user(ask: Ask, device: str, slot: int | None, name: str, password: str | None, level: int) -> int:
    """Make a user in the first slot that is free, or change one; the password stays where it is None."""
    octets, secret = name.encode(), None if password is None else password.encode()
    if not 0 < len(octets) <= _NAME_OCTETS or (secret is not None and not 0 < len(secret) <= _LONG):
        raise DeviceRefused(device, f"a name has up to {_NAME_OCTETS} octets, a password up to {_LONG}")
    if slot is None:
        (first,) = await ask([(_GET_ACCESS, bytes((_PRESENT, 1)))])
        taken = {user.id for user in await read_users(ask)}
        slot = next((each for each in range(2, (first[0] & 0x3F) + 1) if each not in taken), None)
        if slot is None:
            raise DeviceRefused(device, "it has no slot for another user")
    commands: list[AppCommand] = [(_SET_NAME, bytes((slot,)) + octets.ljust(_NAME_OCTETS, b"\0"))]
    if secret is not None:
        long = len(secret) > _SHORT
        head = bytes((slot | (0x80 if long else 0), _SET))
        commands.append((_SET_PASSWORD, head + secret.ljust(_LONG if long else _SHORT, b"\0")))
    commands += [
        (_SET_ACCESS, bytes((_MESSAGES | _PRESENT, slot, level, 0))),
        (_SET_PASSWORD, bytes((slot, _ENABLE))),
    ]
    await ask(commands)
    return slot


async def remove_user(ask: Ask, slot: int) -> None:
    """The slot is free, and nobody logs in by it."""
    await ask(
        [
            (_SET_PASSWORD, bytes((slot, _DISABLE))),
            (_SET_ACCESS, bytes((0x80 | _PRESENT, slot, _NO_ACCESS, 0))),
            (_SET_NAME, bytes((slot,)) + bytes(_NAME_OCTETS)),
        ]
    )

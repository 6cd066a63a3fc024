"""What a BMC is set up with and keeps for ever: users' access, LAN, Serial over LAN, texts. Made when first needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.ipmi.codes import Completion
from simulator.ipmi.errors import CompletionError

__all__ = ["LINK_AND_MESSAGES", "Destination", "Settings", "in_progress"]

_IN_PROGRESS = 0x81


def in_progress(present: int, octet: int) -> int:
    """The new value of a "set in progress" parameter. Writes act at once, so that to commit is to end; 81h when somebody
    is at it already. Raises CompletionError.
    """
    wanted = octet & 0x03
    if wanted == 3:
        raise CompletionError(Completion.INVALID_FIELD)
    if wanted == 1 and present:
        raise CompletionError(_IN_PROGRESS)
    return int(wanted == 1)


LINK_AND_MESSAGES = 0x10
"""Get User Access, bits 6 to 4: call-in or link, link authentication, IPMI messaging."""


@dataclass(slots=True)
class Destination:
    """Where an alert goes (table 23-4, 18 and 19)."""

    type: int = 0
    timeout: int = 0
    retries: int = 0
    gateway: int = 0
    address: bytes = bytes(4)
    mac: bytes = bytes(6)
    port: int = 162
    """The lab's own: the parameters have no room for it, and not everybody may listen on 162."""

    @property
    def acknowledged(self) -> bool:
        """An alert is sent again until its receiver has acknowledged it."""
        return bool(self.type & 0x80)


@dataclass(slots=True)
class Settings:
    access: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of user slots that were changed: the three flags of Get User Access, and the privilege limit (0Fh: none)."""
    channel_mode: int = 0x22
    """Access mode 2 (always), no PEF alerting; as it will be after the next start of the BMC."""
    channel_limit: int = 4
    present_mode: int | None = None
    """The volatile settings, where somebody has set them apart."""
    present_limit: int | None = None
    lan: dict[int, bytes] = field(default_factory=dict)
    """LAN parameters that were written."""
    destinations: dict[int, Destination] = field(default_factory=dict)
    sol: dict[int, bytes] = field(default_factory=dict)
    """SOL parameters that were written."""
    no_payload: set[int] = field(default_factory=set)
    """Slots of users that may not use Serial over LAN."""
    asset_tag: bytes = b""
    controller: bytes = b""
    system: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """System info parameters by number and block."""
    system_in_progress: int = 0

    @property
    def mode(self) -> int:
        """The channel's access mode at present."""
        return self.channel_mode if self.present_mode is None else self.present_mode

    @property
    def limit(self) -> int:
        """The channel's privilege limit at present."""
        return self.channel_limit if self.present_limit is None else self.present_limit

    def forget(self) -> None:
        """The BMC starts anew, with what is stored."""
        self.present_mode = self.present_limit = None
        self.system_in_progress = 0
        self.lan.pop(0, None)
        self.sol.pop(0, None)
        self.sol.pop(6, None)

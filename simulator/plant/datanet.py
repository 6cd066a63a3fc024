"""The data network: what a NIC can reach, and the boot service that may stand at the other end.

DHCP, image transfer and phone-home are messages with their real order, retries and time-outs. Their byte formats are
not emulated, since no outside program reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

__all__ = ["BootService", "Lease", "NetBoot"]


class Lease(Protocol):
    """What DHCP hands out for a network boot."""

    @property
    def address(self) -> str: ...


class NetBoot(Protocol):
    """What the loader is told to run."""

    @property
    def kind(self) -> str:
        """`install` (write an OS to the disk), `diagnostic` (run from memory, to an end), or `rescue` (run from memory, until
        somebody ends it).
        """

    @property
    def image(self) -> str: ...

    @property
    def image_octets(self) -> int: ...

    @property
    def work_seconds(self) -> float:
        """What the image does besides reading itself and writing to disks, seconds at nominal speed."""

    @property
    def clear_disks(self) -> bool: ...

    @property
    def addresses(self) -> Sequence[str]:
        """What the installed OS configures on its first NIC."""

    @property
    def ssh_keys(self) -> Sequence[str]:
        """Public keys that it lets in."""

    @property
    def recipe(self) -> str:
        """A script that it runs on its first boot; empty without one."""


class BootService(Protocol):
    """A machine on the data network that answers network boots: the panel's location server. It hears a server
    only while there is a path from that server's NIC.
    """

    def discover(self, mac: str) -> Lease | None:
        """DHCPDISCOVER from this MAC; a lease, or silence."""

    def loader(self, mac: str) -> NetBoot | None:
        """The loader asks what to run; None: boot from the disk."""

    def image_requested(self, mac: str, image: str) -> None:
        """The image's first octet is asked for."""

    def phone_home(self, mac: str, stage: str, percent: int, detail: Mapping[str, Any]) -> None:
        """What the running image says of itself. Stages: `transfer`, `configure`, `first_boot`, `done`, `error` for an
        installation; `hardware`, `clear_disks`, `done`, `error` for diagnostics; `ssh_ready`, `done`, `error` for a
        rescue system. `detail` has `message` for an error and `configuration` (string) for hardware.
        """

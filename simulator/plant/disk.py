"""Disks: size, speed, what is on them, and whether they still work."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TRACES", "WRITE_SPEED", "Disk", "InstalledOs"]

WRITE_SPEED = {"HDD": 150_000_000, "SSD": 420_000_000, "NVMe": 1_800_000_000}
"""Octets a second, sequential, by type: usual figures of data sheets."""
TRACES = 256
"""Installations of which a disk may hold something at most: each takes some of the place of those before."""


@dataclass(frozen=True, slots=True)
class InstalledOs:
    """A system that boots, the addresses it configures, and what its installer left in it."""

    name: str
    addresses: tuple[str, ...]
    ssh_keys: tuple[str, ...] = ()
    recipe: str = ""
    nics: tuple[int, ...] = (0,)
    """The interfaces that have the addresses, counted from 0: the one that it was installed over, or the ports of a bond."""


@dataclass(slots=True)
class Disk:
    """`used` means that somebody's data may be on it; only a complete clearing makes it clean again."""

    number: int
    size_gb: int
    type: str
    os: InstalledOs | None = None
    used: bool = False
    holds: tuple[float, ...] = ()
    """When each of the systems was installed whose data may still be on it, lab time: an installation overwrites the system
    before it, not all that its disk holds.
    """
    failed: bool = False
    slowdown: float = 1.0

    @property
    def write_speed(self) -> float:
        """Octets a second."""
        return WRITE_SPEED.get(self.type, WRITE_SPEED["HDD"]) / self.slowdown

    @property
    def octets(self) -> int:
        return self.size_gb * 10**9

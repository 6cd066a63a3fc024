"""A server's configuration as diagnostics write it: `[<n>x]<CPU>-<RAM>Gb-<disk>[-<disk>...]`.

The grammar is read off real panels' data (a hoster's list of free servers): `i9-9900K-64Gb-2x1024NVMe`,
`E-2146G-64Gb-1920SSD-3840SSD`, with `lsi` or `hp` where there is a RAID controller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["DISK_TYPES", "Configuration", "DiskGroup", "parse_configuration"]

DISK_TYPES = ("SSD", "NVMe", "HDD", "SAS", "SATA")

_SHAPE = re.compile(
    r"(?:(?P<cpus>[1-9]\d?)x)?(?P<cpu>[A-Za-z0-9][^\s/]{0,62}?)-(?P<ram>[1-9]\d{0,5})Gb(?P<rest>(?:-[^-\s]+)*)"
)
_DISK = re.compile(r"(?:(?P<count>[1-9]\d{0,2})x)?(?P<size>[1-9]\d{0,6})(?P<type>[A-Za-z]+)")
_CONTROLLERS = ("lsi", "hp")


@dataclass(frozen=True, slots=True)
class DiskGroup:
    """`count` equal disks of `size_gb` (decimal gigabytes); `type` is one of `DISK_TYPES`."""

    count: int
    size_gb: int
    type: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """What stands in one configuration string; `text` is the string itself."""

    text: str
    cpus: int
    cpu: str
    ram_gb: int
    disks: tuple[DiskGroup, ...]
    controller: str | None = None
    """`lsi` or `hp`: a RAID controller in front of the disks."""


def parse_configuration(text: str) -> Configuration:
    """Read a configuration string. Raises ValueError that says which part is wrong."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError(f"configuration {text!r} is not understood; write it as E3-1230-16Gb-2x1000SSD")
    disks: list[DiskGroup] = []
    controller = None
    for part in shape["rest"].split("-")[1:]:
        if part.lower() in _CONTROLLERS:
            controller = part.lower()
            continue
        disk = _DISK.fullmatch(part)
        kind = next((each for each in DISK_TYPES if disk and each.lower() == disk["type"].lower()), None)
        if disk is None or kind is None:
            raise ValueError(
                f"disk {part!r} in configuration {text!r} is not understood; write it as 2x1000SSD "
                f"(types: {', '.join(DISK_TYPES)})"
            )
        disks.append(DiskGroup(int(disk["count"] or 1), int(disk["size"]), kind))
    if not disks:
        raise ValueError(f"configuration {text!r} names no disk; write it as E3-1230-16Gb-2x1000SSD")
    return Configuration(text, int(shape["cpus"] or 1), shape["cpu"], int(shape["ram"]), tuple(disks), controller)

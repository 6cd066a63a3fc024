"""Typed requests and answers of the commands that a console uses (IPMI 2.0, 20 and 28)."""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.ipmi.client import Request
from simulator.ipmi.codes import NetFn
from simulator.ipmi.errors import Malformed

__all__ = [
    "BOOT_DEVICES",
    "CHASSIS_CONTROLS",
    "POLICIES",
    "BootFlags",
    "ChassisStatus",
    "DeviceId",
    "chassis_control",
    "get_boot_flags",
    "get_chassis_status",
    "get_device_id",
    "keep_boot_flags",
    "set_boot_flags",
]

CHASSIS_CONTROLS: Final = {"off": 0, "on": 1, "cycle": 2, "reset": 3, "diag": 4, "soft": 5}
"""Chassis Control (28.3)."""

POLICIES: Final = {"off": 0, "previous": 1, "on": 2}
"""Power restore policies (28.8)."""

BOOT_DEVICES: Final = {
    "none": 0,
    "pxe": 1,
    "disk": 2,
    "safe": 3,
    "diagnostic": 4,
    "cdrom": 5,
    "bios": 6,
    "remote_floppy": 7,
    "remote_cdrom": 8,
    "remote_media": 9,
    "remote_disk": 11,
    "floppy": 15,
}
"""Boot device selectors (table 28-14): `safe` is the disk in safe mode, `diagnostic` its diagnostic partition; what is
`remote` is media that somebody far away lends.
"""

_BOOT_DEVICE_NAMES: Final = {number: name for name, number in BOOT_DEVICES.items()}
_POLICY_NAMES: Final = {number: name for name, number in POLICIES.items()}


class DeviceId(NamedTuple):
    """Get Device ID (20.1)."""

    device: int
    revision: int
    provides_sdrs: bool
    firmware_major: int
    firmware_minor: int
    """0 to 99; BCD on the wire."""
    supports: int
    """Additional device support: bit 0 sensors ... bit 7 chassis."""
    manufacturer: int
    """IANA enterprise number."""
    product: int
    auxiliary: bytes
    """4 octets, or none."""

    def encode(self) -> bytes:
        return (
            bytes(
                (
                    self.device,
                    self.revision & 0x0F | (0x80 if self.provides_sdrs else 0),
                    self.firmware_major & 0x7F,
                    self.firmware_minor // 10 << 4 | self.firmware_minor % 10,
                    0x02,  # IPMI 2.0, BCD with the low digit first
                    self.supports,
                )
            )
            + self.manufacturer.to_bytes(3, "little")
            + self.product.to_bytes(2, "little")
            + self.auxiliary
        )

    @classmethod
    def decode(cls, data: bytes) -> DeviceId:
        """Raises Malformed."""
        if len(data) < 11:
            raise Malformed("a device id has 11 or 15 octets")
        return cls(
            data[0],
            data[1] & 0x0F,
            bool(data[1] & 0x80),
            data[2] & 0x7F,
            (data[3] >> 4) * 10 + (data[3] & 0x0F),
            data[5],
            int.from_bytes(data[6:9], "little") & 0x0FFFFF,
            int.from_bytes(data[9:11], "little"),
            data[11:15] if len(data) >= 15 else b"",
        )


class ChassisStatus(NamedTuple):
    """Get Chassis Status (28.2)."""

    powered: bool
    policy: str
    """`off`, `previous`, `on`, or `unknown`."""
    last_event: str
    """`none`, `ac_lost` or `command`."""

    def encode(self) -> bytes:
        event = {"ac_lost": 0x01, "command": 0x10}.get(self.last_event, 0)
        return bytes((int(self.powered) | POLICIES.get(self.policy, 3) << 5, event, 0, 0))

    @classmethod
    def decode(cls, data: bytes) -> ChassisStatus:
        """Raises Malformed."""
        if len(data) < 3:
            raise Malformed("a chassis status has at least 3 octets")
        event = "ac_lost" if data[1] & 0x01 else "command" if data[1] & 0x10 else "none"
        return cls(bool(data[0] & 0x01), _POLICY_NAMES.get(data[0] >> 5 & 3, "unknown"), event)


class BootFlags(NamedTuple):
    """Boot option parameter 5 (table 28-14), 5 octets."""

    valid: bool
    persistent: bool
    efi: bool
    device: str | None
    """A name of BOOT_DEVICES; None is a selector that has no name here."""
    rest: bytes = b"\0\0\0"
    """Octets 3 to 5: console, verbosity, BIOS overrides."""

    def encode(self) -> bytes:
        first = (0x80 if self.valid else 0) | (0x40 if self.persistent else 0) | (0x20 if self.efi else 0)
        return bytes((first, BOOT_DEVICES[self.device or "none"] << 2)) + self.rest

    @classmethod
    def decode(cls, data: bytes) -> BootFlags:
        """Raises Malformed."""
        if len(data) < 5:
            raise Malformed("boot flags have 5 octets")
        first = data[0]
        device = _BOOT_DEVICE_NAMES.get(data[1] >> 2 & 0x0F)
        return cls(bool(first & 0x80), bool(first & 0x40), bool(first & 0x20), device, data[2:5])


def get_device_id() -> Request:
    return Request(NetFn.APP, 0x01, b"", "Get Device ID")


def get_chassis_status() -> Request:
    return Request(NetFn.CHASSIS, 0x01, b"", "Get Chassis Status")


def chassis_control(action: str) -> Request:
    """`action`: a key of CHASSIS_CONTROLS."""
    return Request(NetFn.CHASSIS, 0x02, bytes((CHASSIS_CONTROLS[action],)), f"Chassis Control ({action})")


def set_boot_flags(flags: BootFlags) -> Request:
    return Request(NetFn.CHASSIS, 0x08, b"\x05" + flags.encode(), "Set System Boot Options (boot flags)")


def keep_boot_flags() -> Request:
    """Do not let the boot flags lapse 60 s after they were set (parameter 3, bit 3)."""
    return Request(NetFn.CHASSIS, 0x08, b"\x03\x08", "Set System Boot Options (valid bit clearing)")


def get_boot_flags() -> Request:
    """The answer's data: parameter version, parameter number, then BootFlags."""
    return Request(NetFn.CHASSIS, 0x09, b"\x05\x00\x00", "Get System Boot Options (boot flags)")

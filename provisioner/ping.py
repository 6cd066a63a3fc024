"""Does a machine answer at an address? A small protocol, and the host's own `ping` for real machines."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import shutil
from typing import Final, Protocol

from provisioner.errors import BadSettings

__all__ = ["IcmpPing", "Ping"]

WAIT_SECONDS: Final = 2
"""How long one echo is waited for."""


class Ping(Protocol):
    """Somebody on the network who can send an echo request."""

    async def alive(self, address: str) -> bool:
        """Whether an echo reply came back from `address`."""


class IcmpPing:
    """ICMP by the host's `ping`, which may send it where an ordinary process may not (RFC 792, RFC 4443)."""

    def __init__(self, program: str = "ping") -> None:
        """Raises BadSettings when the host has no such program."""
        found = shutil.which(program)
        if found is None:
            raise BadSettings(f"there is no program {program!r} on this host to send an ICMP echo with")
        self._program = found

    async def alive(self, address: str) -> bool:
        """One echo, no names looked up. Raises BadSettings for what is no IP address."""
        try:
            target = str(ipaddress.ip_address(address))
        except ValueError:
            raise BadSettings(f"{address!r} is no IP address to ping") from None
        family = "-6" if ":" in target else "-4"
        process = await asyncio.create_subprocess_exec(
            self._program, family, "-n", "-c", "1", "-W", str(WAIT_SECONDS), target,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return await process.wait() == 0
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()

"""Somebody who stands in the hall and sees how things really are."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.plant import Plant

__all__ = ["Truth", "truth_of"]


@dataclass(frozen=True, slots=True)
class Truth:
    """A server as it is; the words are those of `really:`."""

    power: str
    os: str
    link: str
    speed: str
    """Of the link, as `duplex`; `none` without one."""
    duplex: str
    answers_ping: bool
    addresses: tuple[str, ...]
    """Of the installed system."""
    disks: str


def truth_of(plant: Plant, name: str) -> Truth:
    """The server of this name as it is."""
    server = plant.servers[name]
    os = server.os
    link = next((nic.cable.link for nic in server.interfaces if nic.cable and nic.link_up), None)
    return Truth(
        power="on" if server.powered else "off",
        os=os.name if os else "none",
        link="up" if link else "down",
        speed=_rate(link.speed) if link else "none",
        duplex="none" if link is None else "mismatch" if link.mismatch else "full" if link.full[0] else "half",
        answers_ping=os is not None and any(server.answers_ping(address) for address in os.addresses),
        addresses=tuple(os.addresses) if os else (),
        disks="clean" if server.disks_clean else "used",
    )


def _rate(speed: int) -> str:
    return f"{speed // 10**9} Gbit/s" if speed >= 10**9 else f"{speed // 10**6} Mbit/s"

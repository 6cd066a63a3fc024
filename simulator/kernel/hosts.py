"""Hosts by their numeric addresses: where one that listens everywhere is found, and from where another is asked."""

from __future__ import annotations

from ipaddress import ip_address

__all__ = ["LOOPBACK", "is_everywhere", "is_loopback", "local_for", "reached_at"]

LOOPBACK = "127.0.0.1"
_EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1", "": LOOPBACK}  # noqa: S104 - recognized here, not listened on


def is_everywhere(host: str) -> bool:
    """Whether it is the address of "all of this machine's", which a socket may be bound to and nobody can be sent to."""
    return host in _EVERYWHERE


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:  # a name; it may begin like an address
        return False


def reached_at(host: str) -> str:
    """Where this machine reaches what listens on `host`. What is sent to the wildcard address arrives too, but the answer
    comes from another one, and clients that care whom they asked drop it.
    """
    return _EVERYWHERE.get(host, host)


def local_for(host: str) -> tuple[str, int] | None:
    """What a datagram client binds in order to ask this host; None leaves it to the network (a loopback address)."""
    if host.startswith("127."):
        return None
    return ("::", 0) if ":" in host else ("0.0.0.0", 0)  # noqa: S104 - whatever address the way there has

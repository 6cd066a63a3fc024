"""Rackloop: an emulated datacenter for software that sells dedicated servers."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.lab import Lab

__all__ = ["Lab"]


def __getattr__(name: str) -> Any:
    """`Lab` is imported when first asked for: whoever wants one package need not load them all."""
    if name == "Lab":
        from simulator.lab import Lab  # noqa: PLC0415

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""What the review looks for: a rule a file, by what it is about. A file here is a rule; importing it registers it."""

from __future__ import annotations

import importlib
import pkgutil

__all__ = ["load"]


def load() -> None:
    """Have every rule registered."""
    for found in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(found.name)

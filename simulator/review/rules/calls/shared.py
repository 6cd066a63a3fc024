"""What several of these rules need."""

from __future__ import annotations

__all__ = ["MANY_LOGINS"]

MANY_LOGINS = 5

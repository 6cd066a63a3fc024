"""What a lab does when it has no file descriptors left: it says so now and then, and goes on with those that it has."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import sys
from collections.abc import Callable
from typing import Any

if sys.platform != "win32":
    import resource

__all__ = ["allow_many", "say_seldom"]

_NONE_LEFT = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
INTERVAL = 1.0
"""Seconds between two lines of it."""


def allow_many() -> None:
    """Have as many descriptors as this process may: the usual soft limit is less than a hall's clients need."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            with contextlib.suppress(OSError, ValueError):  # where the hard limit is more than the system has
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def say_seldom(loop: asyncio.AbstractEventLoop, say: Callable[[str], None]) -> None:
    """The loop tells of each connection that it cannot take, a thousand times a second and each with a traceback: a line a second says it as
    well. All other errors are told as before.
    """
    last = float("-inf")
    silent = 0

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last, silent
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in _NONE_LEFT):
            loop.default_exception_handler(context)
            return
        silent += 1
        if loop.time() - last >= INTERVAL:
            say(f"rackloop up: no new connections for the moment: {error.strerror or error} ({silent} times)")
            last, silent = loop.time(), 0

    loop.set_exception_handler(handle)

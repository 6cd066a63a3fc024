"""A group of commands: help that is not cut, however narrow the terminal is, and an end by Ctrl-C that needs no traceback."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from simulator.commands.common import CALLED_OFF

__all__ = ["Commands"]


class Commands(TyperGroup):
    """typer itself ends each command's line with dots after some 45 characters, and says `Aborted.` (or nothing) after Ctrl-C."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each with its whole first paragraph."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                first = (command.help or "").strip().partition("\n\n")[0]
                rows.append((name, " ".join(first.split())))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: Any) -> Any:
        """Commands that have something to tell of what they did by then end by themselves."""
        try:
            return super().invoke(ctx)
        except BaseException as error:
            if not _called_off(error):
                raise
            typer.echo("called off", err=True)
            raise typer.Exit(CALLED_OFF) from None


def _called_off(error: BaseException) -> bool:
    """By Ctrl-C: asyncio's runner cancels its task then, and where that comes as it starts it forgets why."""
    asyncio = sys.modules.get("asyncio")  # which most of what is asked for here does without
    return isinstance(error, KeyboardInterrupt) or (asyncio is not None and isinstance(error, asyncio.CancelledError))

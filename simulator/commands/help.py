"""Help that is not cut: each command with its whole first paragraph, however narrow the terminal is."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

__all__ = ["WholeHelp"]


class WholeHelp(TyperGroup):
    """A group of commands; typer itself ends each one's line with dots after some 45 characters."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                first = (command.help or "").strip().partition("\n\n")[0]
                rows.append((name, " ".join(first.split())))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

"""`rackloop compare-versions`: one scenario through DCImanager 5 and 6, and what is different."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import UNUSABLE, check_writable, console, refuse, write
from simulator.files.problems import FileProblems

__all__ = ["compare_versions"]


def compare_versions(
    file: Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file, of whichever module.")],
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Instead of the scenario's own.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all of it as JSON here.")
    ] = None,
) -> None:
    """Play one scenario through DCImanager 5 and through 6, and show what is different in panel, devices and plant after each step.

    Exit status: 0 when both could be played to the end, different or not; 1 when one of them broke off.
    """
    from provisioner.errors import BadSettings  # noqa: PLC0415
    from simulator.scenario.language import load_scenario  # noqa: PLC0415
    from simulator.scenario.versions.comparing import NotComparable, compare  # noqa: PLC0415
    from simulator.scenario.versions.reports import as_json, print_comparison  # noqa: PLC0415

    check_writable(json_file)

    try:
        comparison = compare(load_scenario(file), seed=seed)
    except FileProblems as problems:
        refuse(problems)
    except (NotComparable, BadSettings) as error:
        typer.echo(f"rackloop compare-versions: {file}: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    print_comparison(comparison, console())
    if not write(json_file, lambda: as_json(comparison)):
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(1 if comparison.broken else 0)

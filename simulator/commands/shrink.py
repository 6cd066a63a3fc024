"""`rackloop shrink`: the shortest scenario that still fails in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.common import UNUSABLE, check_writable, refuse, write
from simulator.files.problems import FileProblems, Problem

if TYPE_CHECKING:
    from simulator.sweep.trial import Trial

__all__ = ["shrink"]


def shrink(
    failure: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO|SWEEP.json#NUMBER", help="A scenario that fails, or a finding of a sweep's report."
        ),
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write it here instead of to stdout.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", min=0, help="Instead of the scenario's own.")] = None,
    module: Annotated[
        str, typer.Option(metavar="MODULE", help="A module's file: it plays the scenario instead of its own.")
    ] = "",
    way: Annotated[str, typer.Option("--way", help="Of several ways to fail the one to keep, e.g. `sold-once`.")] = "",
) -> None:
    """Make a failure small: fewer steps, faults and machines, and it still fails in the same way."""
    from simulator.sweep.shrinking import NotFailing, shrink_scenario, shrink_trial  # noqa: PLC0415

    check_writable(output)
    name, _, number = failure.rpartition("#")
    try:
        if name and number.isdigit():
            trial, finding = _finding(Path(name), int(number))
            shrunk = shrink_trial(trial, finding)
        else:
            shrunk = shrink_scenario(Path(failure), seed, way=way, module=module)
    except FileProblems as problems:
        refuse(problems)
    except NotFailing as error:
        typer.echo(f"rackloop shrink: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    sizes = [
        f"{steps} steps, {faults} faults, {servers} servers" for steps, faults, servers in (shrunk.before, shrunk.after)
    ]
    typer.echo(f"from {sizes[0]}  to  {sizes[1]}    {shrunk.tries} tries, fails as before: {shrunk.way}", err=True)
    if output is None:
        typer.echo(shrunk.text, nl=False)
    elif not write(output, lambda: shrunk.text):
        raise typer.Exit(UNUSABLE)


def _finding(file: Path, number: int) -> tuple[Trial, str]:
    """The trial that shows the finding of this number, and the finding's name. Raises FileProblems."""
    from simulator.sweep.reports import read_json  # noqa: PLC0415

    sweeps = read_json(file)
    for sweep in sweeps:
        for finding in sweep["findings"]:
            if finding["number"] == number:
                trials = {outcome.trial.id: outcome.trial for outcome in sweep["trials"]}
                return trials[finding["example"]], finding["name"]
    there = [str(finding["number"]) for sweep in sweeps for finding in sweep["findings"] if finding["number"]]
    message = f"there is no finding {number}"
    raise FileProblems([Problem(str(file), 0, 0, message, f"there are {', '.join(there) or 'none'}")])

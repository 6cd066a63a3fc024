"""`rackloop validate` and `rackloop schema`: what may stand in files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import refuse
from simulator.files.problems import FileProblems, Problem, did_you_mean

__all__ = ["schema", "validate"]


class SchemaName(StrEnum):
    scenario = "scenario"
    lab = "lab"
    module = "module"


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE ...", help="Lab, scenario and module files.")],
) -> None:
    """Check lab, scenario and module files; print every problem as file:line:column: message."""
    problems: list[Problem] = []
    for file in files:
        try:
            typer.echo(f"{file}: {_validated(file)}")
        except FileProblems as found:
            problems.extend(found.problems)
    if problems:
        refuse(FileProblems(problems))


def _validated(file: Path) -> str:
    """What the file is, in a few words. Raises FileProblems."""
    from simulator.files.lab_file import load_lab  # noqa: PLC0415
    from simulator.files.reader import read  # noqa: PLC0415
    from simulator.scenario.billing.outside.plan import load_module  # noqa: PLC0415
    from simulator.scenario.language import load_scenario  # noqa: PLC0415

    document = read(file)
    if "scenario" in document.data:
        scenario = load_scenario(file)
        return f"a scenario, {_count(len(scenario.steps), 'step')}, lab {scenario.plan.name}"
    if "lab" in document.data:
        plan = load_lab(file)
        servers, switches, pdus = len(plan.servers), len(plan.switches), len(plan.pdus)
        return f"a lab, {_count(servers, 'server')}, {_count(switches, 'switch', 'switches')}, {_count(pdus, 'PDU')}"
    if "module" in document.data:
        module = load_module(str(file))
        return f"a module, {', '.join(module.verbs)}; time: {module.time if module.on_wire else 'virtual'}"
    first = str(next(iter(document.data), ""))
    line, column = document.place((first,), key=True)
    hint = did_you_mean(first, ["lab", "scenario", "module"], "it begins with one of")
    raise FileProblems([Problem(str(file), line, column, "neither a lab, a scenario nor a module", hint)])


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def schema(kind: Annotated[SchemaName, typer.Argument(help="Which file format.")]) -> None:
    """Print the JSON Schema (draft 7) of a file format; of `module` also what a module is given and answers."""
    from simulator.scenario.billing.outside.schema import module_schema_text  # noqa: PLC0415
    from simulator.scenario.json_schema import schema_text  # noqa: PLC0415

    if kind is SchemaName.module:
        typer.echo(module_schema_text(), nl=False)
    else:
        typer.echo(schema_text("lab" if kind is SchemaName.lab else "scenario"), nl=False)

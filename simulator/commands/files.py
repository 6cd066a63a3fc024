"""`rackloop validate` and `rackloop schema`: what may stand in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import refuse
from simulator.files.nearest import nearest
from simulator.files.problems import FileProblems, Problem, did_you_mean

__all__ = ["schema", "validate"]


class SchemaName(StrEnum):
    scenario = "scenario"
    lab = "lab"
    module = "module"


def validate(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|DIR ...", help="Lab, scenario and module files, or directories of them."),
    ],
) -> None:
    """Check lab, scenario and module files; print every problem as file:line:column: message."""
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            _validate_all(path, problems)
            continue
        try:
            typer.echo(f"{path}: {_validated(path)[1]}")
        except FileProblems as found:
            problems.extend(found.problems)
    if problems:
        refuse(FileProblems(problems))


def _validate_all(folder: Path, problems: list[Problem]) -> None:
    """Every YAML file below a directory: how many of which kind there are. What is none of ours is named, and left."""
    from simulator.files.file_kinds import kind_of_file  # noqa: PLC0415
    from simulator.files.reader import read  # noqa: PLC0415
    from simulator.scenario.batch import find_scenarios  # noqa: PLC0415

    counts: Counter[str] = Counter()
    files = find_scenarios([folder])
    if not files:
        problems.append(Problem(str(folder), 0, 0, "there is no .yaml file in it"))
    for file in files:
        try:
            if kind_of_file(document := read(file).data) is None and not _meant(document):
                typer.echo(
                    f"left out: {file}: neither a lab, a scenario, a module nor a list of known findings", err=True
                )
                continue
            counts[_validated(file)[0]] += 1
        except FileProblems as found:
            counts["unusable file"] += 1
            problems.extend(found.problems)
    if files and not counts:
        problems.append(Problem(str(folder), 0, 0, "no file in it is a lab, a scenario or a module"))
    if counts:
        typer.echo(f"{folder}: {', '.join(_count(number, what) for what, number in sorted(counts.items()))}")


_FIRST = ("lab", "scenario", "module", "known")


def _meant(data: Mapping[str, object]) -> bool:
    """It has no key of ours, but one that is nearly one."""
    return any(nearest(str(key), _FIRST) for key in data)


def _validated(file: Path) -> tuple[str, str]:
    """Its kind, and what the file is in a few words. Raises FileProblems."""
    from simulator.files.file_kinds import kind_of_file  # noqa: PLC0415
    from simulator.files.lab_file import load_lab  # noqa: PLC0415
    from simulator.files.reader import read  # noqa: PLC0415
    from simulator.scenario.billing.outside.plan import load_module  # noqa: PLC0415
    from simulator.scenario.language import load_scenario  # noqa: PLC0415
    from simulator.sweep.baseline import load_baseline  # noqa: PLC0415

    document = read(file)
    match kind_of_file(document.data):
        case "scenario":
            scenario = load_scenario(file)
            return "scenario", f"a scenario, {_count(len(scenario.steps), 'step')}, lab {scenario.plan.name}"
        case "lab":
            plan = load_lab(file)
            parts = (_count(len(plan.servers), "server"), _count(len(plan.switches), "switch", "switches"))
            real = f"; real: {', '.join(plan.real)}" if plan.real else ""
            return "lab", f"a lab, {', '.join(parts)}, {_count(len(plan.pdus), 'PDU')}{real}"
        case "module":
            module = load_module(str(file))
            time = module.time if module.on_wire else "virtual"
            return "module", f"a module, {', '.join(module.verbs)}; time: {time}"
        case "baseline":
            known = load_baseline(file).known
            return "list of findings", f"{_count(len(known), 'known finding')} for sweeps"
    first = str(next(iter(document.data), ""))
    line, column = document.place((first,), key=True)
    hint = did_you_mean(first, _FIRST, "it has one of")
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

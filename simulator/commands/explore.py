"""`rackloop explore`: stories that nobody wrote, and what they come to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.common import UNUSABLE, check_writable, console, refuse, write
from simulator.files.problems import FileProblems

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.sweep.exploring import Explored, Find
    from simulator.sweep.stories import Ground

__all__ = ["explore"]

INTERRUPTED = 130


def explore(
    file: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="Whose lab, module and settings are taken; not its steps.")
    ],
    budget: Annotated[str, typer.Option(help="For so long, e.g. `5m`.")] = "1m",
    examples: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="So many stories, however long they take.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Which stories.")] = 0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder: each new finding is made small and written there.")
    ] = None,
    baseline: Annotated[Path | None, typer.Option(help="Findings that are known, with reasons.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all findings as JSON here.")
    ] = None,
) -> None:
    """Play random orders of several clients with random troubles, and say what they come to that must not be."""
    from simulator.sweep.baseline import NO_BASELINE, load_baseline  # noqa: PLC0415

    check_writable(json_file)
    check_writable(output, folder=True)

    try:
        from simulator.sweep.exploring import explore as explored_by  # noqa: PLC0415
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "hypothesis":
            raise
        typer.echo("rackloop explore: Hypothesis is not installed: pip install 'rackloop[explore]'", err=True)
        raise typer.Exit(UNUSABLE) from None
    seconds = None if examples is not None else _seconds(budget)
    try:
        known = NO_BASELINE if baseline is None else load_baseline(baseline)
        ground = _ground(file)
    except FileProblems as problems:
        refuse(problems)
    with _watched() as tell:
        explored = explored_by(ground, seed=seed, examples=examples, budget=seconds, baseline=known, tell=tell)
    files = {} if output is None else _shrunk(explored, output)
    _print(explored, files, console())
    if not write(json_file, lambda: _as_json(explored, ground, files)) or not all(
        each.written for each in files.values()
    ):
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(INTERRUPTED if explored.called_off else 1 if explored.new else 0)


@contextmanager
def _watched() -> Iterator[Callable[[Explored], object]]:
    """How far it is, on a terminal."""
    terminal = console(error=True)
    if not terminal.is_terminal:
        yield lambda explored: None
        return
    with terminal.status("exploring") as status:
        yield lambda now: status.update(f"{now.stories} stories, {len(now.new)} findings")


@dataclass(frozen=True, slots=True)
class _File:
    """Of a finding. `small`: it fails by itself; else it is the story as drawn, which fails as sweeps judge."""

    path: Path
    small: bool
    written: bool

    @property
    def command(self) -> str:
        return shlex.join(["rackloop", "run", str(self.path), *([] if self.small else ["--persist"])])


def _ground(file: Path) -> Ground:
    from simulator.scenario.language import load_scenario  # noqa: PLC0415
    from simulator.sweep.stories import ground_of  # noqa: PLC0415

    try:
        return ground_of(load_scenario(file))
    except ValueError as error:
        typer.echo(f"rackloop explore: {file}: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None


def _shrunk(explored: Explored, folder: Path) -> dict[int, _File]:
    """A file for each new finding, by its place; the same one for two that come to the same scenario."""
    from simulator.sweep.exploring import shrunk_of  # noqa: PLC0415

    files: dict[int, _File] = {}
    there: dict[str, _File] = {}
    for place, find in enumerate(explored.new, start=1):
        typer.echo(f"making small {place} of {len(explored.new)}: {find.found.name}", err=True)
        shrunk = shrunk_of(find, explored.seed)
        text, small = (shrunk, False) if isinstance(shrunk, str) else (shrunk.text, True)
        body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        if body not in there:
            path = folder / f"{find.found.name}-{place}.yaml"
            there[body] = _File(path, small, write(path, partial(str, text)))
        files[place] = there[body]
    return files


def _print(explored: Explored, files: Mapping[int, _File], out: Console) -> None:
    from rich.text import Text  # noqa: PLC0415

    from simulator.scenario.reports.failure import wrapped  # noqa: PLC0415

    told = f"{explored.told} after a failure that was told and made good"
    head = f"played    {explored.stories} stories in {explored.seconds:.1f} s from seed {explored.seed}, {told}"
    for each in wrapped(head, 10, out.width):
        out.print(Text(each), soft_wrap=True)
    for place, find in enumerate(explored.new, start=1):
        _print_one(place, find, files.get(place), out)
    for find in explored.known:
        assert find.known is not None
        line = f"  known: {find.found.name}: {find.found.text} ({_times(find)}): {find.known.because}"
        for each in wrapped(line, 4, out.width):
            out.print(Text(each, "dim"), soft_wrap=True)
    count = len(explored.new)
    text = f"{count} new {'finding' if count == 1 else 'findings'}" if count else "no new finding"
    out.print(Text(text, style="bold red" if count else "green"))


def _print_one(place: int, find: Find, file: _File | None, out: Console) -> None:
    from rich.text import Text  # noqa: PLC0415

    from simulator.scenario.reports.failure import wrapped  # noqa: PLC0415

    found = find.found
    head = Text("\n".join(wrapped(f"  {place}  {found.harm.name}  {found.name}: {found.text}", 5, out.width)))
    at = len(f"  {place}  ")
    head.stylize("bold red", at, at + len(found.harm.name))
    out.print(head, soft_wrap=True)
    out.print(Text(f"     in      story {find.number}{'' if find.times == 1 else f', and {find.times - 1} more'}"))
    for index, line in enumerate(found.why):
        for each in wrapped(f"     {'why' if index == 0 else '   '}     {line}", 23, out.width):
            out.print(Text(each), soft_wrap=True)
    if file is not None:
        out.print(Text(f"     repeat  {file.command}"), soft_wrap=True)


def _times(find: Find) -> str:
    return f"{find.times} {'story' if find.times == 1 else 'stories'}"


def _as_json(explored: Explored, ground: Ground, files: Mapping[int, _File]) -> str:
    from simulator.sweep.emit import emit  # noqa: PLC0415

    places = {id(find): place for place, find in enumerate(explored.new, start=1)}
    document = {
        "format": "rackloop exploration 1",
        "file": ground.file,
        "module": ground.module,
        "seed": explored.seed,
        "stories": explored.stories,
        "told": explored.told,
        "findings": [
            {
                "number": places.get(id(find), 0),
                "name": find.found.name,
                "harm": find.found.harm.name.lower(),
                "text": find.found.text,
                "why": list(find.found.why),
                "known": find.known.because if find.known else None,
                "story": find.number,
                "times": find.times,
                "scenario": emit(find.story),
                "file": str(files[places[id(find)]].path) if places.get(id(find)) in files else None,
            }
            for find in (*explored.new, *explored.known)
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _seconds(budget: str) -> float:
    from simulator.files.units import parse_duration  # noqa: PLC0415

    try:
        return parse_duration(budget)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--budget") from None

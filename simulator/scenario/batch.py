"""Many scenarios: found on disk, loaded, run one after another or on several processes; results in file order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.files.lab_file import data_directory
from simulator.files.problems import FileProblems, Problem
from simulator.scenario.billing.outside.plan import load_module
from simulator.scenario.labs import Mode, OpenLab, open_exact
from simulator.scenario.language import load_scenario
from simulator.scenario.plan import Scenario
from simulator.scenario.processes import end_all, led, process_context
from simulator.scenario.result import Failure, Result, Timelines, replay_command
from simulator.scenario.runner import run_scenario

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["default_path", "find_scenarios", "load_all", "run_all"]


def default_path() -> Path:
    """`scenarios/` of the working directory, else the ones that come with the package."""
    here = Path("scenarios")
    return here if here.is_dir() else data_directory("scenarios")


def find_scenarios(paths: Iterable[Path]) -> list[Path]:
    """The files that these paths mean: a directory means every `.yaml` and `.yml` in it, at any depth, sorted.

    Raises FileProblems for a path that does not exist.
    """
    found: list[Path] = []
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            found.extend(
                sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
            )
        elif path.exists():
            found.append(path)
        else:
            problems.append(Problem(str(path), 0, 0, "there is no such file or directory"))
    if problems:
        raise FileProblems(problems)
    return list(dict.fromkeys(found))


def load_all(files: Iterable[Path]) -> list[Scenario]:
    """All of them, checked. Raises FileProblems with the problems of all files."""
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scenario = load_scenario(file)
            if scenario.outside is not None:
                scenario.outside.check()
            scenarios.append(scenario)
        except FileProblems as found:
            problems.extend(found.problems)
    if problems:
        raise FileProblems(problems)
    return scenarios


def run_all(
    scenarios: Sequence[Scenario],
    *,
    seed: int | None,
    mode: Mode,
    exact: bool = False,
    open_lab: OpenLab | None = None,
    jobs: int = 1,
    stop_early: bool = False,
    keep_journal: bool = False,
    timelines: Timelines = "none",
    module: str | None = None,
    begin: Callable[[str], None] = lambda name: None,
    end: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Results in the order of the scenarios. `exact`: every datagram is played. `open_lab`: builds the labs. `stop_early` ends with the first that did not pass; `begin` and `end`
    are told of each, as it comes. A KeyboardInterrupt is raised when nothing of it runs any more. With `keep_journal` results have all records, by `timelines` the
    marks of their timelines. `module`: the file of the one that plays them instead of their own.
    """
    results: dict[int, Result] = {}
    run = partial(
        run_scenario,
        seed=seed,
        mode=mode,
        open_lab=open_exact if exact else open_lab,
        keep_journal=keep_journal,
        timelines=timelines,
    )
    runs = _alone(scenarios, run, begin) if jobs <= 1 else _together(scenarios, run, seed, mode, jobs, module, begin)
    for number, result in runs:
        results[number] = result
        end(result)
        if result.stopped or (stop_early and result.verdict != "passed"):
            break
    return [results[number] for number in sorted(results)]


_Run = Callable[[Scenario | Path], Result]


def _alone(scenarios: Sequence[Scenario], run: _Run, begin: Callable[[str], None]) -> Iterator[tuple[int, Result]]:
    for number, scenario in enumerate(scenarios):
        begin(scenario.name)
        yield number, run(scenario)


def _together(
    scenarios: Sequence[Scenario],
    run: _Run,
    seed: int | None,
    mode: Mode,
    jobs: int,
    module: str | None,
    begin: Callable[[str], None],
) -> Iterator[tuple[int, Result]]:
    """Each as it comes, with its number."""
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed  # noqa: PLC0415

    context = process_context(__name__)
    with ProcessPoolExecutor(min(jobs, len(scenarios)) or 1, mp_context=context, initializer=led) as pool:
        # The first of these starts all processes; `begin`, which may start a thread, comes after it.
        futures: dict[Future[Result], int] = {
            pool.submit(_one, scenario.file, run, module): number for number, scenario in enumerate(scenarios)
        }
        begin("")
        try:
            for future in as_completed(futures):
                number = futures[future]
                try:
                    result = future.result()
                except (FileProblems, BrokenExecutor) as error:
                    result = _lost(scenarios[number], seed, mode, str(error))
                yield number, result
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all(pool)
            raise
        finally:
            for future in futures:
                future.cancel()


def _lost(scenario: Scenario, seed: int | None, mode: Mode, why: str) -> Result:
    """A run that never came back: its process died, or its file changed under it."""
    number = (scenario.seed or 0) if seed is None else seed
    failure = Failure("the run", "a result", why or "its process died", 0)
    replay = replay_command(scenario.file, number, mode)
    return Result(
        scenario.name, scenario.file, "error", number, mode, "", 0.0, 0.0, (failure,), scenario.source, replay
    )


def _one(file: str, run: _Run, module: str | None) -> Result:
    """Run one file, in a process of its own pool: scenarios are read anew there, results travel back."""
    return run(load_scenario(Path(file), load_module(module)) if module else Path(file))

"""The program that own_process.py starts by its path: a lab that is up, scenarios, the catalogue, `provisioner`.

It finds Rackloop's packages beside itself and nowhere else: whatever the folder, PYTHONPATH or packages of who started it are. Jobs
come as a JSON object a line on stdin and are answered by one a line; when stdin ends, so does all that was begun.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.control.endpoints import Standing

Answer = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent


def take_ours() -> None:
    """Put Rackloop's packages where imports look first."""
    for name in ("simulator", "provisioner"):
        folder = ROOT / name
        spec = spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
        assert spec is not None and spec.loader is not None  # noqa: PT018 - they lie there
        sys.modules[name] = module = module_from_spec(spec)
        spec.loader.exec_module(module)


def say(answer: Answer) -> None:
    _ANSWERS.write(json.dumps(answer) + "\n")
    _ANSWERS.flush()


def catalogue() -> Answer:
    """Every kind of fault: what it hits, which parameters it takes, and which of them it must be given."""
    from simulator.faults import CATALOGUE  # noqa: PLC0415 - as all of ours here, after `take_ours`

    return {
        "kinds": [
            {
                "name": kind.name,
                "target": kind.target,
                "summary": kind.summary,
                "takes": list(kind.params.model_fields),
                "needs": [name for name, field in kind.params.model_fields.items() if field.is_required()],
            }
            for kind in CATALOGUE.values()
        ]
    }


def scenario(file: str, seed: int | None) -> Answer:
    """Play one; its verdict, and what is to be said of it."""
    from simulator.files.problems import FileProblems  # noqa: PLC0415
    from simulator.scenario.reports.failure import failure_text  # noqa: PLC0415
    from simulator.scenario.runner import run_scenario  # noqa: PLC0415

    try:
        result = run_scenario(file, seed=seed)
    except FileProblems as problems:
        return {"verdict": "error", "text": str(problems), "line": 0}
    line = next((each.line for each in result.failures if each.line), 0)
    return {"verdict": result.verdict, "text": failure_text(result), "line": line}


def up(lab: Any, seed: int, clock: str, known: list[dict[str, str]]) -> None:
    """Hold a lab up until `finish` is asked; answers itself: once it is up, and to each job after that."""
    asyncio.run(_up(lab, seed, clock, known))


async def _up(lab: Any, seed: int, clock: str, known: list[dict[str, str]]) -> None:
    from simulator.control.descriptors import allow_many  # noqa: PLC0415
    from simulator.control.endpoints import endpoints  # noqa: PLC0415
    from simulator.control.up import stand  # noqa: PLC0415
    from simulator.lab import Lab  # noqa: PLC0415
    from simulator.lab.options import WireOptions  # noqa: PLC0415
    from simulator.scenario.known import declared, judged  # noqa: PLC0415

    declarations = declared(known)
    plan = Lab.load(lab).plan
    options = WireOptions(clock=clock, seed=seed, devices="as planned")
    allow_many()
    async with stand(plan, options, control_port=0, warn=lambda line: None) as standing:
        sells = {
            "configurations": list(dict.fromkeys(each.configuration.text for each in plan.servers.values())),
            "templates": [each.name for each in plan.panel.templates if each.type == "os"],
            "pools": list(plan.pools),
        }
        say({"endpoints": endpoints(standing), "lab": plan.name, "sells": sells})
        while line := await asyncio.to_thread(sys.stdin.readline):
            job = json.loads(line)
            if job["do"] == "finish":
                break
            say({"lines": explained(standing, job["text"])})
        answer: Answer = {"wrong": [], "pending": [str(each) for each in standing.run.faults.pending()]}
        if standing.watch is not None:
            answer["wrong"] = judged(declarations, standing.watch.finish())
        answer["lines"] = explained(standing, " ".join([*answer["wrong"], *answer["pending"]]))
        say(answer)


def explained(standing: Standing, text: str) -> list[str]:
    """What the journal knows of a failure with this text."""
    from simulator.scenario.explaining import explanation  # noqa: PLC0415

    return explanation(standing.run.journal, standing.run.clock.now(), text)


def provisioner(words: list[str]) -> None:
    """The command of that name."""
    from provisioner.cli import main  # noqa: PLC0415

    sys.argv = ["provisioner", *words]
    main()


JOBS: dict[str, Callable[..., Answer | None]] = {"catalogue": catalogue, "scenario": scenario, "up": up}


def serve() -> None:
    """Answer jobs until stdin ends. What a job raises is told, and the next one may come."""
    for line in sys.stdin:
        job = json.loads(line)
        do = JOBS[job.pop("do")]
        try:
            answer = do(**job)
        except (Exception, SystemExit) as error:
            say({"error": str(error) or type(error).__name__, "kind": type(error).__name__})
        else:
            if answer is not None:
                say(answer)
        gc.collect()


if __name__ == "__main__":
    take_ours()
    if sys.argv[1:2] == ["provisioner"]:
        provisioner(sys.argv[2:])
    _ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything prints is no answer
    serve()

"""Ctrl-C ends a run at any moment, also the one in which asyncio has heard it and forgets that it has."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from simulator.commands.group import Commands
from simulator.files.lab_file import data_directory
from simulator.scenario import labs
from simulator.scenario.language import load_scenario
from simulator.scenario.runner import Session, run_scenario

FILE = data_directory("scenarios") / "installation" / "not-waited-for.yaml"


def test_a_run_whose_task_is_cancelled_from_outside_was_interrupted() -> None:
    def cancelled(*args: Any, **more: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return labs.OPEN(*args, **more)

    with pytest.raises(KeyboardInterrupt):
        run_scenario(FILE, open_lab=cancelled)


def test_one_that_is_called_off_says_so() -> None:
    session = Session(load_scenario(FILE), 0, "simulated", labs.OPEN)
    session.split_at = (10.0, session.call_off)
    with pytest.raises(asyncio.CancelledError):
        session.run()


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError])
def test_so_does_any_command(error: type[BaseException]) -> None:
    app = typer.Typer(cls=Commands)

    @app.command()
    def works() -> None:
        raise error

    @app.command()
    def rests() -> None: ...

    done = CliRunner().invoke(app, ["works"])
    assert done.exit_code == 130
    assert done.stderr == "called off\n"

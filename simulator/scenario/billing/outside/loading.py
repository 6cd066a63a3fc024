"""Finds the class that a description names, which is code of others: whatever it does when it is imported."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

from simulator.files.problems import FileProblems, Problem
from simulator.scenario.billing.outside.contract import LIFECYCLE

__all__ = ["class_of", "is_async"]


def class_of(python: str, folder: Path, file: str) -> type[Any]:
    """The class of `pkg.mod:Class`; `folder` is looked in first, `file` is what a mistake is told of. Raises FileProblems."""
    module, _, name = python.partition(":")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever a module does when it is imported
        text = f"{python} cannot be imported: {type(error).__name__}: {error}"
        raise FileProblems([Problem(file, 0, 0, text)]) from None
    missing = [verb for verb in LIFECYCLE if not callable(getattr(found, verb, None))]
    if missing:
        raise FileProblems([Problem(file, 0, 0, f"{python} has no method `{missing[0]}`")])
    assert isinstance(found, type)
    return found


def is_async(python: str, folder: Path, file: str) -> bool:
    """Whether its verbs are coroutines."""
    return inspect.iscoroutinefunction(class_of(python, folder, file).create)

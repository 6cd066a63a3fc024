"""Pages of data shipped with the program: a device model, a handler. One YAML file each, named for what it describes."""

from __future__ import annotations

import difflib
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

from pydantic import BaseModel

from simulator.kernel import yaml12

__all__ = ["Pages", "UnknownPage"]

P = TypeVar("P", bound=BaseModel)


class UnknownPage(LookupError):
    """There is no page of that name; the message offers the nearest one, or all."""


class Pages(Generic[P]):
    """The pages of one kind: `Pages("simulator.switch", "personalities", "switch personality", Personality)`."""

    def __init__(self, package: str, folder: str, kind: str, model: type[P]) -> None:
        self._folder = files(package) / folder
        self._kind = kind
        self._model = model
        self.names = cache(self._names)
        self.load = cache(self._load)

    def _names(self) -> tuple[str, ...]:
        found = (entry.name for entry in self._folder.iterdir() if entry.name.endswith(".yaml"))
        return tuple(sorted(name.removesuffix(".yaml") for name in found))

    def _load(self, name: str) -> P:
        if name not in self.names():
            near = difflib.get_close_matches(name, self.names(), 1)
            offer = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.names())}"
            raise UnknownPage(f"no {self._kind} {name!r}; {offer}")
        text = (self._folder / f"{name}.yaml").read_text(encoding="utf-8")
        return self._model.model_validate(yaml12.load(text))

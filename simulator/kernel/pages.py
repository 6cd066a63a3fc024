"""Pages of data: a device model, a handler. One YAML file each, named for what it describes. Most are shipped with the program;
one of somebody's own is known by its path.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from simulator.kernel import yaml12

__all__ = ["BadPage", "Pages", "UnknownPage", "beside", "is_file", "short_name"]

P = TypeVar("P", bound=BaseModel)
T = TypeVar("T")


class UnknownPage(LookupError):
    """There is no page of that name; the message offers the nearest one, or all."""


class BadPage(UnknownPage):
    """A page of somebody's own cannot be read, or says something that is not understood."""


def is_file(name: str) -> bool:
    """Whether a model is named by the path of its page."""
    return "/" in name or name.endswith((".yaml", ".yml"))


def short_name(name: str) -> str:
    """What people call the model."""
    return Path(name).stem if is_file(name) else name


def beside(page: str, name: str, parse: Callable[[str], T]) -> T:
    """What `parse` makes of the text of a file in the folder of a page. Raises BadPage, also where `parse` raises ValueError."""
    folder = Path(page).parent.resolve()
    file = (folder / name).resolve()
    if not file.is_relative_to(folder):
        raise BadPage(f"{page}: {name} is outside of its folder")
    try:
        return parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadPage(f"{file}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise BadPage(f"{file}: {error}") from None


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
        if is_file(name):
            return self._of_file(Path(name))
        if name not in self.names():
            near = difflib.get_close_matches(name, self.names(), 1)
            offer = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.names())}"
            raise UnknownPage(f"no {self._kind} {name!r}; {offer}")
        text = (self._folder / f"{name}.yaml").read_text(encoding="utf-8")
        return self._model.model_validate(yaml12.load(text))

    def _of_file(self, file: Path) -> P:
        try:
            return self._model.model_validate(yaml12.load(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise BadPage(f"{file}: cannot be read: {error.strerror or error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(step) for step in first["loc"])
            raise BadPage(f"{file}: {place + ': ' if place else ''}{first['msg']}") from None
        except (yaml12.BadYAML, UnicodeDecodeError) as error:
            raise BadPage(f"{file}: {error}") from None

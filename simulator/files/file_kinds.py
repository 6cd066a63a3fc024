"""Lab, scenario, module, known findings: what a file is, told by its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from simulator.files.document import Document
from simulator.files.problems import FileProblems, Problem

__all__ = ["FileKind", "check_kind", "kind_of_file"]

FileKind = Literal["lab", "scenario", "module", "baseline"]
_TITLES: Mapping[FileKind, tuple[str, str]] = {
    "lab": ("a lab", "`rackloop up FILE` brings it up, a scenario names it as its `lab`"),
    "scenario": ("a scenario", "`rackloop run FILE` runs it"),
    "module": ("a module", "`--module FILE` lets it play scenarios"),
    "baseline": ("a list of known findings", "`rackloop sweep --baseline FILE` takes it"),
}


_OWN: Mapping[FileKind, tuple[str, ...]] = {
    "scenario": ("scenario", "steps"),
    "lab": ("racks",),
    "module": ("module",),
    "baseline": ("known",),
}
"""Keys that tell a kind, those first that tell most: a scenario may have a module and known findings too."""


def kind_of_file(data: Mapping[str, Any]) -> FileKind | None:
    """What such keys make of a file; None: of no kind."""
    found = next((kind for kind, keys in _OWN.items() if any(key in data for key in keys)), None)
    return "lab" if found is None and "lab" in data else found


def check_kind(document: Document, wanted: FileKind) -> None:
    """Raises FileProblems where the file is plainly another kind's: one problem instead of one for each of its keys."""
    kind = kind_of_file(document.data)
    if kind is None or kind == wanted or any(key in document.data for key in _OWN[wanted]):
        return
    if not any(key in document.data for key in _OWN[kind]):
        return
    first = str(next(iter(document.data)))
    line, column = document.place((first,), key=True)
    is_, what = _TITLES[kind]
    raise FileProblems([Problem(document.file, line, column, f"this is {is_}, not {_TITLES[wanted][0]}", what)])

"""Lab files: found by name or path, read, checked and expanded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.files.expand import expand
from simulator.files.file_kinds import check_kind
from simulator.files.lab_schema import LabSpec
from simulator.files.models import check_models
from simulator.files.plan import LabPlan
from simulator.files.problems import did_you_mean
from simulator.files.reader import Document, Reporter, octets_of, read, validate
from simulator.kernel.pages import is_file

__all__ = [
    "data_directory",
    "find_lab",
    "foreign_programs",
    "lab_from_document",
    "lab_from_mapping",
    "lab_names",
    "load_lab",
    "no_such_lab",
]


def data_directory(name: str) -> Path:
    """`fixtures` or `scenarios` as they came with the package: inside it when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_data" / name
    return inside if inside.is_dir() else package.parent / name


def _shelves(near: Path | None) -> list[Path]:
    places = [Path("fixtures")]
    if near is not None:
        places.extend(parent / "fixtures" for parent in near.resolve().parents)
    return [place for place in (*places, data_directory("fixtures")) if place.is_dir()]


def lab_names(near: Path | None = None) -> list[str]:
    """The labs that a name alone can mean, sorted."""
    return sorted({file.stem for shelf in _shelves(near) for file in shelf.glob("*.yaml")})


def find_lab(lab: str, near: Path | None = None) -> Path | None:
    """The file that `lab` means: a path (with a slash or `.yaml`; relative to the file `near` that says it), or a
    name in `fixtures/` of the working directory, of a directory above `near`, or of the package. None: there is none.
    """
    if "/" in lab or lab.endswith((".yaml", ".yml")):
        path = Path(lab)
        places = [path] if near is None or path.is_absolute() else [near.parent / path, path]
    else:
        places = [shelf / f"{lab}.yaml" for shelf in _shelves(near)]
    return next((place for place in places if _is_file(place)), None)


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except (OSError, ValueError):
        return False


def load_lab(file: Path) -> LabPlan:
    """Read, check and expand a lab file. Raises FileProblems."""
    return lab_from_document(read(file))


def lab_from_mapping(data: Mapping[str, Any], name: str = "lab") -> LabPlan:
    """The same for a mapping at hand; problems name `name` and the path of keys. Raises FileProblems."""
    return lab_from_document(Document(name, dict(data)))


def lab_from_document(document: Document, prefix: tuple[str | int, ...] = ()) -> LabPlan:
    """A lab that stands in a document, at `prefix` when it is a part of another file. Raises FileProblems."""
    if not prefix:
        check_kind(document, "lab")
    report = Reporter(document, prefix)
    data = document.data
    for step in prefix:
        data = data[step]
    spec = validate(LabSpec, data, report)
    plan = None
    if spec is not None:
        check_models(spec, report)
        plan = None if report.problems and any(is_file(name) for name in _models(spec)) else expand(spec, report)
        if plan is not None and spec.panel.dialect:
            plan = replace(plan, dialect=_dialect(spec.panel.dialect, document, report))
    report.check()
    assert plan is not None
    return replace(plan, file=document.file) if document.in_file else plan


def _models(spec: LabSpec) -> Iterator[str]:
    for rack in spec.racks:
        yield from (each.model for each in rack.switches)
        yield from (each.model for each in rack.pdus)
        yield from (each.model for each in rack.servers)


def foreign_programs(plan: LabPlan, project: Path) -> list[str]:
    """The programs that a lab would run and that are not of this project: those of a lab file elsewhere, and those that do not stand
    beside the lab file or below.
    """
    if not plan.file:
        return []  # somebody's own program has put it together
    folder, ours = Path(plan.file).parent.resolve(), (project.resolve(), data_directory("fixtures").parent)
    if not any(folder.is_relative_to(each) for each in ours):
        return plan.programs
    return [program for program in plan.programs if not Path(program).is_relative_to(folder)]


def _dialect(name: str, document: Document, report: Reporter) -> str:
    """The text of a dialect file; what it says is checked by the room that speaks it. A lab in a file names what stands beside it
    or below: somebody else's lab does not read what is ours.
    """
    folder = Path(document.file).parent.resolve()
    file = (folder / name).resolve()
    if document.in_file and not file.is_relative_to(folder):
        report.at(("panel", "dialect"), f"{name} is outside of the lab's folder")
        return ""
    try:
        return octets_of(file).decode("utf-8")
    except (OSError, ValueError) as error:
        report.at(("panel", "dialect"), f"{name} cannot be read: {getattr(error, 'strerror', None) or error}")
        return ""


def no_such_lab(lab: str, near: Path | None = None) -> tuple[str, str]:
    """Message and hint for a lab that `find_lab` does not find."""
    return f"there is no lab `{lab}`", did_you_mean(lab, lab_names(near), "labs")

"""Why the mock differs from a document where it does: the list that the docs show."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from simulator.fidelity.compare import Difference
from simulator.kernel import yaml12

__all__ = ["Reason", "load_reasons", "reason_for"]


class Reason(BaseModel):
    """A row of the file. `*` in it stands for anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str
    """Its title."""
    route: str
    place: str = "*"
    """`missing` for a route that we do not have."""
    reason: str

    def explains(self, title: str, difference: Difference) -> bool:
        pairs = ((title, self.document), (difference.route, self.route), (difference.place, self.place))
        return all(_fits(text, pattern) for text, pattern in pairs)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reasons: list[Reason]


def _fits(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern.replace("[", "[[]"))


@cache
def load_reasons() -> tuple[Reason, ...]:
    text = resources.files("simulator.fidelity").joinpath("reasons.yaml").read_text(encoding="utf-8")
    return tuple(_File.model_validate(yaml12.load(text)).reasons)


def reason_for(title: str, difference: Difference, reasons: Iterable[Reason]) -> Reason | None:
    return next((each for each in reasons if each.explains(title, difference)), None)

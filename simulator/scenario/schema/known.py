"""`known`: what a scenario declares to be violated, and why."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from simulator.files.base import FileModel
from simulator.invariants.catalogue import BY_NAME
from simulator.scenario.schema.base import Glob

__all__ = ["InvariantName", "KnownSpec"]


def _invariant(name: str) -> str:
    """As pydantic refuses a word that is none of a `Literal`."""
    if name not in BY_NAME:
        expected = ", ".join(map(repr, BY_NAME))
        raise PydanticCustomError("literal_error", "Input should be one of {expected}", {"expected": expected})
    return name


InvariantName = Annotated[str, AfterValidator(_invariant), WithJsonSchema({"type": "string", "enum": list(BY_NAME)})]


class KnownSpec(FileModel):
    """An invariant that does not hold here, and the reason; it must come to that, or the scenario fails."""

    violates: InvariantName
    """The invariant's name, as a failure tells it."""
    of: Glob | None = None
    """Only of this server, service or address (a pattern)."""
    because: str = Field(min_length=1)
    """Why it is so: the document that leaves it, or what the scenario means to show."""

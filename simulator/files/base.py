"""What all parts of lab and scenario files are made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["FileModel"]


class FileModel(BaseModel):
    """A part of a file as it is written: unknown keys are errors, and the docstrings of its fields are for editors.

    pydantic compiles it when it is first used; `json_schema` reads the docstrings, which nobody else needs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

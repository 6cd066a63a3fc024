"""What all parts of lab and scenario files are made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["FileModel"]


class FileModel(BaseModel):
    """A part of a file as it is written: unknown keys are errors, and the docstrings of its fields are for editors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

"""The dialect file: which paths there are, what they mean, and where their forms come from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from ruamel.yaml import YAML

__all__ = ["Provenance", "Route", "load_dialect", "read_dialect"]

Provenance = Literal["documented", "observed", "inferred"]
MethodAndPath = Annotated[str, StringConstraints(pattern=r"^(GET|POST|DELETE) (/[A-Za-z0-9_.-]+|/\{[a-z]+\})+$")]


class Route(BaseModel):
    """One row of the dialect file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    call: MethodAndPath
    action: str
    provenance: Provenance
    source: str
    status: int = 200
    aliases: tuple[MethodAndPath, ...] = ()
    keys: Mapping[str, str] = {}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    routes: list[Route]


def read_dialect(text: str) -> tuple[Route, ...]:
    """The routes of a dialect file. Raises pydantic's or ruamel's errors, and ValueError for a call named twice."""
    routes = tuple(_File.model_validate(YAML(typ="safe", pure=True).load(text)).routes)
    seen: set[str] = set()
    for route in routes:
        for call in (route.call, *route.aliases):
            if call in seen:
                raise ValueError(f"the dialect names {call} twice")
            seen.add(call)
    return routes


@lru_cache(maxsize=1)
def load_dialect() -> tuple[Route, ...]:
    """The routes that come with this package."""
    return read_dialect(resources.files("simulator.api6").joinpath("dialect.yaml").read_text(encoding="utf-8"))

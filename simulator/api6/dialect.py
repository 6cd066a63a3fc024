"""The dialect file: which paths there are, what they mean, and where their forms come from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from simulator.api6.answers import check_fields
from simulator.dcim import errors
from simulator.kernel import yaml12

__all__ = ["Code", "Dialect", "Provenance", "Route", "load_dialect", "read_dialect", "read_file"]

Provenance = Literal["documented", "observed", "inferred"]
MethodAndPath = Annotated[str, StringConstraints(pattern=r"^(GET|POST|DELETE) (/[A-Za-z0-9_.-]+|/\{[a-z]+\})+$")]


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Route(BaseModel):
    """One row of the dialect file."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    call: MethodAndPath
    action: str
    provenance: Provenance
    source: str
    status: int = 200
    aliases: tuple[MethodAndPath, ...] = ()
    keys: Mapping[str, str] = {}
    """Other names that are accepted for keys of the body."""
    answer_keys: Mapping[str, str] = {}
    """Other names for keys of the answer, and of the rows of its list."""


class Code(BaseModel):
    """HTTP status and code of an error, in place of ours."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    status: Annotated[int, Field(ge=400, le=599)]
    code: int


class Dialect(BaseModel):
    """A whole dialect file."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    extends: Literal["rackloop"] | None = None
    """The rows stand in place of those that the package has for the same actions; all others stay."""
    routes: tuple[Route, ...] = ()
    codes: Mapping[str, Code] = {}
    """By the panel's name of the error, as in `NotLoggedIn`."""
    fields: Mapping[str, Mapping[str, FieldName]] = {}
    """Other names for fields of answers, by type of `answers.yaml`: `Server: {owner: client}`."""


@lru_cache(maxsize=8)
def read_file(text: str) -> Dialect:
    """A lab's own dialect, completed with the package's rows if it extends them. Raises ValueError for text that is no
    dialect, for a call named twice, for an error that the panel does not know, and for a field that no answer has.
    """
    try:
        dialect = Dialect.model_validate(yaml12.load(text))
    except yaml12.BadYAML as error:
        raise ValueError(f"the dialect file is not YAML: {error}") from None
    for name in dialect.codes:
        if name not in errors.__all__:
            raise ValueError(f"codes: the panel has no error {name}; it has {', '.join(errors.__all__)}")
    check_fields(dialect.fields)
    routes = dialect.routes
    if dialect.extends is not None:
        own = {route.action for route in routes}
        routes = (*routes, *(route for route in load_dialect() if route.action not in own))
    return dialect.model_copy(update={"routes": _once(routes)})


def read_dialect(text: str) -> tuple[Route, ...]:
    """The routes of a dialect file. Raises as `read_file`."""
    return read_file(text).routes


def _once(routes: tuple[Route, ...]) -> tuple[Route, ...]:
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

"""A module as a file describes it: how it is reached, what time it lives in, what its vendor knows of it and leaves so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from simulator.files.base import FileModel
from simulator.files.units import Duration
from simulator.invariants.catalogue import BY_NAME

__all__ = ["BUNDLED_WORDS", "KnownSpec", "ModuleFileSpec", "ModuleSpec"]

BUNDLED_WORDS = ("whmcs6", "billmanager5", "billmanager6")
_TIME = re.compile(r"told|real|faketime(:[1-9]\d{0,4})?|scaled:[1-9]\d{0,4}")


def _time(text: str) -> str:
    if _TIME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no time: write told, real, faketime, faketime:N, or scaled:N")
    return text


_WORDS = Annotated[list[str], Field(min_length=1)]


class ModuleSpec(FileModel):
    """How a module is reached: one of `python`, `exec`, `http`, `whmcs`, `billmanager` and `bundled`."""

    python: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    """A class: `acme.rack:Module`. Its methods are the verbs."""
    exec: _WORDS | None = None
    """A program and its arguments, called once per verb."""
    http: str | None = Field(default=None, pattern=r"^https?://")
    """A service: each verb is one POST."""
    whmcs: str | None = None
    """A server module of WHMCS: its PHP file."""
    billmanager: str | None = None
    """A processing module of BILLmanager: its executable."""
    bundled: str | None = None
    """One of the modules that come with Rackloop, through the same contract."""
    panel: Literal["dci6", "dci5"] = "dci6"
    """The version of DCImanager that it speaks with."""
    time: (
        Annotated[str, AfterValidator(_time), WithJsonSchema({"type": "string", "pattern": f"^({_TIME.pattern})$"})]
        | None
    ) = None
    """`told`: the module moves the lab's clock; `faketime:N`: its clock and the lab's run N times as fast; `scaled:N`: the lab's alone does;
    `real`.
    """
    verbs: list[str] = []
    """What it offers beside the four verbs of a service's life."""
    name: str | None = None
    """In verdicts; the file's name without one."""
    patience: float = Field(default=45.0, gt=0, le=3600)
    """Real seconds in which it neither ends, nor calls a panel, nor moves the clock: then it hangs."""
    http_timeout: Duration = 30.0
    """With `told`: lab time after which its HTTP client gives up an answer that does not come; the lab ends the connection then."""
    tls: bool = False
    """Panels over HTTPS, with a certificate of the lab's own that the environment names."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """The panel's port, for a module that has it built in; any free one without it."""
    env: dict[str, str] = {}
    """Further environment of the program."""
    php: str = "php"
    """For `whmcs`: the interpreter."""
    configoptions: dict[str, str] | list[str] = []
    """For `whmcs`: the product's module settings, in their order or by name; `{configuration}`, `{os}`, `{pool}` stand for the order's."""
    options: dict[str, str] = {}
    """For `whmcs`: configurable options by name; the same words stand for the order's."""
    customfields: dict[str, str] = {}
    """For `whmcs`: custom fields by name."""
    tariff: dict[str, str] = {"configuration": "{configuration}", "os": "{os}", "pool": "{pool}"}
    """For `billmanager`: parameters of the tariff plan, by the names that the module has for them; the same words stand for the order's."""
    params: dict[str, str] = {}
    """For `whmcs`: other parameters than WHMCS would give, such as `serverhostname: "{host}:{port}"`."""

    @model_validator(mode="after")
    def one_way(self) -> ModuleSpec:
        ways = [
            way
            for way in ("python", "exec", "http", "whmcs", "billmanager", "bundled")
            if getattr(self, way) is not None
        ]
        if len(ways) != 1:
            raise ValueError(
                "a module is reached in one way: say one of python, exec, http, whmcs, billmanager, bundled"
            )
        if self.bundled is not None and self.bundled not in BUNDLED_WORDS:
            raise ValueError(f"bundled is one of {', '.join(BUNDLED_WORDS)}")
        return self


_KNOWN = ("owner-left", "address-left", "scenario", *BY_NAME)


def _known_name(name: str) -> str:
    """As pydantic refuses a word that is none of a `Literal`."""
    if name not in _KNOWN:
        raise PydanticCustomError(
            "literal_error", "Input should be one of {expected}", {"expected": ", ".join(map(repr, _KNOWN))}
        )
    return name


KnownName = Annotated[str, AfterValidator(_known_name)]


class KnownSpec(FileModel):
    """Something that the module leaves, and its vendor means to; or a scenario that it does not play, and why."""

    when: Literal["failed", "closed", "active", "suspended"] | None = None
    """Of services in this state; of any without it."""
    name: str | None = None
    """Of `scenario`: its place in the library, such as `life/failed-and-closed`."""
    because: str = Field(min_length=1)
    """Why it is so."""


class ModuleFileSpec(FileModel):
    """A module file, as written."""

    module: Annotated[
        Annotated[str, Tag("<name>")] | Annotated[ModuleSpec, Tag("<mapping>")],
        Discriminator(lambda value: "<mapping>" if isinstance(value, Mapping | ModuleSpec) else "<name>"),
    ]
    """A mapping, or the name of a bundled module."""
    settings: dict[str, Any] = {}
    """Given to it as they are, where a scenario does not say otherwise."""
    known: list[dict[KnownName, KnownSpec]] = []
    """What is no finding: `owner-left`, `address-left`, `scenario`, or the name of an invariant."""

"""Faults: which there are, asking for one, and mending them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema

from simulator.control.api.lab import Lab, Limit, Offset, Refused, hint
from simulator.control.api.problems import sentences
from simulator.faults import CATALOGUE, NotPossible
from simulator.faults.engine import Injected
from simulator.files.json_schema import describe_fields
from simulator.lab import Run

__all__ = ["fault_schemas", "router"]

router = APIRouter(prefix="/__lab/faults", tags=["faults"])


class FaultView(BaseModel):
    """`active`: it holds now; otherwise it was asked for and has not come about, or not yet."""

    kind: str
    target: str
    active: bool
    params: dict[str, Any]


class FaultList(BaseModel):
    """`size`: how many were asked for; `next`: the `offset` of the following page, null on the last."""

    list: list[FaultView]
    size: int
    next: int | None
    kinds: dict[str, str]
    """Every kind that there is, and what it does."""


class InjectedView(BaseModel):
    kind: str
    target: str


class Cleared(BaseModel):
    cleared: int


@router.get("", summary="The faults that were asked for, and every kind that there is")
async def show(lab: Lab, offset: Offset = 0, limit: Limit = 1000) -> FaultList:
    """Those that hold first."""
    faults = lab.run.faults
    asked = [*((fault, True) for fault in faults.active()), *((fault, False) for fault in faults.waiting())]
    last = min(offset + limit, len(asked))
    views = [_view(fault, active=active) for fault, active in asked[offset:last]]
    kinds = {kind.name: kind.summary for kind in CATALOGUE.values()}
    return FaultList(list=views, size=len(asked), next=last if last < len(asked) else None, kinds=kinds)


def _view(fault: Injected, *, active: bool) -> FaultView:
    params = fault.params.model_dump(by_alias=True, exclude_none=True)
    at = params.get("at")
    if isinstance(at, dict):  # a share of the image's work
        params["at"] = f"{100 * at['share']:g}%"
    return FaultView(kind=fault.kind, target=fault.params.target, active=active, params=params)


@router.post("", status_code=201, summary="Let something break", openapi_extra={"requestBody": {"required": True}})
async def inject(lab: Lab, request: Request) -> InjectedView:
    """The body is as in a scenario file: `{"<kind>": {"server": "srv-01", ...}}`, with `at` and `for` where wanted."""
    body = await _object(request)
    if len(body) != 1 or not isinstance(next(iter(body.values())), dict):
        raise Refused(400, 'say {"<kind>": {"server": "...", ...}}')
    kind, params = next(iter(body.items()))
    _kind(kind)
    model = CATALOGUE[kind].params
    try:
        parsed = model.model_validate(params)
    except ValidationError as error:
        keys = [field.alias or name for name, field in model.model_fields.items()]
        raise Refused(400, sentences(error, keys)) from None
    _name(lab.run, CATALOGUE[kind].target, parsed.target)
    try:
        lab.run.faults.inject(kind, parsed)
    except NotPossible as error:
        raise Refused(409, str(error)) from None
    return InjectedView(kind=kind, target=parsed.target)


@router.delete("", summary="Mend faults, and call off those that have not struck: all, or those that match")
async def clear(
    lab: Lab,
    kind: Annotated[str | None, Query(description="of this kind")] = None,
    target: Annotated[str | None, Query(description="of this server, switch or PDU, or `panel`")] = None,
    server: Annotated[str | None, Query()] = None,
    switch: Annotated[str | None, Query()] = None,
    pdu: Annotated[str | None, Query()] = None,
) -> Cleared:
    run = lab.run
    given = {"target": target, "server": server, "switch": switch, "pdu": pdu}
    named = {group: name for group, name in given.items() if name is not None}
    if len(named) > 1:
        raise Refused(400, f"say one of {', '.join(named)}")
    if kind is not None:
        _kind(kind)
    for group, name in named.items():
        if group == "target":
            known = ["panel", *(each for names in _places(run).values() for each in names)]
            if name not in known:
                raise Refused(404, f"there is no target {name!r}{hint(name, known, 'there are')}")
        else:
            _name(run, group, name)
    return Cleared(cleared=run.faults.clear(kind, next(iter(named.values()), None)))


def _kind(kind: str) -> None:
    if kind not in CATALOGUE:
        raise Refused(404, f"there is no fault {kind!r}{hint(kind, CATALOGUE, 'faults')}")


def _places(run: Run) -> dict[str, Mapping[str, Any]]:
    return {"server": run.plant.servers, "switch": run.plant.switches, "pdu": run.plant.pdus}


def _name(run: Run, group: str, name: str) -> None:
    """`group`: of the catalogue; `switch or pdu` is both. Raises Refused for a name that none of it has."""
    places = _places(run)
    known = [each for one in group.split(" or ") for each in places.get(one, ())]
    if known and name not in known:
        raise Refused(404, f"there is no {group} {name!r}{hint(name, known, 'there are')}")


async def _object(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object")
    return body


def fault_schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """Schema of the body that asks for a fault, one form for each kind, and the schemas that it refers to."""
    describe_fields()
    kinds = list(CATALOGUE.values())
    models = dict.fromkeys(kind.params for kind in kinds)
    places, shared = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/fault.{model}"
    )
    forms = [
        {
            "type": "object",
            "description": kind.summary,
            "required": [kind.name],
            "properties": {kind.name: places[kind.params, "validation"]},
            "additionalProperties": False,
        }
        for kind in kinds
    ]
    # Kinds of faults are named as their makers like; some are named like an answer of this API.
    return {"oneOf": forms}, {f"fault.{name}": each for name, each in shared.get("$defs", {}).items()}

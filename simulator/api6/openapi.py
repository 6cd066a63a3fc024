"""/openapi.json: what each route takes and answers, with `x-provenance` on every route, field and message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from simulator.api6 import errors as words
from simulator.api6.answers import Fields, answer_shape, column_names, media_type, type_shape, unquoted
from simulator.api6.calls import HANDLERS, Handler
from simulator.api6.dialect import Provenance, Route
from simulator.api6.lists.where import Columns

__all__ = ["answer_schema", "describe", "document"]

Schema = dict[str, Any]

_KINDS: Mapping[str, str] = {
    "int": "integer",
    "num": "number",
    "str": "string",
    "bool": "boolean",
    "object": "object",
}
_NUMBERS = ("id", "ipid", "oid", "pid", "sid")
"""Parameters of paths that are ids, and nothing but ids."""
_LARGEST = 10**18 - 1
_LIMIT = r"^ *([0-9]{1,18} *(, *[0-9]{1,18} *)?)?$"
_VALUES: Schema = {
    "type": "object",
    "properties": {
        "list": {"type": "array", "items": {"type": "object", "minProperties": 1, "maxProperties": 1}},
        "size": {"type": "integer"},
    },
    "required": ["list", "size"],
    "x-with": "filter",
}
"""What a list answers instead of its rows when it is asked with `filter`."""
_ERRORS = ("400", "401", "403", "404", "409", "413", "500", "502", "503")
_KNOWN_CODES = {1000: "observed", 1106: "documented", 3001: "documented", 3080: "documented", 503: "documented"}


def answer_schema(action: str, provenance: Provenance = "inferred", fields: Fields | None = None) -> Schema | None:
    """JSON Schema of an action's answer, its fields stamped; None for an action whose answer is not described."""
    shape = answer_shape(action)
    return None if shape is None else _schema(shape, provenance, fields or {})


def _schema(shape: Any, provenance: str, fields: Fields) -> Schema:
    """JSON Schema of a shape in the words of dialect.yaml: a list of one, an object, `<row>` a page of rows, `word?` nullable, `a|b` one of
    these, a media type, a plain kind, or the name of another shape.
    """
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0], provenance, fields)}
    if isinstance(shape, dict):
        return _object(shape, provenance, fields)
    if shape.startswith("<"):
        return _object({"list": [shape[1:-1]], "size": "int", "last_notify": "int"}, provenance, fields)
    if shape.endswith("?"):
        return _nullable(_schema(unquoted(shape[:-1]), provenance, fields))
    if "|" in shape:
        words = shape.split("|")
        numbers = all(word.isdigit() for word in words)
        return {"type": "integer", "enum": list(map(int, words))} if numbers else {"type": "string", "enum": words}
    if shape == "any":
        return {}
    if "/" in shape:
        return {"type": "string", "format": "binary"}
    if shape in _KINDS:
        return {"type": _KINDS[shape]}
    found = type_shape(shape)
    return (
        _object(found, provenance, fields, fields.get(shape))
        if isinstance(found, dict)
        else _schema(found, provenance, fields)
    )


def _object(
    shape: Mapping[str, Any], provenance: str, fields: Fields, names: Mapping[str, str] | None = None
) -> Schema:
    if list(shape) == ["*"]:
        return {"type": "object", "additionalProperties": _schema(shape["*"], provenance, fields)}
    properties: Schema = {}
    required = []
    for key, inner in shape.items():
        name = key.rstrip("?~")
        name = (names or {}).get(name, name)
        of = "inferred" if "~" in key else provenance
        properties[name] = {**_schema(inner, of, fields), "x-provenance": of}
        if "?" not in key:
            required.append(name)
    if not shape:
        return {"type": "object", "additionalProperties": False}
    schema = {"type": "object", "properties": properties}
    return {**schema, "required": required} if required else schema


def _nullable(schema: Schema) -> Schema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


# a route


def describe(row: Route, handler: Handler, path: str, fields: Fields) -> Schema:
    """A route as an operation of OpenAPI."""
    method = row.call.partition(" ")[0]
    extra: Schema = {
        "operationId": f"{method.lower()}{path}",
        "summary": row.action,
        "tags": [path.split("/")[1]],
        "x-provenance": row.provenance,
        "x-source": row.source,
    }
    if row.aliases:
        extra["x-aliases"] = list(row.aliases)
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": name, "in": "path", "required": True, "schema": _parameter(name)} for name in names]
    answer = answer_schema(row.action, row.provenance, fields)
    if answer is not None:
        answer = _renamed(answer, row.answer_keys)
    if answer is not None and handler.listing is not None:
        columns = handler.listing.columns
        shown = column_names(row.action, columns, fields)
        parameters += _asked({shown.get(name, name): column for name, column in columns.items()})
        answer = {"anyOf": [answer, _VALUES]}
    if parameters:
        extra["parameters"] = parameters
    if method == "POST":
        extra["requestBody"] = {"content": {"application/json": {"schema": _body(handler, row.provenance)}}}
    responses: Schema = {code: {"$ref": f"#/components/responses/{code}"} for code in _ERRORS}
    for status in (row.status, *handler.also):
        other = answer_schema(f"{row.action} {status}", row.provenance, fields)
        content = {media_type(row.action): {"schema": other or answer or {}}}
        responses[str(status)] = {"description": "It was done.", "content": content}
    extra["responses"] = responses
    if handler.inside:
        extra["security"] = [{"inside": []}]
    elif not handler.public:
        extra["security"] = [{"x-xsrf-token": []}, {"ISP-Session": []}, {"ses6": []}]
    return extra


def _parameter(name: str) -> Schema:
    return {"type": "integer", "minimum": 0, "maximum": _LARGEST} if name in _NUMBERS else {"type": "string"}


def _asked(columns: Columns) -> list[Schema]:
    """The parameters of a list: which fields it knows, and of what kind they are."""
    first = next(iter(columns))
    fields = {name: column.kind for name, column in columns.items()}
    return [
        _query("where", f"a condition on fields of the list, as in `NOT {first} IS null`", {"x-fields": fields}),
        _query("orderby", f"`{first}`, `{first} asc` or `{first} desc`, several with commas", {}),
        _query("limit", "`size` or `offset,size`", {"pattern": _LIMIT}),
        _query("filter", "a field: answer its distinct values instead", {"enum": list(columns)}),
    ]


def _query(name: str, text: str, more: Schema) -> Schema:
    return {"name": name, "in": "query", "description": text, "schema": {"type": "string", **more}}


def _renamed(schema: Schema, names: Mapping[str, str]) -> Schema:
    if not names or "properties" not in schema:
        return schema
    properties = {names.get(key, key): inner for key, inner in schema["properties"].items()}
    if "items" in properties.get("list", ()):
        listed = properties["list"]
        properties["list"] = {**listed, "items": _renamed(listed["items"], names)}
    return {**schema, "properties": properties, "required": [names.get(key, key) for key in schema["required"]]}


def _body(handler: Handler, provenance: str) -> Schema:
    schema = handler.body.model_json_schema()
    inlined: Schema = _inlined(schema, schema.pop("$defs", {}))
    for field in inlined.get("properties", {}).values():
        field["x-provenance"] = provenance
    return inlined


def _inlined(schema: Any, named: Mapping[str, Any]) -> Any:
    """Without references and without the titles that pydantic makes up."""
    if isinstance(schema, list):
        return [_inlined(each, named) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_inlined(named[schema["$ref"].rpartition("/")[2]], named), **_inlined(rest, named)}
    return {
        key: {name: _inlined(each, named) for name, each in value.items()}
        if key == "properties"
        else _inlined(value, named)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }


# the document


def document(title: str, description: str, rows: Iterable[Route], fields: Fields) -> Schema:
    """The whole of it."""
    paths: Schema = {}
    for row in rows:
        method, _, path = row.call.partition(" ")
        paths.setdefault(path, {})[method.lower()] = describe(row, HANDLERS[row.action], path, fields)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "3", "description": description},
        "servers": [{"url": "/"}, {"url": "/api"}],
        "paths": paths,
        "components": {
            "responses": {code: _error(int(code)) for code in _ERRORS},
            "securitySchemes": {
                "x-xsrf-token": {"type": "apiKey", "in": "header", "name": "x-xsrf-token"},
                "ISP-Session": {"type": "apiKey", "in": "header", "name": "ISP-Session"},
                "ses6": {"type": "apiKey", "in": "cookie", "name": "ses6"},
                "inside": {"type": "apiKey", "in": "header", "name": "Internal-Auth"},
            },
        },
    }


@cache
def _error(status: int) -> Schema:
    """An error answer; its codes, each with what it means and where it comes from."""
    field = {"x-provenance": "documented"}
    table = {code: (kind.__doc__ or "").strip() for kind, (of, code) in words.TABLE.items() if of == status}
    others = {words.HANDLER_NOT_FOUND: "No such route.", words.UNAVAILABLE: "Unavailable", words.OURS: "Our own fault."}
    others[words.TOO_LARGE] = "The body is too large."
    table.update({code: text for (of, code), text in others.items() if of == status})
    return {
        "description": "; ".join(f"{code}: {text}" for code, text in sorted(table.items())),
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {
                            "type": "object",
                            "required": ["code", "msg", "value"],
                            "properties": {
                                "code": {"type": "integer", **field},
                                "msg": {"type": "string", **field},
                                "value": {"type": "string", **field},
                            },
                            **field,
                        }
                    },
                }
            }
        },
        "x-messages": [
            {"code": code, "meaning": text, "x-provenance": _KNOWN_CODES.get(code, "inferred")}
            for code, text in sorted(table.items())
        ],
    }

"""JSON Schemas of the file formats, draft 7: what editors' YAML language servers understand.

pydantic writes draft 2020-12; the differences that matter here are `$defs` against `definitions` and siblings of
`$ref`, which draft 7 ignores.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from simulator.files.base import FileModel

__all__ = ["DRAFT_7", "describe_fields", "draft_7", "field_texts", "model_schema"]

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
_RULES = re.compile(r"\s+")


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}


def model_schema(model: type[BaseModel], *others: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model as pydantic writes it; `others` stand among its definitions. `{"x-ref": "Name"}` in it is
    a reference to a definition.
    """
    describe_fields()
    _, schema = models_json_schema(
        [(each, "validation") for each in (model, *others)], by_alias=True, schema_generator=_Generator
    )
    definitions = schema["$defs"]
    return {**definitions.pop(model.__name__), "$defs": definitions}


def describe_fields() -> None:
    """Give the fields of files their docstrings as descriptions. pydantic's own `use_attribute_docstrings` would read
    the source of every model in every run.
    """
    models = [each for each in _below(FileModel) if each not in _DESCRIBED]
    if not models:
        return
    for model in models:
        texts = {name: text for each in reversed(model.__mro__) for name, text in _own(each).items()}
        for name, field in model.model_fields.items():
            if field.description is None:
                field.description = texts.get(name)
    _DESCRIBED.update(models)
    for model in _below(FileModel):  # those that were in use before
        model.model_rebuild(force=True)


_DESCRIBED: set[type[BaseModel]] = set()


def _below(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Its subclasses and theirs, in the order in which they were written."""
    found = dict.fromkeys(model.__subclasses__())
    for each in list(found):
        found.update(dict.fromkeys(_below(each)))
    return list(found)


def _own(model: type) -> dict[str, str]:
    return field_texts(model) if issubclass(model, FileModel) else {}


def field_texts(model: type) -> dict[str, str]:
    """The text under each field that a class itself has, by field."""
    body = next(each.body for each in _source(model.__module__) if each.name == model.__name__)
    return {
        field.target.id: cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


@cache
def _source(module: str) -> list[ast.ClassDef]:
    tree = ast.parse(getsource(sys.modules[module]))
    return [each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)]


def draft_7(schema: dict[str, Any], title: str) -> dict[str, Any]:
    """The same schema in draft 7, with a title of its own."""
    converted = _convert(schema)
    assert isinstance(converted, dict)
    converted.pop("title", None)
    return {"$schema": DRAFT_7, "title": title, **converted}


def _convert(value: Any) -> Any:
    """From pydantic's draft 2020-12 to draft 7, which editors read: other key words, no titles, and nothing beside a `$ref`."""
    if isinstance(value, list):
        return [_convert(each) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, each in value.items():
        if key == "$ref" and isinstance(each, str):
            found[key] = each.replace("#/$defs/", "#/definitions/")
        elif key in ("properties", "patternProperties", "$defs"):
            found["definitions" if key == "$defs" else key] = {name: _convert(sub) for name, sub in each.items()}
        elif key == "x-ref":
            found["$ref"] = f"#/definitions/{each}"
        elif key == "prefixItems":
            found["items"] = _convert(each)
        elif key == "title" and isinstance(each, str):
            continue
        elif key == "description" and isinstance(each, str):
            found[key] = _RULES.sub(" ", each).strip()
        else:
            found[key] = _convert(each)
    if "$ref" in found and len(found) > 1:
        reference = found.pop("$ref")
        return {"allOf": [{"$ref": reference}], **found}
    return found

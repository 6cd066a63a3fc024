"""Writes the reference pages: `python -m docs.reference` writes them all, `python -m docs.reference faults` prints one.

What is in them stands in the code: the catalogue of faults, the models of both file formats, the routes of the lab control.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic.alias_generators import to_snake

from simulator.control.api import clock, journal, report, state
from simulator.control.api import faults as faults_api
from simulator.control.app import openapi_of
from simulator.faults.catalogue import CATALOGUE
from simulator.files.json_schema import model_schema
from simulator.files.lab_file import data_directory
from simulator.files.lab_schema import LabSpec
from simulator.files.reader import read
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.billing.settings import settings_schema
from simulator.scenario.schema.scenario import ScenarioSpec
from simulator.sweep.emit import emit

DOCS = Path(__file__).resolve().parent
_MADE = "\nWritten from the code by `python -m docs.reference`.\n"
_FAMILIES = {
    "server": "Servers",
    "switch": "Switches",
    "pdu": "PDUs",
    "switch or pdu": "SNMP agents of switches and PDUs",
    "panel": "Panels, and HTTP between billing and them",
}


# what a value is


def takes(schema: Mapping[str, Any]) -> str:
    """What a key takes, in a few words of Markdown."""
    if "$ref" in schema:
        return _link(schema["$ref"].rpartition("/")[2])
    if "x-ref" in schema:
        return _link(schema["x-ref"])
    if "allOf" in schema:
        return takes(schema["allOf"][0])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in dict.fromkeys(map(str, schema["enum"])))
    if examples := schema.get("examples"):
        return f"{_quantity(schema, examples[0])} {', '.join(f'`{each}`' for each in examples)}"
    for many in ("anyOf", "oneOf"):
        if many in schema:
            kinds = dict.fromkeys(takes(each) for each in schema[many] if each.get("type") != "null")
            return (", " if len(kinds) > 4 else " or ").join(kinds)
    match schema.get("type"):
        case "integer":
            return "whole number" + _range(schema)
        case "number":
            return "number" + _range(schema)
        case "boolean":
            return "`true`, `false`"
        case "array":
            items = schema.get("items", {})
            shapes = next((items[many] for many in ("anyOf", "oneOf") if many in items), ())
            return f"list; {len(shapes)} kinds, below" if len(shapes) > 8 else f"list of {takes(items)}"
        case "object":
            return "mapping"
        case "string":
            return "text"
    return "anything"


def _quantity(schema: Mapping[str, Any], example: str) -> str:
    text = str(example)
    if re.fullmatch(r"\d+m", text) or (text == "40%" and len(schema.get("examples", ())) > 1):
        return "time," if text != "40%" else "time or share,"
    return {"900 MB": "size,", "1 Gbit/s": "rate,", "40%": "share,"}.get(text, "text,")


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    parts = [f"from {low:g}" if low is not None else "", f"above {above:g}" if above is not None else ""]
    parts += [
        f"to {high:g}" if high is not None and high < 1e15 else "",
        f"below {below:g}" if below is not None else "",
    ]
    said = " ".join(filter(None, parts))
    return f" {said}" if said else ""


_ELSEWHERE = {
    "Fault": "[fault](faults.md)",
    "LabSpec": "[lab](lab-keys.md)",
    "ModuleSpec": "[module](modules.md)",
    "Settings": "the module's settings, below",
}


def _link(name: str) -> str:
    return _ELSEWHERE.get(name) or f"[{_title(name)[:1].lower()}{_title(name)[1:]}](#{_anchor(name)})"


def _title(name: str) -> str:
    """What a part of a file is called: `CreateArgs` is what a step `create` takes."""
    *_, where, name = ["", "", *name.split("__")]  # of two of one name pydantic says the modules
    if where:
        return f"{_title(name)} of {where}"
    words = to_snake(re.sub(r"Spec$", "", name)).replace("_", " ")
    words = re.sub(r"^(.*) args$", r"\1 arguments", re.sub(r"^(.*) expect$", r"\1 expected", words))
    return words[:1].upper() + words[1:]


def _anchor(name: str) -> str:
    return _title(name).lower().replace(" ", "-")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _default(schema: Mapping[str, Any], *, required: bool) -> str:
    if required:
        return "*needed*"
    value = schema.get("default")
    if value is None or value in ([], {}, "") or isinstance(value, dict):
        return ""
    if isinstance(value, float | int) and not isinstance(value, bool) and "examples" in json.dumps(schema):
        return _with_unit(schema, value)
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _with_unit(schema: Mapping[str, Any], value: float) -> str:
    text = json.dumps(schema)
    if "900 MB" in text:
        return f"`{value / 1e6:g} MB`"
    if "Gbit/s" in text:
        return f"`{value / 1e9:g} Gbit/s`"
    if '"40%"' in text and '"10m"' not in text:
        return f"`{value:.0%}`"
    for size, unit in ((3600, "h"), (60, "m"), (1, "s")):
        if value >= size and value % size == 0:
            return f"`{value // size:g}{unit}`"
    return f"`{value:g}s`" if value >= 1 else f"`{value * 1000:g}ms`" if value else "`0`"


def table(schema: Mapping[str, Any], *, without: tuple[str, ...] = ()) -> list[str]:
    """Keys, what they take, what they mean."""
    needed = schema.get("required", ())
    rows = [
        f"| `{name}` | {_cell(takes(each))} | {_cell(_default(each, required=name in needed))} |"
        f" {_cell(each.get('description', ''))} |"
        for name, each in schema.get("properties", {}).items()
        if name not in without
    ]
    return ["| key | takes | default | |", "| --- | --- | --- | --- |", *rows, ""]


# faults


def _kinds_in(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in CATALOGUE:
                yield key, each
            yield from _kinds_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _kinds_in(each)


@cache
def examples() -> Mapping[str, tuple[str, Any]]:
    """For each kind of fault the shortest use of it in a shipped scenario, by file."""
    root = data_directory("scenarios").parent
    found: dict[str, tuple[str, Any]] = {}
    for file in sorted(data_directory("scenarios").rglob("*.yaml")):
        for kind, params in _kinds_in(read(file).data):
            if kind not in found or len(str(params)) < len(str(found[kind][1])):
                found[kind] = (file.relative_to(root).as_posix(), params or {})
    return found


def faults() -> str:
    count = sum(len(kind.params.model_fields) for kind in CATALOGUE.values())
    parts = [
        f"""# Faults

There are {len(CATALOGUE)} kinds, with {count} parameters in all. Each bends the plant, a device or a wire, and what a client sees emerges from there. They are said in the
same words in a scenario's `faults:` and its `fault:` steps, by `rackloop run --fault`, by `POST /__lab/faults` on a lab that is up, and from
pytest:

<!-- fault in scenarios/hardware/dead-bmc.yaml -->
```yaml
bmc.dead: {{server: srv-03, at: 10m, for: 5m}}
```

`at` and `for` are common to all. Faults of messages (`http.*`, `ipmi.*`, `snmp.*`, those of DHCP, phone-home and pings) hit every message that fits,
unless `nth`, `after`, `times` and `share` say which. A time is lab time, which scenarios jump over; what devices on a real network measure with their own clocks is
wire time. A fault that never struck fails its scenario. Two faults may bend the same: it is bent as the later one says, until the last of them ends.
"""
    ]
    for target, title in _FAMILIES.items():
        parts.append(f"## {title}\n")
        for name, kind in CATALOGUE.items():
            if kind.target != target:
                continue
            file, params = examples()[name]
            parts += [
                f"### `{name}`\n",
                f"{kind.summary[:1].upper()}{kind.summary[1:]}.\n",
                f"<!-- fault in {file} -->",
                "```yaml",
                emit({"faults": [{name: params}]}).split("\n", 1)[1].removeprefix("  - ").rstrip(),
                "```\n",
                f"In [{file}](../{file}).\n",
                *table(model_schema(kind.params)),
            ]
    return "\n".join(parts).rstrip() + "\n" + _MADE


# keys of files


def _sections(schema: Mapping[str, Any], *, skip: tuple[str, ...] = ()) -> list[str]:
    parts: list[str] = []
    for name, each in schema["$defs"].items():
        if name in skip or not each.get("properties"):
            continue
        parts += [f"## {_title(name)}\n"]
        if each.get("description"):
            parts += [" ".join(each["description"].split()) + "\n"]
        parts += table(each)
    return parts


def lab_keys() -> str:
    schema = model_schema(LabSpec)
    head = """# Keys of lab files

What a lab file may say; [Labs](labs.md) tells how one is written. `rackloop schema lab` prints the same as a JSON Schema, which
editors take from the first line of a file:

<!-- validate -->
```yaml
# yaml-language-server: $schema=lab.schema.json
lab: smallest
racks:
  - name: A1
    servers: [{name: srv-1, configuration: E3-1230-16Gb-2x1000SSD}]
```

Numbers that count something have their unit: `90s`, `25m`, `900 MB`, `1 Gbit/s`, `40%`.

## The file
"""
    return "\n".join([head, *table(schema), *_sections(schema)]).rstrip() + "\n" + _MADE


def scenario_keys() -> str:
    schema = model_schema(ScenarioSpec)
    of_labs = model_schema(LabSpec)["$defs"]
    head = """# Keys of scenario files

What a scenario file may say; [The language](scenarios.md) tells how one is written, [Faults](faults.md) what can break.
`rackloop schema scenario` prints the same as a JSON Schema for editors.

<!-- validate -->
```yaml
# yaml-language-server: $schema=scenario.schema.json
scenario: A server is sold
steps:
  - create: {service: web1, client: alice@example.com}
```

## The file
"""
    parts = [head, *table(schema)]
    for name in BILLING_MODULES:
        settings = settings_schema(name)
        parts += [f"## Settings of {name}\n", *table(settings)]
    return "\n".join([*parts, *_sections(schema, skip=("ModuleSpec", *of_labs))]).rstrip() + "\n" + _MADE


# the lab control


def control_api() -> str:
    from docs.control_text import HEAD  # noqa: PLC0415

    app = FastAPI(title="Lab control")
    for each in (state, clock, faults_api, journal, report):
        app.include_router(each.router)
    document = openapi_of(app)
    rows = ["| call | |", "| --- | --- |"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "delete"):
                rows.append(f"| `{method.upper()} {path}` | {_cell(operation.get('summary') or '')} |")
    return HEAD + "\n".join(rows) + "\n" + _MADE


PAGES: Mapping[str, Callable[[], str]] = {
    "faults": faults,
    "lab-keys": lab_keys,
    "scenario-keys": scenario_keys,
    "control-api": control_api,
}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(PAGES[sys.argv[1]](), end="")
    else:
        for name, page in PAGES.items():
            (DOCS / f"{name}.md").write_text(page(), encoding="utf-8")

"""The docs' page on fidelity: how much of the DCImanager 6 API is documented, observed or inferred, and what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from simulator.api6.dialect import load_dialect
from simulator.api6.routes import document_of
from simulator.fidelity.reasons import load_reasons

__all__ = ["fidelity_page"]

ORDER = ("documented", "observed", "inferred")

HEAD = """\
# Fidelity of the DCImanager 6 API

Generated: `rackloop fidelity --page > docs/fidelity.md`.

Every route, field and message of `/openapi.json` carries `x-provenance`: **documented** is the vendor's text, **observed** is
what real clients send and take, **inferred** is ours. The routes and their inferred forms are data, in
`simulator/api6/dialect.yaml`; what they answer is in `answers.yaml` beside it. `rackloop fidelity --spec FILE` compares
them with the OpenAPI document of a real installation (the one that its `/swagger/` shows); a lab brings its own dialect with
`panel: {dialect: FILE}`, which gives paths, keys of bodies, fields of answers (and of conditions on lists), statuses and codes
other names.

Against reality itself there are two more ways. `rackloop fidelity --recorded FILE` plays a recording of a real client (HAR, as browsers
and proxies save it, or a file of mitmproxy) against the mock, both versions, exchange by exchange, with the pauses that it had; `rackloop
fidelity --url https://panel --panel 6 --username admin@example.com` (the password in RACKLOOP_PANEL_PASSWORD) reads a live panel: one
login, lists and the first thing in some of them, one logout, never a call that changes anything. Both print a table of what is unlike:
status, fields, kinds, order, with the provenance of our form; the exit status is 1 when there is anything. No value of the recording or
the panel is shown or kept: credentials are replaced by the lab's, ids stand for the lab's in order of appearance, and names that could be
values are `{}`.

<!-- run -->
```console
$ rackloop fidelity --page
# Fidelity of the DCImanager 6 API
```
"""


def fidelity_page() -> str:
    """The Markdown text of docs/fidelity.md."""
    found = document_of(load_dialect())
    operations = [
        (f"{method.upper()} {path}", operation)
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
    ]
    routes = Counter(operation["x-provenance"] for _, operation in operations)
    fields = Counter(mark for _, operation in operations for mark in _fields(operation))
    errors = {
        (each["code"], each["x-provenance"])
        for response in found["components"]["responses"].values()
        for each in response["x-messages"]
    }
    messages = Counter(mark for _, mark in errors)
    lines = [HEAD, "| | documented | observed | inferred | together |", "| --- | --- | --- | --- | --- |"]
    for title, counts in (("routes", routes), ("fields", fields), ("messages", messages)):
        cells = [str(counts[mark]) for mark in ORDER]
        lines.append(f"| {title} | {' | '.join(cells)} | {sum(counts.values())} |")
    lines += ["", "## What differs from the vendor's documents, and why", "", *_reasons()]
    for mark in ORDER:
        lines += ["", f"## Routes: {mark}", "", "| route | source |", "| --- | --- |"]
        lines += [f"| `{route}` | {each['x-source']} |" for route, each in operations if each["x-provenance"] == mark]
    return "\n".join(lines) + "\n"


def _fields(node: Any) -> Iterator[str]:
    """The marks of all fields in the schemas of an operation."""
    if isinstance(node, list):
        for each in node:
            yield from _fields(each)
    elif isinstance(node, Mapping):
        for name, field in node.get("properties", {}).items():
            if isinstance(field, Mapping) and "x-provenance" in field and name:
                yield str(field["x-provenance"])
        for each in node.values():
            yield from _fields(each)


def _reasons() -> Iterator[str]:
    yield "| document | route | place | reason |"
    yield "| --- | --- | --- | --- |"
    for each in load_reasons():
        yield f"| {each.document} | `{each.route}` | `{each.place}` | {each.reason} |"

"""The output formats of COREmanager: a document as XML, JSON in its four dialects, text, or a page for people.

Every one of them is well-formed whatever the data: what XML cannot hold is replaced.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from simulator.coremanager.document import Document, Element

__all__ = ["FORMATS", "Head", "write"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_LISTS = frozenset({"elem", "slist", "param", "col", "toolbtn"})
"""Arrays in JSON even when there is one of them (clients index them)."""
_NOT_LINES = frozenset({"elem", "slist", "reportdata"})
"""What is written otherwise than as a name and its text."""
_SECRETS = frozenset({"auth", "authinfo", "passwd", "password", "confirm", "checkpasswd", "key"})
XML = "text/xml; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=UTF-8"
HTML = "text/html; charset=UTF-8"

LONGEST_WORD = 100
"""Characters of a text that is remembered as it is written."""

Head = Mapping[str, str]
"""The attributes of the root: lang, func, binary, host, themename."""


def write(out: str, document: Document, head: Head, asked: Mapping[str, str]) -> tuple[str, str]:
    """The body and its content type. `asked` are the request's parameters, echoed in `tparams` without secrets."""
    if not out:
        return _page(document, head), HTML
    writer = FORMATS.get(out, _xml)
    return writer(document, head, asked), JSON if out in _JSON else TEXT if out == "text" else XML


# XML


def _xml(document: Document, head: Head, asked: Mapping[str, str]) -> str:
    return _whole([*document.elements, _echo(asked)], head)


def _devel(document: Document, head: Head, asked: Mapping[str, str]) -> str:
    return _whole([_metadata(document, head), *document.elements, Element("messages"), _echo(asked)], head)


def _whole(elements: Iterable[Element], head: Head) -> str:
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _put(parts, Element("doc", attributes=head, children=list(elements)))
    parts.append("\n")
    return "".join(parts)


def _put(parts: list[str], one: Element) -> None:
    if one.xml is not None:
        parts.append(one.xml)
        return
    name, text, children = one.name, one.text, one.children
    if not one.attributes and not children:  # most of a list
        parts.append(f"<{name}>{_written(text)}</{name}>" if text else f"<{name}/>")
        return
    begin = len(parts)
    parts.append(f"<{name}")
    for key, value in one.attributes.items():
        parts.append(f" {key}={quoteattr(_legal(value))}")
    if not text and not children:
        parts.append("/>")
        return
    parts.append(">")
    parts.append(_written(text))
    for child in children:
        _put(parts, child)
    parts.append(f"</{name}>")
    if one.kept:
        one.xml = "".join(parts[begin:])


def _written(text: str) -> str:
    """Polling is told the same words again and again."""
    return _escaped(text) if len(text) <= LONGEST_WORD else _escape(text)


def _escape(text: str) -> str:
    return escape(_legal(text), {"\r": "&#13;"})


_escaped = lru_cache(maxsize=8192)(_escape)


def _legal(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


# JSON


def _json(document: Document, head: Head, asked: Mapping[str, str]) -> str:
    elements = [*document.elements, _metadata(document, head), _echo(asked)]
    return _dump({"doc": _object(Element("doc", attributes=head, children=elements))})


def _object(one: Element) -> dict[str, Any]:
    """Attributes as `$name`, text as `$`; a translated text has its raw word in `$orig`."""
    found: dict[str, Any] = {f"${name}": value for name, value in one.attributes.items()}
    if one.shown is not None:
        found["$orig"] = one.text
        found["$"] = one.shown
    elif one.text:
        found["$"] = one.text
    for child in one.children:
        value = _object(child)
        held = found.get(child.name)
        if isinstance(held, list):
            held.append(value)
        elif held is not None:
            found[child.name] = [held, value]
        else:
            found[child.name] = [value] if _listed(one, child) else value
    return found


def _listed(one: Element, child: Element) -> bool:
    return not child.alone and (child.name in _LISTS or one.name == "slist")


def _bjson(document: Document, head: Head, asked: Mapping[str, str]) -> str:
    """The compact form: no `doc`, plain values, flags as `on` (vendor's API of BILLmanager 6)."""
    if document.kind == "auth":
        return _dump({"model": {"auth": document.elements[0].text}})
    if document.kind == "error":
        return _dump({"error": _error(document)})
    if document.kind in ("list", "report"):
        return _dump({**{one.name: _flat(one) for one in document.elements if one.name != "elem"}, **_table(document)})
    plain: dict[str, Any] = {"func": head.get("func", "")}
    for one in document.elements:
        if one.name == "slist":
            options = [{"key": each.attributes["key"], "value": each.text} for each in one.children]
            plain.setdefault("slist", {})[one.attributes["name"]] = options
        else:
            plain[one.name] = True if one.name == "ok" and not one.text else _flat(one)
    return _dump(plain)


def _json_data(document: Document, head: Head, asked: Mapping[str, str]) -> str:
    """Rows of a list as a bare array of flat objects; other answers as one flat object."""
    if document.kind == "error":
        return _dump({"error": _error(document)})
    if document.kind in ("list", "report"):
        return _dump([_record(row) for row in _rows(document)])
    return _dump({one.name: _flat(one) for one in document.elements if one.name != "slist"})


def _rows(document: Document) -> Iterator[Element]:
    """Those of a list, and of all bands of a report."""
    for one in document.elements:
        if one.name == "elem":
            yield one
        elif one.name == "reportdata":
            for band in one.children:
                yield from band.children


def _table(document: Document) -> dict[str, Any]:
    """Empty lists have no `elem`."""
    found = [_record(one) for one in document.elements if one.name == "elem"]
    return {"elem": found} if found else {}


def _record(row: Element) -> dict[str, Any]:
    return {child.name: _flat(child) for child in row.children}


def _flat(one: Element) -> Any:
    if one.name == "reportdata":
        return {band.name: [_record(row) for row in band.children] for band in one.children}
    if one.children:
        return _record(one)
    return "on" if one.flag else one.text


def _error(document: Document) -> dict[str, str]:
    error = document.elements[0]
    texts = {child.name: child.text for child in error.children if child.name in ("msg", "detail")}
    return {"type": error.attributes["type"], "object": error.attributes.get("object", ""), **texts}


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# text and HTML


def _text(document: Document, head: Head, asked: Mapping[str, str]) -> str:
    """A form is a `key=value` per line, a list a row per line."""
    if document.kind == "error":
        error = _error(document)
        subject = f"({error['object']})" if error["object"] else ""
        return f"ERROR {error['type']}{subject}: {_line(error['msg'])}\n"
    lines = [
        f"{one.name}={_line(one.text)}"
        for one in document.elements
        if one.name not in _NOT_LINES and not (document.kind == "list" and one.name.startswith("p_"))
    ]
    lines += [" ".join(f"{child.name}={_line(child.text)}" for child in row.children) for row in _rows(document)]
    if document.kind == "action" and len(document.elements) == 1:
        return "OK\n"
    return "".join(f"{line}\n" for line in lines)


def _line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _page(document: Document, head: Head) -> str:
    """What a browser gets: the same data, readable, without the product's look."""
    body: list[str] = []
    found = list(_rows(document))
    if found:
        names = list(dict.fromkeys(child.name for row in found for child in row.children))
        body.append("<table><tr>" + "".join(f"<th>{name}</th>" for name in names) + "</tr>")
        for row in found:
            cells = {child.name: _cell(child) for child in row.children}
            body.append("<tr>" + "".join(f"<td>{_shown(cells.get(name, ''))}</td>" for name in names) + "</tr>")
        body.append("</table>")
    for one in document.elements:
        if one.name == "error":
            body.append(f"<p>{_shown(_error(document)['msg'])}</p>")
        elif one.name not in _NOT_LINES:
            body.append(f"<p>{one.name}: {_shown(one.shown or one.text)}</p>")
    title = _shown(head.get("func") or _manager(head))
    language = _shown(head.get("lang", "en"))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="UTF-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{''.join(body)}</body></html>\n"
    )


def _cell(one: Element) -> str:
    return "yes" if one.flag else one.shown or one.text


def _shown(text: str) -> str:
    return html.escape(_legal(text))


# parts of several formats


def _echo(asked: Mapping[str, str]) -> Element:
    """The parameters of the call, as the panel repeats them; those whose names cannot be elements are left out."""
    return Element(
        "tparams",
        children=[
            Element(name, "xjson" if name == "out" and value == "json" else value)
            for name, value in asked.items()
            if name not in _SECRETS and _NAME.fullmatch(name)
        ],
    )


def _metadata(document: Document, head: Head) -> Element:
    columns = [Element("col", attributes={"name": name, "type": "data"}) for name in document.columns]
    attributes = {"name": head.get("func", ""), "type": document.kind, "mgr": _manager(head)}
    if document.kind == "list":
        attributes["key"] = document.key
    return Element("metadata", attributes=attributes, children=[Element("coldata", children=columns)])


def _manager(head: Head) -> str:
    """`dcimgr`, `ispmgr`: the program's name, which is also the end of its address."""
    return head.get("binary", "").removeprefix("/")


FORMATS = {
    "xml": _xml,
    "devel": _devel,
    "json": _json,
    "xjson": _json,
    "sjson": _json,
    "bjson": _bjson,
    "JSONdata": _json_data,
    "text": _text,
}
_JSON = frozenset({"json", "xjson", "sjson", "bjson", "JSONdata"})

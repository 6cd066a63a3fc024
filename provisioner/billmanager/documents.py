"""XML documents that BILLmanager and its processing modules hand each other: `<doc>…</doc>`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["HEAD", "add_config", "add_error", "config_document", "config_of", "read_document", "written"]

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def read_document(text: str) -> ET.Element:
    """The root. Raises ValueError for what is not XML; a document type is none of the protocol's, and may hide a bomb."""
    if "<!DOCTYPE" in text:
        raise ValueError("a document type is not read")
    try:
        return ET.fromstring(text)  # noqa: S314 - entities need a document type, which is refused above
    except ET.ParseError as exc:
        raise ValueError(str(exc)) from exc


def written(document: ET.Element) -> str:
    """As text, with the declaration before it."""
    return HEAD + ET.tostring(document, encoding="unicode")


def add_error(parent: ET.Element, kind: str, text: str) -> ET.Element:
    """`<error type="…"><param name="value">…</param><msg>…</msg></error>`: the parameter is for the message that a
    module's description has for the type. Characters that XML has no place for are left out.
    """
    error = ET.SubElement(parent, "error", type=kind)
    text = "".join(each for each in text if each.isprintable() or each in "\n\t")
    ET.SubElement(error, "param", name="value").text = text
    ET.SubElement(error, "msg").text = text
    return error


def add_config(parent: ET.Element, config: Mapping[str, Any]) -> None:
    """What a panel offers: `<presets><elem>start</elem>…</presets>`."""
    for name, values in config.items():
        of = ET.SubElement(parent, name)
        for value in values if isinstance(values, list) else [values]:
            ET.SubElement(of, "elem").text = str(value)


def config_document(config: Mapping[str, Any]) -> ET.Element:
    """As BILLmanager keeps it of a processing module (`processing.setconfig`)."""
    document = ET.Element("doc")
    add_config(document, config)
    return document


def config_of(text: str) -> dict[str, Any]:
    """Read again; empty for what is not such a document, such as nothing."""
    try:
        document = read_document(text)
    except ValueError:
        return {}
    return {of.tag: [elem.text or "" for elem in of.iterfind("elem")] for of in document}

"""An answer of a COREmanager product before it is written in one of the output formats: elements in order, under `doc`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Document", "Element", "Label", "Row", "element", "fields", "form", "report", "rows"]


@dataclass(frozen=True, slots=True)
class Label:
    """A value that is shown translated: XML carries `raw`, JSON both."""

    raw: str
    text: str


@dataclass(slots=True)
class Element:
    name: str
    text: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: Sequence[Element] = ()
    shown: str | None = None
    """The translated text, where `text` is a raw word."""
    alone: bool = False
    """One by nature, also where its name is one of a list's: no array in JSON."""
    flag: bool = False
    """A flag that is set: an element without text, as an empty text is, and yet `on` where formats have no elements."""
    kept: bool = False
    """It is used in many answers, and nobody changes it."""
    xml: str | None = None
    """How a kept one is written, once it has been."""


@dataclass(slots=True)
class Document:
    """`kind` is `list`, `form`, `action`, `auth`, `report` or `error`; `columns` names what a list's rows may have."""

    kind: str
    elements: list[Element]
    key: str = "id"
    columns: Sequence[str] = ()

    @property
    def leads_to(self) -> str:
        """The address that a browser is sent to; empty for an answer that stays."""
        found = (one.text for one in self.elements if one.name == "ok" and one.attributes.get("type") == "url")
        return next(found, "")


def element(name: str, value: Any) -> Element:
    """True becomes an empty element (a flag), a Label a translated one, everything else its text."""
    if value is True:
        return Element(name, flag=True)
    if isinstance(value, Label):
        return Element(name, value.raw, shown=value.text)
    return Element(name, str(value))


def fields(values: Mapping[str, Any]) -> list[Element]:
    """Elements of what is there: None and False are absent."""
    return [element(name, value) for name, value in values.items() if value is not None and value is not False]


class Row(dict[str, Any]):
    """A record of a list that is asked for again and again: its element, and how that is written, are made once. Nobody may change it."""

    __slots__ = ("_element",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._element: Element | None = None

    def element(self) -> Element:
        if self._element is None:
            self._element = Element("elem", children=fields(self), kept=True)
        return self._element


def rows(records: Iterable[Mapping[str, Any]]) -> list[Element]:
    return [
        record.element() if isinstance(record, Row) else Element("elem", children=fields(record)) for record in records
    ]


def report(values: Mapping[str, Any], band: str, records: Iterable[Mapping[str, Any]]) -> Document:
    """A report: its form's fields, and its rows in a band under `reportdata`."""
    kept = list(records)
    columns = tuple(dict.fromkeys(name for record in kept for name in record))
    data = Element("reportdata", children=[Element(band, children=rows(kept))])
    return Document("report", [*fields(values), data], columns=columns)


def form(values: Mapping[str, Any], **options: Iterable[tuple[str, str | Label]]) -> Document:
    """A form: its fields and, for each select, the options as key and text (a Label where it is translated)."""
    lists = [
        Element(
            "slist",
            attributes={"name": name},
            children=[
                Element("msg", text.text, {"key": key})
                if isinstance(text, Label)
                else Element("val", text, {"key": key})
                for key, text in choices
            ],
        )
        for name, choices in options.items()
    ]
    return Document("form", [*fields(values), *lists], columns=tuple(values))

"""Lists of COREmanager products: kept filters, sorting and pages, the same for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.coremanager.document import Element, Label, element

__all__ = ["cut"]

Row = Mapping[str, Any]
PAGE = 1000
"""Rows that a page is said to have when nobody asks for pages; then all rows come, however many there are."""


def cut(found: Sequence[Row], asked: Mapping[str, str], kept: Mapping[str, str]) -> tuple[list[Row], list[Element]]:
    """The rows of the page (`p_num` from 1, `p_cnt` rows), sorted by `p_sort` in `p_order`, and what follows them.

    `kept` is the list's filter: every column contains its text. A page or a size that cannot be is as if not given.
    """
    rows = [row for row in found if all(text in _text(row.get(name)) for name, text in kept.items())]
    sort, descending = asked.get("p_sort", ""), asked.get("p_order") == "desc"
    if sort:
        rows.sort(key=lambda row: _key(row.get(sort)), reverse=descending)
    total = len(rows)
    size = _positive(asked.get("p_cnt", "")) or max(PAGE, total)
    page = min(_positive(asked.get("p_num", "")) or 1, max(1, -(-total // size)))
    tail = [element("p_num", page), element("p_cnt", size), element("p_elems", total)]
    if sort:
        tail += [element("p_sort", sort), element("p_order", "desc" if descending else "asc")]
    if kept:
        tail.append(Element("saved_filters", children=[element(name, text) for name, text in kept.items()]))
    return rows[(page - 1) * size : page * size], tail


def _text(value: Any) -> str:
    if value is True:
        return "yes"
    if value is None or value is False:
        return ""
    return value.raw if isinstance(value, Label) else str(value)


def _key(value: Any) -> tuple[int, int, str]:
    """Numbers by size and before words; what is absent first."""
    text = _text(value)
    if text.isascii() and text.isdigit() and len(text) < 19:
        return 1, int(text), ""
    return (2, 0, text.casefold()) if text else (0, 0, "")


def _positive(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

"""The docs' page of IPMI programs is what the tests run."""

from __future__ import annotations

from pathlib import Path

from tests.interop.ipmi_table import ROWS, page


def test_the_page_is_current() -> None:
    file = Path(__file__).parents[2] / "docs" / "ipmi-interop.md"
    assert file.read_text(encoding="utf-8") == page(), "python -m tests.interop.ipmi_table > docs/ipmi-interop.md"


def test_the_table_has_eighty_lines_and_no_two_alike() -> None:
    assert len({(row.program, row.line) for row in ROWS}) == len(ROWS) >= 80

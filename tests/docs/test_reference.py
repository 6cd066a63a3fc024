"""The reference pages say what the code says."""

from __future__ import annotations

import re

import pytest

from docs.reference import PAGES
from simulator.faults import CATALOGUE
from tests.docs.pages import DOCS


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name):
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == PAGES[name](), "run: python -m docs.reference"


def test_every_fault_is_there_with_every_parameter():
    page = (DOCS / "faults.md").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^### `(\S+)`\n(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE))
    assert entries.keys() == CATALOGUE.keys()
    for name, kind in CATALOGUE.items():
        keys = set(re.findall(r"^\| `(\w+)` \|", entries[name], re.MULTILINE))
        assert keys == {field.alias or key for key, field in kind.params.model_fields.items()}

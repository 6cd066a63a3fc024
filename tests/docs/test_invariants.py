"""The invariants in the docs are those of the code."""

import re
import runpy

from simulator.files.lab_file import data_directory
from simulator.invariants.catalogue import BY_NAME

DOCS = data_directory("scenarios").parent / "docs"


def test_the_page_is_current():
    text = runpy.run_path(str(DOCS / "invariants.py"))["text"]()
    assert (DOCS / "invariants.md").read_text() == text, "run: python docs/invariants.py > docs/invariants.md"


def test_every_invariant_has_an_entry():
    assert set(re.findall(r"^### `(.+)`$", (DOCS / "invariants.md").read_text(), re.MULTILINE)) == set(BY_NAME)

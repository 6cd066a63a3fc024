"""The diagrams in the docs are those of the tables in the code."""

import runpy

from simulator.files.lab_file import data_directory

DOCS = data_directory("scenarios").parent / "docs"


def test_the_page_is_current():
    text = runpy.run_path(str(DOCS / "lifecycles.py"))["text"]()
    assert (DOCS / "lifecycles.md").read_text() == text, "run: python docs/lifecycles.py > docs/lifecycles.md"

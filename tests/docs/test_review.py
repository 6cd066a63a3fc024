"""The rules in the docs are those of the code."""

import runpy

from simulator.files.lab_file import data_directory

DOCS = data_directory("scenarios").parent / "docs"


def test_the_page_is_current():
    text = runpy.run_path(str(DOCS / "review.py"))["text"]()
    assert (DOCS / "review.md").read_text() == text, "run: python docs/review.py > docs/review.md"

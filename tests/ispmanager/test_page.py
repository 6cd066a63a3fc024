"""The page of the docs is what the code says."""

from simulator.files.lab_file import data_directory
from simulator.ispmanager.page import page


def test_the_page_of_functions_is_current():
    docs = data_directory("scenarios").parent / "docs"
    assert (docs / "ispmanager.md").read_text(encoding="utf-8") == page()

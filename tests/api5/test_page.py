"""The page of the docs is what the code says."""

from simulator.api5.page import page
from simulator.files.lab_file import data_directory


def test_the_page_of_functions_is_current():
    docs = data_directory("scenarios").parent / "docs"
    assert (docs / "dcimanager5.md").read_text(encoding="utf-8") == page()

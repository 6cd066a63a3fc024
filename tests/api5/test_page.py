"""The page of the docs is what the code says."""

from simulator.api5.absent import ABSENT
from simulator.api5.calls import FUNCTIONS
from simulator.api5.page import page
from simulator.files.lab_file import data_directory
from tests.api5.support.world import Client, with_client


def test_the_page_of_functions_is_current():
    docs = data_directory("scenarios").parent / "docs"
    assert (docs / "dcimanager5.md").read_text(encoding="utf-8") == page()


def test_what_the_page_calls_absent_is_told_apart_from_what_is_unknown():
    async def scene(client: Client) -> None:
        assert not set(ABSENT) & set(FUNCTIONS)
        for name in ABSENT:
            assert await client.refused(name, elid="1") == ("not_emulated", "func")
        for name in ("server.add", "server.reset", "server.hardware", ""):
            assert await client.refused(name, elid="1") == ("missed", "func")

    with_client(scene)

"""The documentation's examples do what the pages say."""

from __future__ import annotations

import pytest

from tests.docs.pages import DOCS, blocks, commands, pages, play

OTHERS = {"pytest.md": "tests/cli", "real-hardware.md": "tests/real"}
"""Pages whose examples have tests of their own."""
NAMES = [page.relative_to(DOCS).as_posix() for page in pages()]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_an_example(name):
    if name not in OTHERS:
        assert blocks(DOCS / name), "a page without an example that a test runs"


@pytest.mark.parametrize("name", NAMES)
def test_examples_do_what_the_page_says(name, tmp_path):
    play(DOCS / name, tmp_path, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if any(block.slow for block in blocks(DOCS / name))])
def test_examples_on_real_sockets_and_long_ones_do_so_too(name, tmp_path):
    play(DOCS / name, tmp_path, slow=True)


def test_a_console_block_is_commands_with_their_outputs():
    text = "$ rackloop run a.yaml    # plays it\n1 passed\n$ rackloop sweep b.yaml \\\n    --kinds http\n"
    assert list(commands(text)) == [("rackloop run a.yaml", "1 passed\n"), ("rackloop sweep b.yaml --kinds http", "")]

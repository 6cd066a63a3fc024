"""CONTRIBUTING.md leads to every room, and the architecture page to what is there."""

import re

import pytest

from simulator.files.lab_file import data_directory

ROOT = data_directory("scenarios").parent
ROOMS = sorted(
    {
        str(path.parent.relative_to(ROOT))
        for package in ("simulator", "provisioner", "rackloop_pytest")
        for path in (ROOT / package).rglob("*.py")
    }
    - {"simulator"}
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_in_the_table(room):
    assert f"`{room}`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_the_table_names_no_room_that_is_not_there():
    named = re.findall(r"`((?:simulator|provisioner)/[\w/.]+)`", (ROOT / "CONTRIBUTING.md").read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_page_names_no_file_that_is_not_there():
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"`(\w+/[\w/]+\.py)`", page)
    assert len(named) > 20
    places = (ROOT, ROOT / "simulator", ROOT / "simulator" / "scenario")
    assert [name for name in named if not any((place / name).is_file() for place in places)] == []


def test_the_layers_of_the_architecture_page_are_those_that_are_held():
    page = (ROOT / "docs" / "architecture.md").read_text()
    section = page.partition("| layer | packages |")[2].partition("\n\n")[0]
    drawn = [sorted(re.findall(r"`(\w+)`", row.rpartition(" | ")[2])) for row in section.splitlines()[2:]]
    rules = (ROOT / "pyproject.toml").read_text().partition("layers = [")[2].partition("]")[0]
    held = [sorted(line.split(" | ")) for line in re.findall(r'"([\w| ]+)"', rules)]
    assert [row for row in drawn if row] == [sorted(row) for row in held]


@pytest.mark.parametrize(
    "word", ["cache", "discovery", "fate", "gateway", "invariant", "lockout", "registry", "snapshot"]
)
def test_who_looks_for_a_word_is_led_to_code_that_has_it(word):
    page = (ROOT / "docs" / "architecture.md").read_text().partition("## Words")[2]
    row = next(line for line in page.splitlines() if line.startswith("|") and word in line.split("|")[1])
    files = [ROOT / "simulator" / name for name in re.findall(r"`([\w/]+(?:\.py|/))`", row)]
    assert any(
        word in file.read_text().lower() for each in files for file in (each.glob("*.py") if each.is_dir() else [each])
    )

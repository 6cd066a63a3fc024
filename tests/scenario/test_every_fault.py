"""Every kind of fault is in a scenario that shows what it does."""

from __future__ import annotations

from ruamel.yaml import YAML

from simulator.faults import CATALOGUE
from simulator.files.lab_file import data_directory


def kinds_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return {key for key in value if key in CATALOGUE} | {kind for each in value.values() for kind in kinds_in(each)}
    return {kind for each in value for kind in kinds_in(each)} if isinstance(value, list) else set()


def test_every_kind_of_fault_is_in_a_scenario() -> None:
    yaml = YAML(typ="safe", pure=True)
    shown: set[str] = set()
    for file in data_directory("scenarios").rglob("*.yaml"):
        shown |= kinds_in(yaml.load(file.read_text(encoding="utf-8")))
    assert CATALOGUE.keys() - shown == set()

"""Every kind of fault is in a scenario that shows what it does."""

from __future__ import annotations

from ruamel.yaml import YAML

from simulator.faults import CATALOGUE
from simulator.files.lab_file import data_directory

NOT_IN_A_SCENARIO = {
    "ipmi.garbled": "what a client makes of a spoiled answer is its own affair: tests/faults and tests/interop/test_ipmi_sessions.py",
    "ipmi.session_lost": "which command meets it is each driver's own affair: tests/faults/test_ipmi_faults.py shows it",
    "pdu.session": "only a SET to an outlet meets it, and no billing module switches outlets: tests/faults/test_snmp.py shows it",
}


def kinds_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return {key for key in value if key in CATALOGUE} | {kind for each in value.values() for kind in kinds_in(each)}
    return {kind for each in value for kind in kinds_in(each)} if isinstance(value, list) else set()


def test_every_kind_of_fault_is_in_a_scenario() -> None:
    yaml = YAML(typ="safe", pure=True)
    shown: set[str] = set()
    for file in data_directory("scenarios").rglob("*.yaml"):
        shown |= kinds_in(yaml.load(file.read_text(encoding="utf-8")))
    assert CATALOGUE.keys() - shown == NOT_IN_A_SCENARIO.keys()

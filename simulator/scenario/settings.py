"""The billing module's settings in a scenario: their names, units, and the templates and pools that they name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from provisioner.errors import BadSettings
from provisioner.modules.whmcs6 import Whmcs6Settings
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.files.units import parse_duration
from simulator.scenario.names import Names

__all__ = ["check_settings", "setting_names", "settings_schema"]

_DURATIONS = ("install_timeout",)
_TEMPLATES = {"os": "os", "diagnostic_template": "diagnostic"}
_POOLS = ("pool", "diagnostic_pool")


def setting_names() -> list[str]:
    """All settings of the module, in its order."""
    return [field.name for field in dataclasses.fields(Whmcs6Settings)]


def check_settings(given: Mapping[str, Any], names: Names, report: Reporter) -> Mapping[str, Any]:
    """The settings as the module takes them, durations in seconds."""
    known = setting_names()
    before = len(report.problems)
    settings: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            report.at((name,), f"unknown setting `{name}`", did_you_mean(name, known, "settings"), key=True)
        elif name in _DURATIONS and value is not None:
            try:
                settings[name] = parse_duration(value)
            except ValueError as error:
                report.at((name,), str(error))
        else:
            settings[name] = value
            if isinstance(value, str) and value:
                if name in _TEMPLATES:
                    names.template(value, _TEMPLATES[name], ("settings", name))
                elif name in _POOLS:
                    names.pool(value, ("settings", name))
    if len(report.problems) == before:
        try:
            Whmcs6Settings.from_mapping(settings)
        except (BadSettings, TypeError) as error:
            report.at((), str(error))
    return settings


def settings_schema() -> dict[str, Any]:
    """JSON Schema of the settings."""
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(Whmcs6Settings):
        kind = str(field.type)
        if field.name in _DURATIONS:
            properties[field.name] = {
                "anyOf": [
                    {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d)?\s*$"},
                    {"type": "number", "exclusiveMinimum": 0},
                ],
                "examples": ["90m"],
            }
        else:
            properties[field.name] = {
                "bool": {"type": "boolean"},
                "str": {"type": "string"},
                "int | None": {"type": ["integer", "null"]},
            }[kind]
    return {
        "type": "object",
        "description": "Settings of the billing module, by the names of provisioner.modules.whmcs6.Whmcs6Settings.",
        "properties": properties,
        "additionalProperties": False,
    }

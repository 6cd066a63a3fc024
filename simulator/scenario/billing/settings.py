"""The billing modules' settings in a scenario: their names, units, and the templates and pools that they name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from provisioner.errors import BadSettings
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.files.units import DURATION, need_unit, parse_duration
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.names import Names

__all__ = ["ANY_SETTINGS", "any_settings", "check_settings", "setting_names", "settings_schema"]

_DURATIONS = ("install_timeout", "power_timeout", "ping_timeout", "retry_interval")
_TEMPLATES = {"os": "os", "diagnostic_template": "diagnostic"}
_POOLS = ("pool", "diagnostic_pool", "ipv6_pool")


def setting_names(module: str = "whmcs6") -> list[str]:
    """All settings of a module, in its order."""
    return [field.name for field in dataclasses.fields(BILLING_MODULES[module].settings)]


def check_settings(module: str, given: Mapping[str, Any], names: Names, report: Reporter) -> Mapping[str, Any]:
    """The settings as the module takes them, durations in seconds."""
    known = setting_names(module)
    before = len(report.problems)
    settings: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            report.at((name,), f"unknown setting `{name}`", did_you_mean(name, known, "settings"), key=True)
        elif name in _DURATIONS and value is not None:
            try:
                if report.document.in_file:
                    need_unit(value, "m")
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
            BILLING_MODULES[module].settings.from_mapping(settings)
        except (BadSettings, TypeError) as error:
            way = [word for word in str(error).split() if word in given][:1]
            report.at(way, str(error))
    return settings


ANY_SETTINGS = ("configuration", "os", "pool", "install_timeout", "diagnostic_pool")
"""What scenarios for any module may set: what a tariff of any billing system has."""


def any_settings(given: Mapping[str, Any], names: Names, report: Reporter, *, strict: bool) -> Mapping[str, Any]:
    """Settings for a module that is not ours, durations in seconds. `strict`: only those that every module knows."""
    settings: dict[str, Any] = {}
    for name, value in given.items():
        if strict and name not in ANY_SETTINGS:
            hint = did_you_mean(name, ANY_SETTINGS, "settings")
            report.at((name,), f"a scenario for any module has no setting `{name}`", hint, key=True)
        elif name in _DURATIONS and value is not None:
            try:
                if report.document.in_file:
                    need_unit(value, "m")
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
    return settings


def settings_schema(module: str = "whmcs6") -> dict[str, Any]:
    """JSON Schema of a module's settings."""
    from simulator.files.json_schema import field_texts  # noqa: PLC0415 - only who writes schemas needs it

    settings = BILLING_MODULES[module].settings
    texts = field_texts(settings)
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(settings):
        kind = str(field.type)
        if field.name in _DURATIONS:
            properties[field.name] = {
                "anyOf": [
                    {"type": "string", "pattern": DURATION},
                    {"const": 0},
                ],
                "examples": ["90m"],
            }
        else:
            properties[field.name] = {
                "bool": {"type": "boolean"},
                "str": {"type": "string"},
                "int | None": {"type": ["integer", "null"]},
                "int": {"type": "integer", "minimum": 0},
                "tuple[str, ...]": {
                    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
                },
            }[kind]
        properties[field.name]["description"] = texts[field.name]
    return {
        "type": "object",
        "description": f"Settings of {module}, by the names of {settings.__module__}.{settings.__name__}.",
        "properties": properties,
        "additionalProperties": False,
    }

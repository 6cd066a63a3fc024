"""Texts of DCImanager 5 in the languages that it speaks here: English and Russian."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from ruamel.yaml import YAML

from simulator.api5.document import Label

__all__ = ["LANGUAGES", "error_text", "label", "word"]

LANGUAGES = ("en", "ru")

Texts = Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=1)
def _texts() -> Mapping[str, Texts]:
    text = resources.files("simulator.api5").joinpath("messages.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Texts] = YAML(typ="safe", pure=True).load(text)
    return loaded


def error_text(kind: str, subject: str, value: str, lang: str) -> str:
    """The text of an error: that of type and object, or of the type alone."""
    texts = _texts()["errors"]
    found = texts.get(f"{kind}/{subject}") or texts.get(kind) or texts["internal"]
    return found[lang].replace("__object__", subject).replace("__value__", value)


def word(key: str, lang: str, **values: str) -> str:
    """The text of a word; one that has none stands for itself."""
    found = _texts()["words"].get(key)
    text = found[lang] if found else key
    for name, value in values.items():
        text = text.replace(f"__{name}__", value)
    return text


def label(key: str, lang: str) -> Label:
    return Label(key, word(key, lang))

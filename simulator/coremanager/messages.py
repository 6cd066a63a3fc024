"""Texts by key and language: a product's own, and beneath them those that all products have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from simulator.coremanager.document import Label
from simulator.coremanager.errors import Refusal
from simulator.kernel import yaml12

__all__ = ["LANGUAGES", "Texts"]

LANGUAGES = ("en", "ru")

Table = Mapping[str, Mapping[str, str]]


@cache
def _read(package: str) -> Mapping[str, Table]:
    text = resources.files(package).joinpath("messages.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Table] = yaml12.load(text)
    return loaded


class Texts:
    """Those of `messages.yaml` in a package, read when they are first needed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def _find(self, table: str, key: str) -> Mapping[str, str] | None:
        own, common = _read(self._package)[table], _read("simulator.coremanager")[table]
        return own.get(key) or common.get(key)

    def error(self, kind: str, subject: str, value: str, lang: str) -> str:
        """The text of an error: that of type and object, or of the type alone."""
        found = self._find("errors", f"{kind}/{subject}") or self._find("errors", kind)
        found = found or self._find("errors", "internal")
        assert found is not None
        return found[lang].replace("__object__", subject).replace("__value__", value)

    def refusal(self, refusal: Refusal, lang: str) -> str:
        return refusal.text or self.error(refusal.kind, refusal.subject, refusal.value, lang)

    def word(self, key: str, lang: str, **values: str) -> str:
        """The text of a word; one that has none stands for itself."""
        found = self._find("words", key)
        text = found[lang] if found else key
        for name, value in values.items():
            text = text.replace(f"__{name}__", value)
        return text

    def label(self, key: str, lang: str) -> Label:
        return Label(key, self.word(key, lang))

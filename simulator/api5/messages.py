"""Texts of DCImanager 5 in the languages that it speaks here: English and Russian."""

from __future__ import annotations

from simulator.coremanager.messages import LANGUAGES, Texts

__all__ = ["LANGUAGES", "TEXTS"]

TEXTS = Texts("simulator.api5")

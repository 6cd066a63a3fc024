"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors; this one is pysnmp's, which calls pysmi (a test's dependency) by a name of its past."""
    config.addinivalue_line("filterwarnings", "ignore:getReadersFromUrls is deprecated:DeprecationWarning")

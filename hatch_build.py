"""Builds the documentation's site into wheels, so that `rackloop docs` shows it where there is no network. Left out of an editable
installation, which builds it on demand, and where the pages are not there (the container's image).
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class SiteHook(BuildHookInterface):
    """`[tool.hatch.build.targets.wheel.hooks.custom]`"""

    _folder = ""

    def dependencies(self) -> list[str]:
        return ["mkdocs-material>=9.6"] if self._has_pages() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or not self._has_pages():
            return
        self._folder = tempfile.mkdtemp()
        site = str(Path(self._folder) / "site")
        subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", site], cwd=self.root, check=True
        )
        build_data["force_include"][site] = "simulator/_data/site"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self._folder:
            shutil.rmtree(self._folder)

    def _has_pages(self) -> bool:
        return (Path(self.root) / "mkdocs.yml").is_file()

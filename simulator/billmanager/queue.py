"""Processing modules called as BILLmanager calls them: executables in `processing/`, options on the command line, the form on
stdin, a document on stdout (the vendor's page "How to add a custom processing module"; its own modules).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree as ET

__all__ = ["Call", "NotConnected", "connect", "features", "run_oldest"]

PATIENCE = 3600.0
"""Seconds that one call may take; ours."""


class Manager(Protocol):
    """Whose queue it is."""

    @property
    def home(self) -> Path: ...

    @property
    def program(self) -> Path: ...

    def begin_try(self) -> dict[str, Any] | None: ...

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]: ...


class NotConnected(Exception):
    """The module is not there, cannot say what it can, or calls its connection wrong."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a module that has ended."""

    command: str
    item: int | None
    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """What its document refuses with, `type: message`; empty when it went well."""
        try:
            found = ET.fromstring(self.out).find("error")  # noqa: S314 - a module of one's own wrote it
        except ET.ParseError:
            return "" if not self.status else f"status {self.status}: {self.err.strip()[-300:]}"
        if found is None:
            return "" if not self.status else f"status {self.status}"
        return f"{found.get('type', '')}: {(found.findtext('msg') or found.text or '').strip()}"


def _start(
    here: Manager, module: str, words: Sequence[str], environment: Mapping[str, str], form: str = ""
) -> subprocess.CompletedProcess[str]:
    program = here.home / "processing" / module
    if not os.access(program, os.X_OK):
        raise NotConnected(f"{program} is no executable: link the module there")
    return subprocess.run(  # noqa: S603 - a module that its user has put there
        [str(program), *words],
        cwd=here.home,
        env={**os.environ, "PROVISIONER_MGRCTL": str(here.program), **environment},
        input=form,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def features(here: Manager, module: str) -> frozenset[str]:
    """What a module says that it can. Raises NotConnected."""
    done = _start(here, module, ["--command", "features"], {})
    try:
        document = ET.fromstring(done.stdout)  # noqa: S314
    except ET.ParseError as error:
        raise NotConnected(f"{module}: its features are no document ({error}): {done.stderr.strip()[-300:]}") from None
    return frozenset(each.get("name", "") for each in document.iter("feature"))


def connect(here: Manager, module: str, connection: Mapping[str, str]) -> None:
    """Raises NotConnected."""
    if "check_connection" not in features(here, module):
        return
    form = ET.Element("doc")
    inside = ET.SubElement(form, "processingmodule")
    for name, value in connection.items():
        ET.SubElement(inside, name).text = value
    done = _start(here, module, ["--command", "check_connection"], {}, ET.tostring(form, encoding="unicode"))
    call = Call("check_connection", None, done.returncode, done.stdout, done.stderr)
    if call.error:
        raise NotConnected(f"{module}: {call.error}")


def run_oldest(here: Manager, environment: Mapping[str, str]) -> Call | None:
    row = here.begin_try()
    if row is None:
        return None
    held = here.rows(
        "SELECT pm.module AS module FROM item i JOIN processingmodule pm ON pm.id = i.processingmodule WHERE i.id = ?",
        row["item"],
    )
    words = ["--command", row["intname"], "--item", str(row["item"]), "--runningoperation", str(row["id"])]
    done = _start(here, str(held[0]["module"]), words, environment)
    return Call(str(row["intname"]), int(row["item"]), done.returncode, done.stdout, done.stderr)

"""What a module's file offers: the functions of a WHMCS server module, by verb; the executable of a processing module."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

__all__ = ["FUNCTIONS", "functions_of", "program_of"]

FUNCTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "create": ("CreateAccount", "Create"),
    "suspend": ("SuspendAccount", "Suspend"),
    "unsuspend": ("UnsuspendAccount", "Unsuspend"),
    "terminate": ("TerminateAccount", "Terminate"),
    "change_password": ("ChangePassword", "ChangePassword"),
    "change_package": ("ChangePackage", "ChangePackage"),
    "renew": ("Renew", "Renew"),
    "test_connection": ("TestConnection", ""),
}
"""By verb: the module's function, and what its hooks are called after."""
_DEFINED = re.compile(r"^\s*function\s+&?\s*(\w+)\s*\(", re.MULTILINE | re.IGNORECASE)


def functions_of(file: Path) -> Sequence[str]:
    """The verbs that a module's file, or those beside it, shows functions for. Its own commands (custom buttons) are named in the
    description.
    """
    prefix = file.stem + "_"
    sources = [file, *sorted(each for each in file.parent.rglob("*.php") if each != file)[:200]]
    text = "\n".join(each.read_text("utf-8", "replace") for each in sources)
    names = {name for name in _DEFINED.findall(text) if name.startswith(prefix)}
    known = {prefix + function: verb for verb, (function, _) in FUNCTIONS.items()}
    return [verb for name, verb in known.items() if name in names]


def program_of(name: str, folder: Path) -> Path | None:
    """A module's executable: beside its description, by PATH, or one of ours; None where there is none."""
    places = [folder / name, Path(sys.executable).parent / name]
    found = next((each for each in places if each.is_file() and os.access(each, os.X_OK)), None)
    by_path = shutil.which(name)
    return found.absolute() if found else Path(by_path) if by_path else None

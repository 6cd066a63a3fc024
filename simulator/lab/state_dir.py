"""The folder in which a lab's state outlives a stop: one file, replaced as a whole, and a lock on it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator.kernel.snapshot import BadSnapshot

if sys.platform != "win32":
    import fcntl

__all__ = ["StateDir", "StateInUse"]

FILE, LOCK = "state.json", "lock"


class StateInUse(OSError):
    """Another lab that is up keeps its state there."""


class StateDir:
    """Entered, it is this process's alone. Raises StateInUse, and OSError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE
        self._lock = -1

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if sys.platform != "win32":  # which has no such lock: there, nobody is kept from sharing a folder
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                raise StateInUse(f"{self.folder}: another lab that is up keeps its state there") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def read(self) -> Any:
        """What was written last; None before that. Raises BadSnapshot for a file that is no JSON."""
        try:
            return json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise BadSnapshot(f"it is no JSON: {error}") from error

    def write(self, state: Any) -> None:
        """Whole or not at all, also when the power of this machine fails."""
        part = self.folder / f".{FILE}.part"
        # It holds passwords and tokens, if only those of a lab.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.file)

"""BILLmanager's functions as a processing module reaches them: the program `mgrctl` on the same machine.

    mgrctl -m billmgr -o xml FUNCTION NAME=VALUE … [-e NAME=$VARIABLE …]

The answer is a document, with an `error` in it when the function was refused (docs/processing-modules.md has the sources).

CallbackError                BILLmanager was not reached, or does not go along
├── MgrctlMissing            there is no such program, or it cannot be run
├── MgrctlSilent             it did not end in time
├── AnswerMalformed          its answer is no document
└── CallRefused              its answer is an error
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from provisioner.billmanager.documents import read_document
from provisioner.errors import ProvisioningError

__all__ = [
    "MGRCTL",
    "AnswerMalformed",
    "CallRefused",
    "CallbackError",
    "Ended",
    "Mgrctl",
    "MgrctlMissing",
    "MgrctlSilent",
]

MGRCTL: Final = "/usr/local/mgr5/sbin/mgrctl"
TIMEOUT: Final = 600.0
"""Seconds; ours. BILLmanager's own functions wait for a lock of the service, and for mail that goes out."""
_SECRET: Final = "PROVISIONER_SECRET_"  # noqa: S105 - the beginning of variables' names


class CallbackError(ProvisioningError):
    """BILLmanager was not reached, or does not go along; what was done in the panel is kept, and reported next time."""


class MgrctlMissing(CallbackError):
    """There is no such program, or it cannot be run."""


class MgrctlSilent(CallbackError):
    """It did not end in time: whether the function took effect is not known."""


class AnswerMalformed(CallbackError):
    """The answer is no document."""


class CallRefused(CallbackError):
    """The answer is an error: its type, the object that it is about and the value, as BILLmanager names them."""

    def __init__(self, function: str, kind: str, about: str, value: str, text: str) -> None:
        what = " ".join(each for each in (about, value) if each)
        super().__init__(
            f"BILLmanager refuses {function}: {kind}{f' ({what})' if what else ''}: {text or 'no message'}"
        )
        self.function = function
        self.kind = kind
        self.about = about
        self.value = value
        self.text = text


class Ended(NamedTuple):
    """A program that has ended."""

    status: int
    out: str
    err: str


Run = Callable[[Sequence[str], Mapping[str, str]], Ended]
"""Runs a program by its words, with these variables added to its environment. Raises CallbackError."""


class Mgrctl:
    """Calls one at a time. They are synchronous on purpose: a module does nothing else while BILLmanager answers."""

    def __init__(self, program: str | Path = MGRCTL, *, timeout: float = TIMEOUT, run: Run | None = None) -> None:
        """`timeout` in seconds; `run` takes the place of starting a program."""
        self.program = Path(program)
        self._timeout = timeout
        self._run = run or self._start

    @property
    def home(self) -> Path:
        """The manager's directory: `/usr/local/mgr5`."""
        return self.program.parent.parent

    def call(self, function: str, secrets: Mapping[str, str] | None = None, /, **params: object) -> ET.Element:
        """The document that a function answers. Values of `secrets` go by the environment, since a command line is seen
        by everybody on the machine. Raises CallbackError.
        """
        words = [str(self.program), "-m", "billmgr", "-o", "xml", function]
        words += [f"{name}={value}" for name, value in params.items()]
        environment = dict[str, str]()
        for index, (name, value) in enumerate((secrets or {}).items()):
            environment[f"{_SECRET}{index}"] = value
            words += ["-e", f"{name}=${_SECRET}{index}"]
        if any("\0" in word for word in (*words, *environment.values())):
            raise AnswerMalformed(f"{function}: a value with a zero byte cannot be handed to a program")
        return _answer(function, self._run(words, environment))

    def _start(self, words: Sequence[str], environment: Mapping[str, str]) -> Ended:
        try:
            done = subprocess.run(  # noqa: S603 - words are a list, no shell reads them
                words,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MgrctlSilent(f"{self.program} did not answer {words[5]} within {self._timeout:.0f} s") from None
        except OSError as exc:
            raise MgrctlMissing(f"{self.program} cannot be run: {exc.strerror}") from exc
        return Ended(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def _answer(function: str, done: Ended) -> ET.Element:
    try:
        document = read_document(done.out.strip())
    except ValueError as exc:
        said = done.err.strip() or done.out.strip()
        about = f"status {done.status}, {said[:200]!r}" if said else f"status {done.status}, no word"
        raise AnswerMalformed(f"mgrctl's answer to {function} is no document ({exc}): {about}") from exc
    if document.tag != "doc":
        raise AnswerMalformed(f"mgrctl's answer to {function} is a {document.tag!r}, not a doc")
    error = document.find("error")
    if error is not None:
        words = {name: error.get(name, "") for name in ("type", "object", "value")}
        text = (error.findtext("msg") or "").strip()
        raise CallRefused(function, words["type"] or "unknown", words["object"], words["value"], text)
    if done.status != 0:
        raise CallRefused(function, "status", "", str(done.status), done.err.strip()[:200])
    return document

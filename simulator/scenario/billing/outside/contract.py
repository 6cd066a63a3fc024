"""What a module is given and what it may answer, however it is reached: one JSON object each way.

`rackloop schema module` prints it. A module offers the four verbs of a service's life; the others where it says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from provisioner.errors import ProvisioningError

__all__ = ["LIFECYCLE", "OPTIONAL", "Answer", "BadAnswer", "ModuleBroke", "ModuleFailed", "answer_of", "parse_answer"]

LIFECYCLE: Final = ("create", "suspend", "unsuspend", "terminate")
"""Verbs that every module offers."""
OPTIONAL: Final = (
    "change_package",
    "add_address",
    "delete_address",
    "change_password",
    "reinstall",
    "renew",
    "test_connection",
)
"""Verbs that it offers if it says so. Beside them it may have words of its own."""
SHOWN: Final = 2000
"""Characters shown of what a module printed."""


class ModuleFailed(ProvisioningError):
    """The module says that it could not do what it was asked to; the text is its own."""


class ModuleBroke(ProvisioningError):
    """The module gave no answer at all: it died, hung, or what it said is none. Nothing that a scenario expects can be meant by it.

    `output`: what it printed, and whatever else helps, in lines.
    """

    def __init__(self, text: str) -> None:
        head, _, self.output = text.partition("\n")
        super().__init__(head)


class BadAnswer(ValueError):
    """What came back is no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`server`: the panel's name or id of the server that the service has now; None: nothing is said of it. `addresses`
    likewise, main address first. `keep` replaces what it was given as `kept`, when it is there.
    """

    ok: bool
    error: str = ""
    server: str | int | None = None
    addresses: tuple[str, ...] | None = None
    keep: Mapping[str, Any] | None = None
    note: str = ""
    """What it printed beside the answer."""
    extra: Mapping[str, Any] = field(default_factory=dict)


_KEYS = ("ok", "error", "server", "addresses", "keep")


def parse_answer(text: str) -> Answer:
    """The answer in what a program printed: all of it, or its last line when there are others before it (warnings of an
    interpreter). Raises BadAnswer.
    """
    stripped = text.strip()
    if not stripped:
        raise BadAnswer("it printed nothing")
    try:
        return answer_of(json.loads(stripped))
    except ValueError as whole:
        head, _, last = stripped.rpartition("\n")
        try:
            data = json.loads(last)
        except ValueError:
            raise (whole if isinstance(whole, BadAnswer) else BadAnswer("what it printed is no JSON")) from None
        answer = answer_of(data)
        return Answer(answer.ok, answer.error, answer.server, answer.addresses, answer.keep, note=head[:SHOWN])


def answer_of(data: Any) -> Answer:
    """An answer as plain data. Raises BadAnswer, and says what of it is not as it must be."""
    if not isinstance(data, Mapping):
        raise BadAnswer('an answer is a JSON object such as {"ok": true}')
    unknown = [key for key in data if key not in _KEYS]
    if unknown:
        raise BadAnswer(f"an answer has no {unknown[0]!r}; it has {', '.join(_KEYS)}")
    ok, error = data.get("ok"), data.get("error")
    if not isinstance(ok, bool):
        raise BadAnswer('an answer says {"ok": true}, or {"ok": false, "error": "..."}')
    if not ok and not (isinstance(error, str) and error.strip()):
        raise BadAnswer("an answer that is not ok says what went wrong in `error`")
    if ok and error:
        raise BadAnswer("an answer is ok or has an `error`, not both")
    server = data.get("server")
    if not isinstance(server, str | int | None) or isinstance(server, bool):
        raise BadAnswer("`server` is the name or the id of a server")
    addresses = data.get("addresses")
    if addresses is not None and not (
        isinstance(addresses, list | tuple) and all(isinstance(each, str) for each in addresses)
    ):
        raise BadAnswer("`addresses` is a list of texts")
    keep = data.get("keep")
    if keep is not None and not isinstance(keep, Mapping):
        raise BadAnswer("`keep` is an object")
    return Answer(ok, error or "", server or None, None if addresses is None else tuple(addresses), keep)

"""pyghmi's client as a program: methods of its `Command` in one session, and what each returned, a line of JSON each.

    python -m tests.interop.pyghmi_client HOST:PORT USER PASSWORD METHOD [ARGUMENT ...] [-- METHOD ...]

Arguments are JSON where they can be read as such; `0x:` starts octets. It is a program, as pyghmi can log in to a BMC only
once a process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from pyghmi.exceptions import PyghmiException
from pyghmi.ipmi.command import Command


def argument(text: str) -> Any:
    if text.startswith("0x:"):
        return bytearray.fromhex(text[3:])
    try:
        return json.loads(text)
    except ValueError:
        return text


def plain(value: Any) -> Any:
    """Generators, sensor readings and octets as something to print."""
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if hasattr(value, "simplestring"):
        return value.simplestring()
    if isinstance(value, str | int | float | None):
        return value
    return [plain(each) for each in value] if hasattr(value, "__iter__") else repr(value)


def calls(words: Sequence[str]) -> Iterator[list[str]]:
    call: list[str] = []
    for word in [*words, "--"]:
        if word == "--":
            yield call
            call = []
        else:
            call.append(word)


def main() -> int:
    where, name, password, *words = sys.argv[1:]
    host, _, port = where.rpartition(":")
    try:
        console = Command(bmc=host, userid=name, password=password, port=int(port))
        for method, *arguments in calls(words):
            sys.stdout.write(json.dumps(plain(getattr(console, method)(*map(argument, arguments)))) + "\n")
    except PyghmiException as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
        return 1
    console.ipmi_session.logout()
    return 0


if __name__ == "__main__":
    sys.exit(main())

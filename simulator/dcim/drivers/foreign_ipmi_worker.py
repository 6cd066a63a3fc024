"""The process in which pyghmi lives: a job a line on standard input, an answer a line on standard output.

Started as a program by `foreign_ipmi`, and imports nothing of ours. For every job it forks a child that logs in, acts,
logs out and answers; pyghmi is loaded once and its tables of sessions are always new.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, Final

from pyghmi.exceptions import PyghmiException
from pyghmi.ipmi.command import Command

__all__ = ["main"]

_CONTROLS: Final = {"off": 0, "on": 1, "cycle": 2, "reset": 3, "soft": 5}
_BOOT_DEVICES: Final = {"pxe": "network", "disk": "hd", "none": "default"}
_TIMED_OUT: Final = 0xFFFF


def _ask(console: Command, netfn: int, command: int, data: tuple[int, ...] = ()) -> Any:
    """The data of an answer. Raises PyghmiException; pyghmi marks its own time-out with the code FFFFh."""
    answer = console.raw_command(netfn=netfn, command=command, data=data)
    if "error" in answer:
        raise _Refused(answer["error"], answer.get("code"))
    return answer["data"]


class _Refused(PyghmiException):  # type: ignore[misc]
    def __init__(self, text: str, code: int | None) -> None:
        known = code is not None and code != _TIMED_OUT
        super().__init__(f"{text} (completion code {code:02X}h)" if known else text)


def _power_status(console: Command) -> bool:
    # Not get_power(): it asks for more, to find the maker's own ways.
    return bool(_ask(console, netfn=0x00, command=0x01)[0] & 1)


def _power(console: Command, action: str) -> None:
    # Not set_power(): it knows no cycle, and does nothing where it thinks that nothing is to do.
    _ask(console, netfn=0x00, command=0x02, data=(_CONTROLS[action],))


def _set_boot_device(console: Command, device: str, persistent: bool) -> None:
    console.set_bootdev(_BOOT_DEVICES[device], persist=persistent)


def _app(console: Command, commands: list[tuple[int, list[int]]]) -> list[list[int]]:
    return [list(_ask(console, netfn=0x06, command=command, data=tuple(data))) for command, data in commands]


_VERBS: Final[dict[str, Callable[..., Any]]] = {
    "power_status": _power_status,
    "power": _power,
    "set_boot_device": _set_boot_device,
    "app": _app,
}


def _serve(job: dict[str, Any]) -> None:
    """Log in, act, answer, log out."""
    console = None
    try:
        console = Command(
            bmc=job["host"],
            userid=job["username"],
            password=job["password"],
            port=job["port"],
            kg=job["kg"].encode() or None,
        )
        answer = {"value": _VERBS[job["verb"]](console, *job["arguments"])}
    except PyghmiException as error:
        # After silence pyghmi gives no reason ("None"), or one of these.
        text = str(error)
        silent = text in ("", "None") or "timeout" in text.lower() or "no longer connected" in text
        answer = {"error": "silent" if silent else "refused", "message": "no session" if text == "None" else text}
        answer["stage"] = "login" if console is None else "command"
    except Exception as error:  # whatever breaks inside pyghmi is an answer too, and the child's end
        answer = {"error": "refused", "message": f"pyghmi: {type(error).__name__}: {error}"}
    os.write(sys.stdout.fileno(), json.dumps({"number": job["number"], **answer}).encode() + b"\n")
    if console is not None:
        console.ipmi_session.logout()


def main() -> None:
    """Serve until standard input ends. The one argument: seconds that a call may take."""
    patience = int(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    for line in sys.stdin:
        job = json.loads(line)
        if os.fork() == 0:
            signal.alarm(patience)  # pyghmi can wait for ever; its child cannot
            try:
                _serve(job)
            finally:
                os._exit(0)


if __name__ == "__main__":
    main()

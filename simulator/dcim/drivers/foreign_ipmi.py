"""A BMC driver over pyghmi, which lives in a process of its own.

pyghmi cannot log in twice to one BMC in one process: it keeps a table of sessions being set up and hands finished ones
out again, so that the second log-in hangs or breaks. The process here has pyghmi loaded and forks a child for every
call, so each call has a fresh pyghmi that is thrown away after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from simulator.dcim.drivers.base import (
    BmcAccess,
    BmcUser,
    BootDevice,
    DeviceDenied,
    DeviceRefused,
    DeviceSilent,
    PowerAction,
)
from simulator.dcim.drivers.ipmi_users import AppCommand, read_users, remove_user, write_user
from simulator.kernel import Activity, Clock

__all__ = ["ForeignBmcDriver", "ForeignBmcPool"]

_WORKER: Final = Path(__file__).with_name("foreign_ipmi_worker.py")
_LOGINS: Final = 2
_WRONG_PASSWORD: Final = "Incorrect password provided"  # noqa: S105 - pyghmi's words
_GONE: Final = {"error": "silent", "message": "its process ended before it answered"}


class ForeignBmcPool:
    """The process behind all foreign BMC drivers of a panel. It starts with the first call, and again when it died."""

    def __init__(self, activity: Activity, time: Clock, *, patience: float = 60.0, parallel: int = 16) -> None:
        """`time`: wire time. `patience`: seconds after which a call is given up (pyghmi's own are shorter). `parallel`:
        calls at once.
        """
        self._activity = activity
        self._time = time
        self._patience = patience
        self._slots = asyncio.Semaphore(parallel)
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._closed = False

    async def call(self, access: BmcAccess, verb: str, *arguments: Any) -> Any:
        """Have pyghmi do one thing. Raises DeviceSilent, DeviceRefused."""
        with self._activity.busy():
            async with self._slots:
                for _ in range(_LOGINS):
                    answer = await self._ask(access, verb, arguments)
                    # Silence before the command was sent: nothing has happened yet, and pyghmi gives up sooner on a
                    # link that loses datagrams than other clients do.
                    if answer.get("error") != "silent" or answer.get("stage") != "login":
                        break
        if "error" not in answer:
            return answer["value"]
        if answer["error"] == "silent":
            raise DeviceSilent(access.name, f"no answer from {access.host}:{access.port} (pyghmi: {answer['message']})")
        kind = DeviceDenied if answer["message"] == _WRONG_PASSWORD else DeviceRefused
        raise kind(access.name, answer["message"])

    async def close(self) -> None:
        """End the process and everything it has begun."""
        self._closed = True
        async with self._starting:
            await self._stop()

    async def _ask(self, access: BmcAccess, verb: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """One job for the worker. Answers come back by number in any order; `error` in one says what kept it from being done."""
        process = await self._running()
        assert process.stdin is not None
        self._number += 1
        number = self._number
        job = {
            "number": number,
            "host": access.host,
            "port": access.port,
            "username": access.username,
            "password": access.password,
            "kg": access.kg,
            "verb": verb,
            "arguments": arguments,
        }
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            process.stdin.write(json.dumps(job).encode() + b"\n")
            async with self._time.timeout(self._patience):
                await process.stdin.drain()
                return await waiting
        except TimeoutError:
            return {"error": "silent", "message": f"nothing in {self._patience:g} s"}
        except ConnectionError:
            return _GONE
        finally:
            del self._waiting[number]

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._closed:
                raise RuntimeError("this pool is closed")
            if self._reader is not None and self._reader.done():
                await self._stop()
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-P",
                    str(_WORKER),
                    str(math.ceil(self._patience)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    start_new_session=True,
                )
                self._reader = asyncio.create_task(self._read(self._process), name="answers of pyghmi")
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            answer = json.loads(line)
            waiting = self._waiting.get(answer["number"])
            if waiting is not None and not waiting.done():
                waiting.set_result(answer)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(_GONE)

    async def _stop(self) -> None:
        process, reader = self._process, self._reader
        self._process = self._reader = None
        if process is None or reader is None or process.stdin is None:
            return
        process.stdin.close()
        if process.returncode is None:
            # Its process group holds only itself and the children that it forked.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        await reader
        with contextlib.suppress(ConnectionError):
            await process.stdin.wait_closed()


class ForeignBmcDriver:
    """One BMC as pyghmi reaches it: log in, ask, log out, for every call."""

    def __init__(self, access: BmcAccess, pool: ForeignBmcPool) -> None:
        self._access = access
        self._pool = pool

    async def power_status(self) -> bool:
        return bool(await self._pool.call(self._access, "power_status"))

    async def power(self, action: PowerAction) -> None:
        await self._pool.call(self._access, "power", action)

    async def set_boot_device(self, device: BootDevice, *, persistent: bool = False) -> None:
        await self._pool.call(self._access, "set_boot_device", device, persistent)

    async def users(self) -> Sequence[BmcUser]:
        return await read_users(self._app)

    async def set_user(self, slot: int | None, name: str, password: str | None, level: int) -> int:
        return await write_user(self._app, self._access.name, slot, name, password, level)

    async def remove_user(self, slot: int) -> None:
        await remove_user(self._app, slot)

    async def _app(self, commands: Sequence[AppCommand]) -> Sequence[bytes]:
        asked = [[command, list(data)] for command, data in commands]
        answers = await self._pool.call(self._access, "app", asked)
        return [bytes(answer) for answer in answers]

    async def close(self) -> None:
        """The pool's owner closes the pool."""

"""Long actions on a server: starting one, waiting for its end, ending it; installation and diagnostics."""

from __future__ import annotations

from typing import Final

from provisioner.clients.dci6 import Dci6Client
from provisioner.clients.records6 import Operation, Server
from provisioner.clock import MOMENT, Clock
from provisioner.errors import (
    AnswerLost,
    InstallTimeout,
    NotInPanel,
    OperationFailed,
    PanelError,
    ProvisioningError,
)
from provisioner.log import ModuleLog
from provisioner.progress import NOT_DONE, NotDone, Progress

__all__ = ["DIAGNOSTIC_SECONDS", "POLL_SECONDS", "Operations"]

POLL_SECONDS: Final = 30.0
"""How often a running operation is looked at, as the vendor's module for DCImanager 5 does."""
DIAGNOSTIC_SECONDS: Final = 3600.0
"""How long diagnostics are waited for (W6-D6)."""
CANCEL_POLL_SECONDS: Final = 5.0
CANCEL_SECONDS: Final = 300.0
"""How long a terminated operation is given to come to its end; ours, the document names no limit."""


class Operations:
    """Of one panel."""

    def __init__(self, client: Dci6Client, clock: Clock, log: ModuleLog, *, poll: float = POLL_SECONDS) -> None:
        """`poll` in seconds."""
        self._client = client
        self._clock = clock
        self._log = log
        self._poll = poll

    async def started(self, server: int, last: int, kind: str) -> int | NotDone:
        """The operation of this kind that has come after the operation `last`."""
        seen = (await self._client.server(server)).operation
        return seen.id if seen is not None and seen.id != last and seen.type in (kind, "") else NOT_DONE

    async def wait(self, operation: int, deadline: float, every: float) -> Operation | None:
        """The operation when it has ended; None when it has not by `deadline`, with a last look then."""
        while True:
            left = deadline - self._clock.now()
            if left > 0:
                await self._clock.sleep(min(every, left))
            seen = await self._client.operation(operation)
            if seen.ended:
                return seen
            if deadline - self._clock.now() < MOMENT:
                return None

    # ending one

    async def end_running(self, server: Server) -> str:
        if server.operation is None or server.operation.ended:
            return "there is none"
        return str(await self._end(server, server.operation.id))

    async def _end(self, server: Server, operation: int) -> Operation:
        """Terminate an operation and see it end. Raises OperationFailed when it does not."""
        for last_try in (False, True):
            try:
                await self._client.cancel_operation(server.id)
            except (PanelError, AnswerLost) as exc:
                # It may have ended by itself between being seen and being terminated, or be ending by our order.
                seen = await self._client.operation(operation)
                if seen.ended or seen.status == "canceling":
                    break
                if last_try or isinstance(exc, PanelError):
                    raise
            else:
                seen = await self._client.operation(operation)
                break
        if seen.ended:
            return seen
        last = await self.wait(operation, self._clock.now() + CANCEL_SECONDS, CANCEL_POLL_SECONDS)
        if last is None:
            raise OperationFailed(
                f"operation {operation} on server {server} did not end in {CANCEL_SECONDS:g} s after its termination"
            )
        return last

    async def _end_once(self, number: str, server: Server, operation: int, progress: Progress) -> Operation:
        """As `_end`, for an operation that has used up its time: that it has is kept, however it then ends."""

        async def end() -> tuple[int, str, str]:
            return _plain(await self._end(server, operation))

        return Operation(*await progress.step(number, "terminate the operation", end, part="end"))

    # installation

    async def install(self, server: Server, template: int, password: str, *, temporary: bool = False) -> int:
        """Start it; the operation's id."""
        return await self._client.os_install(server.id, template, password, temporary_ipv4=temporary)

    async def wait_for_installation(
        self, server: Server, os: str, operation: int, limit: float, progress: Progress
    ) -> None:
        """Step A10: its end, or its termination when it has not ended in `limit` seconds. Raises OperationFailed,
        InstallTimeout.
        """
        deadline = progress.begun_at("A10") + limit
        late = progress.begun("A10/end")
        ended = None if late else await self.wait(operation, deadline, self._poll)
        if ended is None:
            ended = await self._end_late(server, os, operation, limit, progress)
        if ended.status != "ok":
            raise OperationFailed(f"the installation of {os} on server {server} did not succeed ({ended})")

    async def _end_late(self, server: Server, os: str, operation: int, limit: float, progress: Progress) -> Operation:
        """End an installation that has used up its time; returns only if it succeeded in the very last moment."""
        late = f"OS installation timeout: {os} was not installed on server {server} in {limit / 60:g} minutes; "
        try:
            ended = await self._end_once("A10", server, operation, progress)
        except ProvisioningError as exc:
            raise InstallTimeout(f"{late}the operation could not be terminated: {exc}") from exc
        if ended.status != "ok":
            raise InstallTimeout(f"{late}it has been terminated ({ended})")
        return ended

    async def template(self, name: str, kind: str) -> int:
        """Its id. Raises NotInPanel."""
        template = await self._client.find_template(name, kind)
        if template is None:
            raise NotInPanel(f"There is no {kind} template {name!r} in DCImanager 6")
        return template.id

    # diagnostics

    async def diagnose(
        self,
        server: Server,
        template: int,
        pool: int | None,
        progress: Progress,
        *,
        clear_disks: bool,
        shut_down: bool,
    ) -> Operation | None:
        """Step D6: how the diagnostics ended, None when they did not in 60 minutes. Then they are terminated when the
        server is to be shut down, and left to the panel when not. Without a `pool` its choice is left to the panel.
        """

        async def start() -> int:
            return await self._client.diagnostic(server.id, template, clear_disks=clear_disks, pool=pool)

        async def wait() -> tuple[int, str, str] | None:
            if not progress.begun("D6/end"):
                ended = await self.wait(operation, progress.begun_at("D6/wait") + DIAGNOSTIC_SECONDS, self._poll)
                if ended is not None:
                    return _plain(ended)
            late = f"the diagnostics of server {server} did not end in {DIAGNOSTIC_SECONDS / 60:g} minutes"
            if shut_down:
                await self._end_once("D6", server, operation, progress)
                self._log.note(f"{late} and have been terminated")
            else:
                self._log.note(f"{late} and are left to the panel")
            return None

        operation = await progress.step(
            "D6",
            "start diagnostics",
            start,
            part="start",
            before=server.last_operation,
            look=lambda last: self.started(server.id, last, "diagnostic"),
        )
        ended = await progress.step("D6", "wait for diagnostics", wait, part="wait")
        return None if ended is None else Operation(*ended)


def _plain(operation: Operation) -> tuple[int, str, str]:
    return operation.id, operation.status, operation.reason

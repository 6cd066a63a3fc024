"""How far an action has come: its steps and orders, written before they are done and again when they are answered.

A step that was interrupted, or an order in it whose answer was lost or refused (the first of two copies may have been
answered to somebody on the way), is looked after before it is done again: the step says by what in the panel one sees that
it took effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any, Final, Literal, TypeVar

from provisioner.clock import Clock
from provisioner.errors import AnswerLost, PanelError, ProvisioningError
from provisioner.log import Call, ModuleLog, Sending
from provisioner.store import ActionRow, CallRow, Row, StepRow, Store

__all__ = ["NOT_DONE", "TRIES", "Look", "NotDone", "Progress"]

T = TypeVar("T")
NotDone = Literal["not done"]
NOT_DONE: Final = "not done"
Look = Callable[[Any], Awaitable[T | NotDone]]
"""Takes what was there before; gives the step's result, or NOT_DONE when it has not taken effect."""
TRIES: Final = 3
"""How often an order is sent at least when no answer ever comes."""
PATIENCE_SECONDS: Final = 60.0
"""How long it is sent again: as long as a question is asked again."""
ALL_TRIES: Final = 20
"""How often a step is tried, however far it gets."""
PAUSE_SECONDS: Final = 0.5
"""After a first loss, twice as long after each further one, but not above `LATE_SECONDS`."""
LATE_SECONDS: Final = 10.0
"""When an order whose answer was lost has not been seen to take effect, it is looked after once more this much later: who
answered in the panel's place does not keep the panel from doing it.
"""
SLOW_SECONDS: Final = 60.0
"""The same where the time of a gateway or of ours was up: what was slow may be as slow again."""


class Progress:
    """Of one action of one service. With nothing in `done` it is a new one."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        log: ModuleLog,
        action: ActionRow,
        row: Callable[[], Row],
        *,
        resumed: bool = False,
    ) -> None:
        """`row` gives the service as it is to be kept now."""
        self.action = action
        self.resumed = resumed
        self._store = store
        self._clock = clock
        self._log = log
        self._row = row
        self._steps: dict[str, StepRow] = {}
        self._calls = 0
        self._pending: CallRow | None = None
        self._step = ""
        self._doubtful: set[str] = set()
        self._secret: set[str] = set()
        if resumed:
            mine = [each for each in store.read(StepRow, action.service) if each.action == action.number]
            self._steps = {each.step: each for each in mine}
            calls = [each for each in store.read(CallRow, action.service) if each.action == action.number]
            self._calls = len(calls)
            self._doubtful = {each.step for each in calls if each.status is None or each.status >= 500}

    def done(self, step: str) -> bool:
        """Whether the step has been done, in this run or one that was interrupted."""
        row = self._steps.get(step)
        return row is not None and row.phase == "done"

    def begun(self, step: str) -> bool:
        """Whether the step was begun, in this run or one that was interrupted."""
        return step in self._steps

    def begun_at(self, step: str) -> float:
        """When the step was begun first; now, when it was not."""
        row = self._steps.get(step)
        return self._clock.now() if row is None else row.began

    def before(self, step: str) -> Any:
        """What was there before the step was begun first; None when it was not begun."""
        row = self._steps.get(step)
        return None if row is None else row.before

    def result(self, step: str) -> Any:
        """Of a step that has been done; None of another."""
        row = self._steps.get(step)
        return row.result if row is not None and row.phase == "done" else None

    def doubtful(self, step: str) -> bool:
        """Whether an order in the step may have taken effect beside the one that was answered."""
        return step in self._doubtful

    def earlier(self, step: str) -> list[Any]:
        """Results of the same step in earlier actions of the service."""
        rows = self._store.read(StepRow, self.action.service)
        return [
            each.result
            for each in rows
            if each.step == step and each.action < self.action.number and each.phase == "done"
        ]

    def earlier_parts(self, step: str) -> list[Any]:
        """Results of the parts of a step in earlier actions of the service."""
        rows = self._store.read(StepRow, self.action.service)
        mine = [each for each in rows if each.action < self.action.number and each.phase == "done"]
        return [each.result for each in mine if each.step.startswith(f"{step}/")]

    def unfinished(self, begun: str, ended: Collection[str]) -> list[str]:
        """Parts of a step that earlier actions of the service began, newest first, and to which none of the steps `ended`
        has been done since.
        """
        last: dict[str, bool] = {}
        for row in self._store.read(StepRow, self.action.service):
            number, _, part = row.step.partition("/")
            if row.action < self.action.number and part and "/" not in part:
                if number == begun:
                    last.pop(part, None)
                    last[part] = False
                elif number in ended and row.phase == "done" and part in last:
                    last[part] = True
        return [part for part in reversed(last) if not last[part]]

    def forget(self, step: str) -> None:
        """Let the step be done anew, since its result is of no use any more."""
        self._steps.pop(step, None)

    def reserve(self, server: int, panel: str = "") -> bool:
        """Keep a server of the panel for this service, against all others of this billing system."""
        return self._store.reserve(server, self.action.service, panel)

    def release(self) -> None:
        """Give up what has been kept for the service."""
        self._store.release(self.action.service)

    async def step(
        self,
        number: str,
        name: str,
        work: Callable[[], Awaitable[T]],
        *,
        part: str = "",
        before: Any = None,
        look: Look[T] | None = None,
        show: Callable[[T], str] = lambda result: "" if result is None else str(result),
        log: bool | None = None,
        final: type[ProvisioningError] | None = None,
        secret: bool = False,
        twice: bool = True,
    ) -> T:
        """Do a step, or give its result when it has been done; results are plain data, as JSON knows it.

        `look` says whether an interrupted attempt took effect; a step without one may be repeated without harm. `part`
        tells the parts of a step apart; they have no entries of their own in the log, unless `log` says so. With
        `final`, a step that failed so before the action was interrupted is not tried anew: its error is raised again.
        What was there before a `secret` step is forgotten when the action ends. `twice=False`: a refusal is a refusal, since
        what one would see could as well be another's.
        """
        key = f"{number}/{part}" if part else number
        log = not part if log is None else log
        row = self._steps.get(key)
        if row is not None and row.phase == "done":
            result: T = row.result
            return result
        if row is not None and row.phase == "failed" and final is not None and row.result in _names(final):
            raise final(row.error)
        if secret:
            self._secret.add(key)
        looking = row is not None and row.phase == "begun"
        if row is None or not looking:
            row = StepRow(self.action.service, self.action.number, key, name, "begun", self._clock.now(), before=before)
        self._keep(row)
        if log:
            self._log.step(number, name, "begin")
        outer, self._step = self._step, key
        try:
            result = await self._attempts(work, look, row.before, looking=looking, twice=twice)
        except ProvisioningError as exc:
            self._keep(replace(row, phase="failed", ended=self._clock.now(), result=type(exc).__name__, error=str(exc)))
            if log:
                self._log.step(number, name, "error", str(exc))
            raise
        finally:
            self._step = outer
        self._keep(replace(row, phase="done", ended=self._clock.now(), result=result))
        if log:
            self._log.step(number, name, "end", show(result))
        return result

    def leave(self, number: str, name: str, what: Any) -> None:
        """Leave a step to the billing system's cron (`Billing.cron`), which is told `what`."""
        now = self._clock.now()
        self._keep(StepRow(self.action.service, self.action.number, number, name, "left", now, before=what))

    async def logged(
        self,
        number: str,
        name: str,
        work: Awaitable[T],
        *,
        show: Callable[[T], str] = lambda result: "" if result is None else str(result),
    ) -> T:
        """A step of several parts in the log."""
        self._log.step(number, name, "begin")
        try:
            result = await work
        except ProvisioningError as exc:
            self._log.step(number, name, "error", str(exc))
            raise
        self._log.step(number, name, "end", show(result))
        return result

    def without_secrets(self) -> list[StepRow]:
        """The steps that hold a secret, as they are to be kept when the action has ended."""
        rows = [replace(row, before=None) for key, row in self._steps.items() if key in self._secret]
        self._steps.update({row.step: row for row in rows})
        return rows

    async def _attempts(
        self, work: Callable[[], Awaitable[T]], look: Look[T] | None, before: Any, *, looking: bool, twice: bool
    ) -> T:
        """Do the work until it has been answered. Before it is done again it is looked after, twice where it may come
        late; and so it is when it is refused, for it may have come twice.
        """
        tries, all_tries, order, since, late = 0, 0, "", self._clock.now(), 0.0
        while True:
            if looking and look is not None:
                seen = await look(before)
                if seen == NOT_DONE and late:
                    await self._clock.sleep(late)
                    seen = await look(before)
                if seen != NOT_DONE:
                    return seen
            all_tries += 1
            try:
                return await work()
            except AnswerLost as lost:
                # A step of several orders gets on, as long as it is not the same one that is lost again and again.
                if lost.order != order:
                    tries, order, since = 0, lost.order, self._clock.now()
                tries += 1
                late = SLOW_SECONDS if lost.slow else LATE_SECONDS
                self._doubtful.add(self._step)
                patient = self._clock.now() - since < PATIENCE_SECONDS
                if all_tries == ALL_TRIES or (tries >= TRIES and not patient):
                    raise
            except PanelError:
                if look is None or not (twice or looking) or (seen := await look(before)) == NOT_DONE:
                    raise
                return seen
            looking = True
            # What cannot be looked after is given its time before it is sent again: a first copy that comes after the second
            # one comes after what follows, too, and would undo it.
            unseen = look is None and late == SLOW_SECONDS
            await self._clock.sleep(SLOW_SECONDS if unseen else min(PAUSE_SECONDS * 2 ** (tries - 1), LATE_SECONDS))

    def _keep(self, row: StepRow) -> None:
        self._store.write(row, self._row())
        self._steps[row.step] = row

    # orders to the panel

    def sending(self, order: Sending) -> None:
        """An order goes out: kept first."""
        self._calls += 1
        action = self.action
        self._pending = CallRow(
            action.service, action.number, self._calls, self._step, order.method, order.path, order.request, order.time
        )
        self._store.write(self._pending, self._row())

    def answered(self, call: Call) -> None:
        """A call has been answered, or its answer is lost."""
        order, self._pending = self._pending, None
        if order is not None:
            self._store.write(replace(order, status=call.status, answer=call.answer, answered=self._clock.now()))


def _names(kind: type[ProvisioningError]) -> set[str]:
    """Of a class of errors and those under it."""
    return {kind.__name__}.union(*map(_names, kind.__subclasses__()))

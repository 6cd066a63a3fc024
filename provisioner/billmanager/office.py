"""The people around BILLmanager: messages to clients and administrators, departments, and the tasks that these have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from provisioner.billmanager.rows import DepartmentRow, MessageRow, TaskRow
from provisioner.clock import Clock
from provisioner.errors import Refused
from provisioner.log import without_secrets
from provisioner.store import MemoryStore, Store

__all__ = ["NoOpenTask", "NotTheirTask", "Office"]


_MASK = "********"


class NoOpenTask(Refused):
    """The department has no such open task."""


class NotTheirTask(Refused):
    """The task belongs to a department in which this person is not."""


class Office:
    """Everything sent and asked so far, in order."""

    def __init__(self, clock: Clock, store: Store | None = None) -> None:
        """What a `store` has kept is there again."""
        self._clock = clock
        self._store: Store = MemoryStore() if store is None else store
        self.messages: list[MessageRow] = self._store.read(MessageRow)
        self._tasks = {task.id: task for task in self._store.read(TaskRow)}
        self._departments = {each.name: each for each in self._store.read(DepartmentRow)}

    @property
    def tasks(self) -> list[TaskRow]:
        return list(self._tasks.values())

    def write(self, to: Iterable[str], subject: str, text: str, *, secrets: Iterable[str] = ()) -> None:
        """One message to each. What is kept of it when it has been sent has no `secrets` in it any more."""
        kept = text
        for secret in filter(None, secrets):
            kept = kept.replace(secret, _MASK)
        for each in to:
            row = MessageRow(len(self.messages) + 1, self._clock.now(), each, subject, text)
            self._store.write(replace(row, text=kept))
            self.messages.append(row)

    # departments

    def add_department(self, name: str, staff: Sequence[str] = ()) -> DepartmentRow:
        """A department, or other staff for a known one; `staff` are e-mails."""
        known = self._departments.get(name)
        row = DepartmentRow(known.id if known else len(self._departments) + 1, name, list(staff))
        self._store.write(row)
        self._departments[name] = row
        return row

    def department(self, which: str | int) -> DepartmentRow:
        """By name or id. Raises Refused."""
        for row in self._departments.values():
            if which in (row.name, row.id):
                return row
        raise Refused(f"there is no department {which!r}; there are {', '.join(self._departments) or 'none'}")

    # tasks

    def draft(self, department: str, service: str, subject: str, *, verb: str = "") -> TaskRow:
        """A task that is not kept yet: the caller writes it together with what belongs to it, and then says `kept`."""
        return TaskRow(len(self._tasks) + 1, self._clock.now(), department, service, subject, verb)

    def kept(self, task: TaskRow) -> None:
        """The task has been written into the store."""
        self._tasks[task.id] = task

    def submit(self, department: str, service: str, subject: str) -> TaskRow:
        """A task that nothing waits for but people."""
        task = self.draft(department, service, subject)
        self._store.write(task)
        self.kept(task)
        return task

    def open_task(self, service: str) -> TaskRow:
        """The newest open task about a service. Raises NoOpenTask."""
        for task in reversed(self._tasks.values()):
            if task.open and task.service == service:
                return task
        raise NoOpenTask(f"there is no open task about service {service}")

    def tasks_of(self, staff: str) -> list[TaskRow]:
        """The open tasks of the departments in which this person is (IM-6)."""
        theirs = {row.name for row in self._departments.values() if staff in row.staff}
        return [task for task in self._tasks.values() if task.open and task.department in theirs]

    def task_for(self, staff: str, task: int) -> TaskRow:
        """An open task, for one of its department's staff. Raises NoOpenTask, NotTheirTask."""
        row = self._tasks.get(task)
        if row is None or not row.open:
            raise NoOpenTask(f"there is no open task {task}")
        department = self._departments.get(row.department)
        if department is None or staff not in department.staff:
            raise NotTheirTask(f"task {task} belongs to the department {row.department}, in which {staff} is not")
        return row

    def edit(self, task: TaskRow, *, module: int | None, params: Any) -> TaskRow:
        """Assign another processing module, with what it needs to know."""
        row = replace(task, module=module, params=params)
        self._store.write(row)
        self.kept(row)
        return row

    def closed(self, task: TaskRow, by: str = "") -> TaskRow:
        """The task as it is when closed, with no secrets in it any more; not kept yet: see `draft`."""
        params = None if task.params is None else without_secrets(task.params)
        return replace(task, params=params, open=False, closed=self._clock.now(), closed_by=by)

    def close(self, task: TaskRow, by: str = "") -> None:
        row = self.closed(task, by)
        self._store.write(row)
        self.kept(row)

"""A module that is a Python class: its methods are the verbs.

One whose verbs are coroutines, and who calls the panel with the client that it is given, runs in virtual time like the bundled
modules. One of ordinary functions runs in a thread, on real sockets.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx

from simulator.lab import Run
from simulator.scenario.billing.outside.contract import (
    Answer,
    BadAnswer,
    ModuleBroke,
    ModuleFailed,
    answer_of,
)
from simulator.scenario.billing.outside.loading import class_of
from simulator.scenario.billing.outside.program import clipped
from simulator.scenario.billing.outside.time import LabTime

if TYPE_CHECKING:
    from simulator.scenario.billing.outside.plan import ModulePlan

__all__ = ["LabForModule", "PythonCaller"]

_OF_THE_PROGRAMMER = (
    TypeError,
    AttributeError,
    NameError,
    LookupError,
    AssertionError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
    ImportError,
    UnicodeError,
)
"""Errors that no module raises to say that an order cannot be done."""


class LabForModule:
    """What a module's class is made with: the panel, HTTP clients that reach it, and the lab's time."""

    def __init__(self, run: Run, time: LabTime, panel: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self._run = run
        self._time = time
        self._loop = asyncio.get_running_loop()
        self.panel = panel
        """`version`, `url`, `email`, `password`."""
        self.settings = settings

    def client(self, **options: Any) -> httpx.AsyncClient:
        """For coroutines: to the panel by its URL, in virtual time too."""
        options.setdefault("base_url", self.panel["url"])
        return httpx.AsyncClient(transport=self._run.billing_transport(), **options)

    def http(self, **options: Any) -> httpx.Client:
        """For functions, over a socket."""
        certificate = self._run.certificate
        options.setdefault("base_url", self.panel["url"])
        return httpx.Client(verify=certificate.client_context() if certificate else False, trust_env=False, **options)

    def now(self) -> float:
        """Lab time in seconds."""
        return self._run.clock.now()

    def calendar(self) -> Any:
        """Lab time as a date, UTC."""
        return self._run.clock.calendar()

    def sleep(self, seconds: float) -> Any:
        """Let lab time pass: await it in a coroutine; in a function it returns when it has passed."""
        if threading.current_thread() is threading.main_thread():
            return self._run.clock.sleep(seconds)
        asyncio.run_coroutine_threadsafe(self._time.move(seconds), self._loop).result()
        return None


class PythonCaller:
    """See the head of this file."""

    def __init__(self, plan: ModulePlan, lab: LabForModule, time: LabTime) -> None:
        self._plan = plan
        self._time = time
        self._module: Any = None
        self._lab = lab
        self._threads: list[asyncio.Future[Any]] = []

    async def ask(self, question: Mapping[str, Any]) -> Answer:
        """Call the verb's method with the question. Raises ModuleFailed, ModuleBroke."""
        try:
            if self._module is None:
                self._module = class_of(self._plan.spec.python or "", self._plan.folder, self._plan.file)(self._lab)
            method = getattr(self._module, str(question["verb"]))
            if inspect.iscoroutinefunction(method):
                told = await method(dict(question))
            else:
                told = await self._in_thread(method, dict(question))
        except (ModuleBroke, ModuleFailed):
            raise
        except _OF_THE_PROGRAMMER as error:
            raise ModuleBroke(f"the module broke:\n{clipped(_trace(error))}") from None
        except Exception as error:
            raise ModuleFailed(str(error) or type(error).__name__) from error
        if told is None:
            return Answer(True)
        try:
            return answer_of(told)
        except BadAnswer as error:
            raise ModuleBroke(f"the module returned no answer: {error}: {clipped(repr(told))}") from None

    async def _in_thread(self, method: Any, question: dict[str, Any]) -> Any:
        """Watched as a program is. A thread cannot be killed: one that hangs is left behind and ends with the process."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def tell(result: Any, error: BaseException | None) -> None:
            if not done.done():
                done.set_exception(error) if error is not None else done.set_result(result)

        def work() -> None:
            result, error = None, None
            try:
                result = method(question)
            except Exception as raised:
                error = raised
            except SystemExit as raised:
                error = ModuleBroke(f"the module called exit({raised.code!r})")
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, result, error)

        threading.Thread(target=work, name=f"module {self._plan.name}", daemon=True).start()
        while not done.done():
            await asyncio.wait((done,), timeout=0.2)
            if not done.done() and self._time.quiet > self._plan.spec.patience:
                raise ModuleBroke(
                    f"the module hangs: for {self._plan.spec.patience:g} s of real time it has not ended, called no panel and"
                    f" moved no clock (lab time {self._lab.now():.0f} s)"
                )
        return done.result()

    async def close(self) -> None:
        close = getattr(self._module, "close", None)
        if close is not None and (waits := close()) is not None and inspect.isawaitable(waits):
            await waits


def _trace(error: BaseException) -> str:
    """Its own lines, not ours."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.endswith("python_class.py")]
    return "".join([*traceback.format_list(own), *traceback.format_exception_only(error)])

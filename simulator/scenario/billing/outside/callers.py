"""Ways to put a question to a module: a program for each verb, or a service. The class is in `python_class`, WHMCS in `whmcs`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from simulator.scenario.billing.outside.contract import Answer, BadAnswer, ModuleBroke, answer_of, parse_answer
from simulator.scenario.billing.outside.program import Ended, Programs, clipped
from simulator.scenario.billing.outside.time import LabTime

if TYPE_CHECKING:
    from simulator.scenario.billing.outside.plan import ModulePlan

__all__ = ["Caller", "ExecCaller", "HttpCaller", "in_time"]


class Caller(Protocol):
    """Raises ModuleFailed or ModuleBroke; an answer that is not ok says so itself."""

    async def ask(self, question: Mapping[str, Any]) -> Answer: ...

    async def close(self) -> None: ...


def in_time(plan: ModulePlan, words: Sequence[str], calendar: str) -> list[str]:
    """The command under the clock that the module lives by; `calendar`: lab time as `2026-01-01 00:10:00`."""
    word, _, rate = plan.time.partition(":")
    return ["faketime", "-f", f"@{calendar} x{rate}", *words] if word == "faketime" else list(words)


class ExecCaller:
    """One call a verb: the question on stdin, the answer on stdout."""

    def __init__(self, plan: ModulePlan, programs: Programs, env: Mapping[str, str], folder: Path) -> None:
        self._plan = plan
        self._programs = programs
        self._env = env
        self._folder = folder
        assert plan.spec.exec is not None
        self._words = [self._placed(word, first=not index) for index, word in enumerate(plan.spec.exec)]

    def _placed(self, word: str, *, first: bool) -> str:
        """Files are found beside the description; the program itself also by PATH. `{python}` is the one that runs this."""
        if word == "{python}":
            return sys.executable
        beside = self._plan.folder / word
        return str(beside) if beside.is_file() and (not first or os.access(beside, os.X_OK)) else word

    async def ask(self, question: Mapping[str, Any]) -> Answer:
        env = {**self._env, "RACKLOOP_VERB": str(question["verb"]), "RACKLOOP_SERVICE": str(question["service"])}
        words = in_time(self._plan, self._words, str(question["time"]["calendar"]))
        ended = await self._programs.run(words, json.dumps(question).encode(), env, self._folder)
        return answer_in(ended)

    async def close(self) -> None:
        self._programs.close()


def answer_in(ended: Ended) -> Answer:
    """What a program answered. Raises ModuleBroke: without an answer nobody knows what it did."""
    try:
        answer = parse_answer(ended.out)
    except BadAnswer as error:
        raise ModuleBroke(f"the module gave no answer: {error}\n{ended}") from None
    if answer.ok and ended.status:
        raise ModuleBroke(f"the module says that it is ok and does not end so\n{ended}")
    return answer


class HttpCaller:
    """One POST a verb."""

    def __init__(self, plan: ModulePlan, time: LabTime) -> None:
        assert plan.spec.http is not None
        self._url = plan.spec.http
        self._plan = plan
        self._time = time
        self._client = httpx.AsyncClient(timeout=None, trust_env=False)  # noqa: S113 - patience is ours

    async def ask(self, question: Mapping[str, Any]) -> Answer:
        asked = asyncio.ensure_future(self._client.post(self._url, json=question))
        try:
            while not asked.done():
                await asyncio.wait((asked,), timeout=0.2)
                if not asked.done() and self._time.quiet > self._plan.spec.patience:
                    raise ModuleBroke(f"the module hangs: {self._url} has not answered")
            answer = asked.result()
        except httpx.HTTPError as error:
            raise ModuleBroke(f"the module gave no answer: {self._url}: {error or type(error).__name__}") from None
        finally:
            asked.cancel()
        try:
            return answer_of(answer.json())
        except ValueError as error:
            why = str(error) if isinstance(error, BadAnswer) else "what it said is no JSON"
            text = clipped(answer.text)
            raise ModuleBroke(
                f"the module gave no answer: {why}\nit said with status {answer.status_code}: {text}"
            ) from None

    async def close(self) -> None:
        await self._client.aclose()

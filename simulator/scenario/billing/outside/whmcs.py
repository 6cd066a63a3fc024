"""A server module of WHMCS, run outside WHMCS: each verb is one of its functions, called by PHP among stand-ins (`php/`)."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator.scenario.billing.outside.callers import in_time
from simulator.scenario.billing.outside.contract import Answer, ModuleBroke
from simulator.scenario.billing.outside.functions import FUNCTIONS
from simulator.scenario.billing.outside.program import Programs, said

if TYPE_CHECKING:
    from simulator.scenario.billing.outside.plan import ModulePlan

__all__ = ["WhmcsCaller"]

_PHP = Path(__file__).parent / "php"
_ACTIONS = {"create": "create", "suspend": "suspend", "unsuspend": "unsuspend", "terminate": "terminate"}
_OF_TIME = "sleep,usleep,time_nanosleep,time_sleep_until,time,microtime,hrtime,date,gmdate,idate,getdate,strtotime"
"""Functions that `time.php` has in the place of PHP's."""


class WhmcsCaller:
    """One PHP process a verb. What WHMCS keeps is in an SQLite file of the run's folder."""

    def __init__(self, plan: ModulePlan, programs: Programs, env: Mapping[str, str], folder: Path) -> None:
        assert plan.spec.whmcs is not None
        self._plan = plan
        self._programs = programs
        self._env = env
        self._folder = folder
        self._file = (plan.folder / plan.spec.whmcs).resolve()

    async def ask(self, question: Mapping[str, Any]) -> Answer:
        given = self._given(question)
        words = in_time(self._plan, self._command(given["told"]), str(question["time"]["calendar"]))
        env = {**self._env, "RACKLOOP_VERB": str(question["verb"]), "RACKLOOP_SERVICE": str(question["service"])}
        ended = await self._programs.run(words, json.dumps(given).encode(), env, self._folder)
        told = _last(ended.out)
        if told is None:
            raise ModuleBroke(f"the module gave no answer\n{ended}")
        beside = "\n".join(
            filter(None, [said("printed", str(told.get("printed", ""))), said("said on stderr", ended.err)])
        )
        if "broke" in told:
            raise ModuleBroke("\n".join(filter(None, [f"the module broke: {told['broke']}", beside])))
        card = told.get("kept") or {}
        addresses = [each.strip() for each in [card.get("dedicatedip", ""), *_lines(card.get("assignedips", ""))]]
        found = tuple(each for each in addresses if each) or None
        note = "\n".join([*map(str, told.get("notes", ())), beside]).strip()
        if "error" in told:
            return Answer(False, str(told["error"]), addresses=found, note=note)
        return Answer(True, addresses=found if question["verb"] != "terminate" else None, note=note)

    def _command(self, told: bool) -> list[str]:
        options = {"memory_limit": "256M", "date.timezone": "UTC", "variables_order": "EGPCS"}
        if told:
            options["disable_functions"] = _OF_TIME
        if "RACKLOOP_CA" in self._env:
            options |= {"curl.cainfo": self._env["RACKLOOP_CA"], "openssl.cafile": self._env["RACKLOOP_CA"]}
        php = shutil.which(self._plan.spec.php) or self._plan.spec.php
        return [
            php,
            *(word for name, value in options.items() for word in ("-d", f"{name}={value}")),
            str(_PHP / "run.php"),
        ]

    def _given(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The question as WHMCS would put it: the words in braces of the description filled in, and what `run.php` makes `$params` of."""
        spec, panel, verb = self._plan.spec, question["panel"], str(question["verb"])
        order = question.get("order") or {}
        url = urlsplit(panel["url"])
        words = {
            "{configuration}": order.get("configuration") or question["settings"].get("configuration") or "",
            "{os}": order.get("os") or "",
            "{pool}": question["settings"].get("pool") or "",
            "{server}": str(order.get("server") or ""),
            "{server_id}": str(order.get("server_id") or ""),
            "{host}": url.hostname or "",
            "{port}": str(url.port or ""),
            "{url}": panel["url"],
        }

        def filled(text: str) -> str:
            for word, value in words.items():
                text = text.replace(word, str(value))
            return text

        function, hook = FUNCTIONS.get(verb, (verb, ""))
        options = spec.configoptions
        return {
            "told": self._plan.time == "told",
            "file": str(self._file),
            "module": self._file.stem,
            "function": function,
            "hook": hook,
            "action": _ACTIONS.get(verb, verb),
            "service": question["service"],
            "client": question.get("client") or {},
            "password": question.get("password", ""),
            "server": {
                "hostname": url.hostname or "",
                "ipaddress": url.hostname or "",
                "username": panel["username"],
                "password": panel["password"],
                "accesshash": "",
                "secure": "on" if url.scheme == "https" else "",
                "port": str(url.port or ""),
            },
            "configoptions": [filled(each) for each in options]
            if isinstance(options, list)
            else {name: filled(value) for name, value in options.items()},
            "options": {name: filled(value) for name, value in spec.options.items()} | dict(order.get("options") or {}),
            "customfields": {name: filled(value) for name, value in spec.customfields.items()},
            "params": {name: filled(value) for name, value in spec.params.items()},
            "args": dict(question.get("args") or {}),
        }

    async def close(self) -> None:
        self._programs.close()


def _last(text: str) -> dict[str, Any] | None:
    """The object on the last line; None where there is none."""
    try:
        found = json.loads(text.strip().rpartition("\n")[2])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _lines(text: str) -> list[str]:
    return [each for each in re.split(r"[\s,]+", text) if each]

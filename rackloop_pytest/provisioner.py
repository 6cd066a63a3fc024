"""The bundled billing side, run against a lab that is up: the command `provisioner` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rackloop_pytest.lab_up import LabUp
from rackloop_pytest.own_process import CHILD

__all__ = ["Provisioner"]

_POLLS = "0.2"
"""Real seconds between looks at an operation: two lab minutes by the clock that labs have unless told otherwise."""
_PATIENCE = 300.0


class Provisioner:
    """Sells, suspends, resumes and takes back servers of the panel of version 6, as WHMCS does with its module."""

    def __init__(self, lab: LabUp, folder: Path) -> None:
        self.tariff: dict[str, Any] = {
            "configuration": lab.sells["configurations"][0],
            "os": next(iter(lab.sells["templates"]), ""),
            "pool": next(iter(lab.sells["pools"]), ""),
        }
        """Settings of the module; the first that the lab offers, unless changed."""
        self._folder = folder
        admin = lab["admin"]["dci6"]
        self._env = os.environ | {
            "PROVISIONER_PANEL": lab["dci6"],
            "PROVISIONER_EMAIL": admin["email"],
            "PROVISIONER_PASSWORD": admin["password"],
            "PROVISIONER_STORE": f"sqlite:///{folder / 'billing.db'}",
        }

    def run(self, *words: str, status: int = 0) -> str:
        """`run("order", "web1", "--client", "alice@example.com")`: what it prints. Fails the test at another exit status: 0 done, 1 the
        action failed and the service says why, 2 unusable input, 3 the panel is not there.
        """
        __tracebackhide__ = True
        tariff = self._folder / "tariff.json"
        tariff.write_text(json.dumps(self.tariff), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-P", str(CHILD), "provisioner", *words],
            env={**self._env, "PROVISIONER_TARIFF": str(tariff)},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        said = done.stdout + done.stderr
        if done.returncode != status:
            raise AssertionError(
                f"provisioner {' '.join(words)}: exit status {done.returncode}, not {status}\n{said.rstrip()}"
            )
        return said

    def order(self, service: str, client: str, *words: str, status: int = 0) -> dict[str, Any]:
        """Order a server and see it installed; the service as `service` tells it."""
        __tracebackhide__ = True
        self.run("order", service, "--client", client, "--poll", _POLLS, *words, status=status)
        return self.service(service)

    def terminate(self, service: str, *, status: int = 0) -> dict[str, Any]:
        """Give the server back."""
        __tracebackhide__ = True
        self.run("terminate", service, "--poll", _POLLS, status=status)
        return self.service(service)

    def service(self, name: str) -> dict[str, Any]:
        """What billing holds of a service: `state`, `error`, `server`, `addresses`, `journal`, ... (`provisioner show --json`)."""
        __tracebackhide__ = True
        found: dict[str, Any] = json.loads(self.run("show", name, "--json"))
        return found

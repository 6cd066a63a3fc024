"""Kills of the billing side at random moments: whether anything is bought twice, or left behind.

    python benchmarks/kill_billing.py [KILLS] [SEED]

Starts the lab `one` and sells services in it one after another with the `provisioner` command, whose store is a file: order, suspend,
resume, terminate. Each command, and each `resume-interrupted` after it, is killed at a random moment as often as chance wants. Prints kills
and services; exit status 1 when a service was installed or cleaned more than once, did not come to where its command brings it, or
when a server has an owner or an address at the end. Run it from the repository's root.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from tests.interop.test_up import ROOT, Up

KILLS = 200
LONGEST = 3.0
"""Seconds after which at latest a process is killed."""
LIFE = (("order", "active"), ("suspend", "suspended"), ("resume", "active"), ("terminate", "closed"))
TARIFF = {"configuration": "E3-1230-16Gb-480SSD", "os": "debian-12", "pool": "public", "diagnostic_pool": "diag"}


class Billing:
    """Where `provisioner` is called, and killed."""

    def __init__(self, lab: Up, folder: Path, chance: random.Random) -> None:
        tariff = folder / "tariff.json"
        tariff.write_text(json.dumps(TARIFF))
        admin = lab.places["admin"]["dci6"]
        self.env = os.environ | {
            "PROVISIONER_PANEL": lab.places["dci6"],
            "PROVISIONER_EMAIL": admin["email"],
            "PROVISIONER_PASSWORD": admin["password"],
            "PROVISIONER_TARIFF": str(tariff),
            "PROVISIONER_STORE": f"sqlite:///{folder / 'billing.db'}",
        }
        self.chance = chance
        self.kills = 0

    def call(self, *words: str, killed: bool = False) -> tuple[int, str]:
        """Status and what was said; -9 when it was killed."""
        process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, "-m", "provisioner", *words],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            said, _ = process.communicate(timeout=self.chance.uniform(0.3, LONGEST) if killed else 300)
        except subprocess.TimeoutExpired:
            process.kill()
            self.kills += killed
            said, _ = process.communicate()
        return process.returncode, said

    def state(self, service: str) -> tuple[str, bool]:
        """Of a service, and whether an action of it was interrupted; ("", False) when the store does not know it."""
        _, said = self.call("list", "--json")
        for each in json.loads(said):
            if each["service"] == service:
                return each["state"], each["interrupted"]
        return "", False

    def do(self, verb: str, service: str, wanted: str, most: int) -> str:
        """Until the service is in that state; what went wrong, or nothing."""
        more = ("--client", f"{service}@example.com") if verb == "order" else ()
        waits = ("--poll", "0.2") if verb in ("order", "terminate") else ()
        said = ""
        for _ in range(20):
            state, interrupted = self.state(service)
            if state == wanted and not interrupted:
                return ""
            words = ("resume-interrupted", "--poll", "0.2") if interrupted else (verb, service, *more, *waits)
            _, said = self.call(*words, killed=self.kills < most and self.chance.random() < 0.7)
        return f"{verb} {service} does not come to {wanted}: {said.strip()[-300:]}"


def orders(lab: Up, since: int) -> tuple[dict[str, int], int]:
    """How many installations and diagnostics the panel has taken since that call, and the number of the last call."""
    found = {"os_install": 0, "diagnostic": 0}
    while page := httpx.get(f"{lab.places['control']}/__lab/calls", params={"since": since, "limit": 1000}).json()[
        "list"
    ]:
        since = page[-1]["number"]
        for call in page:
            last = call["call"].rpartition("/")[2]
            if last in found and call["status"] == 200 and not call["refused"]:
                found[last] += 1
    return found, since


def left(lab: Up) -> list[str]:
    """Servers that have an owner who is a client, or an address."""
    admin = lab.places["admin"]["dci6"]
    with httpx.Client(base_url=lab.places["dci6"]) as panel:
        panel.headers["x-xsrf-token"] = panel.post("/auth/v4/public/token", json=admin).json()["token"]
        rows: list[dict[str, Any]] = panel.get("/dci/v3/server", params={"limit": 1000}).json()["list"]
        return [
            f"{row['name']}: {row['owner']} {row['ip']}"
            for row in rows
            if (row["owner"] and row["owner"]["email"] != admin["email"]) or row["ip"]
        ]


def main() -> int:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        lab = Up(Path(folder), "--clock", "scaled:600")
        try:
            billing, last, services = Billing(lab, Path(folder), chance), 0, 0
            while billing.kills < most and len(wrong) < 10:
                services += 1
                wrong += filter(None, [billing.do(verb, f"web{services}", state, most) for verb, state in LIFE])
                found, last = orders(lab, last)
                wrong += [f"web{services}: {count} of {what}" for what, count in found.items() if count != 1]
            wrong += left(lab)
        finally:
            lab.process.kill()
            lab.process.communicate()
    print(f"kills: {billing.kills}, services: {services}, wrong: {len(wrong)}")
    print("".join(f"  {line}\n" for line in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

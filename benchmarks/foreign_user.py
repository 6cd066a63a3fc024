"""Calls as a foreign user, over every route of DCImanager 6 and every function of DCImanager 5: whether he changes or learns anything.

    python benchmarks/foreign_user.py

In the lab `small` carol has a server with an address, an installation and a key; mallory is an ordinary user with nothing. He calls every
route with every method that it has, and every function, for carol's things and for things that there are not, with the bodies and fields
that would change something. Prints how many calls there were and what he got; exit status 1 when something of somebody else's changed, or an
answer has carol's e-mail, key or domain. Run it from the repository's root.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections import Counter
from typing import Any

import httpx

from simulator.api5 import create_app as create_app5
from simulator.api6.dialect import load_dialect
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.lab.snapshot import save_lab

CAROL, MALLORY = "carol@example.com", "mallory@example.com"
DOMAIN = "carols-domain.example.com"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIN9M9BhPGYXFBbUeQYjvYb0Z1QYw3h4dGkQ2xvqZ8pZ carol-key"
BODIES: list[dict[str, Any]] = [
    {},
    {"name": "mine", "notes": "mine", "owner": 3, "email": "x@example.com", "password": "mallory-was-here"},
    {
        "os_template": 1,
        "password": "mallory-was-here",
        "ippool": "public",
        "family": "ipv4",
        "roles": ["@admin"],
        "state": "active",
    },
]
FIELDS: list[dict[str, str]] = [
    {},
    {
        "sok": "ok",
        "name": "mine",
        "notes": "mine",
        "owner": MALLORY,
        "email": "x@example.com",
        "passwd": "mallory-was-here",
    },
]
IDS = ("1", "2", "999", CAROL)


async def prepare(lab: Run, client: httpx.AsyncClient) -> None:
    email, password = lab.admin
    auth, panel = f"{lab.dci6_url}/auth/v4", lab.panel
    token = (await client.post(f"{auth}/public/token", json={"email": email, "password": password})).json()["token"]
    mallory = {"email": MALLORY, "password": "mallory-secret"}
    (await client.post(f"{auth}/user", json=mallory, headers={"x-xsrf-token": token})).raise_for_status()
    panel.set_owner(1, 2)
    panel.inventory.servers.change(1, domain=DOMAIN, notes="carol's notes")
    panel.addresses.allocate(panel.addresses.plan.pool("public"), 1, family=4, subject="carol")
    panel.operations.install(1, "debian-12")
    await lab.clock.sleep(4000)


def held(lab: Run) -> dict[str, Any]:
    """All that is not mallory's, or nobody's to keep (sessions, failures, meters)."""
    state = save_lab(lab)
    panel = {
        name: value
        for name, value in state["panel"].items()
        if not name.startswith(("meters.", "notifier.", "users._", "users.restrictions."))
    }
    for name in ("users.all", "users.ssh_keys.all", "users.access_lists.named"):
        panel[name] = [row for row in panel[name]["records"] if row.get("user", row["id"]) != 3]
    for name in (
        "users.settings._own",
        "users.access_lists._own",
        "users.second_factor._secrets",
        "users.second_factor._reserve",
    ):
        panel.pop(name, None)
    return {"panel": panel, "bmcs": state["bmcs"], "switches": state["switches"], "pdus": state["pdus"]}


def routes() -> list[tuple[str, str]]:
    return sorted({tuple(row.call.split(" ", 1)) for row in load_dialect()})  # type: ignore[misc]


async def calls6(lab: Run, client: httpx.AsyncClient, seen: Counter[int], leaks: list[str]) -> None:
    me = {"email": MALLORY, "password": "mallory-secret"}

    async def log_in() -> None:
        answer = await client.post(f"{lab.dci6_url}/auth/v4/public/token", json=me)
        client.headers["x-xsrf-token"] = answer.json()["token"]

    await log_in()
    for method, path in routes():
        for number in IDS if "{" in path else ("",):
            url = f"{lab.dci6_url}{re.sub(r'{[^}]*}', number, path)}"
            for body in BODIES if method in ("POST", "PUT", "PATCH") else [None]:
                answer = await client.request(method, url, json=body)
                seen[answer.status_code] += 1
                note(leaks, f"{method} {path} {number} {body}", answer)
                if answer.status_code == 401:
                    await log_in()


async def calls5(lab: Run, client: httpx.AsyncClient, seen: Counter[int], leaks: list[str]) -> None:
    functions = sorted(create_app5(lab.panel, bytes).functions)
    for func, number, fields in itertools.product(functions, IDS, FIELDS):
        asked = {
            "authinfo": f"{MALLORY}:mallory-secret",
            "out": "json",
            "func": func,
            "elid": number,
            "plid": number,
            **fields,
        }
        answer = await client.post(f"{lab.dci5_url}/dcimgr", data=asked)
        seen[answer.status_code if '"error"' not in answer.text else 403] += 1
        note(leaks, f"{func} {number} {fields}", answer)


def note(leaks: list[str], call: str, answer: httpx.Response) -> None:
    """What mallory typed himself may come back."""
    told = answer.text.replace(call, "")
    hers = [secret for secret in (CAROL, DOMAIN, "carol-key") if secret in told and secret not in call]
    leaks += [f"{call}: {answer.status_code} tells {secret}" for secret in hers]
    if answer.status_code >= 500:
        leaks.append(f"{call}: {answer.status_code} {answer.text[:80]}")


async def trial() -> int:
    async with Lab.load("small").simulated() as lab:
        seen: Counter[int] = Counter()
        leaks: list[str] = []
        async with httpx.AsyncClient(transport=lab.billing_transport()) as client:
            await prepare(lab, client)
            before = held(lab)
            await calls6(lab, client, seen, leaks)
            await calls5(lab, client, seen, leaks)
        after = held(lab)
        leaks += [
            f"changed: {part} {name}"
            for part, things in before.items()
            for name, value in things.items()
            if after[part][name] != value
        ]
        print(*leaks, sep="\n", end="\n" if leaks else "")
        print(f"calls: {sum(seen.values())}, by status {dict(sorted(seen.items()))}, what came of it: {len(leaks)}")
        return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(run(trial()))

"""A lab with a recorder, and clients of its panels that say whatever they like."""

from __future__ import annotations

import httpx

from simulator.control.client.report import as_text
from simulator.kernel import run
from simulator.lab import Lab
from simulator.review import Recorder, as_dict, review

LAB = Lab.load("small")
HOSTING = Lab.load("hosting")
DEBIAN = 1


class Client:
    """Says whatever it likes to DCImanager 6, and to 5 with `five`."""

    def __init__(self, lab, name="module/1.0"):
        self.lab = lab
        self.http = httpx.AsyncClient(
            transport=lab.billing_transport(), base_url=lab.dci6_url, headers={"user-agent": name}
        )

    async def login(self):
        email, password = self.lab.admin
        answer = await self.say("POST /auth/v4/public/token", {"email": email, "password": password})
        self.http.headers["x-xsrf-token"] = answer.json()["token"]

    async def say(self, call, body=None):
        method, _, path = call.partition(" ")
        return await self.http.request(method, path, json=body)

    async def user(self, email="alice@example.com"):
        return (await self.say("POST /dci/v3/user", {"email": email, "password": "secret-enough"})).json()["id"]

    async def install(self, server):
        """With an address, which the panel asks for."""
        if not (await self.say(f"GET /dci/v3/server/{server}/ip")).json()["list"]:
            await self.say(f"POST /dci/v3/server/{server}/ip", {"ippool": 1, "family": "ipv4", "count": 1})
        body = {"os_template": DEBIAN, "password": "secret-enough"}
        return await self.say(f"POST /dci/v3/server/{server}/os_install", body)

    async def five(self, func, **params):
        name, password = self.lab.admin
        form = {"authinfo": f"{name}:{password}", "out": "xml", "func": func, **params}
        return await self.http.post(f"{self.lab.dci5_url}/dcimgr", data=form)

    async def hosting(self, func, *, http=None, **params):
        """Asks ispmanager as its administrator, unless told otherwise."""
        admin = self.lab.plan.ispmanager.admin
        form = {"authinfo": f"{admin.name}:{admin.password}", "out": "xml", "func": func, **params}
        return await (http or self.http).post(f"{self.lab.ispmanager_url}/ispmgr", data=form)


def trial(scene, *, seed=1, lab=LAB):
    """What the review finds after a scene, as the report has it: rule -> findings."""

    async def main():
        async with lab.simulated(seed=seed) as live:
            recorder = Recorder(live)
            recorder.watch()
            client = Client(live)
            await scene(live, client)
            report = as_dict(recorder, review(recorder))
            await client.http.aclose()
            return report

    report = run(main())
    assert as_text(report)
    found = {}
    for finding in report["findings"]:
        found.setdefault(finding["rule"], []).append(finding)
    return found

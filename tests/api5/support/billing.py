"""A billing module of the WHMCS kind in front of version 5: the calls of its recorded traffic, in their order, with its
waits. It comes as two clients: XML with `authinfo`, and JSON with sessions.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from simulator.kernel import Clock

Row = dict[str, str]


class ApiError(Exception):
    """`<type>:<msg>`, as the module shows it."""


@dataclass
class Answer:
    rows: list[Row]
    fields: Row


CREDENTIALS = ("auth", "authinfo")


class Sent:
    """One call: the function, its parameters, and with which credential it came."""

    def __init__(self, func: str, params: dict[str, Any]) -> None:
        self.func = func
        self.params = {name: str(value) for name, value in params.items() if name not in CREDENTIALS}
        self.credential = next((name for name in CREDENTIALS if name in params), "none")

    def __str__(self) -> str:
        """`server.edit(elid sok owner=no_owner)`: values only where they say what is meant."""
        shown = [f"{name}={value}" if name in SHOWN else name for name, value in sorted(self.params.items())]
        return f"{self.func}({' '.join(shown)})"


SHOWN = ("sok", "level", "operation", "recipe", "iptype", "ip", "family", "notes")


class Caller(Protocol):
    username: str
    calls: list[Sent]

    async def __call__(self, func: str, **params: Any) -> Answer: ...

    async def of_user(self, func: str, session: str, **params: Any) -> Answer: ...


class XmlAuthinfo:
    def __init__(self, http: httpx.AsyncClient, username: str, password: str) -> None:
        self._http = http
        self.username = username
        self._authinfo = f"{username}:{password}"
        self.calls: list[Sent] = []

    async def __call__(self, func: str, **params: Any) -> Answer:
        return await self._post(func, {"authinfo": self._authinfo, **params})

    async def of_user(self, func: str, session: str, **params: Any) -> Answer:
        return await self._post(func, {**({"auth": session} if session else {}), **params})

    async def _post(self, func: str, params: dict[str, Any]) -> Answer:
        self.calls.append(Sent(func, params))
        answer = await self._http.post("/dcimgr", data={"out": "xml", "func": func, **params})
        doc = ET.fromstring(answer.text)
        error = doc.find("error")
        if error is not None:
            raise ApiError(f"{error.get('type')}:{error.findtext('msg')}")
        rows = [{cell.tag: cell.text or "" for cell in row} for row in doc.findall("elem")]
        return Answer(rows, {child.tag: child.text or "" for child in doc if child.tag != "elem"})


class JsonSessions:
    def __init__(self, http: httpx.AsyncClient, username: str, password: str) -> None:
        self._http = http
        self.username = username
        self._password = password
        self._session = ""
        self.calls: list[Sent] = []

    async def __call__(self, func: str, **params: Any) -> Answer:
        """Logs in at first, and again when the session has died meanwhile."""
        for _ in range(2):
            if not self._session:
                login = {"username": self.username, "password": self._password}
                self._session = (await self._get("auth", login)).fields["auth"]
            try:
                return await self._get(func, {"auth": self._session, **params})
            except ApiError as error:
                if not str(error).startswith("auth:"):
                    raise
                self._session = ""
        raise AssertionError("a fresh session is refused")

    async def of_user(self, func: str, session: str, **params: Any) -> Answer:
        return await self._get(func, {**({"auth": session} if session else {}), **params})

    async def _get(self, func: str, params: dict[str, Any]) -> Answer:
        self.calls.append(Sent(func, params))
        answer = await self._http.get("/manager/dcimgr", params={"out": "xjson", "func": func, **params})
        doc = answer.json()["doc"]
        if "error" in doc:
            raise ApiError(f"{doc['error']['$type']}:{doc['error']['msg']['$']}")
        rows = [
            {name: cell.get("$orig", cell.get("$", "")) for name, cell in row.items()} for row in doc.get("elem", [])
        ]
        plain = {name: one["$"] for name, one in doc.items() if isinstance(one, dict) and "$" in one}
        return Answer(rows, plain)


class Module:
    """The module's functions; they return `success` or the error that its staff would read."""

    def __init__(self, call: Caller, clock: Clock) -> None:
        self.call = call
        self._clock = clock
        self.server = ""
        self.user = ""
        self.admin = ""

    async def create(self, package: str, name: str, password: str, domain: str, template: str, extra: int) -> str:
        try:
            return await self._create(package, name, password, domain, template, extra)
        except ApiError as error:
            await self._set_domain("free.ds")
            return str(error)

    async def _create(self, package: str, name: str, password: str, domain: str, template: str, extra: int) -> str:
        await self._find_user(name, password)
        rows = (await self.call("server")).rows
        bad = {"blocked", "hwproblem", "diag_in_progress"}
        free = [
            row
            for row in rows
            if not row.get("owner")
            and row["hostname"] == "free.ds"
            and package in (row.get("chassis_templ"), row.get("type"))
            and not bad & set(row)
        ]
        if not free:
            return "Can not find free server!"
        self.server = free[0]["id"]
        await self._give_to(self.admin)
        await self.call("server.enable", elid=self.server)
        await self.call("server.poweron", elid=self.server)
        if not await self._wait(lambda row: "poweron" in row, 30, 600):
            return "Can not power on server!"
        for row in (await self.call("iplist", elid=self.server)).rows:
            await self.call("iplist.edit", elid=row["id"], plid=self.server, domain=domain, sok="ok")
        for _ in range(extra):
            await self.call(
                "iplist.edit", plid=self.server, domain=domain, sok="ok", iptype="public", ip="", family="ipv4"
            )
        words = {"passwd": password, "confirm": password, "checkpasswd": password}
        await self.call(
            "server.operations", sok="ok", elid=self.server, operation="ostemplate", ostemplate=template,
            recipe="null", **words,
        )  # fmt: skip
        await self.call("server.edit", elid=self.server)
        connections = (await self.call("server.connection", elid=self.server)).rows
        for kind in ("Switch", "IPMI"):
            first = next((row for row in connections if row["type"] == kind), None)
            if first:
                await self.call("server.connection.edit", plid=self.server, elid=first["id"])
        flags = ("install_in_progress", "operation_failed")
        if not await self._wait(lambda row: not any(flag in row for flag in flags), 30, 7200):
            await self._set_domain("free.ds")
            return "Can not install server!"
        await self._give_to(self.user)
        await self._set_domain(domain)
        return "success"

    async def suspend(self) -> str:
        await self.call("server.disable", elid=self.server)
        return "success"

    async def unsuspend(self) -> str:
        await self.call("server.enable", elid=self.server)
        return "success"

    async def client_reboot(self, name: str, key: str) -> str:
        """As the client himself, in a session that a one-time key opens."""
        await self.call("session.newkey", username=name, key=key)
        session = (await self.call.of_user("auth", "", username=name, key=key)).fields["auth"]
        await self.call.of_user("server.reboot", session, elid=self.server)
        return "success"

    async def network_off(self) -> str:
        for row in (await self.call("server.connection", elid=self.server)).rows:
            if row["type"] == "Switch":
                await self.call("server.connection.off", plid=self.server, elid=row["id"])
        return "success"

    async def terminate(self) -> str:
        await self.call("server.enable", elid=self.server)
        if not await self._wait(lambda row: "disabled" not in row, 5, 50):
            return f"The attempt to enable the server {self.server} failed."
        for _ in range(20):
            rows = (await self.call("server.connection", elid=self.server)).rows
            if not any("func_in_progress" in row for row in rows):
                break
            await self._clock.sleep(5)
        await self.call("server.poweroff", elid=self.server)
        if not await self._wait(lambda row: "poweroff" in row or "powererror" in row, 5, 50):
            return f"The attempt to poweroff the server {self.server} failed."
        main = (await self.row())["ip"]
        for row in (await self.call("iplist", elid=self.server)).rows:
            if row["ip"] != main:
                await self.call("iplist.delete", elid=row["id"], plid=self.server)
        await self._give_to("no_owner")
        await self._set_domain("free.ds")
        return "success"

    async def row(self) -> Row:
        return next(row for row in (await self.call("server")).rows if row["id"] == self.server)

    async def _find_user(self, name: str, password: str) -> None:
        rows = (await self.call("user")).rows
        self.admin = next(row["id"] for row in rows if row["name"] == self.call.username)
        found = next((row["id"] for row in rows if row["level"] == "16" and row["name"] == name), None)
        if found is None:
            made = await self.call("user.edit", sok="ok", level="lvUser", name=name, passwd=password)
            found = made.fields["id"]
        self.user = found

    async def _give_to(self, owner: str) -> None:
        form = (await self.call("server.edit", elid=self.server)).fields
        again = {name: form.get(name, "") for name in ("mac", "name", "notes", "type")}
        await self.call("server.edit", elid=self.server, sok="ok", owner=owner, **again)

    async def _set_domain(self, domain: str) -> None:
        for row in (await self.call("iplist", elid=self.server)).rows:
            await self.call("iplist.edit", elid=row["id"], plid=self.server, domain=domain, sok="ok")

    async def _wait(self, ready: Any, pause: float, limit: float) -> bool:
        """Asks again and again; the first pause comes before the first question."""
        end = self._clock.now() + limit
        while self._clock.now() < end:
            await self._clock.sleep(pause)
            if ready(await self.row()):
                return True
        return False

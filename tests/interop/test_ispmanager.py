"""The emulated ispmanager as curl sees it: what a provider's own scripts do to an account."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from xml.etree import ElementTree as ET

import pytest

from simulator.control.endpoints import endpoints
from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop
Curl = Callable[..., Awaitable[str]]


def with_curl(scene: Callable[[str, str, Curl], Awaitable[None]], *, tls: bool = False) -> None:
    """Play a scene with the address, the administrator's `authinfo`, and curl."""

    async def curl(*words: str) -> str:
        done = await execute(need("curl"), "-sS", "-k", "--max-time", "20", *words)
        assert done.status == 0, done.text
        return done.out

    async def main() -> None:
        lab = Lab.load("hosting")
        async with stand(
            lab.plan, WireOptions(clock="stepped", tls=tls, devices="as planned"), control_port=0
        ) as standing:
            places = endpoints(standing)
            admin = places["admin"]["ispmanager"]
            await scene(f"{places['ispmanager']}/ispmgr", f"{admin['username']}:{admin['password']}", curl)

    asyncio.run(main())


@pytest.mark.requirement("IM-7")
def test_a_script_makes_checks_disables_and_deletes_an_account():
    async def scene(url: str, root: str, curl: Curl) -> None:
        async def call(func: str, *data: str, login: str = root) -> ET.Element:
            words = [f"func={func}", "out=xml", f"authinfo={login}", *data]
            return ET.fromstring(await curl(url, *(part for word in words for part in ("--data-urlencode", word))))

        made = await call("user.add.finish", "sok=ok", "name=eve", "passwd=p&ss=w0rd, \u00e9", "preset=start")
        assert made.findtext("id") == "eve"
        mine = "eve:p&ss=w0rd, \u00e9"
        who = (await call("whoami", login=mine)).find("user")
        assert (who.get("name"), who.get("level")) == ("eve", "16")
        assert (await call("whoami", login="Eve:p&ss=w0rd, \u00e9")).find("error").get("object") == "badpassword"
        assert (await call("user.suspend", "elid=eve, bob")).find("ok") is not None
        assert (await call("whoami", login=mine)).find("error").get("type") == "auth"
        await call("user.resume", "elid=eve")
        assert (await call("whoami", login=mine)).find("error") is None
        await call("user.delete", "elid=eve")
        names = [row.findtext("name") for row in (await call("user")).iter("elem")]
        assert names == ["alice", "bob", "Bob", "carol", "dave"]

    with_curl(scene)


def test_a_session_is_kept_in_a_cookie_jar_over_tls(tmp_path):
    async def scene(url: str, root: str, curl: Curl) -> None:
        jar = str(tmp_path / "jar")
        name, password = root.split(":")
        login = f"{url}?func=auth&out=json&username={name}&password={password}"
        session = json.loads(await curl("-c", jar, login))["doc"]["auth"]
        assert session["$level"] == "29"
        rows = json.loads(await curl("-b", jar, f"{url}?func=user&out=JSONdata"))
        assert {row["name"]: row["active"] for row in rows}["dave"] == "off"
        assert "<h1>user</h1>" in await curl("-b", jar, f"{url}?func=user")
        headers = await curl("-b", jar, "-o", "/dev/null", "-D", "-", f"{url}?func=nothing&out=xml")
        assert headers.splitlines()[0].split()[1] == "200"  # errors come with 200
        assert "text/xml" in headers

    with_curl(scene, tls=True)

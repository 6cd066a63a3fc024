"""Clients of the panels, each a scene, and exactly the rules whose findings the report has on them.

The clean ones are what foreign modules do rightly; the others are wrong in one way each. A rule that finds more than is here, or
less, is wrong.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

from tests.review.support import Client

__all__ = ["TABLE", "Scene"]

Scene = Callable[[Any, Client], Awaitable[None]]
LATER = 7200.0
"""Seconds after which nobody is waited for any more."""

OWNER = "POST /dci/v3/server/{}/owner"


async def sell6(lab: Any, client: Client, server: int = 1, email: str = "alice@example.com") -> int:
    """An order that goes through."""
    user = await client.user(email)
    await client.say(OWNER.format(server), {"owner": user})
    await client.install(server)
    await lab.clock.sleep(3600)
    await client.login()
    await client.say(f"GET /dci/v3/server/{server}")
    return int(user)


async def address5(client: Client, server: int, domain: str) -> None:
    await client.five("iplist.edit", sok="ok", plid=server, domain=domain, iptype="public", ip="", family="ipv4")


async def install5(client: Client, server: int) -> None:
    form = {"operation": "ostemplate", "ostemplate": "ISPsystem__debian-12", "passwd": "s3cret-pass"}
    await client.five("server.operations", sok="ok", elid=server, **form)


async def rename5(client: Client, server: int, domain: str) -> None:
    rows = ET.fromstring((await client.five("iplist", elid=server)).text).iter("elem")
    for row in rows:
        await client.five("iplist.edit", sok="ok", plid=server, elid=row.findtext("id"), domain=domain)


# right


async def an_order(lab: Any, client: Client) -> None:
    await client.login()
    await sell6(lab, client)


async def functions_that_are_not_emulated(lab: Any, client: Client) -> None:
    await client.login()
    await client.five("purchases")
    await client.five("rackmap", elid="1")
    await client.say("GET /eservice/v3/device")


async def cleans_up_after_a_refusal_5(lab: Any, client: Client) -> None:
    """Takes the addresses back, renames to free.ds, takes the owner off."""
    await client.five("server.edit", sok="ok", elid=1, owner=1)
    await address5(client, 1, "web1.example.com")
    form = {"operation": "ostemplate", "ostemplate": "there-is-none", "passwd": "s3cret-pass"}
    await client.five("server.operations", sok="ok", elid=1, **form)
    await rename5(client, 1, "free.ds")
    await client.five("server.edit", sok="ok", elid=1, owner="no_owner")
    await lab.clock.sleep(LATER)


async def cleans_up_after_a_refusal_6(lab: Any, client: Client) -> None:
    await client.login()
    await client.say(OWNER.format(1), {"owner": await client.user()})
    address = (await client.say("POST /dci/v3/server/1/ip", {"ippool": 1})).json()["id"]
    await client.say("POST /dci/v3/server/1/os_install", {"os_template": "there-is-none"})
    await client.say(f"DELETE /dci/v3/server/1/ip/{address}")
    await client.say(OWNER.format(1), {"owner": None})
    await lab.clock.sleep(LATER)


async def installs_for_the_administrator_and_hands_over_while_it_runs(lab: Any, client: Client) -> None:
    """The order's own installation runs when the client gets the server."""
    await client.login()
    await client.say(OWNER.format(1), {"owner": 1})
    await client.install(1)
    await lab.clock.sleep(60)
    await client.say(OWNER.format(1), {"owner": await client.user()})
    await lab.clock.sleep(3600)
    await client.login()
    await client.say("GET /dci/v3/server/1")


async def keeps_sessions_of_5(lab: Any, client: Client) -> None:
    for _ in range(6):
        await client.five("auth", authinfo="", username=lab.admin[0], password=lab.admin[1])
        for func in ("rack", "server", "user", "osmgr"):
            await client.five(func)
        await lab.clock.sleep(15)


async def sets_a_failed_server_aside_with_a_note(lab: Any, client: Client) -> None:
    """As BILLmanager's document has it (B5-9)."""
    for disk in lab.plant.servers["srv-01"].disks:
        disk.failed = True
    await client.five("server.edit", sok="ok", elid=1, owner=1)
    await address5(client, 1, "web1.example.com")
    await install5(client, 1)
    await lab.clock.sleep(5400)
    await client.five("server")
    await rename5(client, 1, "free.ds")
    await client.five("server.edit", sok="ok", elid=1, notes="the installation failed")
    await client.five("server.disable", elid=1)
    await lab.clock.sleep(LATER)


async def owner_of_a_machine_of_his_own(lab: Any, client: Client) -> None:
    """Colocation: only the owner is recorded."""
    await client.login()
    await client.say(OWNER.format(1), {"owner": await client.user()})
    await lab.clock.sleep(LATER)


async def looks_for_the_exact_email(lab: Any, client: Client) -> None:
    await client.login()
    await client.user("malice@example.com")
    user = await client.user("alice@example.com")
    await client.say("GET /dci/v3/user?where=email EQ 'alice@example.com'")
    await client.say(OWNER.format(1), {"owner": user})
    await client.install(1)
    await lab.clock.sleep(3600)
    await client.login()
    await client.say("GET /dci/v3/server/1")


# wrong


async def leaves_a_failed_server_with_the_administrator(lab: Any, client: Client) -> None:
    """WHMCS's module for version 5 as it was seen: domain reset, owner and address left."""
    await client.five("server.edit", sok="ok", elid=1, owner=1)
    await address5(client, 1, "web1.example.com")
    form = {"operation": "ostemplate", "ostemplate": "there-is-none", "passwd": "s3cret-pass"}
    await client.five("server.operations", sok="ok", elid=1, **form)
    await rename5(client, 1, "free.ds")
    await lab.clock.sleep(LATER)


async def leaves_it_and_takes_the_next(lab: Any, client: Client) -> None:
    await client.login()
    await client.say(OWNER.format(1), {"owner": 1})
    await client.say("POST /dci/v3/server/1/os_install", {"os_template": "there-is-none"})
    await sell6(lab, client, 2)


async def gives_up_between_owner_and_installation(lab: Any, client: Client) -> None:
    await client.login()
    await client.say(OWNER.format(1), {"owner": await client.user()})
    await client.say("POST /dci/v3/server/1/ip", {"ippool": 1})
    await lab.clock.sleep(LATER)


async def takes_the_first_user_that_is_alike(lab: Any, client: Client) -> None:
    await client.login()
    malice = await client.user("malice@example.com")
    await client.http.aclose()
    other = Client(lab, "other/1.0")
    await other.login()
    await other.say("GET /dci/v3/user?where=email CP '%alice@example.com%'")
    await other.say(OWNER.format(1), {"owner": malice})
    await other.install(1)
    await lab.clock.sleep(3600)
    await other.login()
    await other.say("GET /dci/v3/server/1")
    await other.http.aclose()


async def sells_what_is_in_maintenance(lab: Any, client: Client) -> None:
    await client.login()
    await client.say("POST /dci/v3/server/1", {"maintenance": True})
    await sell6(lab, client)


async def sells_what_is_marked_as_faulty(lab: Any, client: Client) -> None:
    await client.login()
    await client.say("POST /dci/v3/server/1", {"faulty": {"reason": "disk"}})
    await sell6(lab, client)


async def gives_an_address_while_a_system_still_has_it(lab: Any, client: Client) -> None:
    """The first client's system runs on when its address goes to the next one's server."""
    await client.login()
    await sell6(lab, client)
    held = (await client.say("GET /dci/v3/server/1/ip")).json()["list"][0]
    await client.say(f"DELETE /dci/v3/server/1/ip/{held['id']}")
    await client.say(OWNER.format(1), {"owner": None})
    await client.say("POST /dci/v3/server/2/ip", {"ippool": 1, "name": held["name"]})
    await sell6(lab, client, 2, "bob@example.com")


async def asks_for_a_property_that_there_is_not(lab: Any, client: Client) -> None:
    await client.login()
    await client.say("POST /dci/v3/server/1", {"domian": "web1.example.com"})


async def asks_in_russian(lab: Any, client: Client) -> None:
    for out in ("xml", "json", "bjson", "text"):
        await client.five("server.powr", lang="ru", out=out)


TABLE: dict[Scene, set[str]] = {
    an_order: set(),
    functions_that_are_not_emulated: set(),
    cleans_up_after_a_refusal_5: set(),
    cleans_up_after_a_refusal_6: set(),
    installs_for_the_administrator_and_hands_over_while_it_runs: set(),
    keeps_sessions_of_5: set(),
    sets_a_failed_server_aside_with_a_note: set(),
    owner_of_a_machine_of_his_own: set(),
    looks_for_the_exact_email: set(),
    leaves_a_failed_server_with_the_administrator: {"lost-stock"},
    leaves_it_and_takes_the_next: {"lost-stock"},
    gives_up_between_owner_and_installation: {"order-left-half-done"},
    takes_the_first_user_that_is_alike: {"owner-is-somebody-else"},
    sells_what_is_in_maintenance: {"sold-unfit"},
    sells_what_is_marked_as_faulty: {"sold-unfit"},
    gives_an_address_while_a_system_still_has_it: {"address-on-two-machines", "data-left-on-disks"},
    asks_for_a_property_that_there_is_not: {"unknown-call"},
    asks_in_russian: {"unknown-call"},
}

"""`provisioner verb`: the module for DCImanager 6 as a program that others call once per verb, JSON on stdin and JSON on stdout.

What it is given and answers is Rackloop's contract for billing modules. The service and what was done for it are kept in a store in the
folder where it runs. Where RACKLOOP_TIME is `told`, its waiting moves the lab's clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import BadSettings, ProvisioningError
from provisioner.lab_clock import clock_of_environment
from provisioner.log import ModuleLog
from provisioner.modules.readers import read_settings
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.sql_store import SqlStore

__all__ = ["answer"]


def answer() -> int:
    """Answer the question on stdin; the exit status says whether it was done."""
    try:
        given = json.load(sys.stdin)
        said = asyncio.run(_answer(given))
    except ProvisioningError as error:
        said = {"ok": False, "error": str(error) or type(error).__name__}
    print(json.dumps(said))  # noqa: T201 - this is the answer
    return 0 if said["ok"] else 1


async def _answer(given: Mapping[str, Any]) -> dict[str, Any]:
    panel, settings = given["panel"], dict(given["settings"])
    order = given.get("order") or {}
    if order.get("os"):
        settings["os"] = order["os"]
    clock = clock_of_environment()
    log = ModuleLog(clock, keep=1)
    store = SqlStore("sqlite:///provisioner.db")
    client = Dci6Client(panel["url"], panel["email"], panel["password"], clock=clock, log=log, verify=_verify())
    try:
        module = Whmcs6(client, read_settings(Whmcs6Settings, settings), clock, log)
        if given["verb"] == "test_connection":
            await module.test_connection()
            return {"ok": True}
        billing = Billing(module, clock, log, store=store)
        return await _done(billing, given, order)
    finally:
        await client.end()
        store.close()


async def _done(billing: Billing, given: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    name, verb = given["service"], given["verb"]
    if verb not in ("create", "suspend", "unsuspend", "terminate"):
        raise BadSettings(f"the module does not offer {verb}")
    if name not in billing.services:
        who = given["client"]
        billing.register(who["email"], full_name=who["name"], verified=who["verified"])
        billing.place(
            name,
            who["email"],
            configuration=order["configuration"],
            server=order["server_id"],
            options=order["options"],
        )
    error = ""
    try:
        await getattr(billing, verb)(name)
    except ProvisioningError as exc:
        error = str(exc) or type(exc).__name__
    service = billing.service(name)
    said: dict[str, Any] = {"ok": not error, "server": service.server, "addresses": list(service.addresses)}
    return said | ({"error": error} if error else {})


def _verify() -> bool:
    return not os.environ.get("RACKLOOP_CA")

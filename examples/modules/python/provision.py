"""A billing module by exec: one call a verb, JSON on stdin, JSON on stdout. Nothing but Python's own library.

It sells dedicated servers of a DCImanager 6. What it must remember of a service it gives back as `keep`.
"""

import json
import os
import secrets
import sys
import urllib.parse

from dcimanager import Failed, log_in, named, now, operation, order, question, seen, server, sleep

asked = json.load(sys.stdin)
KEPT = asked.get("kept", {})


def user(client):
    where = urllib.parse.quote(f"(email EQ '{client['email']}')")
    find = lambda: question(f"/dci/v3/user?where={where}")["list"]
    new = {
        "email": client["email"],
        "full_name": client["name"],
        "password": secrets.token_urlsafe(9) + "aA1",
        "role": "@user",
    }
    order("POST", "/dci/v3/user", new, find)
    (found, *_) = seen(find) or [None]
    if found is None:
        raise Failed(f"the panel does not show {client['email']}")
    if "@admin" in json.dumps(found["roles"]):
        raise Failed(f"{client['email']} is an administrator of the panel")
    return found["id"]


def run(number, what, body, limit):
    before = operation(number)["id"]
    order("POST", f"/dci/v3/server/{number}/{what}", body, lambda: operation(number)["id"] != before)
    until = now() + limit
    while (last := operation(number))["status"] != "ok":
        if last["status"] in ("failed", "canceled") or now() > until:
            raise Failed(f"{what}: {last['status']} {(last.get('status_info') or {}).get('message', '')}")
        sleep(20)


def free(number, address):
    gone = lambda: address not in [row["id"] for row in server(number)["ip"]]
    order("DELETE", f"/dci/v3/server/{number}/ip/{address}", None, gone)


def give_back(number):
    busy = lambda: operation(number)["status"] in ("waiting", "running", "canceling")
    if busy():
        order("POST", f"/dci/v3/server/{number}/operation/cancel", {}, lambda: not busy())
        for _ in range(30):
            if busy():
                sleep(10)
    for each in server(number)["ip"]:
        free(number, each["id"])
    order("POST", f"/dci/v3/server/{number}/owner", {"owner": None}, lambda: not server(number)["owner_email"])


def create():
    wanted, client, number = asked["order"], asked["client"], None
    template, pool = (
        named("/dci/v3/os_template", wanted["os"]),
        named("/ip/v3/ippool", asked["settings"].get("pool", "public")),
    )
    owner = user(client)
    where = urllib.parse.quote(f"(configuration EQ '{wanted['configuration']}') AND (owner_email IS null)")
    for row in question(f"/dci/v3/server?where={where}&orderby=id%20asc")["list"]:
        found = server(row["id"])  # lists may be old
        if (
            found["owner_email"]
            or found.get("maintenance")
            or operation(row["id"])["status"] not in ("none", "ok", "canceled")
        ):
            continue
        if wanted["server_id"] in (None, row["id"]) and reserve(row["id"]):
            number = row["id"]
            break
    if number is None:
        raise Failed(f"no free server of the configuration {wanted['configuration']}")
    here = f"/dci/v3/server/{number}"
    try:
        order(
            "POST",
            here + "/owner",
            {"owner": owner},
            lambda: (server(number)["owner_email"] or "").lower() == client["email"].lower(),
        )
        question(here + "/port_on", "POST", {})  # to order it twice does no harm
        if found["power_status"] != "on":
            order("POST", here + "/power_on", {}, lambda: server(number)["power_status"] == "on")
        order("POST", here + "/ip", {"ippool": pool, "family": "ipv4", "count": 1}, lambda: server(number)["ip"])
        for extra in server(number)["ip"][1:]:  # an order that came twice
            free(number, extra["id"])
        run(number, "os_install", {"os_template": template, "password": asked["password"]}, 2 * 3600)
    except Failed:
        give_back(number)
        release(number)
        raise
    return {
        "server": found["name"],
        "addresses": [each["name"] for each in server(number)["ip"]],
        "keep": {"id": number},
    }


def reserve(number):
    """Two orders at the same moment see the same server free; the folder is theirs both."""
    try:
        os.close(os.open(f"server-{number}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def release(number):
    if os.path.exists(f"server-{number}"):
        os.unlink(f"server-{number}")


def ports(way):
    if "id" not in KEPT:
        raise Failed("the service has no server")
    question(f"/dci/v3/server/{KEPT['id']}/{way}", "POST", {})


def terminate():
    if "id" in KEPT:
        question(f"/dci/v3/server/{KEPT['id']}/port_on", "POST", {})  # diagnostics boot from the network
        run(
            KEPT["id"], "diagnostic", {"template": named("/dci/v3/os_template", "Diag6"), "clear_disks": True}, 2 * 3600
        )
        question(f"/dci/v3/server/{KEPT['id']}/port_off", "POST", {})
        order(
            "POST",
            f"/dci/v3/server/{KEPT['id']}/power_off",
            {},
            lambda: server(KEPT["id"])["power_status"] == "off",
        )
        give_back(KEPT["id"])
        release(KEPT["id"])
    return {"keep": {}}


VERBS = {
    "create": create,
    "terminate": terminate,
    "suspend": lambda: ports("port_off"),
    "unsuspend": lambda: ports("port_on"),
}
try:
    log_in(asked["panel"])
    print(json.dumps({"ok": True, **(VERBS[asked["verb"]]() or {})}))
except Failed as error:
    print(json.dumps({"ok": False, "error": str(error)}))
    sys.exit(1)

"""A billing module by exec: one call a verb, JSON on stdin, JSON on stdout. Nothing but Python's own library.

It sells dedicated servers of a DCImanager 6. What it must remember of a service it gives back as `keep`.
"""

import http.client
import json
import os
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request

asked = json.load(sys.stdin)
PANEL, KEPT = asked["panel"], asked.get("kept", {})
CONTROL = os.environ["RACKLOOP_CONTROL"] + "/__lab/clock"
token = ""


class Failed(Exception):
    """The panel said no, or what was ordered did not end well."""


class Lost(Failed):
    """No answer of the panel's own: nobody knows whether it took effect."""


def post(url, body):  # with these three lines the lab's clock is moved
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=3600))


def sleep(seconds):
    post(CONTROL + "/advance", {"seconds": seconds})


def now():
    return json.load(urllib.request.urlopen(CONTROL, timeout=30))["now"]


def once(method, path, body=None):
    headers = {"Content-Type": "application/json", "x-xsrf-token": token}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(PANEL["url"] + path, data, headers, method=method), timeout=30
        ) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            said = json.loads(error.read())["error"]
        except (ValueError, KeyError, TypeError, OSError):
            raise Lost(f"{method} {path}: status {error.code}, and not by the panel") from None
        if error.code == 503:
            raise Lost(f"{method} {path}: the panel starts") from None
        raise Failed(f"{method} {path}: {said.get('message') or said.get('msg')}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Lost(f"{method} {path}: {error}") from None
    if not isinstance(found, dict):
        raise Lost(f"{method} {path}: no answer of the panel's")
    return found


def question(path, method="GET", body=None):
    """Asked again for a minute: to ask changes nothing."""
    until = now() + 60
    while True:
        try:
            return once(method, path, body)
        except Lost:
            if now() >= until:
                raise
            sleep(2)


def order(method, path, body, done):
    """Whose answer was lost may have taken effect, or may yet: look a minute later, and only then order again."""
    for last in (False, False, False, True):
        if done():
            return
        try:
            once(method, path, body)
            return
        except Lost:
            if last:
                raise
            sleep(60)


def named(path, name):
    found = [row["id"] for row in question(path)["list"] if row["name"] == name]
    if not found:
        raise Failed(f"the panel has no {name}")
    return found[0]


def server(number):
    return question(f"/dci/v3/server/{number}")


def operation(number):
    return server(number).get("operation") or {"id": 0, "status": "none"}


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
    (found,) = find()
    if "@admin" in json.dumps(found["roles"]):
        raise Failed(f"{client['email']} is an administrator of the panel")
    return found["id"]


def run(number, what, body, limit):
    before = operation(number)["id"]
    order("POST", f"/dci/v3/server/{number}/{what}", body, lambda: operation(number)["id"] != before)
    until = now() + limit
    while (seen := operation(number))["status"] != "ok":
        if seen["status"] in ("failed", "canceled") or now() > until:
            raise Failed(f"{what}: {seen['status']} {(seen.get('status_info') or {}).get('message', '')}")
        sleep(20)


def give_back(number):
    busy = lambda: operation(number)["status"] in ("waiting", "running", "canceling")
    if busy():
        order("POST", f"/dci/v3/server/{number}/operation/cancel", {}, lambda: not busy())
        for _ in range(30):
            if busy():
                sleep(10)
    for each in server(number)["ip"]:
        gone = lambda each=each: each["id"] not in [row["id"] for row in server(number)["ip"]]
        order("DELETE", f"/dci/v3/server/{number}/ip/{each['id']}", None, gone)
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
        seen = server(row["id"])  # lists may be old
        if (
            seen["owner_email"]
            or seen.get("maintenance")
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
        if seen["power_status"] != "on":
            order("POST", here + "/power_on", {}, lambda: server(number)["power_status"] == "on")
        order("POST", here + "/ip", {"ippool": pool, "family": "ipv4", "count": 1}, lambda: server(number)["ip"])
        run(number, "os_install", {"os_template": template, "password": asked["password"]}, 2 * 3600)
    except Failed:
        give_back(number)
        release(number)
        raise
    return {
        "server": seen["name"],
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
        if server(KEPT["id"])["power_status"] != "off":
            question(f"/dci/v3/server/{KEPT['id']}/power_off", "POST", {})
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
    token = question("/auth/v4/public/token", "POST", {"email": PANEL["email"], "password": PANEL["password"]})["token"]
    print(json.dumps({"ok": True, **(VERBS[asked["verb"]]() or {})}))
except Failed as error:
    print(json.dumps({"ok": False, "error": str(error)}))
    sys.exit(1)

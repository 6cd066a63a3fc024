"""Conversation with a DCImanager 6: what may be asked again, and what may not. Nothing but Python's own library."""

import http.client
import json
import os
import urllib.error
import urllib.request

CONTROL = os.environ["RACKLOOP_CONTROL"] + "/__lab/clock"
session = {"url": "", "token": ""}


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
    headers = {"Content-Type": "application/json", "x-xsrf-token": session["token"]}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(
            urllib.request.Request(session["url"] + path, data, headers, method=method), timeout=30
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
    """Whose answer was lost may have taken effect, or may yet: look a minute later, and only then order again. A refusal may be that of
    a second copy, of which we know nothing: what was wanted may be there all the same.
    """
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
        except Failed:
            if done():
                return
            raise


def seen(look):
    """What was just made, though lists may be a minute old."""
    until = now() + 120
    while not (found := look()) and now() < until:
        sleep(10)
    return found


def named(path, name):
    found = [row["id"] for row in question(path)["list"] if row["name"] == name]
    if not found:
        raise Failed(f"the panel has no {name}")
    return found[0]


def server(number):
    return question(f"/dci/v3/server/{number}")


def operation(number):
    return server(number).get("operation") or {"id": 0, "status": "none"}


def log_in(panel):
    session["url"] = panel["url"]
    login = {"email": panel["email"], "password": panel["password"]}
    session["token"] = question("/auth/v4/public/token", "POST", login)["token"]

"""Whether a lab that is up answers: the check that containers run, since slim images have no curl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

__all__ = ["Unhealthy", "check_health"]


class Unhealthy(Exception):
    """Something does not answer; the message says what, and why."""


def check_health(endpoints: Path, *, timeout: float = 4.0) -> str:
    """Ask the panel, in both of its dialects, and the control API named in an endpoints file, and through it whether the
    panel reaches a device; returns a line for people. Raises Unhealthy.
    """
    try:
        places = json.loads(endpoints.read_text(encoding="utf-8"))
        urls = {
            "DCImanager 6": f"{places['dci6']}/auth/v4/whoami",
            "DCImanager 5": f"{places['dci5']}/dcimgr?out=xml",
            "lab control": f"{places['control']}/__lab/clock",
            "devices": f"{places['control']}/__lab/health",
        }
        token = places.get("control_token")
        if "ispmanager" in places:
            urls["ispmanager"] = f"{places['ispmanager']}/ispmgr?out=xml"
    except FileNotFoundError:
        raise Unhealthy(f"{endpoints}: no such file: the lab is not up yet, or not any more") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unhealthy(f"{endpoints}: it is not an endpoints file ({error!r})") from None
    # The certificate is the lab's own; who asks here asks his own machine.
    options: Any = {
        "verify": False,
        "timeout": timeout,
        "trust_env": False,
        "headers": {"user-agent": "rackloop-health"} | ({"authorization": f"Bearer {token}"} if token else {}),
    }
    with httpx.Client(**options) as client:
        for name, url in urls.items():
            try:
                answer = client.get(url)
            except httpx.HTTPError as error:
                raise Unhealthy(f"{name} does not answer at {url}: {error}") from None
            if name == "devices" and answer.status_code == 503:
                raise Unhealthy(answer.json()["error"])
            if answer.status_code >= 500 or (name in ("lab control", "devices") and answer.is_error):
                raise Unhealthy(f"{name} answers {answer.status_code} at {url}")
    return "healthy: " + ", ".join(urls)

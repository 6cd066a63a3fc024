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
    """Ask the panel, in both of its dialects, and the control API named in an endpoints file; returns a line for people. Raises Unhealthy."""
    try:
        places = json.loads(endpoints.read_text(encoding="utf-8"))
        urls = {
            "DCImanager 6": f"{places['dci6']}/auth/v4/whoami",
            "DCImanager 5": f"{places['dci5']}/dcimgr?out=xml",
            "lab control": f"{places['control']}/__lab/clock",
        }
        if "ispmanager" in places:
            urls["ispmanager"] = f"{places['ispmanager']}/ispmgr?out=xml"
    except FileNotFoundError:
        raise Unhealthy(f"{endpoints}: no such file: the lab is not up yet, or not any more") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unhealthy(f"{endpoints}: it is not an endpoints file ({error!r})") from None
    # The certificate is the lab's own; who asks here asks his own machine.
    options: Any = {
        "verify": False,
        "timeout": timeout,
        "trust_env": False,
        "headers": {"user-agent": "rackloop-health"},
    }
    with httpx.Client(**options) as client:
        for name, url in urls.items():
            try:
                status = client.get(url).status_code
            except httpx.HTTPError as error:
                raise Unhealthy(f"{name} does not answer at {url}: {error}") from None
            if status >= 500:
                raise Unhealthy(f"{name} answers {status} at {url}")
    return "healthy: " + ", ".join(urls)

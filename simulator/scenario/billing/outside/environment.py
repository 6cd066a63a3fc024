"""What a module finds around it: the panel and its login, the lab's control, its own folder, the lab's certificate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.lab import Run

if TYPE_CHECKING:
    from simulator.scenario.billing.outside.plan import ModulePlan

__all__ = ["environment", "panel_words"]


def panel_words(plan: ModulePlan, run: Run) -> dict[str, Any]:
    """The panel as a module is told of it."""
    email, password = run.admin
    version = 5 if plan.spec.panel == "dci5" else 6
    url = run.dci6_url if version == 6 else f"{run.dci5_url}/dcimgr"
    return {"version": version, "url": url, "email": email, "username": email, "password": password}


def environment(plan: ModulePlan, run: Run, control: str | None, folder: Path) -> Mapping[str, str]:
    """Of a program: this process's, with all that it needs by names that begin with RACKLOOP_."""
    panel = panel_words(plan, run)
    env = {
        **os.environ,
        "TZ": "UTC",
        "RACKLOOP_PANEL": panel["url"],
        "RACKLOOP_PANEL_VERSION": str(panel["version"]),
        "RACKLOOP_DCI6": run.dci6_url,
        "RACKLOOP_DCI5": run.dci5_url,
        "RACKLOOP_EMAIL": panel["email"],
        "RACKLOOP_USERNAME": panel["username"],
        "RACKLOOP_PASSWORD": panel["password"],
        "RACKLOOP_TIME": plan.time,
        "RACKLOOP_FOLDER": str(folder),
    }
    if control:
        env["RACKLOOP_CONTROL"] = control
    if run.ispmanager_url:
        env["RACKLOOP_ISPMANAGER"] = run.ispmanager_url
    if run.certificate is not None:
        pem = folder.parent / "certificate.pem"
        pem.write_bytes(run.certificate.certificate)
        # As OpenSSL, requests, curl and Node look for it.
        for name in ("RACKLOOP_CA", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
            env[name] = str(pem)
    return {**env, **plan.spec.env}

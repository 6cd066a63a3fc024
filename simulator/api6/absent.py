"""Services of the platform that are not emulated, by the words that their addresses begin with (vendor's page on the API, its
Swagger's sections, and the services that its compose file registers).
"""

from __future__ import annotations

__all__ = ["SERVICES", "absent_service"]

SERVICES = {
    "eservice": "Equipment service",
    "ipmiproxy": "BMC proxy service",
    "ldap": "LDAP",
    "journal": "the journal",
    "msgsender": "messages",
    "plugin": "plugins",
    "updater": "Updater service",
    "core": "batches of calls",
    "validator": "the validator",
    "grafana": "Grafana",
    "graphite": "Graphite",
    "loki": "Loki",
    "consul": "Consul",
}


def absent_service(path: str) -> str:
    """The service's name; empty for a path of one that is emulated, or of none that is known."""
    words = path.removeprefix("/api").split("/")
    return SERVICES.get(words[1], "") if len(words) > 1 else ""

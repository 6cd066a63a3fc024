"""What a function is about, and which of its parameters has the id."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.dcim.subjects import Kind

__all__ = ["thing_of"]


def thing_of(func: str, asked: Mapping[str, str]) -> tuple[Kind, str]:
    """What a function of DCImanager 5 is about, and the parameter that has its id."""
    group, _, verb = func.partition(".")
    if verb.startswith("connection.ipmiuser"):
        return "connection", "elid" if verb == "connection.ipmiuser" else "plid"
    if group == "server" and verb.startswith("connection."):
        return ("server", "plid") if "plid" in asked else ("connection", "elid")
    if func == "server.moveip":
        return ("server", "servertree") if asked.get("sok") else ("address", "elid")
    if group == "server" or func == "ipmiredirect":
        return "server", "elid"
    if group == "iplist":
        return "server", "plid" if "plid" in asked else "elid"
    if func.startswith("connwiz") or func == "conncreatewiz":
        return "server", "plid"
    if verb.startswith("port.") and group in ("switch", "pdu"):
        return "port" if group == "switch" else "outlet", "elid"
    if func in ("pdu.on", "pdu.off"):
        return "outlet", "elid"
    return ("operation", "elid") if group == "operation" else ("server", "")

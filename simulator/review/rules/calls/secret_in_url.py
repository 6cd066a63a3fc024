"""Passwords and sessions in addresses, which every proxy on the way writes down."""

from __future__ import annotations

from urllib.parse import parse_qsl

from simulator.review.findings import Evidence, Found, Severity, rule

_SECRETS = frozenset({"password", "passwd", "confirm", "checkpasswd", "ipmipass", "authinfo", "token"})


@rule(
    "secret-in-url",
    Severity.WARNING,
    advice="Send passwords and sessions in the body or a header: URLs stand in the logs of every proxy on the way.",
    source="RFC 9110, 17.9",
)
def secret_in_url(evidence: Evidence) -> Found:
    for client, actions in evidence.clients.items():
        shown = [
            action
            for action in actions
            if action.call.query and any(key in _SECRETS for key, _ in parse_qsl(action.call.query))
        ]
        if shown:
            yield client, f"wrote a secret into {len(shown)} URL{'s' if len(shown) > 1 else ''}", shown

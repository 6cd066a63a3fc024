"""What stands at the root of each panel's address, for people."""

from __future__ import annotations

from starlette.types import ASGIApp

from simulator.web.welcome import Welcome

__all__ = ["welcome5", "welcome6", "welcome_hosting"]


def welcome6(app: ASGIApp) -> Welcome:
    """In front of DCImanager 6."""
    return Welcome(
        app,
        "DCImanager 6 API",
        [
            ("/swagger", "every call, with where its form is known from"),
            ("/openapi.json", "the same for programs"),
            ("/auth/v4/whoami", "POST /auth/v4/public/token gives a token; it travels as the header x-xsrf-token"),
            ("/dci/v3/server", "servers; with /api in front as well"),
        ],
    )


def welcome5(app: ASGIApp) -> Welcome:
    """In front of DCImanager 5."""
    return Welcome(
        app,
        "DCImanager 5 API",
        [
            ("/dcimgr?out=xml", "all functions: func=..., with authinfo=user:password, or auth=session"),
            ("/dcimgr?out=json&func=server", "servers"),
        ],
    )


def welcome_hosting(app: ASGIApp) -> Welcome:
    """In front of the ispmanager."""
    return Welcome(
        app,
        "ispmanager API",
        [("/ispmgr?out=xml", "all functions: func=..., with authinfo=user:password, or auth=session")],
    )

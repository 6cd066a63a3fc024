"""The auth service as old clients call it (v3): sessions instead of tokens. The vendor's PHP library is the source."""

from __future__ import annotations

from typing import Any

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.dcim.errors import Forbidden

__all__: list[str] = []


class Login(Body):
    email: str
    password: str


class KeyLogin(Body):
    key: str


@handles("auth.v3.login", Login, public=True)
async def log_in(call: Call[Login]) -> Any:
    return {"session": call.panel.users.log_in(call.body.email, call.body.password, call.address).value}


@handles("auth.v3.login_by_key", KeyLogin, public=True)
async def log_in_by_key(call: Call[KeyLogin]) -> Any:
    return {"session": call.panel.users.log_in_by_key(call.body.key, call.address).value}


@handles("auth.v3.key", anyone=True)
async def make_key(call: Call[Nothing]) -> Any:
    user = call.panel.access.user(call.user, call.path["u"], touch=True)
    if user.id != call.user.id and not call.user.is_admin:
        raise Forbidden("your role does not include keys of other users")
    call.oneself()
    return {"key": call.panel.users.make_key(user).value}


@handles("auth.v3.session.delete", anyone=True)
async def log_out(call: Call[Nothing]) -> Any:
    call.panel.users.log_out(call.user, call.path["token"])
    return {}

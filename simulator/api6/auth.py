"""The auth service (v4) and the users of the dci service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.columns import moment
from simulator.api6.views import AUTH_USERS, USERS
from simulator.dcim import Panel
from simulator.dcim.errors import Invalid
from simulator.dcim.users import USER_ROLE, Token

__all__: list[str] = []


class Login(Body):
    email: str
    password: str
    confirmed: bool = False


class LongToken(Body):
    expires_at: str
    description: str = Field(default="", max_length=255)


class KeyLogin(Body):
    key: str


class NewAuthUser(Body):
    email: str
    password: str
    full_name: str = ""
    roles: list[str] = [USER_ROLE]
    auth_source: str = "local"
    email_confirm: bool = False
    timezone: str = "UTC"


class NewUser(Body):
    email: str
    password: str
    full_name: str = ""
    phone_number: str = ""
    role: str = USER_ROLE


class UserEdit(Body):
    full_name: str | None = None
    phone_number: str | None = None
    roles: list[str] | None = None
    lang: str | None = None
    timezone: str | None = None


class NewPassword(Body):
    password: str


def _token(panel: Panel, token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "token": token.value,
        "expires_at": moment(panel, token.expires_at),
        "confirmed": True,
    }


@handles("auth.login", Login, public=True)
async def log_in(call: Call[Login]) -> Any:
    return _token(call.panel, call.panel.users.log_in(call.body.email, call.body.password))


@handles("auth.login_by_key", KeyLogin, public=True)
async def log_in_by_key(call: Call[KeyLogin]) -> Any:
    return _token(call.panel, call.panel.users.log_in_by_key(call.body.key))


@handles("auth.token.create", LongToken, anyone=True)
async def make_token(call: Call[LongToken]) -> Any:
    clock = call.panel.clock
    try:
        end = datetime.strptime(call.body.expires_at, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid("expires_at", "it is not YYYY-MM-DD hh:mm:ss") from None
    expires_at = (end - clock.epoch).total_seconds()
    if expires_at <= clock.now():
        raise Invalid("expires_at", "it is past")
    return _token(call.panel, call.panel.users.make_token(call.user, expires_at, call.body.description))


@handles("auth.token.delete", anyone=True)
async def delete_token(call: Call[Nothing]) -> Any:
    call.panel.users.log_out(call.user, call.path["token"])
    return {}


@handles("auth.whoami", anyone=True)
async def whoami(call: Call[Nothing]) -> Any:
    user = call.user
    return {
        "owner_id": user.id,
        "owner_email": user.email,
        "trustee_id": user.id,
        "trustee_email": user.email,
        "roles": list(user.roles),
    }


@handles("auth.user.list")
async def list_auth_users(call: Call[Nothing]) -> Any:
    return AUTH_USERS.answer(call.panel, call.panel.access.users(call.user), call.query)


@handles("user.list")
async def list_users(call: Call[Nothing]) -> Any:
    return USERS.answer(call.panel, call.panel.access.users(call.user), call.query)


@handles("auth.user.create", NewAuthUser)
async def create_auth_user(call: Call[NewAuthUser]) -> Any:
    body = call.body
    if body.auth_source != "local":
        raise Invalid("auth_source", "only local users are built")
    user = call.panel.users.create(body.email, body.password, full_name=body.full_name, roles=body.roles)
    return {"id": user.id}


@handles("user.create", NewUser)
async def create_user(call: Call[NewUser]) -> Any:
    body = call.body
    user = call.panel.users.create(
        body.email, body.password, full_name=body.full_name, roles=[body.role], phone_number=body.phone_number
    )
    return {"id": user.id}


@handles("auth.user.item")
async def read_auth_user(call: Call[Nothing]) -> Any:
    return AUTH_USERS.view(call.panel, call.panel.access.user(call.user, call.path["u"]))


@handles("user.item")
async def read_user(call: Call[Nothing]) -> Any:
    return USERS.view(call.panel, call.panel.access.user(call.user, call.path["u"]))


@handles("user.edit", UserEdit)
async def edit_user(call: Call[UserEdit]) -> Any:
    user = call.panel.access.user(call.user, call.path["u"])
    fields = {name: value for name, value in call.body.model_dump(exclude_unset=True).items() if value is not None}
    call.panel.access.check_edit(call.user, fields)
    call.panel.users.edit(user, fields)
    return {}


@handles("user.delete")
async def delete_user(call: Call[Nothing]) -> Any:
    call.panel.users.remove(call.panel.access.user(call.user, call.path["u"]), call.user)
    return {}


@handles("user.password", NewPassword)
async def set_password(call: Call[NewPassword]) -> Any:
    call.panel.users.set_password(call.panel.access.user(call.user, call.path["u"]), call.body.password)
    return {}


@handles("user.suspend")
async def suspend_user(call: Call[Nothing]) -> Any:
    call.panel.users.suspend(call.panel.access.user(call.user, call.path["u"]))
    return {}


@handles("user.resume")
async def resume_user(call: Call[Nothing]) -> Any:
    call.panel.users.resume(call.panel.access.user(call.user, call.path["u"]))
    return {}


@handles("user.key")
async def make_key(call: Call[Nothing]) -> Any:
    key = call.panel.users.make_key(call.panel.access.user(call.user, call.path["u"]))
    return {"id": key.id, "key": key.value}

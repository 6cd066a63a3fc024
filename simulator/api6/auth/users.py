"""Users: of the auth service (v4), and of the dci service."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simulator.api6.auth.oneself import Email, IpList, Lang, Password, Timezone, key_answer
from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.dci.views import AUTH_USERS, USERS
from simulator.api6.plain_lists import lists
from simulator.dcim.errors import Forbidden, Invalid
from simulator.dcim.people.users import USER_ROLE, User

__all__: list[str] = []


class NewAuthUser(Body):
    email: Email
    password: Password = ""
    full_name: str = Field(default="", max_length=255)
    roles: list[str] = Field(default=[USER_ROLE], min_length=1, examples=[[USER_ROLE]])
    auth_source: Literal["local", "ldap"] = "local"
    email_confirm: bool = False
    timezone: Timezone = "UTC"


class NewUser(Body):
    email: Email
    password: Password
    full_name: str = Field(default="", max_length=255)
    phone_number: str = Field(default="", max_length=255)
    role: str = Field(default=USER_ROLE, examples=[USER_ROLE])


class AuthUserEdit(Body):
    full_name: str = Field(default="", max_length=255)
    roles: list[str] = Field(default=[USER_ROLE], min_length=1, examples=[[USER_ROLE]])
    auth_source: Literal["local", "ldap"] = "local"
    email_confirm: bool = False
    lang: Lang = "en"
    timezone: Timezone = "UTC"


class UserEdit(AuthUserEdit):
    phone_number: str = Field(default="", max_length=255)


class NewPassword(Body):
    password: Password


class Lock(Body):
    service: str
    description: str


def _touched(call: Call[Any]) -> User:
    """The user of the path, to be changed; raises NotFound and Forbidden. A trustee changes nobody's credentials."""
    user = call.panel.access.user(call.user, call.path["u"], touch=True)
    if user.id == call.user.id:
        call.oneself()
    return user


def _check_source(source: str) -> None:
    if source != "local":
        raise Invalid("auth_source", "there is no LDAP service in this lab")


lists("auth.user.list", AUTH_USERS, lambda call: call.panel.access.users(call.user))
lists("user.list", USERS, lambda call: call.panel.access.users(call.user))


@handles("auth.user.create", NewAuthUser)
async def create_auth_user(call: Call[NewAuthUser]) -> Any:
    body = call.body
    _check_source(body.auth_source)
    call.panel.access.check_grant(call.user, body.roles)
    details: dict[str, Any] = {
        "full_name": body.full_name,
        "roles": body.roles,
        "timezone": body.timezone,
        "email_confirm": body.email_confirm,
    }
    users = call.panel.users
    user = users.create(body.email, body.password, **details) if body.password else users.invite(body.email, **details)
    return {"id": user.id}


@handles("user.create", NewUser)
async def create_user(call: Call[NewUser]) -> Any:
    body = call.body
    call.panel.access.check_grant(call.user, [body.role])
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


@handles("auth.user.edit", AuthUserEdit)
async def edit_auth_user(call: Call[AuthUserEdit]) -> Any:
    return _edit(call)


@handles("user.edit", UserEdit)
async def edit_user(call: Call[UserEdit]) -> Any:
    return _edit(call)


def _edit(call: Call[Any]) -> Any:
    user = call.panel.access.user(call.user, call.path["u"], touch=True)
    fields = call.body.model_dump(exclude_unset=True)
    _check_source(fields.pop("auth_source", "local"))
    call.panel.access.check_edit(call.user, fields, call.action)
    if "roles" in fields:
        if user.id == call.user.id and not call.user.is_admin:
            raise Forbidden("nobody changes his own roles")
        call.panel.access.check_grant(call.user, fields["roles"])
    call.panel.users.edit(user, fields)
    return {}


@handles("user.delete")
async def delete_user(call: Call[Nothing]) -> Any:
    call.panel.users.remove(_touched(call), call.user)
    return {}


@handles("user.password", NewPassword)
async def set_password(call: Call[NewPassword]) -> Any:
    call.panel.users.set_password(_touched(call), call.body.password)
    return {}


@handles("user.suspend")
async def suspend_user(call: Call[Nothing]) -> Any:
    call.panel.users.suspend(_touched(call))
    return {}


@handles("user.resume")
async def resume_user(call: Call[Nothing]) -> Any:
    call.panel.users.resume(_touched(call))
    return {}


@handles("user.key")
async def make_key(call: Call[Nothing]) -> Any:
    return key_answer(call.panel.users.make_key(_touched(call)))


@handles("auth.user.acl.read")
async def read_addresses(call: Call[Nothing]) -> Any:
    user = call.panel.access.user(call.user, call.path["u"])
    return {"ip_list": list(call.panel.users.access_lists.own(user.id))}


@handles("auth.user.acl.set", IpList)
async def set_addresses(call: Call[IpList]) -> Any:
    call.panel.users.access_lists.set_own(_touched(call).id, call.body.ip_list)
    return {}


@handles("auth.user.lock", Lock, inside=True)
async def lock_user(call: Call[Lock]) -> Any:
    users = call.panel.users
    users.lock(users.by_key(call.path["u"]), call.body.service, call.body.description)
    return {}


@handles("auth.user.unlock", inside=True)
async def unlock_user(call: Call[Nothing]) -> Any:
    users = call.panel.users
    users.unlock(users.by_key(call.path["u"]), call.path["service"])
    return {}

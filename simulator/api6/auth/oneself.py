"""The auth service (v4): tokens, keys, who one is, and what one may set for oneself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from simulator.api6.auth.views import SSH_KEYS
from simulator.api6.calls import HANDLERS, Body, Call, Nothing, handles
from simulator.api6.dci.views import AUTH_USERS
from simulator.api6.lists.columns import moment
from simulator.api6.plain_lists import lists
from simulator.dcim import Panel
from simulator.dcim.errors import Forbidden, Invalid, NotFound
from simulator.dcim.people.ssh_keys import SshKey
from simulator.dcim.people.users import Errand, LoginKey, Token

__all__ = ["Email", "IpList", "Lang", "Password", "Timezone", "key_answer", "token_answer"]

Email = Annotated[str, StringConstraints(max_length=255), Field(examples=["bob@example.com"])]
Password = Annotated[str, StringConstraints(min_length=8, max_length=1024)]
Lang = Literal["en", "ru"]
KEY_EXAMPLE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl0IGlzIG5vIHJlYWwga2V5LCBidXQgYSB0ZXN0IGl0 laptop"
Timezone = Annotated[str, StringConstraints(max_length=64, pattern=r"^[-_A-Za-z0-9/]*$")]


class Login(Body):
    email: str
    password: str
    confirmed: bool = False


class Confirmation(Body):
    token: str
    code: int | None = None
    reserve_code: str | None = None


class LongToken(Body):
    expires_at: str = Field(examples=["2099-01-01 00:00:00"])
    description: str = Field(default="", max_length=255)


class KeyLogin(Body):
    key: str


class SelfEdit(Body):
    full_name: str = Field(default="", max_length=255)
    lang: Lang = "en"
    timezone: Timezone = "UTC"


class OwnPassword(Body):
    old_password: str
    password: Password


class IpList(Body):
    ip_list: list[str] = Field(max_length=1000, examples=[["127.0.0.0/8", "192.0.2.7"]])


class NewKey(Body):
    name: str = Field(max_length=255, examples=["laptop"])
    ssh_pub_key: str = Field(max_length=16384, examples=[KEY_EXAMPLE])


class KeyEdit(Body):
    name: str = Field(default="", max_length=255, examples=["desk"])


class FreeForm(Body):
    """Any object."""

    model_config = ConfigDict(extra="allow", frozen=True)


class FollowedPassword(Body):
    password: Password


class FollowedInvitation(Body):
    password: Password
    lang: Lang = "en"


class Recovery(Body):
    email: str


class FirstUser(Body):
    email: Email
    password: Password
    lang: Lang = "en"


def token_answer(panel: Panel, token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "token": token.value,
        "expires_at": moment(panel, token.expires_at),
        "confirmed": token.confirmed,
    }


def key_answer(key: LoginKey) -> dict[str, Any]:
    return {"id": key.id, "key": key.value}


# tokens


@handles("auth.login", Login, public=True)
async def log_in(call: Call[Login]) -> Any:
    return token_answer(call.panel, call.panel.users.log_in(call.body.email, call.body.password, call.address))


@handles("auth.login_by_key", KeyLogin, public=True)
async def log_in_by_key(call: Call[KeyLogin]) -> Any:
    return token_answer(call.panel, call.panel.users.log_in_by_key(call.body.key, call.address))


@handles("auth.token.confirm", Confirmation, public=True)
async def confirm(call: Call[Confirmation]) -> Any:
    call.panel.users.confirm(call.body.token, call.body.code, call.body.reserve_code)
    return {}


@handles("auth.token.create", LongToken, anyone=True)
async def make_token(call: Call[LongToken]) -> Any:
    clock = call.panel.clock
    try:
        end = datetime.strptime(call.body.expires_at, "%Y-%m-%d %H:%M:%S").replace(tzinfo=call.panel.zone)
    except ValueError:
        raise Invalid("expires_at", "it is not YYYY-MM-DD hh:mm:ss") from None
    expires_at = (end - clock.epoch).total_seconds()
    if expires_at <= clock.now():
        raise Invalid("expires_at", "it is past")
    token = call.panel.users.make_token(call.oneself(), expires_at, call.body.description)
    return token_answer(call.panel, token)


@handles("auth.token.delete", anyone=True)
async def delete_token(call: Call[Nothing]) -> Any:
    call.panel.users.log_out(call.user, call.path["token"])
    return {}


@handles("auth.self.key", anyone=True)
async def make_own_key(call: Call[Nothing]) -> Any:
    return key_answer(call.panel.users.make_key(call.oneself()))


@handles("auth.self.back", anyone=True)
async def act_as_oneself(call: Call[Nothing]) -> Any:
    return token_answer(call.panel, call.panel.users.act_as_oneself(call.opened))


@handles("auth.user.su", anyone=True)
async def act_as(call: Call[Nothing]) -> Any:
    users = call.panel.users
    try:
        token = users.act_as(call.opened, users.by_key(call.path["u"]))
    except NotFound:
        raise NotFound("user", call.path["u"]) from None
    return token_answer(call.panel, token)


# confirmations by mail; the lab's journal is the mailbox


@handles("auth.recovery", Recovery, public=True)
async def recover(call: Call[Recovery]) -> Any:
    """The same answer whether or not there is such a user."""
    user = call.panel.users.by_email(call.body.email)
    if user is not None:
        call.panel.users.mail(user, Errand.RECOVERY)
    return {}


@handles("auth.confirmation.password", FollowedPassword, public=True)
async def change_password_by_mail(call: Call[FollowedPassword]) -> Any:
    users = call.panel.users
    return token_answer(call.panel, users.follow_mail(call.path["confirmation"], Errand.RECOVERY, call.body.password))


@handles("auth.confirmation.invitation", FollowedInvitation, public=True)
async def accept_invitation(call: Call[FollowedInvitation]) -> Any:
    body, users = call.body, call.panel.users
    return token_answer(
        call.panel, users.follow_mail(call.path["confirmation"], Errand.INVITATION, body.password, body.lang)
    )


@handles("auth.first_user.invite", public=True)
async def invite_first_user(call: Call[Nothing]) -> Any:
    raise Forbidden("the first user is there already: a lab's panel is set up")


@handles("auth.first_user.create", FirstUser, public=True)
async def create_first_user(call: Call[FirstUser]) -> Any:
    raise Invalid("token", "the first user is there already: a lab's panel is set up")


# who one is


@handles("auth.whoami", anyone=True)
async def whoami(call: Call[Nothing]) -> Any:
    session = call.opened
    return {
        "owner_id": session.user.id,
        "owner_email": session.user.email,
        "trustee_id": session.trustee.id,
        "trustee_email": session.trustee.email,
        "roles": list(session.user.roles),
    }


@handles("auth.self.read", anyone=True)
async def read_self(call: Call[Nothing]) -> Any:
    return AUTH_USERS.view(call.panel, call.user)


@handles("auth.self.edit", SelfEdit, anyone=True)
async def edit_self(call: Call[SelfEdit]) -> Any:
    users = call.panel.users
    users.edit(users.by_key(call.user.id), call.body.model_dump(exclude_unset=True))
    return {}


@handles("auth.self.password", OwnPassword, anyone=True)
async def set_own_password(call: Call[OwnPassword]) -> Any:
    user, users = call.oneself(), call.panel.users
    if call.address:
        users.restrictions.check(user.id, user.roles, call.address)
    if not users.knows(user.email, call.body.old_password):
        if call.address:
            users.restrictions.failed(user.id, user.roles, call.address)
        raise Forbidden("the old password is wrong")
    users.set_password(user, call.body.password)
    return {}


@handles("auth.self.handles", anyone=True)
async def list_handles(call: Call[Nothing]) -> Any:
    found: dict[str, dict[str, list[str]]] = {}
    for method, path, action in call.routes.served() if call.routes else ():
        handler = HANDLERS[action]
        if handler.inside or not (handler.public or handler.anyone or _may(call, action, method)):
            continue
        _, service, version, rest = path.split("/", 3)
        found.setdefault(f"{service}_{version}", {}).setdefault(method.lower(), []).append(f"/{rest}")
    return {"handles": found, "user_id": call.user.id}


def _may(call: Call[Any], action: str, method: str) -> bool:
    try:
        call.panel.access.check(call.user, action, method)
    except Forbidden:
        return False
    return True


@handles("auth.self.subroles", anyone=True)
async def list_sub_roles(call: Call[Nothing]) -> Any:
    return {"subroles": call.panel.users.roles.sub_roles(call.user.roles), "user_id": call.user.id}


# one's addresses, settings, SSH keys


@handles("auth.self.acl.read", anyone=True)
async def read_own_addresses(call: Call[Nothing]) -> Any:
    return {"ip_list": list(call.panel.users.access_lists.own(call.user.id))}


@handles("auth.self.acl.set", IpList, anyone=True)
async def set_own_addresses(call: Call[IpList]) -> Any:
    call.panel.users.access_lists.set_own(call.oneself().id, call.body.ip_list)
    return {}


@handles("auth.self.setting.read", anyone=True)
async def read_own_setting(call: Call[Nothing]) -> Any:
    return {"data": call.panel.users.settings.own(call.user.id, call.path["name"])}


@handles("auth.self.setting.set", FreeForm, anyone=True)
async def set_own_setting(call: Call[FreeForm]) -> Any:
    if len(call.path["name"]) > 255:
        raise Invalid("name", "it is longer than 255 characters")
    call.panel.users.settings.set_own(call.user.id, call.path["name"], call.body.model_extra or {})
    return {}


def _keys(call: Call[Nothing]) -> Iterable[SshKey]:
    return call.panel.users.ssh_keys.of(call.panel.access.user(call.user, call.path["u"]).id)


lists("auth.self.sshkey.list", SSH_KEYS, lambda call: call.panel.users.ssh_keys.of(call.user.id), anyone=True)
lists("auth.user.sshkey.list", SSH_KEYS, _keys)


@handles("auth.self.sshkey.create", NewKey, anyone=True)
async def add_own_key(call: Call[NewKey]) -> Any:
    return {"id": call.panel.users.ssh_keys.add(call.oneself().id, call.body.name, call.body.ssh_pub_key).id}


@handles("auth.user.sshkey.create", NewKey)
async def add_key(call: Call[NewKey]) -> Any:
    user = call.panel.access.user(call.user, call.path["u"], touch=True)
    return {"id": call.panel.users.ssh_keys.add(user.id, call.body.name, call.body.ssh_pub_key).id}


@handles("auth.self.sshkey.item", anyone=True)
async def read_own_key(call: Call[Nothing]) -> Any:
    return SSH_KEYS.view(call.panel, call.panel.users.ssh_keys.get(call.user.id, call.number("id")))


@handles("auth.self.sshkey.edit", KeyEdit, anyone=True)
async def rename_own_key(call: Call[KeyEdit]) -> Any:
    keys = call.panel.users.ssh_keys
    key = keys.get(call.user.id, call.number("id"))
    if "name" in call.body.model_fields_set:
        keys.rename(key, call.body.name)
    return {}


@handles("auth.self.sshkey.delete", anyone=True)
async def delete_own_key(call: Call[Nothing]) -> Any:
    keys = call.panel.users.ssh_keys
    keys.all.remove(keys.get(call.oneself().id, call.number("id")).id)
    return {}


# time


@handles("auth.time", anyone=True)
async def read_time(call: Call[Nothing]) -> Any:
    return {"list": [{"current_time": moment(call.panel, call.panel.clock.now())}]}

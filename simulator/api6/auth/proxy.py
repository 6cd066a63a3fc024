"""What the platform's proxy and services ask of auth v4: whose roles permit what; and what trustees were granted.

DCImanager is a single-instance product, so the routes for instances know one, number 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from simulator.api6.auth.oneself import Email
from simulator.api6.calls import HANDLERS, Body, Call, Nothing, handles
from simulator.api6.dci.views import AUTH_USERS
from simulator.api6.plain_lists import lists
from simulator.dcim.errors import Forbidden, Invalid, NotFound
from simulator.dcim.people.roles import INSTANCE, USER_ROLE
from simulator.dcim.people.users import User

__all__: list[str] = []


class Grant(Body):
    roles: list[str] = Field(default=[USER_ROLE], min_length=1, examples=[[USER_ROLE]])


class Import(Body):
    email: Email
    encrypted_password: Annotated[str, StringConstraints(min_length=8)]
    roles: list[str] = Field(min_length=1, examples=[[USER_ROLE]])
    email_confirm: bool = False
    state: Literal["active", "disabled"] = "active"


def _instance(call: Call[Any]) -> int:
    number = call.number("instance")
    if number != INSTANCE:
        raise NotFound("instance", number)
    return number


def _person(call: Call[Any], name: str = "u") -> User:
    return call.panel.users.by_key(call.path[name])


def _answer(owner: User, trustee: User, roles: list[str] | None) -> dict[str, Any]:
    return {"owner_id": owner.id, "trustee_id": trustee.id, "roles": roles}


def _permitting(call: Call[Any], user: User) -> list[str] | None:
    """Those of the user's roles that permit the call in the path; None when there is none, or no such call."""
    method, target = call.path["method"], "/" + call.path["target"].strip("/").removeprefix("api/")
    if method not in ("GET", "POST", "DELETE"):
        raise Invalid("method", f"{method!r} is none of GET, POST and DELETE")
    action = call.routes.action(method, target) if call.routes else None
    if action is None or HANDLERS[action].inside:
        return None
    roles = []
    for role in user.roles:
        try:
            if not (HANDLERS[action].public or HANDLERS[action].anyone):
                call.panel.access.check(replace(user, roles=(role,)), action, method)
        except Forbidden:
            continue
        roles.append(role)
    return roles or None


# by a token


@handles("auth.whoami.global", anyone=True)
async def whoami_global(call: Call[Nothing]) -> Any:
    return _answer(call.user, call.opened.trustee, list(call.user.roles))


@handles("auth.whoami.instance", anyone=True)
async def whoami_instance(call: Call[Nothing]) -> Any:
    _instance(call)
    return _answer(call.user, call.opened.trustee, list(call.user.roles))


@handles("auth.whoami.global.target", anyone=True)
async def whoami_for_target(call: Call[Nothing]) -> Any:
    return _answer(call.user, call.opened.trustee, _permitting(call, call.user))


@handles("auth.whoami.instance.target", anyone=True)
async def whoami_for_target_of_instance(call: Call[Nothing]) -> Any:
    _instance(call)
    return _answer(call.user, call.opened.trustee, _permitting(call, call.user))


# by the platform's services


@handles("auth.inside.user.target", inside=True)
async def roles_for_target(call: Call[Nothing]) -> Any:
    user = _person(call)
    return _answer(user, user, _permitting(call, user))


@handles("auth.inside.trustee.target", inside=True)
async def trustee_roles_for_target(call: Call[Nothing]) -> Any:
    owner, trustee = _person(call), _person(call, "t")
    acting = replace(owner, roles=call.panel.users.roles.granted(owner.id, trustee.id))
    return _answer(owner, trustee, _permitting(call, acting))


@handles("auth.inside.instance.user.target", inside=True)
async def roles_for_target_of_instance(call: Call[Nothing]) -> Any:
    instance, user = _instance(call), _person(call)
    acting = replace(user, roles=call.panel.users.roles.granted(user.id, user.id, instance))
    return _answer(user, user, _permitting(call, acting))


@handles("auth.inside.instance.trustee.target", inside=True)
async def trustee_roles_for_target_of_instance(call: Call[Nothing]) -> Any:
    instance, owner, trustee = _instance(call), _person(call), _person(call, "t")
    acting = replace(owner, roles=call.panel.users.roles.granted(owner.id, trustee.id, instance))
    return _answer(owner, trustee, _permitting(call, acting))


@handles("auth.inside.import", Import, inside=True)
async def import_user(call: Call[Import]) -> Any:
    """The password comes as a hash that only the real product can check, so the user has to recover his own."""
    instance, body, users = _instance(call), call.body, call.panel.users
    user = users.invite(body.email, roles=body.roles, email_confirm=body.email_confirm)
    users.roles.grant(user.id, user.id, body.roles, instance)
    if body.state == "disabled":
        users.suspend(user)
    return {"id": user.id}


# trustees


@handles("auth.trustee.read")
async def read_trustee(call: Call[Nothing]) -> Any:
    owner, trustee = _person(call), _person(call, "t")
    return _answer(owner, trustee, list(call.panel.users.roles.granted(owner.id, trustee.id)))


@handles("auth.trustee.grant", Grant)
async def grant_trustee(call: Call[Grant]) -> Any:
    owner, trustee = _person(call), _person(call, "t")
    call.panel.access.check_grant(owner, call.body.roles)
    call.panel.access.check_grant(call.user, call.body.roles)
    call.panel.users.roles.grant(owner.id, trustee.id, call.body.roles)
    return {}


@handles("auth.trustee.revoke")
async def revoke_trustee(call: Call[Nothing]) -> Any:
    call.panel.users.roles.revoke(_person(call).id, _person(call, "t").id)
    return {}


# the instance


def _people(call: Call[Nothing]) -> Iterable[User]:
    _instance(call)
    users = call.panel.users
    return [users.all.get(number) for number in users.roles.on_instance()]


lists("auth.instance.user.list", AUTH_USERS, _people)


@handles("auth.instance.user.read")
async def read_instance_user(call: Call[Nothing]) -> Any:
    instance, user = _instance(call), _person(call)
    return _answer(user, user, list(call.panel.users.roles.granted(user.id, user.id, instance)))


@handles("auth.instance.user.grant", Grant)
async def grant_on_instance(call: Call[Grant]) -> Any:
    instance, user = _instance(call), _person(call)
    call.panel.access.check_grant(call.user, call.body.roles)
    call.panel.users.roles.grant(user.id, user.id, call.body.roles, instance)
    return {}


@handles("auth.instance.user.revoke")
async def revoke_on_instance(call: Call[Nothing]) -> Any:
    instance, user = _instance(call), _person(call)
    call.panel.users.roles.revoke(user.id, user.id, instance)
    return {}


@handles("auth.instance.trustee.read")
async def read_instance_trustee(call: Call[Nothing]) -> Any:
    instance, owner, trustee = _instance(call), _person(call), _person(call, "t")
    return _answer(owner, trustee, list(call.panel.users.roles.granted(owner.id, trustee.id, instance)))


@handles("auth.instance.trustee.grant", Grant)
async def grant_trustee_on_instance(call: Call[Grant]) -> Any:
    instance, owner, trustee = _instance(call), _person(call), _person(call, "t")
    call.panel.access.check_grant(call.user, call.body.roles)
    call.panel.users.roles.grant(owner.id, trustee.id, call.body.roles, instance)
    return {}


@handles("auth.instance.trustee.revoke")
async def revoke_trustee_on_instance(call: Call[Nothing]) -> Any:
    instance, owner, trustee = _instance(call), _person(call), _person(call, "t")
    call.panel.users.roles.revoke(owner.id, trustee.id, instance)
    return {}

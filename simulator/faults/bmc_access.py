"""Faults of the way to a BMC: whom it lets in, and whose cable is in which socket."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pydantic import Field

from simulator.bmc import Bmc, cross_cables, crossed
from simulator.faults.kinds import FaultKind, NotPossible, OnServer, Undo, World
from simulator.ipmi.channel import User
from simulator.ipmi.crypto import password_key

__all__ = ["BMC_ACCESS"]


class OfUser(OnServer):
    user: str | None = None
    """Whose; by default the one that the lab file names, with which the panel logs in."""


class WithOther(OnServer):
    other: str = Field(alias="with")
    """The other server."""


def _user(world: World, params: OfUser) -> User:
    bmc = world.bmc(params.server)
    name = None if params.user is None else params.user.encode()
    for user in bmc.users:
        if user.name == name or (name is None and user.name):
            return user
    raise NotPossible(f"the BMC of {params.server} has no user {params.user or 'with a name'}")


def _password_changed(world: World, params: OfUser) -> Undo:
    bmc, user = world.bmc(params.server), _user(world, params)
    key = password_key(hashlib.sha256(f"{params.server}/{user.slot}".encode()).hexdigest()[:16])

    def put(was: bytes, now: bytes) -> None:
        bmc.users = tuple(
            replace(each, key=now) if each.slot == user.slot and each.key == was else each for each in bmc.users
        )

    put(user.key, key)
    return lambda: put(key, user.key)


def _pair(world: World, params: WithOther) -> tuple[Bmc, Bmc]:
    if params.other == params.server:
        raise NotPossible(f"the cable of the BMC of {params.server} cannot be crossed with itself")
    pair = world.bmc(params.server), world.bmc(params.other)
    for name in (params.server, params.other):
        server = world.plant.servers[name]
        if not server.dedicated_cable:
            raise NotPossible(f"the BMC of {name} has no cable of its own")
    return pair


def _cables_crossed(world: World, params: WithOther) -> Undo:
    one, other = _pair(world, params)
    for name, bmc in ((params.server, one), (params.other, other)):
        if crossed(bmc):
            raise NotPossible(f"the cable of the BMC of {name} is crossed with another one already")
    cross_cables(one, other)
    return lambda: cross_cables(one, other)


BMC_ACCESS: tuple[FaultKind, ...] = (
    FaultKind(
        "bmc.password_changed",
        "server",
        OfUser,
        "somebody has given a user of the BMC another password",
        _password_changed,
        _user,
    ),
    FaultKind(
        "bmc.cables_crossed",
        "server",
        WithOther,
        "the management cables of two servers are crossed: each answers at the other's address",
        _cables_crossed,
        _pair,
        once=True,
    ),
)

"""Users, their roles, and the tokens they call with.

Passwords are kept as salted SHA-256. That is cheap on purpose, since this is a simulator; do not copy it.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from simulator.dcim.access_lists import AccessLists
from simulator.dcim.config import UserSetup
from simulator.dcim.errors import (
    AlreadyThere,
    Forbidden,
    Invalid,
    NotConfirmed,
    NotFound,
    NotLoggedIn,
    UserInUse,
    WrongCredentials,
)
from simulator.dcim.inventory import Inventory
from simulator.dcim.records import Register
from simulator.dcim.restrictions import Restrictions
from simulator.dcim.roles import ADMIN_ROLE, USER_ROLE, Roles
from simulator.dcim.second_factor import SecondFactor
from simulator.dcim.settings import Settings
from simulator.dcim.ssh_keys import SshKeys
from simulator.kernel import Clock, Journal, Streams

__all__ = ["ADMIN_ROLE", "USER_ROLE", "Errand", "LoginKey", "Mail", "Session", "Token", "User", "UserState", "Users"]

KEY_LIFE = 3600.0
"""Seconds; a one-time key is good for an hour (vendor page "How to sign in to the platform with a key?")."""
PASSWORD_LENGTH = 8
"""At least; auth v4, `password`."""
MAIL_LIFE = 86400.0
"""Seconds that a confirmation sent by mail is good for; ours."""
STREAM = "panel/tokens"


class UserState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class User:
    id: int
    uuid: str
    email: str
    full_name: str
    roles: tuple[str, ...]
    salt: bytes
    digest: bytes
    created_at: float
    phone_number: str = ""
    lang: str = "en"
    timezone: str = "UTC"
    state: UserState = UserState.ACTIVE
    email_confirm: bool = False

    @property
    def is_admin(self) -> bool:
        return ADMIN_ROLE in self.roles


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    value: str
    user: int
    expires_at: float
    """Lab time, seconds."""
    inactivity: bool
    """Each use moves the end on; else it is fixed."""
    description: str = ""
    trustee: int | None = None
    """Who acts as the user; None when it is he himself."""
    confirmed: bool = True
    """False while the second factor is waited for."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who calls: as whom, who it really is, and with which token."""

    user: User
    """With the roles that count in this session."""
    trustee: User
    token: Token


class Errand(StrEnum):
    """What a confirmation by mail is for."""

    INVITATION = "invite_user"
    RECOVERY = "change_password"


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter with a confirmation id in it, good for one use. The journal is the mailbox."""

    confirmation: str
    errand: Errand
    user: int
    expires_at: float


@dataclass(frozen=True, slots=True)
class LoginKey:
    """Good for one login."""

    id: int
    value: str
    user: int
    expires_at: float


class Users:
    """Everybody who may call."""

    def __init__(
        self,
        setups: Iterable[UserSetup],
        token_ttl: float,
        inventory: Inventory,
        clock: Clock,
        streams: Streams,
        journal: Journal,
    ) -> None:
        """`token_ttl`: seconds of inactivity after which a token ends."""
        self.all: Register[User] = Register("user")
        self.settings = Settings(token_ttl)
        self.roles = Roles()
        self.access_lists = AccessLists()
        self.restrictions = Restrictions((ADMIN_ROLE, USER_ROLE), clock, journal)
        self.second_factor = SecondFactor(clock, streams)
        self.ssh_keys = SshKeys()
        self._inventory = inventory
        self._clock = clock
        self._streams = streams
        self._journal = journal
        self._by_email: dict[str, int] = {}
        self._tokens: dict[str, Token] = {}
        self._keys: dict[str, LoginKey] = {}
        self._mails: dict[str, Mail] = {}
        self._locks: dict[int, dict[str, str]] = {}
        self._issued = 0
        for setup in setups:
            self._add(setup.email, setup.password, setup.full_name, tuple(setup.roles), "")

    # logging in

    def log_in(self, email: str, password: str, address: str = "") -> Token:
        """A token that ends after inactivity; raises WrongCredentials, also for a disabled user, and where the address
        is known, Banned and AddressRefused.
        """
        user = self.by_email(email)
        if user is not None and address:
            self.restrictions.check(user.id, user.roles, address)
        if user is None or not self.knows(email, password):
            if user is not None and address:
                self.restrictions.failed(user.id, user.roles, address)
            self._journal.write("panel", email, "login refused")
            raise WrongCredentials("wrong e-mail or password")
        if address:
            self.restrictions.succeeded(user.id, address)
            self.access_lists.check(user.id, address)
        return self._open(user)

    def knows(self, email: str, password: str) -> bool:
        """Whether this is the password of an enabled user; for calls that make no session."""
        user = self.by_email(email)
        return (
            user is not None
            and user.state is UserState.ACTIVE
            and hmac.compare_digest(_digest(user.salt, password), user.digest)
        )

    def log_in_by_key(self, value: str, address: str = "") -> Token:
        """Use up a one-time key. Raises WrongCredentials, and AddressRefused where the address is known."""
        key = self._keys.get(value)
        user = self.all.find(key.user) if key else None
        if key is None or user is None or key.expires_at <= self._clock.now() or user.state is not UserState.ACTIVE:
            raise WrongCredentials("the key is unknown, used or too old")
        if address:
            self.access_lists.check(user.id, address)
        del self._keys[value]
        return self._issue(user, self.settings.token_ttl, inactivity=True)

    def make_key(self, user: User) -> LoginKey:
        self._issued += 1
        key = LoginKey(self._issued, f"{user.id}-{self._uuid()}", user.id, self._clock.now() + KEY_LIFE)
        self._keys[key.value] = key
        return key

    def make_token(self, user: User, expires_at: float, description: str) -> Token:
        """A token with a fixed end, for integrations."""
        return self._issue(user, expires_at - self._clock.now(), inactivity=False, description=description)

    def authenticate(self, value: str) -> User:
        """Whose token it is; its inactivity starts anew. Raises NotLoggedIn and NotConfirmed."""
        return self.session(value).user

    def session(self, value: str, address: str = "") -> Session:
        """The session of a token; its inactivity starts anew. Raises NotLoggedIn and NotConfirmed, and AddressRefused
        where the address is known.
        """
        token = self._alive(value)
        if not token.confirmed:
            raise NotConfirmed("this session waits for the code of its second factor")
        user = trustee = self.all.get(token.user)
        if token.trustee is not None:
            trustee = self.all.get(token.trustee)
            if not trustee.is_admin:
                user = replace(user, roles=self.roles.granted(user.id, trustee.id))
        if address:
            self.access_lists.check(trustee.id, address)
        if token.inactivity:
            token = self._tokens[value] = replace(token, expires_at=self._clock.now() + self.settings.token_ttl)
        return Session(user, trustee, token)

    def confirm(self, value: str, code: int | None, reserve_code: str | None) -> None:
        """The second factor of a token that waits for it. Raises NotLoggedIn, and Invalid for a code that does not fit;
        that counts as a failed login of nobody's address, since no password was guessed.
        """
        token = self._alive(value)
        if token.confirmed:
            raise Invalid("token", "it needs no confirmation")
        self.second_factor.check(token.user, code, reserve_code)
        self._tokens[value] = replace(token, confirmed=True)

    def act_as(self, session: Session, user: User) -> Token:
        """A token to act as the user: for administrators, and for trustees whom the user granted roles. Raises
        NotFound for whoever is neither.
        """
        trustee = session.trustee
        if user.id == trustee.id or not (trustee.is_admin or self.roles.granted(user.id, trustee.id)):
            raise NotFound("user", user.id)
        return self._issue(user, self.settings.token_ttl, inactivity=True, trustee=trustee.id)

    def act_as_oneself(self, session: Session) -> Token:
        """Back from `act_as`; the token of that ends. Raises Invalid when nobody acts as somebody else."""
        if session.token.trustee is None:
            raise Invalid("token", "you are yourself already")
        del self._tokens[session.token.value]
        return self._issue(session.trustee, self.settings.token_ttl, inactivity=True)

    def log_out(self, user: User, key: str) -> None:
        """End a token by its value or its id: one's own, or as administrator anybody's. Raises NotFound."""
        for token in self._tokens.values():
            if key in (token.value, str(token.id)) and (token.user == user.id or user.is_admin):
                del self._tokens[token.value]
                return
        raise NotFound("token", key)

    # mail

    def mail(self, user: User, errand: Errand) -> Mail:
        """Send a confirmation id; the journal shows it."""
        mail = Mail(self._uuid(), errand, user.id, self._clock.now() + MAIL_LIFE)
        self._mails[mail.confirmation] = mail
        self._journal.write("panel", user.email, "mail sent", errand=errand.value, confirmation=mail.confirmation)
        return mail

    def follow_mail(self, confirmation: str, errand: Errand, password: str, lang: str | None = None) -> Token:
        """Set the password that a mail invited to. Raises Forbidden for an unknown, used or old confirmation, Invalid."""
        mail = self._mails.get(confirmation)
        user = self.all.find(mail.user) if mail else None
        if mail is None or user is None or mail.errand is not errand or mail.expires_at <= self._clock.now():
            raise Forbidden("the confirmation is unknown, used or too old")
        self.set_password(user, password)
        del self._mails[confirmation]
        user = self.all.change(user.id, email_confirm=True, lang=lang or user.lang)
        if user.state is not UserState.ACTIVE:
            raise Forbidden("the user is disabled")
        return self._open(user)

    # locks of other services

    def lock(self, user: User, service: str, description: str) -> None:
        """The user cannot be deleted while a service has locked him."""
        self._locks.setdefault(user.id, {})[service] = description

    def unlock(self, user: User, service: str) -> None:
        """Raises NotFound."""
        if self._locks.get(user.id, {}).pop(service, None) is None:
            raise NotFound("lock", service)

    # users

    def by_key(self, key: int | str) -> User:
        """By id, or by e-mail in any case; raises NotFound."""
        text = str(key)
        numeric = text.isascii() and text.isdigit() and len(text) < 19
        number = int(text) if numeric else self._by_email.get(text.lower())
        user = self.all.find(number)
        if user is None:
            raise NotFound("user", key)
        return user

    def by_email(self, email: str) -> User | None:
        return self.all.find(self._by_email.get(email.lower()))

    def create(
        self,
        email: str,
        password: str,
        *,
        full_name: str = "",
        roles: Iterable[str] = (USER_ROLE,),
        phone_number: str = "",
        timezone: str = "UTC",
        email_confirm: bool = False,
    ) -> User:
        """Raises Invalid, and AlreadyThere for an e-mail that somebody has."""
        _check_password(password)
        roles = tuple(roles)
        self.roles.check_names(roles)
        if "@" not in email.strip("@") or any(sign.isspace() for sign in email):
            raise Invalid("email", f"{email!r} is not an e-mail address")
        if email.lower() in self._by_email:
            raise AlreadyThere(f"there is a user with the e-mail {email} already")
        user = self._add(email, password, full_name, roles, phone_number)
        if timezone != user.timezone or email_confirm:
            user = self.all.change(user.id, timezone=timezone, email_confirm=email_confirm)
        self._journal.write("panel", user.email, "user created", id=user.id, roles=list(roles))
        return user

    def invite(self, email: str, **details: Any) -> User:
        """A user without a password yet: a mail invites him to set one. Details and errors are those of `create`."""
        user = self.create(email, self._uuid(), **details)
        self.mail(user, Errand.INVITATION)
        return user

    def edit(self, user: User, fields: Mapping[str, Any]) -> User:
        """Change `full_name`, `phone_number`, `roles`, `lang`, `timezone` or `email_confirm`."""
        changes = dict(fields)
        if "roles" in changes:
            changes["roles"] = tuple(changes["roles"])
            self.roles.check_names(changes["roles"])
            if user.is_admin and ADMIN_ROLE not in changes["roles"]:
                self._check_not_last(user)
        return self.all.change(user.id, **changes)

    def set_password(self, user: User, password: str) -> None:
        _check_password(password)
        salt = self._streams.octets(STREAM, 8)
        self.all.change(user.id, salt=salt, digest=_digest(salt, password))
        self._journal.write("panel", user.email, "password changed")

    def suspend(self, user: User) -> None:
        """The user's tokens end with it. Raises UserInUse for the last administrator."""
        self._check_not_last(user)
        self.all.change(user.id, state=UserState.DISABLED)
        self._drop_tokens(user)
        self._journal.write("panel", user.email, "user disabled")

    def resume(self, user: User) -> None:
        self.all.change(user.id, state=UserState.ACTIVE)
        self._journal.write("panel", user.email, "user enabled")

    def remove(self, user: User, by: User) -> None:
        """Raises UserInUse while the user owns servers or a service has locked him, and for oneself."""
        if user.id == by.id:
            raise UserInUse("nobody can delete himself")
        owned = next(self._inventory.owned_by(user.id), None)
        if owned is not None:
            raise UserInUse(f"user {user.email} still owns server {owned.name}")
        for service, description in self._locks.get(user.id, {}).items():
            raise UserInUse(f"user {user.email} is locked by {service}: {description}")
        self.all.remove(user.id)
        del self._by_email[user.email.lower()]
        self._drop_tokens(user)
        for part in (
            self.roles,
            self.access_lists,
            self.restrictions,
            self.second_factor,
            self.ssh_keys,
            self.settings,
        ):
            part.forget(user.id)
        self._journal.write("panel", user.email, "user deleted", id=user.id)

    def _add(self, email: str, password: str, full_name: str, roles: tuple[str, ...], phone_number: str) -> User:
        if email.lower() in self._by_email:
            raise Invalid("users", f"the e-mail {email} is there twice")
        salt = self._streams.octets(STREAM, 8)
        user = self.all.add(
            lambda number: User(
                id=number,
                uuid=self._uuid(),
                email=email,
                full_name=full_name,
                roles=roles,
                salt=salt,
                digest=_digest(salt, password),
                created_at=self._clock.now(),
                phone_number=phone_number,
            )
        )
        self._by_email[email.lower()] = user.id
        return user

    def _open(self, user: User) -> Token:
        """A session for somebody who has shown who he is; with a second factor it waits for the code."""
        confirmed = not self.second_factor.has(user.id)
        return self._issue(user, self.settings.token_ttl, inactivity=True, confirmed=confirmed)

    def _alive(self, value: str) -> Token:
        """Raises NotLoggedIn."""
        token = self._tokens.get(value)
        if token is None:
            raise NotLoggedIn("no such session; log in")
        people = [self.all.find(number) for number in (token.user, token.trustee) if number is not None]
        active = all(user is not None and user.state is UserState.ACTIVE for user in people)
        if token.expires_at <= self._clock.now() or not active:
            del self._tokens[value]
            raise NotLoggedIn("the session has expired; log in again")
        return token

    def _issue(self, user: User, life: float, *, inactivity: bool, **details: Any) -> Token:
        now = self._clock.now()
        for value in [token.value for token in self._tokens.values() if token.expires_at <= now]:
            del self._tokens[value]
        self._issued += 1
        value = f"{user.id}-{self._uuid()}"
        token = self._tokens[value] = Token(self._issued, value, user.id, now + life, inactivity, **details)
        self._journal.write("panel", user.email, "logged in")
        return token

    def _check_not_last(self, user: User) -> None:
        """Somebody must be able to undo it."""
        others = (each for each in self.all if each.is_admin and each.state is UserState.ACTIVE and each.id != user.id)
        if user.is_admin and next(others, None) is None:
            raise UserInUse(f"{user.email} is the only administrator")

    def _drop_tokens(self, user: User) -> None:
        for value in [token.value for token in self._tokens.values() if user.id in (token.user, token.trustee)]:
            del self._tokens[value]

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self._streams.octets(STREAM, 16), version=4))


def _digest(salt: bytes, password: str) -> bytes:
    return hashlib.sha256(salt + password.encode()).digest()


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise Invalid("password", f"it has fewer than {PASSWORD_LENGTH} characters")

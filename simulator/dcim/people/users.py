"""Users as callers: logging in, the tokens and keys they call with, and letters that let them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from simulator.dcim.config import UserSetup
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import Forbidden, Invalid, NotConfirmed, NotFound, NotLoggedIn, WrongCredentials
from simulator.dcim.people.people import People, User, UserState
from simulator.dcim.people.roles import ADMIN_ROLE, USER_ROLE
from simulator.dcim.records import changed
from simulator.kernel import Clock, Journal, Streams, Timer

__all__ = ["ADMIN_ROLE", "USER_ROLE", "Errand", "LoginKey", "Mail", "Session", "Token", "User", "UserState", "Users"]

KEY_LIFE = 3600.0
"""Seconds; a one-time key is good for an hour (vendor page "How to sign in to the platform with a key?")."""
MAIL_LIFE = 86400.0
"""Seconds that a confirmation sent by mail is good for; ours."""


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


class Users(People):
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
        self._tokens: dict[str, Token] = {}
        self._keys: dict[str, LoginKey] = {}
        self._mails: dict[str, Mail] = {}
        self._waiting: dict[str, dict[int, Callable[[], None]]] = {}
        self._issued = 0
        self._asked = 0
        super().__init__(setups, token_ttl, inventory, clock, streams, journal)

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

    def session(self, value: str, address: str = "", *, used: bool = True) -> Session:
        """The session of a token; when it is `used`, its inactivity starts anew. Raises NotLoggedIn and NotConfirmed, and
        AddressRefused where the address is known.
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
        return Session(user, trustee, self._used(token) if used else token)

    def go_on(self, value: str, address: str, user: User) -> bool:
        """As `session`, of a call that was made before: whether the session goes on and is still that of this very record of a user. Where it
        is not, nothing is done.
        """
        token = self._tokens.get(value)
        if token is None or token.trustee is not None or not token.confirmed or token.expires_at <= self._clock.now():
            return False
        if self.all.find(token.user) is not user or (address and not self.access_lists.allows(user.id, address)):
            return False
        self._used(token)
        return True

    def _used(self, token: Token) -> Token:
        """Its inactivity starts anew."""
        if not token.inactivity:
            return token
        later = self._tokens[token.value] = changed(token, expires_at=self._clock.now() + self.settings.token_ttl)
        return later

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
        self._end(session.token.value)
        return self._issue(session.trustee, self.settings.token_ttl, inactivity=True)

    def log_out(self, user: User, key: str) -> None:
        """End a token by its value or its id: one's own, or as administrator anybody's. Raises NotFound."""
        for token in self._tokens.values():
            if key in (token.value, str(token.id)) and (token.user == user.id or user.is_admin):
                self._end(token.value)
                return
        raise NotFound("token", key)

    def when_ended(self, value: str, ended: Callable[[], None]) -> Callable[[], None]:
        """Call back once, when a session that there is ends: by its time, by a logout, or with its user. What is returned
        calls it off.
        """
        waiting = self._waiting.setdefault(value, {})
        self._asked += 1
        key = self._asked
        timer: Timer | None = None

        def look() -> None:
            nonlocal timer
            with suppress(NotLoggedIn):
                timer = self._clock.call_at(self._alive(value).expires_at, look)

        def stop() -> None:
            waiting.pop(key, None)
            if timer is not None:
                timer.cancel()

        waiting[key] = ended
        look()
        return stop

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

    def invite(self, email: str, **details: Any) -> User:
        """A user without a password yet: a mail invites him to set one. Details and errors are those of `create`."""
        user = self.create(email, self._uuid(), **details)
        self.mail(user, Errand.INVITATION)
        return user

    # tokens

    def _open(self, user: User) -> Token:
        """A session for somebody who has shown who he is; with a second factor it waits for the code."""
        confirmed = not self.second_factor.has(user.id)
        return self._issue(user, self.settings.token_ttl, inactivity=True, confirmed=confirmed)

    def _alive(self, value: str) -> Token:
        """Raises NotLoggedIn."""
        token = self._tokens.get(value)
        if token is None:
            raise NotLoggedIn("no such session; log in")
        active = self._active(token.user) and (token.trustee is None or self._active(token.trustee))
        if token.expires_at <= self._clock.now() or not active:
            self._end(value)
            raise NotLoggedIn("the session has expired; log in again")
        return token

    def _active(self, number: int) -> bool:
        user = self.all.find(number)
        return user is not None and user.state is UserState.ACTIVE

    def _issue(self, user: User, life: float, *, inactivity: bool, **details: Any) -> Token:
        now = self._clock.now()
        for value in [token.value for token in self._tokens.values() if token.expires_at <= now]:
            self._end(value)
        self._issued += 1
        value = f"{user.id}-{self._uuid()}"
        token = self._tokens[value] = Token(self._issued, value, user.id, now + life, inactivity, **details)
        self._journal.write("panel", user.email, "logged in")
        return token

    def _gone(self, user: User) -> None:
        for value in [token.value for token in self._tokens.values() if user.id in (token.user, token.trustee)]:
            self._end(value)

    def _end(self, value: str) -> None:
        del self._tokens[value]
        for ended in tuple(self._waiting.pop(value, {}).values()):
            ended()

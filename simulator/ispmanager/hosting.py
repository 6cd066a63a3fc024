"""The accounts of a shared hosting server: administrators, users with their presets and limits, and who may log in.

What an account would hold (sites, mailboxes, databases) is not emulated.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

from simulator.coremanager.sessions import KEY_LENGTH, OneTimeKeys, Session, Sessions
from simulator.ispmanager.errors import (
    AlreadyThere,
    Invalid,
    NotFound,
    NotLoggedIn,
    WrongCredentials,
)
from simulator.kernel import Clock, Table

__all__ = [
    "ACCOUNT",
    "CUSTOM",
    "LIMITS",
    "Account",
    "AccountEvent",
    "AccountState",
    "Hosting",
    "Level",
    "Preset",
    "Setup",
]

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")
"""A name of the operating system, which tells upper from lower case."""
PASSWORD_LENGTH = 6
"""At least; ours."""
CUSTOM = "#custom"
"""The preset of an account whose limits are its own (observed: a client sends it)."""
LIMITS = (
    "limit_quota", "limit_traff", "limit_db", "limit_db_users", "limit_ftp_users", "limit_webdomains",
    "limit_emaildomains", "limit_emails", "limit_email_quota", "limit_cpu", "limit_memory", "limit_process",
)  # fmt: skip
"""Those that the vendor's WHMCS module sets: sizes in MiB, the others in pieces, empty for no limit."""
_LIMIT = re.compile(r"[0-9]{0,12}")


class Level(IntEnum):
    """The family's scale."""

    NOBODY = 0
    USER = 16
    ADMIN = 29


class AccountState(Enum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class AccountEvent(Enum):
    SUSPEND = "suspend"
    RESUME = "resume"


_ANY = (AccountState.ACTIVE, AccountState.SUSPENDED)
ACCOUNT: Table[AccountState, AccountEvent] = Table(
    "account",
    [
        (_ANY, AccountEvent.SUSPEND, AccountState.SUSPENDED),
        (_ANY, AccountEvent.RESUME, AccountState.ACTIVE),
    ],
)


@dataclass(frozen=True, slots=True)
class Preset:
    """Limits under a name; `limits` has each of `LIMITS`."""

    name: str
    limits: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """`number` is the panel's own; everybody else knows an account by its name."""

    number: int
    name: str
    level: Level
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)
    full_name: str = ""
    preset: str = CUSTOM
    limits: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    """The administrator who made it."""
    comment: str = ""
    state: AccountState = AccountState.ACTIVE


@dataclass(frozen=True, slots=True)
class Setup:
    """An account that is there from the start; its password may break today's rules."""

    name: str
    password: str = field(repr=False)
    full_name: str = ""
    preset: str = CUSTOM
    limits: Mapping[str, str] = field(default_factory=dict)
    disabled: bool = False


class Hosting:
    """One ispmanager. Names of administrators and users are of one space."""

    def __init__(
        self,
        clock: Clock,
        octets: Callable[[int], bytes],
        *,
        admin: Setup,
        users: Sequence[Setup] = (),
        presets: Mapping[str, Mapping[str, str]] | None = None,
        address: str = "192.0.2.80",
    ) -> None:
        """`address` is the one that all accounts share. `octets` gives random octets for sessions and salts. Raises HostingError for a set-up that cannot be."""
        self.address = address
        self._octets = octets
        self._sessions = Sessions(clock, octets)
        self._keys = OneTimeKeys(clock)
        self._accounts: dict[str, Account] = {}
        self._numbers = 0
        self.presets: dict[str, Preset] = {}
        for name, limits in (presets or {}).items():
            self.set_preset(name, limits)
        self._place(admin, Level.ADMIN, "")
        for each in users:
            self._place(each, Level.USER, admin.name)

    def _place(self, setup: Setup, level: Level, owner: str) -> None:
        account = self._made(setup.name, setup.password, level, setup.full_name, setup.preset, setup.limits, owner, "")
        if setup.disabled:
            account = replace(account, state=AccountState.SUSPENDED)
        self._accounts[account.name] = account

    # accounts

    def __iter__(self) -> Iterator[Account]:
        """In the order in which they were made."""
        return iter(tuple(self._accounts.values()))

    def of(self, level: Level) -> list[Account]:
        return [account for account in self if account.level is level]

    def user(self, name: str) -> Account:
        """Raises NotFound, also for an administrator."""
        account = self._accounts.get(name)
        if account is None or account.level is not Level.USER:
            raise NotFound("user", name)
        return account

    def add(
        self,
        name: str,
        password: str,
        *,
        full_name: str = "",
        preset: str = "",
        limits: Mapping[str, str] | None = None,
        owner: str = "",
        comment: str = "",
    ) -> Account:
        """A user. Without a preset his limits are his own; with one, `limits` overrule it.

        Raises Invalid, NotFound for the preset, AlreadyThere.
        """
        _check_password(password)
        made = self._made(name, password, Level.USER, full_name, preset or CUSTOM, limits or {}, owner, comment)
        self._accounts[made.name] = made
        return made

    def edit(
        self,
        name: str,
        *,
        password: str = "",
        full_name: str | None = None,
        preset: str | None = None,
        limits: Mapping[str, str] | None = None,
        comment: str | None = None,
    ) -> None:
        """Change what is given; another preset brings its limits. Raises Invalid, NotFound."""
        account = self.user(name)
        if password:
            _check_password(password)
        if preset is not None or limits:
            base = account.limits if preset in (None, CUSTOM) else self.preset(preset or "").limits
            account = replace(account, preset=account.preset if preset is None else preset)
            account = replace(account, limits={**base, **_checked(limits or {})})
        if full_name is not None:
            account = replace(account, full_name=full_name)
        if comment is not None:
            account = replace(account, comment=comment)
        self._accounts[name] = self._with_password(account, password) if password else account

    def set_password(self, account: Account, password: str) -> None:
        """Of anybody. Raises Invalid."""
        _check_password(password)
        self._accounts[account.name] = self._with_password(account, password)

    def move(self, name: str, event: AccountEvent) -> None:
        """Raises NotFound."""
        account = self.user(name)
        self._accounts[name] = replace(account, state=ACCOUNT.next(account.state, event))

    def delete(self, name: str) -> None:
        """With all that it holds; the name is free again. Raises NotFound."""
        del self._accounts[self.user(name).name]

    def _made(
        self,
        name: str,
        password: str,
        level: Level,
        full_name: str,
        preset: str,
        limits: Mapping[str, str],
        owner: str,
        comment: str,
    ) -> Account:
        """An account that is not kept yet: limits of its preset, and its own over them. Raises Invalid, AlreadyThere."""
        if not NAME.fullmatch(name):
            raise Invalid("name", name)
        if name in self._accounts:
            raise AlreadyThere(name)
        base = dict.fromkeys(LIMITS, "") if preset == CUSTOM else self.preset(preset).limits
        mine = {**base, **_checked(limits)}
        self._numbers += 1
        account = Account(self._numbers, name, level, b"", b"", full_name, preset, mine, owner, comment)
        return self._with_password(account, password)

    def _with_password(self, account: Account, password: str) -> Account:
        salt = self._octets(16)
        return replace(account, salt=salt, digest=_digest(salt, password))

    # presets

    def preset(self, name: str) -> Preset:
        """Raises NotFound."""
        try:
            return self.presets[name]
        except KeyError:
            raise NotFound("preset", name) from None

    def set_preset(self, name: str, limits: Mapping[str, str]) -> None:
        """A new one, or other limits for a known one; the accounts on it get them too. Raises Invalid."""
        if not name.strip() or name.startswith("#") or len(name) > 64:
            raise Invalid("name", name)
        known = self.presets.get(name)
        base = known.limits if known else dict.fromkeys(LIMITS, "")
        changed = _checked(limits)
        self.presets[name] = Preset(name, {**base, **changed})
        for account in self:
            if account.preset == name:
                self._accounts[account.name] = replace(account, limits={**account.limits, **changed})

    # who calls (`simulator.coremanager.web.Accounts`)

    def find(self, name: str) -> Account | None:
        return self._accounts.get(name)

    @staticmethod
    def level(user: Account) -> Level:
        return user.level

    @staticmethod
    def active(user: Account) -> bool:
        return user.state is AccountState.ACTIVE

    def check(self, name: str, password: str) -> Account:
        """Raises WrongCredentials, also for a disabled account: it tells nothing of which it was."""
        account = self._accounts.get(name)
        if account is None or not hmac.compare_digest(_digest(account.salt, password), account.digest):
            raise WrongCredentials
        if not self.active(account):
            raise WrongCredentials
        return account

    def open(self, account: Account, client: str) -> Session:
        return self._sessions.open(account.number, client)

    def resume(self, key: str, client: str) -> Account:
        """Whose session it is; its hour starts anew. Raises NotLoggedIn."""
        number = self._sessions.find(key, client)
        account = next((each for each in self if each.number == number), None)
        if account is None:
            raise NotLoggedIn
        if not self.active(account):
            self._sessions.close(key)
            raise NotLoggedIn
        self._sessions.renew(key)
        return account

    def add_key(self, account: Account | None, key: str) -> None:
        """A key to log in with once, for an account or (None) for whoever comes with it. Raises Invalid for a short one,
        AlreadyThere for one that waits to be used.
        """
        if len(key) < KEY_LENGTH:
            raise Invalid("key", "")
        if not self._keys.add(account.number if account else None, key):
            raise AlreadyThere("", "key")

    def use_key(self, name: str, key: str) -> Account:
        """Raises WrongCredentials."""
        account = self._accounts.get(name)
        if account is None or not self.active(account) or not self._keys.use(account.number, key):
            raise WrongCredentials
        return account


def _digest(salt: bytes, password: str) -> bytes:
    # A lab is no place for secrets: one round of a salted hash, so that thousands of log-ins cost nothing.
    return hashlib.sha256(salt + password.encode("utf-8", "surrogatepass")).digest()


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise Invalid("passwd", "")


def _checked(limits: Mapping[str, str]) -> dict[str, str]:
    for name, value in limits.items():
        if name not in LIMITS or not _LIMIT.fullmatch(value):
            raise Invalid(name, value)
    return dict(limits)

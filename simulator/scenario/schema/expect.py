"""What a scenario expects, as written: each expectation is one of several shapes, told apart by its first word; the
`<word>` tags keep the reader's errors about the shape that was meant.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from simulator.files.base import FileModel
from simulator.files.units import Duration
from simulator.scenario.schema.base import Glob, OneOrMore, by_key
from simulator.scenario.schema.ispmanager import AccountExpect

__all__ = [
    "CalledSpec",
    "ExpectSpec",
    "HasSpec",
    "JournalArgs",
    "JournalSpec",
    "LeaksSpec",
    "LedgerArgs",
    "LedgerSpec",
    "MessageArgs",
    "MessageSpec",
    "MoneyArgs",
    "MoneySpec",
    "NeverCalledSpec",
    "OrderSpec",
    "ReallySpec",
    "SavedSpec",
    "ServerExpect",
    "ServiceExpect",
    "TicketArgs",
    "TicketSpec",
]


class SavedSpec(FileModel):
    """The properties of the server that billing has saved (billmanager5)."""

    label: Glob | None = None
    ip: Glob | None = None
    domain: Glob | None = None
    os: Glob | None = None
    owner: Glob | None = None
    """The panel's user."""


class ServiceExpect(FileModel):
    """What the billing side holds of a service."""

    service: str
    is_: Literal["ordered", "processing", "active", "suspended", "closing", "closed", "failed", "manual"] | None = (
        Field(default=None, alias="is")
    )
    error: Glob | None = None
    on: str | None = None
    """The server that it is bound to."""
    addresses: int | None = Field(default=None, ge=0)
    dedicated_ip: Glob | None = None
    """Of its card (whmcs6)."""
    assigned_ips: list[Glob] | None = None
    """Of its card (whmcs6), in their order."""
    connection: str | None = None
    """The connection of the server group that it is with (whmcs6), or `none`."""
    saved: SavedSpec | None = None


class HasSpec(FileModel):
    """A server as the panel shows it to its administrator."""

    operation: Literal["none", "waiting", "running", "canceling", "ok", "failed", "canceled"] | None = None
    owner: str | None = None
    """E-mail, or `none`."""
    addresses: int | None = Field(default=None, ge=0)
    address: Glob | None = None
    """One of its addresses: `*/64` for a subnet of that prefix."""
    power: Literal["on", "off", "unknown"] | None = None
    os: str | None = None
    """Template, or `none`."""
    ports: Literal["up", "down", "mixed", "unknown", "none"] | None = None
    """Administrative state of its switch ports, all of them; `none`: the panel knows of no port."""
    hostname: Glob | None = None
    """In DCImanager 5, `free.ds` for a server that is for sale."""
    notes: Glob | None = None
    """In DCImanager 5."""
    disabled: bool | None = None
    """In DCImanager 5."""


class ReallySpec(FileModel):
    """A server as somebody who stands in the hall finds it."""

    power: Literal["on", "off"] | None = None
    os: str | None = None
    """What a start from disk would run: the template's name, or `none`."""
    link: Literal["up", "down"] | None = None
    """Of its first NIC."""
    speed: Literal["10 Mbit/s", "100 Mbit/s", "1 Gbit/s", "10 Gbit/s"] | None = None
    """Of that link."""
    duplex: Literal["full", "half", "mismatch"] | None = None
    """Of both its ends; `mismatch` when they differ."""
    answers_ping: bool | None = None
    addresses: int | None = Field(default=None, ge=0)
    """How many the installed system has."""
    disks: Literal["clean", "used"] | None = None


class ServerExpect(FileModel):
    server: str
    has: HasSpec | None = None
    really: ReallySpec | None = None

    @model_validator(mode="after")
    def something(self) -> ServerExpect:
        if self.has is None and self.really is None:
            raise ValueError("say what the server `has` (the panel's view) or what it is `really`")
        return self


class CalledSpec(FileModel):
    """A call that the billing side made: `POST */os_install`."""

    called: Glob
    times: int | None = Field(default=None, ge=1)
    """Exactly so often; without it, at least once."""


class NeverCalledSpec(FileModel):
    never_called: Glob


class OrderSpec(FileModel):
    order: list[Glob] = Field(min_length=2)
    """Calls that came in this order, others between them or not."""


class LeaksSpec(FileModel):
    """What services that ended still hold: `owner of srv-03`, `one address`, `2 addresses of srv-03`, `account user1`; or
    `none`.

    Without this expectation there must be none; with it, exactly these.
    """

    leaks: OneOrMore


class LedgerArgs(FileModel):
    """A difference between what billing charges and what there is; it matches one or more that are alike."""

    uncharged: Literal["server", "address", "port"] | None = None
    """Delivered to somebody, or held for nobody, and charged to nobody."""
    undelivered: Literal["server", "address", "port"] | None = None
    """Charged, and not there."""
    of: str | None = None
    """A service or a server."""
    reason: Glob | None = None
    least: Duration | None = None
    """Lab time that it lasted at least; of several that are alike, each of them."""
    most: Duration | None = None

    @model_validator(mode="after")
    def one_side(self) -> LedgerArgs:
        if (self.uncharged is None) == (self.undelivered is None):
            raise ValueError("say what is `uncharged` or what is `undelivered`, one of them")
        return self


class LedgerSpec(FileModel):
    """Hours charged against hours delivered: `none`, or the differences that there must be.

    Without this expectation there must be none; with it, exactly these. What `leaks` names is no difference here.
    """

    ledger: Annotated[
        Annotated[list[LedgerArgs], Tag("<list>")] | Annotated[Literal["none"], Tag("<none>")],
        Discriminator(lambda value: "<none>" if isinstance(value, str) else "<list>"),
    ]


class MoneyArgs(FileModel):
    """A service's account, in whole units of the currency."""

    service: str
    price: float | None = Field(default=None, ge=0)
    """Of a period."""
    period: str | None = None
    charged: float | None = Field(default=None, ge=0)
    paid: float | None = Field(default=None, ge=0)
    owed: float | None = Field(default=None, ge=0)
    refunded: float | None = Field(default=None, ge=0)


class MoneySpec(FileModel):
    money: MoneyArgs


class JournalArgs(FileModel):
    layer: Glob | None = None
    subject: Glob | None = None
    what: Glob | None = None

    @model_validator(mode="after")
    def something(self) -> JournalArgs:
        if self.layer is None and self.subject is None and self.what is None:
            raise ValueError("name at least one of layer, subject and what")
        return self


class JournalSpec(FileModel):
    """At least one record like this (`times`: exactly so many; 0: none)."""

    journal: JournalArgs
    times: int | None = Field(default=None, ge=0)


class MessageArgs(FileModel):
    to: Glob | None = None
    """E-mail."""
    subject: Glob | None = None
    text: Glob | None = None


class MessageSpec(FileModel):
    """At least one message that billing sent like this (`times`: exactly so many; 0: none)."""

    message: MessageArgs
    times: int | None = Field(default=None, ge=0)


class TicketArgs(FileModel):
    department: Glob | None = None
    service: str | None = None
    subject: Glob | None = None
    open: bool | None = None


class TicketSpec(FileModel):
    """At least one ticket like this (`times`: exactly so many; 0: none)."""

    ticket: TicketArgs
    times: int | None = Field(default=None, ge=0)


ExpectSpec = Annotated[
    Annotated[CalledSpec, Tag("<called>")]
    | Annotated[NeverCalledSpec, Tag("<never_called>")]
    | Annotated[OrderSpec, Tag("<order>")]
    | Annotated[LeaksSpec, Tag("<leaks>")]
    | Annotated[LedgerSpec, Tag("<ledger>")]
    | Annotated[MoneySpec, Tag("<money>")]
    | Annotated[JournalSpec, Tag("<journal>")]
    | Annotated[MessageSpec, Tag("<message>")]
    | Annotated[TicketSpec, Tag("<ticket>")]
    | Annotated[ServiceExpect, Tag("<service>")]
    | Annotated[AccountExpect, Tag("<account>")]
    | Annotated[ServerExpect, Tag("<server>")],
    Discriminator(
        by_key(
            "called",
            "never_called",
            "order",
            "leaks",
            "ledger",
            "money",
            "journal",
            "message",
            "ticket",
            "service",
            "account",
            "server",
        )
    ),
]

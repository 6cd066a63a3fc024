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
    """The server's name."""
    ip: Glob | None = None
    """Its main address."""
    domain: Glob | None = None
    """Its domain name."""
    os: Glob | None = None
    """The template that is installed."""
    owner: Glob | None = None
    """The panel's user."""


class ServiceExpect(FileModel):
    """What the billing side holds of a service."""

    service: str
    """The service, by the name that a step gave it."""
    is_: Literal["ordered", "processing", "active", "suspended", "closing", "closed", "failed", "manual"] | None = (
        Field(default=None, alias="is")
    )
    """The state that billing holds it to be in."""
    error: Glob | None = None
    """The error that its last action ended with: a pattern of the whole text, such as `"*timeout*"`."""
    on: str | None = None
    """The server that it is bound to."""
    addresses: int | None = Field(default=None, ge=0)
    """How many addresses billing knows it to have."""
    dedicated_ip: Glob | None = None
    """Of its card (whmcs6)."""
    assigned_ips: list[Glob] | None = None
    """Of its card (whmcs6), in their order."""
    connection: str | None = None
    """The connection of the server group that it is with (whmcs6), or `none`."""
    saved: SavedSpec | None = None
    """What billing has saved of its server."""


class HasSpec(FileModel):
    """A server as the panel shows it to its administrator."""

    operation: Literal["none", "waiting", "running", "canceling", "ok", "failed", "canceled"] | None = None
    """The state of its last operation."""
    owner: str | None = None
    """E-mail, or `none`."""
    addresses: int | None = Field(default=None, ge=0)
    """How many addresses it has in the panel."""
    address: Glob | None = None
    """One of its addresses: `*/64` for a subnet of that prefix."""
    power: Literal["on", "off", "unknown"] | None = None
    """The power state that the panel shows."""
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
    """Whether it runs."""
    os: str | None = None
    """What a start from disk would run: the template's name, or `none`."""
    link: Literal["up", "down"] | None = None
    """Of its first NIC."""
    speed: Literal["10 Mbit/s", "100 Mbit/s", "1 Gbit/s", "10 Gbit/s"] | None = None
    """Of that link."""
    duplex: Literal["full", "half", "mismatch"] | None = None
    """Of both its ends; `mismatch` when they differ."""
    answers_ping: bool | None = None
    """Whether the installed system answers pings from outside."""
    addresses: int | None = Field(default=None, ge=0)
    """How many the installed system has."""
    disks: Literal["clean", "used"] | None = None
    """`clean`: nothing is on any of them."""


class ServerExpect(FileModel):
    server: str
    """The server, by its name in the lab file."""
    has: HasSpec | None = None
    """As the panel shows it to its administrator."""
    really: ReallySpec | None = None
    """As somebody who stands in the hall finds it."""

    @model_validator(mode="after")
    def something(self) -> ServerExpect:
        if self.has is None and self.really is None:
            raise ValueError("say what the server `has` (the panel's view) or what it is `really`")
        return self


class CalledSpec(FileModel):
    """A call that the billing side made: `POST */os_install`."""

    called: Glob
    """Method and path, a pattern: `POST */os_install`."""
    times: int | None = Field(default=None, ge=1)
    """Exactly so often; without it, at least once."""


class NeverCalledSpec(FileModel):
    never_called: Glob
    """Method and path of a call that must not come, a pattern."""


class OrderSpec(FileModel):
    order: list[Glob] = Field(min_length=2)
    """Calls that came in this order, others between them or not."""


class LeaksSpec(FileModel):
    """What services that ended still hold: `owner of srv-03`, `one address`, `2 addresses of srv-03`, `account user1`; or
    `none`.

    Without this expectation there must be none; with it, exactly these.
    """

    leaks: OneOrMore
    """All that there must be: `owner of srv-03`, `one address`, `2 addresses of srv-03`, `account user1`; or `none`."""


class LedgerArgs(FileModel):
    """A difference between what billing charges and what there is; it matches one or more that are alike."""

    uncharged: Literal["server", "address", "port"] | None = None
    """Delivered to somebody, or held for nobody, and charged to nobody."""
    undelivered: Literal["server", "address", "port"] | None = None
    """Charged, and not there."""
    of: str | None = None
    """A service or a server."""
    reason: Glob | None = None
    """Why there is the difference, a pattern, as the report says it."""
    least: Duration | None = None
    """Lab time that it lasted at least; of several that are alike, each of them."""
    most: Duration | None = None
    """Lab time that it lasted at most."""

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
    """All differences that there must be, or `none`."""


class MoneyArgs(FileModel):
    """A service's account, in whole units of the currency."""

    service: str
    """The service whose account it is."""
    price: float | None = Field(default=None, ge=0)
    """Of a period."""
    period: str | None = None
    """The order period, such as `month`."""
    charged: float | None = Field(default=None, ge=0)
    """Charged for it so far."""
    paid: float | None = Field(default=None, ge=0)
    """Paid by the client so far."""
    owed: float | None = Field(default=None, ge=0)
    """Charged and not paid."""
    refunded: float | None = Field(default=None, ge=0)
    """Given back to the client."""


class MoneySpec(FileModel):
    money: MoneyArgs
    """What the account of a service must show."""


class JournalArgs(FileModel):
    layer: Glob | None = None
    """Who wrote it, a pattern: `plant`, `panel`, `billing`, `fault`, `wire`, `scenario`, `ispmanager`."""
    subject: Glob | None = None
    """What it is about, a pattern: a server, a switch, a PDU, a service."""
    what: Glob | None = None
    """What happened, a pattern."""

    @model_validator(mode="after")
    def something(self) -> JournalArgs:
        if self.layer is None and self.subject is None and self.what is None:
            raise ValueError("name at least one of layer, subject and what")
        return self


class JournalSpec(FileModel):
    """At least one record like this (`times`: exactly so many; 0: none)."""

    journal: JournalArgs
    """A record of the journal, as `rackloop run --journal` shows them."""
    times: int | None = Field(default=None, ge=0)
    """How many such records there are, exactly; without, one or more."""


class MessageArgs(FileModel):
    to: Glob | None = None
    """E-mail."""
    subject: Glob | None = None
    """The message's subject, a pattern."""
    text: Glob | None = None
    """The message's text, a pattern."""


class MessageSpec(FileModel):
    """At least one message that billing sent like this (`times`: exactly so many; 0: none)."""

    message: MessageArgs
    """A message that BILLmanager has sent."""
    times: int | None = Field(default=None, ge=0)
    """How many such messages there are, exactly; without, one or more."""


class TicketArgs(FileModel):
    department: Glob | None = None
    """The department that it is with, a pattern."""
    service: str | None = None
    """The service that it is about."""
    subject: Glob | None = None
    """Its subject, a pattern."""
    open: bool | None = None
    """Whether it is still open."""


class TicketSpec(FileModel):
    """At least one ticket like this (`times`: exactly so many; 0: none)."""

    ticket: TicketArgs
    """A task or ticket of the provider's staff."""
    times: int | None = Field(default=None, ge=0)
    """How many such tickets there are, exactly; without, one or more."""


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

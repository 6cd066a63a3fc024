"""A call of the API as its handler sees it, and the register of handlers by action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, overload

from pydantic import BaseModel, ConfigDict

from simulator.api6.lists.listing import Listing
from simulator.dcim import Panel
from simulator.dcim.errors import Forbidden, Invalid
from simulator.dcim.people.users import Session, User
from simulator.dcim.records import Server

__all__ = ["HANDLERS", "Body", "Call", "Handler", "Nothing", "Picture", "Routes", "handles", "path_number"]


class Body(BaseModel):
    """A request body: unknown keys are refused, as the platform does, and so is a word for a number."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, strict=True)


class Nothing(Body):
    """`{}`, or no body at all."""


B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Picture:
    """An answer that is no JSON."""

    octets: bytes
    media_type: str


class Routes(Protocol):
    """What the application serves."""

    def action(self, method: str, path: str) -> str | None:
        """What a call would do; None when there is no such route."""

    def served(self) -> Iterator[tuple[str, str, str]]:
        """Method, path and action of each route, without aliases."""


@dataclass(slots=True)
class Call(Generic[B]):
    panel: Panel
    action: str
    caller: User | None
    """None for public actions only."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: B
    method: str = ""
    address: str = ""
    """The caller's, as the socket has it."""
    session: Session | None = None
    routes: Routes | None = None
    listing: Listing[Any] | None = None
    """The action's list, its fields under the dialect's names."""
    status: int | None = None
    """A handler sets it where the answer is not the route's usual one."""

    @property
    def user(self) -> User:
        if self.caller is None:
            raise RuntimeError(f"{self.action} is public: it has no caller")
        return self.caller

    def number(self, name: str) -> int:
        return path_number(name, self.path[name])

    def server(self) -> Server:
        """The server of the path, when the caller may do this to it."""
        return self.panel.access.server(self.user, self.action, self.number("sid"), self.method)

    def listed(self, rows: Iterable[Any]) -> dict[str, Any]:
        """The answer of the action's list. Raises Invalid."""
        if self.listing is None:
            raise RuntimeError(f"{self.action} has no list")
        return self.listing.answer(self.panel, rows, self.query)

    @property
    def opened(self) -> Session:
        """The session of a call that is not public."""
        if self.session is None:
            raise RuntimeError(f"{self.action} is public: it has no session")
        return self.session

    def oneself(self) -> User:
        """The user, for what concerns his credentials: raises Forbidden for a trustee who acts as him."""
        session = self.opened
        if session.trustee.id != session.user.id and not session.trustee.is_admin:
            raise Forbidden("a trustee cannot do this")
        return session.user


def path_number(name: str, text: str) -> int:
    """An id in a path. Raises Invalid."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise Invalid(name, f"{text!r} is not an id")


MadeOf = Callable[[Panel, Mapping[str, str]], tuple[object, ...]]
"""By the values of a path: the records that an administrator's answer is made of, and nothing but they. While they are the very same objects, which are
replaced and never changed, the answer is the same.
"""


@dataclass(frozen=True, slots=True)
class Handler:
    run: Callable[[Call[Any]], Awaitable[Any]]
    body: type[Body]
    public: bool
    """No token needed."""
    anyone: bool
    """Every role may."""
    also: tuple[int, ...] = ()
    """Statuses of success beside the route's own."""
    inside: bool = False
    """Only the platform's own services may, which call with `Internal-Auth: on`; the gateway lets nobody else do that."""
    listing: Listing[Any] | None = None
    """Of an action that answers with a list: what the list knows."""
    made_of: MadeOf | None = None


HANDLERS: dict[str, Handler] = {}


Run = Callable[[Call[B]], Awaitable[Any]]


@overload
def handles(
    action: str,
    *,
    public: bool = ...,
    anyone: bool = ...,
    also: tuple[int, ...] = ...,
    inside: bool = ...,
    listing: Listing[Any] | None = ...,
    made_of: MadeOf | None = ...,
) -> Callable[[Run[Nothing]], Run[Nothing]]: ...
@overload
def handles(
    action: str,
    body: type[B],
    *,
    public: bool = ...,
    anyone: bool = ...,
    also: tuple[int, ...] = ...,
    inside: bool = ...,
) -> Callable[[Run[B]], Run[B]]: ...
def handles(
    action: str,
    body: type[Body] = Nothing,
    *,
    public: bool = False,
    anyone: bool = False,
    also: tuple[int, ...] = (),
    inside: bool = False,
    listing: Listing[Any] | None = None,
    made_of: MadeOf | None = None,
) -> Any:
    """Register the decorated coroutine as the handler of an action; what it returns is the answer's JSON."""

    def register(run: Run[Any]) -> Run[Any]:
        if action in HANDLERS:
            raise ValueError(f"{action} has a handler already")
        HANDLERS[action] = Handler(run, body, public, anyone, also, inside, listing, made_of)
        return run

    return register

"""A call of a function as its handler sees it, and the register of functions with where their forms come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator.api5.document import Document, Element, fields, form, rows
from simulator.api5.errors import Refusal, explain
from simulator.api5.listing import cut
from simulator.api5.messages import label, word
from simulator.dcim import Panel
from simulator.dcim.accounts5 import Accounts5, Level
from simulator.dcim.errors import PanelError
from simulator.dcim.records import Server, ServerState
from simulator.dcim.users import User

__all__ = ["FUNCTIONS", "Call", "Function", "Provenance", "done", "function", "number"]

Provenance = Literal["documented", "observed", "inferred"]


@dataclass(slots=True)
class Call:
    panel: Panel
    accounts: Accounts5
    func: str
    params: Mapping[str, str]
    lang: str
    client: str
    """The caller's address."""
    caller: User | None
    session: str
    """The session's id, empty for a call without one."""
    filters: dict[tuple[str, str], Mapping[str, str]]
    """What lists show, by session and list."""

    @property
    def user(self) -> User:
        if self.caller is None:
            raise RuntimeError(f"{self.func} is public: it has no caller")
        return self.caller

    @property
    def level(self) -> Level:
        return self.accounts.level(self.user)

    @property
    def staff(self) -> bool:
        """Administrator or operator: sees all servers."""
        return self.level is not Level.USER

    @property
    def setting(self) -> bool:
        """The form is sent, not asked for."""
        return bool(self.params.get("sok"))

    def get(self, name: str, default: str = "") -> str:
        return self.params.get(name, default)

    def need(self, name: str) -> str:
        """Raises Refusal where it is missing or empty."""
        value = self.params.get(name, "")
        if not value:
            raise Refusal("missed" if name in ("elid", "plid") else "value", name, name, f"{name} is missing")
        return value

    def ids(self) -> list[str]:
        """Of a group action: several are separated by `, `."""
        return [part.strip() for part in self.need("elid").split(",") if part.strip()]

    # words

    def word(self, key: str, **values: str) -> str:
        return word(key, self.lang, **values)

    def label(self, key: str) -> Any:
        return label(key, self.lang)

    # answers

    def list(
        self, records: Iterable[Mapping[str, Any]], columns: Sequence[str], *, key: str = "id", extra: Any = None
    ) -> Document:
        """A list, filtered, sorted and cut as the call asks."""
        kept = self.filters.get((self.session, self.func), {}) if self.session else {}
        page, tail = cut(list(records), self.params, kept)
        return Document("list", [*fields(extra or {}), *rows(page), *tail], key, columns)

    def narrow(self, listing: str, columns: Sequence[str]) -> Document:
        """The list's filter form; what is set is kept for the session. Raises Refusal without a session."""
        kept = self.filters.get((self.session, listing), {})
        if not self.setting:
            return form({name: kept.get(name, "") for name in columns})
        if not self.session:
            raise Refusal("auth", "", "", "a filter is kept in a session, and this call has none")
        self.filters[self.session, listing] = {name: self.params[name] for name in columns if self.params.get(name)}
        return done()

    # servers

    def servers(self) -> Iterable[Server]:
        inventory = self.panel.inventory
        return inventory.servers if self.staff else inventory.owned_by(self.user.id)

    def server(self, text: str, *, acting: bool = False) -> Server:
        """The server that the caller may see, and when `acting` may do something to.

        Raises Refusal: `access`/`server` for another's, `server_is_locked` when the administrator has blocked it.
        """
        server = self.panel.inventory.servers.find(number(text))
        if server is None and self.staff:
            raise Refusal("missed", "server", text, f"there is no server {text}")
        if server is None or (not self.staff and server.owner != self.user.id):
            raise Refusal("access", "server", text)
        if acting and not self.staff and server.state is not ServerState.ACTIVE:
            raise Refusal("server_is_locked")
        return server

    async def each(self, act: Callable[[str], Awaitable[None]]) -> Document:
        """A group action: every one is tried; a single one's error is the answer, of several those that failed are."""
        ids = self.ids()
        failed: list[tuple[str, Refusal]] = []
        for one in ids:
            try:
                await act(one)
            except Refusal as refusal:
                failed.append((one, refusal))
            except PanelError as error:
                failed.append((one, explain(error)))
        if failed and len(ids) == 1:
            raise failed[0][1]
        if failed:
            reasons = "; ".join(f"{one}: {refusal.detail or refusal.kind}" for one, refusal in failed)
            raise Refusal(failed[0][1].kind, failed[0][1].subject, ", ".join(one for one, _ in failed), reasons)
        return done()


def done(**created: Any) -> Document:
    """`<ok/>`, after the keys of what was made."""
    return Document("action", [*fields(created), Element("ok")])


def number(text: str) -> int:
    """An id, or -1 (which nothing has) for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


Run = Callable[[Call], Awaitable[Document]]


@dataclass(frozen=True, slots=True)
class Function:
    run: Run
    level: Level
    """The lowest that may call it."""
    provenance: Provenance
    source: str


FUNCTIONS: dict[str, Function] = {}


def function(
    name: str, level: Level, provenance: Provenance = "documented", source: str = "META-5.21.4"
) -> Callable[[Run], Run]:
    """Register the decorated coroutine under a function's name."""

    def register(run: Run) -> Run:
        if name in FUNCTIONS:
            raise ValueError(f"{name} is there already")
        FUNCTIONS[name] = Function(run, level, provenance, source)
        return run

    return register

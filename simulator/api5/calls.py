"""A call of a function as its handler sees it, and the register of functions with where their forms come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from simulator.api5.errors import Refusal, explain
from simulator.api5.messages import TEXTS
from simulator.coremanager import calls
from simulator.coremanager.calls import Provenance, Register, done, number
from simulator.coremanager.document import Document
from simulator.dcim import Panel
from simulator.dcim.errors import PanelError
from simulator.dcim.people.accounts5 import Accounts5, Level
from simulator.dcim.people.users import User
from simulator.dcim.records import Server, ServerState

__all__ = ["FUNCTIONS", "Call", "Provenance", "done", "function", "number"]


@dataclass(slots=True)
class Call(calls.Call):
    texts = TEXTS

    panel: Panel
    accounts: Accounts5
    caller: User | None

    def explain(self, error: Exception) -> Refusal | None:
        return explain(error) if isinstance(error, PanelError) else None

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


Run = Callable[[Call], Awaitable[Document]]

FUNCTIONS: Register[Call] = Register()


def function(
    name: str, level: Level, provenance: Provenance = "documented", source: str = "META-5.21.4"
) -> Callable[[Run], Run]:
    """Register the decorated coroutine under a function's name."""
    return FUNCTIONS.function(name, level, provenance, source)

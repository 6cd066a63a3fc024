"""A call of an ispmanager function, and the register of functions with where their forms come from.

Sources: BILL, the vendor's page of functions that the integration with BILLmanager uses; GUIDE, the vendor's guide to the
software API; CORE, the family's description of functions; WHMCS, the vendor's WHMCS module for ispmanager; BLESTA, JBS
and KHORSA, published clients, the last with captured replies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.coremanager import calls
from simulator.coremanager.calls import Provenance, Register
from simulator.coremanager.document import Document
from simulator.coremanager.errors import Refusal
from simulator.coremanager.messages import Texts
from simulator.ispmanager.errors import HostingError
from simulator.ispmanager.hosting import Account, Hosting, Level

__all__ = ["FUNCTIONS", "TEXTS", "Call", "explain", "function"]

TEXTS = Texts("simulator.ispmanager")


def explain(error: Exception) -> Refusal | None:
    if isinstance(error, HostingError):
        return Refusal(error.kind, error.subject, error.value, str(error))
    return None


@dataclass(slots=True)
class Call(calls.Call):
    texts = TEXTS

    hosting: Hosting
    caller: Account | None

    def explain(self, error: Exception) -> Refusal | None:
        return explain(error)

    @property
    def user(self) -> Account:
        if self.caller is None:
            raise RuntimeError(f"{self.func} is public: it has no caller")
        return self.caller


Run = Callable[[Call], Awaitable[Document]]

FUNCTIONS: Register[Call] = Register()


def function(name: str, level: Level, provenance: Provenance, source: str) -> Callable[[Run], Run]:
    """Register the decorated coroutine under a function's name."""
    return FUNCTIONS.function(name, level, provenance, source)

"""A call of a function as its handler sees it, and the register of functions with where their forms come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from simulator.coremanager.document import Document, Element, fields, form, rows
from simulator.coremanager.errors import Refusal
from simulator.coremanager.listing import cut
from simulator.coremanager.messages import Texts

__all__ = ["Call", "Filters", "Function", "Provenance", "Register", "done", "number"]

Provenance = Literal["documented", "observed", "inferred"]
Filters = dict[tuple[str, str], Mapping[str, str]]
"""What lists show, by session and list."""


@dataclass(slots=True)
class Call:
    """What every product's call has; a product adds its own model and its caller."""

    texts: ClassVar[Texts]

    func: str
    params: Mapping[str, str]
    lang: str
    client: str
    """The caller's address."""
    session: str
    """The session's id, empty for a call without one."""
    filters: Filters

    def explain(self, error: Exception) -> Refusal | None:
        """An error of the product's model in the dialect's words; None for what is none of it."""
        return None

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
        return self.texts.word(key, self.lang, **values)

    def label(self, key: str) -> Any:
        return self.texts.label(key, self.lang)

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

    async def each(self, act: Callable[[str], Awaitable[None]]) -> Document:
        """A group action: every one is tried; a single one's error is the answer, of several those that failed are."""
        ids = self.ids()
        failed: list[tuple[str, Refusal]] = []
        for one in ids:
            try:
                await act(one)
            except Exception as error:  # what is no error of the model goes on its way
                refusal = error if isinstance(error, Refusal) else self.explain(error)
                if refusal is None:
                    raise
                failed.append((one, refusal))
        if failed and len(ids) == 1:
            raise failed[0][1]
        if failed:
            first, which = failed[0][1], ", ".join(one for one, _ in failed)
            told = "; ".join(f"{one}: {self.texts.refusal(refusal, self.lang)}" for one, refusal in failed)
            reasons = "; ".join(f"{one}: {refusal.reason or refusal.kind}" for one, refusal in failed)
            raise Refusal(first.kind, first.subject, which, reasons, text=told)
        return done()


def done(**created: Any) -> Document:
    """`<ok/>`, after the keys of what was made."""
    return Document("action", [*fields(created), Element("ok")])


def number(text: str) -> int:
    """An id, or -1 (which nothing has) for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


C = TypeVar("C", bound=Call)


@dataclass(frozen=True, slots=True)
class Function(Generic[C]):
    run: Callable[[C], Awaitable[Document]]
    level: int
    """The lowest that may call it; 0 is anybody."""
    provenance: Provenance
    source: str


class Register(dict[str, Function[C]], Generic[C]):
    """A product's functions by name."""

    def function(
        self, name: str, level: int, provenance: Provenance, source: str
    ) -> Callable[[Callable[[C], Awaitable[Document]]], Callable[[C], Awaitable[Document]]]:
        """Register the decorated coroutine under a function's name."""

        def register(run: Callable[[C], Awaitable[Document]]) -> Callable[[C], Awaitable[Document]]:
            if name in self:
                raise ValueError(f"{name} is there already")
            self[name] = Function(run, level, provenance, source)
            return run

        return register

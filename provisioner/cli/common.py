"""What the commands for both versions of DCImanager share: errors as words, the store, progress on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from provisioner.errors import BadSettings, LoginRefused, PanelUnavailable, ProvisioningError, StoreUnavailable
from provisioner.log import Entry, Note, Step
from provisioner.sql_store import SqlStore

__all__ = ["console", "failures", "open_store", "pairs", "same_panel", "status", "tell"]

FAILED, UNUSABLE, UNAVAILABLE = 1, 2, 3
_PIPED_WIDTH = 120


def console() -> Console:
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=_PIPED_WIDTH, no_color=True, highlight=False)


@contextmanager
def failures(service: str = "") -> Iterator[None]:
    """Errors as words on stderr and an exit status."""
    try:
        yield
    except (ProvisioningError, StoreUnavailable) as exc:
        typer.echo(f"provisioner: {service + ': ' if service else ''}{exc}", err=True)
        raise typer.Exit(status(exc)) from None


def status(error: ProvisioningError | StoreUnavailable) -> int:
    if isinstance(error, PanelUnavailable | StoreUnavailable):
        return UNAVAILABLE
    return UNUSABLE if isinstance(error, BadSettings | LoginRefused) else FAILED


@contextmanager
def open_store(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url)
    try:
        yield store
    finally:
        store.close()


def pairs(texts: list[str], option: str) -> dict[str, Any]:
    """`NAME=VALUE`; true, false and numbers are read as such."""
    pairs: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise BadSettings(f"{option} takes NAME=VALUE, not {text!r}")
        plain = value.isascii() and value.isdigit() and len(value) < 10
        pairs[name] = {"true": True, "false": False}.get(value, int(value) if plain else value)
    return pairs


def same_panel(store: SqlStore, url: str) -> SqlStore:
    """Raises BadSettings when what is kept is about another panel: server ids mean nothing there."""
    kept = store.panel(url.rstrip("/"))
    if kept != url.rstrip("/"):
        raise BadSettings(f"this store belongs to the panel {kept}; use another --store for {url}")
    return store


def tell(entry: Entry) -> None:
    """Progress: the steps as they begin and end."""
    if isinstance(entry, Note):
        typer.echo(f"{entry.action.service}: {entry}", err=True)
    elif isinstance(entry, Step):
        mark = {"begin": "...", "end": "done", "error": "failed"}[entry.phase]
        detail = f": {entry.detail}" if entry.detail else ""
        typer.echo(f"{entry.action.service}: {entry.number} {entry.name} {mark}{detail}", err=True)

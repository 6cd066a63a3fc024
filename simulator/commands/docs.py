"""`rackloop docs`: the documentation's site, on loopback, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from simulator.commands.common import UNUSABLE

__all__ = ["NoSite", "docs", "server", "site"]

PORT = 8007


class NoSite(Exception):
    """The site is not in this installation, and cannot be built; says why."""


def docs(
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Where it answers; 0: wherever is free.")
    ] = PORT,
) -> None:
    """Show the documentation in a browser, without a network, until Ctrl-C."""
    try:
        folder = site()
    except NoSite as error:
        typer.echo(f"rackloop docs: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    try:
        serving = server(folder, port)
    except OSError:
        serving = server(folder, 0)
        typer.echo(f"port {port} is taken", err=True)
    with serving:
        typer.echo(f"http://127.0.0.1:{serving.server_port}/   (Ctrl-C ends it)")
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")


def site() -> Path:
    """The folder of the built site: the one that came with the package, or, in a checkout, one that is built when pages are newer.

    Raises NoSite.
    """
    package = Path(__file__).resolve().parents[1]
    inside = package / "_data" / "site"
    if inside.is_dir():
        return inside
    root = package.parent
    if not (root / "mkdocs.yml").is_file():
        raise NoSite("the site is not in this installation; the pages are Markdown files in docs/ of the source")
    built = root / "site"
    if not _is_current(built, root):
        _build(root)
    return built


def _is_current(built: Path, root: Path) -> bool:
    index = built / "index.html"
    pages = [root / "mkdocs.yml", *(root / "docs").rglob("*.md"), *(root / "docs").glob("*.py")]
    return index.is_file() and all(page.stat().st_mtime <= index.stat().st_mtime for page in pages)


def _build(root: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        raise NoSite("to build the site, install what builds it: pip install 'rackloop[docs]'")
    typer.echo("building the site ...", err=True)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=root, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=False
    )
    if done.returncode:
        raise NoSite("the site cannot be built; see above")


class _Pages(SimpleHTTPRequestHandler):
    """Files of a folder; sources are text to look at, and nobody is told of each."""

    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        **dict.fromkeys((".yaml", ".py", ".php"), "text/plain; charset=utf-8"),
    }

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        pass


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Listens on loopback and serves the folder; the caller lets it run. Raises OSError where the port is taken."""
    handler: Callable[..., SimpleHTTPRequestHandler] = partial(_Pages, directory=str(folder))
    return ThreadingHTTPServer(("127.0.0.1", port), handler)

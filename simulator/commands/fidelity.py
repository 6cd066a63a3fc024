"""`rackloop fidelity`: our APIs beside a real installation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import UNUSABLE, refuse
from simulator.files.problems import FileProblems

__all__ = ["fidelity"]

PASSWORD_VARIABLE = "RACKLOOP_PANEL_PASSWORD"  # noqa: S105 - its name


def fidelity(
    spec: Annotated[Path | None, typer.Option(help="OpenAPI document of a real installation, JSON or YAML.")] = None,
    dialect: Annotated[Path | None, typer.Option(help="A dialect file instead of the package's.")] = None,
    page: Annotated[
        bool, typer.Option("--page", help="Print the page of the docs on where our forms come from.")
    ] = False,
    recorded: Annotated[
        Path | None, typer.Option(help="A HAR file, or one of mitmproxy's, of a real client with a real panel.")
    ] = None,
    url: Annotated[str, typer.Option(help="A live panel, which is read and never changed.")] = "",
    panel: Annotated[int, typer.Option(metavar="N", min=5, max=6, help="With --url: its version.")] = 6,
    username: Annotated[str, typer.Option(help="With --url: an administrator's e-mail or name.")] = "",
    password: Annotated[
        str, typer.Option(envvar=PASSWORD_VARIABLE, help="With --url: his password.", show_envvar=True)
    ] = "",
    insecure: Annotated[bool, typer.Option("--insecure", help="With --url: do not check its certificate.")] = False,
    lab: Annotated[str, typer.Option(help="With --recorded and --url: the lab that is compared.")] = "small",
) -> None:
    """Compare our APIs with a real installation: its OpenAPI document, a recording of a client, or the live panel itself."""
    from simulator.fidelity import SpecError, fidelity_page, report_on  # noqa: PLC0415

    if sum((page, spec is not None, recorded is not None, bool(url))) != 1:
        raise typer.BadParameter("give one of --spec, --recorded, --url and --page", param_hint="--spec")
    if recorded is not None or url:
        login = (username, password) if url else None
        raise typer.Exit(_reality(recorded, url, panel, login, lab, insecure=insecure))
    if spec is None:
        typer.echo(fidelity_page(), nl=False)
        return
    try:
        words = None if dialect is None else dialect.read_text(encoding="utf-8")
        text, alike = report_on(spec.read_text(encoding="utf-8"), words)
    except OSError as error:
        typer.echo(f"{error.filename}: cannot be read: {error.strerror or error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except SpecError as error:
        typer.echo(f"{spec}: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    except ValueError as error:  # not UTF-8, or no dialect
        typer.echo(f"rackloop fidelity: {error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    typer.echo(text, nl=False)
    raise typer.Exit(0 if alike else 1)


def _reality(
    recorded: Path | None, url: str, panel: int, login: tuple[str, str] | None, lab: str, *, insecure: bool
) -> int:
    """The exit status; the table is printed."""
    from simulator.fidelity.live import NotAsked  # noqa: PLC0415
    from simulator.fidelity.recording import RecordingError, read_recording  # noqa: PLC0415
    from simulator.fidelity.replay import as_table  # noqa: PLC0415
    from simulator.lab import Lab  # noqa: PLC0415
    from simulator.lab.reality import asked_live, played_on  # noqa: PLC0415

    try:
        hall = Lab.load(lab)
        if recorded is not None:
            exchanges = read_recording(recorded.read_bytes())
        else:
            assert login is not None
            exchanges = asyncio.run(asked_live(url, 5 if panel == 5 else 6, *login, verify=not insecure))
        found = played_on(hall, exchanges)
    except FileProblems as problems:
        refuse(problems)
    except OSError as error:
        typer.echo(f"{error.filename}: cannot be read: {error.strerror or error}", err=True)
        return UNUSABLE
    except (RecordingError, NotAsked) as error:
        typer.echo(f"rackloop fidelity: {recorded or url}: {error}", err=True)
        return UNUSABLE
    typer.echo(as_table(found, len(exchanges)), nl=False)
    return 1 if found else 0

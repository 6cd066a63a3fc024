"""`rackloop report`: the review of what clients did to a lab that is up, asked of its control API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

__all__ = ["NoLab", "as_text", "control_of", "fetch_report"]

TIMEOUT = 30.0


class NoLab(Exception):
    """There is no lab to ask; the message says where it was looked for."""


def control_of(endpoints: Path) -> tuple[str, str | None]:
    """The control API named in an endpoints file, and its token if it asks for one. Raises NoLab."""
    try:
        places = json.loads(endpoints.read_text(encoding="utf-8"))
        control, token = places["control"], places.get("control_token")
    except FileNotFoundError:
        raise NoLab(f"{endpoints}: no such file: the lab is not up yet, or not any more") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoLab(f"{endpoints}: it is not an endpoints file ({error!r})") from None
    return str(control), token


def fetch_report(control: str, *, token: str | None = None, restart: bool = False) -> dict[str, Any]:
    """The report as `GET /__lab/report` gives it; with `restart` the lab forgets what it has seen. Raises NoLab."""
    url = f"{control.rstrip('/')}/__lab/report"
    try:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(timeout=TIMEOUT, trust_env=False, headers=headers) as client:
            answer = client.get(url)
            if answer.status_code == 401:
                raise NoLab(f"{url} asks for its control token: say --endpoints FILE, or --token")
            answer.raise_for_status()
            report: dict[str, Any] = answer.json()
            if restart:
                client.delete(url).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NoLab(f"no lab answers at {url}: {error}") from None
    return report


def as_text(report: dict[str, Any]) -> str:
    """A report for a terminal."""
    findings = report["findings"]
    lines = []
    for finding in findings:
        lines.append(f"{finding['severity'].upper():<8} {finding['rule']}: {finding['where']}")
        lines.append(f"         {finding['text']}")
        lines += [
            f"           #{call['number']:<5} {call['at']:9.1f} s  {call['call']}"
            f"{' ' + call['action'] if 'func' in call['values'] else ''} -> {call['status']} {call['refused']}".rstrip()
            for call in finding["calls"]
        ]
        lines.append(f"         {finding['advice']} [{finding['source']}]")
        lines.append("")
    absent = report.get("not_emulated", [])
    if absent:
        lines.append("Not emulated here: the real panel has these calls, and whether they were right cannot be seen.")
        lines += [f"         {each['panel']}: {each['call']}{_times(each['times'])}" for each in absent]
        lines.append("")
    if report.get("unfinished"):
        running = _many(report["unfinished"], "operation")
        how = "advance the clock, or wait" if report.get("stepped") else "wait, and ask again"
        lines.append(
            f"{running} still {'run' if report['unfinished'] > 1 else 'runs'}: {how} to see how the client takes the end"
        )
    count = len(findings)
    who = f"{_many(report['calls'], 'call')} of {_many(len(report['clients']), 'client')}"
    if not report["calls"] and not count:
        lines.append("no client has called yet: point your module at the panel, and ask again")
    else:
        verdict = "nothing wrong was seen" if not count else _many(count, "finding")
        lines.append(f"{who}: {verdict}")
    if summary := report.get("summary"):
        lines.append("summary " + " ".join(f"{name}={number}" for name, number in summary.items()))
    return "\n".join(_plain(line) for text in lines for line in text.split("\n"))


def _plain(line: str) -> str:
    """Without what a client could say to a terminal."""
    return "".join(each if each.isprintable() else "\ufffd" for each in line)


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

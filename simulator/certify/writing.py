"""A certificate for people and programs: text, Markdown, HTML, JSON, and a badge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from simulator.certify.certificate import Certificate
from simulator.scenario.reports.formatting import lab_time, place

__all__ = ["as_json", "as_text", "badge", "html", "markdown"]

_SHOWN = 4
"""What is missing for a level, in one line."""


def as_text(certificate: Certificate) -> str:
    """For a terminal: a few lines."""
    return "\n".join(_lines(certificate))


def _lines(certificate: Certificate) -> Iterator[str]:
    themes = ", ".join(f"{theme} {passed}/{count}" for theme, (passed, count) in certificate.themes.items())
    played, failed = len(certificate.played), len(certificate.failed)
    yield f"suite        {played} scenarios     {played - failed} passed, {failed} failed      ({themes})"
    for each in certificate.failed:
        failure = each.result.failures[0]
        yield f"  failed     {each.name}: {failure.what}: expected {failure.expected}, seen {failure.seen.splitlines()[0]}"
        yield f"             {each.result.replay}"
    for left in certificate.left:
        yield f"  left out   {left.file.parent.name}/{left.file.stem}: {left.why}"
    findings = certificate.findings
    said = ", ".join(f"{finding.severity.name.lower()}: {rule}" for rule, (finding, _) in findings.items())
    yield f"report       {certificate.rules} rules         {said or 'nothing wrong was seen'}"
    yield f"sweep        {certificate.proof or 'not made (--sweep)'}"
    for found in certificate.proof.findings if certificate.proof else ():
        yield f"  {found.found.harm.name:<10} {found.found.name}: {found.found.text} ({found.cause})"
        yield f"             {found.example.trial.command}"
    yield f"level        {', '.join(certificate.reached) or 'none'}"
    if (lacks := certificate.next) is not None:
        more = f", and {len(lacks.missing) - _SHOWN} more" if len(lacks.missing) > _SHOWN else ""
        yield f'missing for "{lacks.level.name}": {", ".join(lacks.missing[:_SHOWN])}{more}'


def as_json(certificate: Certificate) -> str:
    """For programs."""
    data: dict[str, Any] = {
        "module": certificate.module.name,
        "rackloop": certificate.version,
        "levels": [
            {"name": each.level.name, "reached": each.reached, "missing": list(each.missing)}
            for each in certificate.levels
        ],
        "suite": [
            {
                "name": each.name,
                "scenario": each.result.name,
                "verdict": each.result.verdict,
                "source": list(each.result.source),
                "simulated_s": each.result.simulated_s,
                "replay": each.result.replay,
                "failures": [
                    {
                        "what": failure.what,
                        "expected": failure.expected,
                        "seen": failure.seen,
                        "chain": list(failure.records),
                    }
                    for failure in each.result.failures
                ],
            }
            for each in certificate.played
        ],
        "left_out": [
            {"name": f"{each.file.parent.name}/{each.file.stem}", "why": each.why} for each in certificate.left
        ],
        "known": [{"what": each.what, "when": each.when, "because": each.because} for each in certificate.module.known],
        "report": [
            {
                "rule": rule,
                "severity": finding.severity.name.lower(),
                "text": finding.text,
                "advice": finding.advice,
                "source": finding.source,
                "scenarios": list(names),
            }
            for rule, (finding, names) in certificate.findings.items()
        ],
        "sweep": certificate.sweep,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def html(certificate: Certificate) -> str:
    """One page that needs nothing else."""
    return _PAGES.get_template("certificate.html.j2").render(each=certificate, badge=badge(certificate))


def markdown(certificate: Certificate) -> str:
    """The same for a repository or a job's summary."""
    return _TEXTS.get_template("certificate.md.j2").render(each=certificate)


_COLOURS = ("#9f3a38", "#b58105", "#5b8c2a", "#2a7f62", "#1f6f8b")


def badge(certificate: Certificate) -> str:
    """SVG: `rackloop | survives`."""
    reached = certificate.reached
    word = reached[-1] if reached else "none"
    right = 12 + 7 * len(word)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{68 + right}" height="20" role="img" aria-label="rackloop: {word}">'
        f'<rect width="68" height="20" fill="#444"/><rect x="68" width="{right}" height="20" fill="{_COLOURS[len(reached)]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="7" y="14">rackloop</text><text x="74" y="14">{word}</text></g></svg>\n'
    )


def _shown(value: Any) -> Any:
    """Without what a page has no way to write."""
    if not isinstance(value, str):
        return value
    return "".join(c if c in "\t\n" or (c.isprintable() and not "\ud800" <= c <= "\udfff") else "\ufffd" for c in value)


def _cell(text: str) -> str:
    """A text in a Markdown table or list."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


_PAGES = Environment(
    loader=PackageLoader("simulator.certify", ""), autoescape=True, undefined=StrictUndefined, finalize=_shown
)
_TEXTS = Environment(  # noqa: S701 - Markdown; what it takes from modules goes through `cell`
    loader=PackageLoader("simulator.certify", ""), undefined=StrictUndefined, finalize=_shown, trim_blocks=True
)
for _environment in (_PAGES, _TEXTS):
    _environment.globals.update(lab_time=lab_time, place=place)
    _environment.filters["cell"] = _cell

"""`--html`: one page that needs nothing else, for people who were not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from simulator.invariants.ledger import THINGS
from simulator.scenario.reports.words import differences, ended, hours, lab_time, place, wall_time
from simulator.scenario.result import Failure, Result

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #c62828; --odd: #9a6700; --line: #8884; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.passed { color: var(--good); } .failed { color: var(--bad); } .error { color: var(--odd); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dt { opacity: .7; } dd { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .3rem; font-size: 13px; }
.quiet { opacity: .7; }
"""


def page(results: Sequence[Result]) -> str:
    """The HTML document."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Sequence[Result]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Rackloop: {escape(ended(results))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>Rackloop: {escape(ended(results))}</h1>"
    yield "<table>\n<thead><tr><th>Scenario</th><th>Verdict</th><th>Shows</th>"
    yield '<th class="number">Lab time</th><th class="number">Took</th></tr></thead>\n<tbody>'
    for number, result in enumerate(results):
        name = _text(result.name)
        link = f'<a href="#s{number}">{name}</a>' if result.failures else name
        yield (
            f'<tr><td>{link}<br><span class="quiet">{_text(result.file)}</span></td>'
            f'<td class="{result.verdict}">{result.verdict}</td><td>{_text(", ".join(result.source))}</td>'
            f'<td class="number">{lab_time(result.simulated_s)}</td>'
            f'<td class="number">{wall_time(result.wall_s)}</td></tr>'
        )
    yield "</tbody>\n</table>"
    for number, result in enumerate(results):
        if result.failures:
            yield f'<h2 id="s{number}"><span class="{result.verdict}">{result.verdict}</span> {_text(result.name)}</h2>'
            for failure in result.failures:
                yield from _failure(result, failure)
            yield f"<p>Run it again:</p>\n<pre>{_text(result.replay)}</pre>"
            yield f'<p class="quiet">seed {result.seed}, {result.mode}, journal {_text(result.journal_hash)}</p>'
    yield from _ledger(results)
    yield "</body>\n</html>"


def _ledger(results: Sequence[Result]) -> Iterator[str]:
    """Hours charged and delivered in each run, and every difference with its reason."""
    if not any(result.account for result in results):
        return
    yield "<h2>Ledger</h2>"
    yield "<p>Hours of servers, addresses and ports that billing charged, against those that were delivered.</p>"
    yield "<table>\n<thead><tr><th>Scenario</th>"
    yield "".join(f'<th class="number">{thing}, charged</th><th class="number">delivered</th>' for thing in THINGS)
    yield "<th>Differences</th></tr></thead>\n<tbody>"
    for result in results:
        if (account := result.account) is None:
            continue
        cells = "".join(
            f'<td class="number">{hours(account.charged[thing])}</td><td class="number">{hours(account.delivered[thing])}</td>'
            for thing in THINGS
        )
        apart = "<br>".join(_text(str(each)) for each in differences(result)) or '<span class="quiet">none</span>'
        yield f"<tr><td>{_text(result.name)}</td>{cells}<td>{apart}</td></tr>"
    yield "</tbody>\n</table>"


def _failure(result: Result, failure: Failure) -> Iterator[str]:
    yield f"<dl><dt>What</dt><dd>{_text(failure.what)}</dd><dt>Expected</dt><dd>{_text(failure.expected)}</dd>"
    yield f"<dt>Seen</dt><dd>{_text(failure.seen)}</dd><dt>Where</dt><dd>{_text(place(result, failure))}</dd></dl>"
    if failure.records:
        yield "<pre>" + "\n".join(_text(record) for record in failure.records) + "</pre>"


def _text(text: str) -> str:
    """Escaped, with a mark for what HTML has no way to write."""
    return escape(
        "".join(c if c in "\t\n" or (c.isprintable() and not "\ud800" <= c <= "\udfff") else "\ufffd" for c in text)
    )

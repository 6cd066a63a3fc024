"""The report of `rackloop fidelity`: what a document has that we lack, what we have beyond it, what is shaped unlike."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.api6.dialect import load_dialect, read_file
from simulator.api6.routes import document_of
from simulator.fidelity.compare import Difference, Report, compare
from simulator.fidelity.reasons import load_reasons, reason_for
from simulator.fidelity.spec import Spec, parse, read_spec

__all__ = ["all_of", "our_spec", "report_on"]


def our_spec(dialect: str | None = None) -> Spec:
    """Ours, or with the text of another dialect file. Raises ValueError for text that is none."""
    if dialect is None:
        return parse(document_of(load_dialect()))
    own = read_file(dialect)
    return parse(document_of(own.routes, own.fields))


def all_of(report: Report) -> Iterator[Difference]:
    """Missing routes, those beyond, and differences of shape, in that order."""
    for route in report.missing:
        yield Difference(route, "missing", "we do not have it")
    for route in report.beyond:
        yield Difference(route, "beyond", "they do not have it")
    yield from report.differing


def report_on(document: str, dialect: str | None = None) -> tuple[str, bool]:
    """The report's text, and whether nothing is missing or shaped differently without a listed reason. Raises SpecError
    for a document that cannot be read.
    """
    report = compare(read_spec(document), our_spec(dialect))
    lines = [f"{report.title or 'The document'}: ours is below {report.prefix or '/'}", ""]
    alike = True
    lacking, beyond, unlike = list[str](), list[str](), dict[str, list[str]]()
    for each in all_of(report):
        reason = reason_for(report.title, each, load_reasons())
        known = f"  (known: {reason.reason})" if reason else ""
        if each.place == "missing":
            lacking.append(f"  {each.route}{known}")
        elif each.place == "beyond":
            beyond.append(f"  {each.route}{known}")
        else:
            where = "every route" if each.route == "*" else each.route
            unlike.setdefault(where, []).append(f"    {each.place}: {each.what}{known}")
        alike = alike and (reason is not None or each.place == "beyond")
    for title, rows in (("The mock lacks", lacking), ("The mock has beyond it", beyond)):
        lines += [f"{title}: {len(rows)}", *rows, ""]
    lines.append(f"Shaped differently: {len(unlike)}")
    for route, rows in unlike.items():
        lines += [f"  {route}", *rows]
    lines += ["", f"Without any difference: {len(report.same)}"]
    return "\n".join(lines) + "\n", alike

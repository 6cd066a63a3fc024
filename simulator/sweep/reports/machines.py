"""A sweep as JSON, which `--resume` and `rackloop shrink` read again, and as JUnit XML."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.files.problems import FileProblems, Problem
from simulator.sweep.reports.report import Report
from simulator.sweep.trial import Outcome

__all__ = ["FORMAT", "as_json", "as_junit", "read_json"]

FORMAT = "rackloop sweep 1"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(reports: Sequence[Report]) -> str:
    """The JSON document: every trial with what came of it, and findings by number."""
    return (
        json.dumps(
            {
                "format": FORMAT,
                "sweeps": [
                    {
                        "scenario": report.what.scenario.name,
                        "file": report.what.scenario.file,
                        "module": report.what.scenario.module,
                        "seed": report.what.seed,
                        "untried": report.untried,
                        "findings": [
                            {
                                "number": each.number,
                                "name": each.found.name,
                                "harm": each.found.harm.name.lower(),
                                "text": each.found.text,
                                "why": list(each.found.why),
                                "cause": each.cause,
                                "known": each.known.because if each.known else None,
                                "trials": [outcome.trial.id for outcome in each.outcomes],
                                "example": each.example.trial.id,
                            }
                            for each in report.findings
                        ],
                        "trials": [outcome.as_dict() for outcome in report.outcomes],
                    }
                    for report in reports
                ],
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def read_json(file: Path) -> list[dict[str, Any]]:
    """The sweeps of such a document, their trials as `Outcome`s. Raises FileProblems."""

    def refuse(what: str) -> FileProblems:
        return FileProblems([Problem(str(file), 0, 0, what, "it is what `rackloop sweep --json` writes")])

    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(f"it cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise refuse(f"it is no JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise refuse("it is no report of a sweep")
    try:
        return [
            {**each, "trials": [Outcome.from_dict(trial) for trial in each["trials"]]} for each in document["sweeps"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse(f"it is damaged: {type(error).__name__}: {error}") from None


def as_junit(reports: Sequence[Report]) -> str:
    """A suite for each scenario; a case for each message of each step, failed when a new finding came of it."""
    root = ET.Element("testsuites", {"name": "rackloop sweep"})
    for report in reports:
        new = {outcome.trial.id: finding for finding in report.new for outcome in finding.outcomes}
        cases: dict[tuple[str, str], list[Outcome]] = {}
        for outcome in report.outcomes:
            first = outcome.trial.places[0]
            cases.setdefault((first.step, first.message), []).append(outcome)
        failed = [key for key, outcomes in cases.items() if any(each.trial.id in new for each in outcomes)]
        suite = ET.SubElement(
            root,
            "testsuite",
            {
                "name": _text(report.what.scenario.file),
                "tests": str(len(cases)),
                "failures": str(len(failed)),
                "errors": "0",
                "skipped": "0",
                "time": f"{report.seconds:.3f}",
            },
        )
        for (step, message), outcomes in cases.items():
            case = ET.SubElement(
                suite, "testcase", {"name": _text(f"{step}: {message}"), "classname": _text(report.what.scenario.name)}
            )
            wrong = [(each, new[each.trial.id]) for each in outcomes if each.trial.id in new]
            if wrong:
                first_wrong = wrong[0][1].found
                failure = ET.SubElement(case, "failure", {"message": _text(f"{first_wrong.name}: {first_wrong.text}")})
                failure.text = _text("\n".join(f"{f.number} {f.found.text}\n  {o.trial.command}" for o, f in wrong))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _text(text: str) -> str:
    """Without what XML 1.0 has no way to write (2.2, Char)."""
    return _NOT_XML.sub("\ufffd", text)

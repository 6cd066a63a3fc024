"""`--junit`: JUnit XML as CI systems read it, valid whatever stands in the data."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from simulator.kernel.causes import told
from simulator.scenario.reports.formatting import place
from simulator.scenario.result import Result

__all__ = ["junit"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Sequence[Result]) -> str:
    """The XML document: one suite, one case for each scenario, its seed, times, hash and replay as properties."""
    totals = {
        "name": "rackloop",
        "tests": str(len(results)),
        "failures": str(sum(result.verdict == "failed" for result in results)),
        "errors": str(sum(result.verdict == "error" for result in results)),
        "time": f"{sum(result.wall_s for result in results):.3f}",
    }
    root = ET.Element("testsuites", totals)
    suite = ET.SubElement(root, "testsuite", {**totals, "skipped": "0"})
    for result in results:
        _case(suite, result)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, result: Result) -> None:
    """A scenario as a test case; of several failures the first is the message, and the text has all."""
    folder = result.file.rpartition("/")[0].strip("./").replace("/", ".")
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "name": _text(result.name),
            "classname": _text(folder or "scenarios"),
            "file": _text(result.file),
            "time": f"{result.wall_s:.3f}",
        },
    )
    properties = ET.SubElement(case, "properties")
    for name, value in (
        ("seed", str(result.seed)),
        ("mode", result.mode),
        ("simulated_s", f"{result.simulated_s:.3f}"),
        ("journal_hash", result.journal_hash),
        ("replay", result.replay),
        *(("requirement", number) for number in result.source),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    if result.verdict == "passed":
        return
    first = result.failures[0]
    message = f"{first.what}: expected {first.expected}, seen {first.seen}"
    kind = "failure" if result.verdict == "failed" else "error"
    element = ET.SubElement(case, kind, {"message": _text(message), "type": kind})
    blocks = [
        "\n".join(
            [
                f"{place(result, failure)}: {failure.what}",
                f"expected: {failure.expected}",
                f"seen:     {failure.seen}",
                *failure.records,
            ]
        )
        for failure in result.failures
    ]
    why = ["\n".join(["why:", *told(result.why)])] if result.why else []
    unjudged = [f"not looked at: {result.unjudged} more of what is expected"] if result.unjudged else []
    element.text = _text("\n\n".join([*why, *blocks, *unjudged, f"replay: {result.replay}"]))


def _text(text: str) -> str:
    """Without what XML 1.0 has no way to write (2.2, Char)."""
    return _NOT_XML.sub("\ufffd", text)

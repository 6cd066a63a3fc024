"""On GitHub's runners: an error at the line of the file for each failure, and a summary of the step.

The form of the commands: GitHub Docs, "Workflow commands for GitHub Actions" (error messages, job summaries).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from simulator.kernel.causes import told
from simulator.scenario.result import Result

__all__ = ["summary_file", "workflow_commands"]

MOST = 10
"""GitHub shows ten errors of a step, and drops the rest."""


def workflow_commands(results: Sequence[Result], env: Mapping[str, str]) -> Iterator[str]:
    """`::error file=...,line=...,title=...::...`; nothing elsewhere. One for each scenario, at the first failure that has a line."""
    if env.get("GITHUB_ACTIONS") != "true":
        return
    for result in [each for each in results if each.failures][:MOST]:
        failure = next((each for each in result.failures if each.line), result.failures[0])
        text = "\n".join(
            [f"{failure.what}: expected {failure.expected}, seen {failure.seen}", *told(result.why), result.replay]
        )
        line = f",line={failure.line}" if failure.line else ""
        yield f"::error file={_word(_in_repository(result.file, env))}{line},title={_word(result.name)}::{_text(text)}"


def summary_file(env: Mapping[str, str]) -> Path | None:
    """What the step's summary is appended to; None elsewhere."""
    return Path(env["GITHUB_STEP_SUMMARY"]) if env.get("GITHUB_STEP_SUMMARY") else None


def _in_repository(file: str, env: Mapping[str, str]) -> str:
    """GitHub wants paths from the repository's root, wherever the command ran."""
    root, path = env.get("GITHUB_WORKSPACE", ""), Path(file).absolute()
    return str(path.relative_to(root)) if root and path.is_relative_to(root) else file


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _word(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")

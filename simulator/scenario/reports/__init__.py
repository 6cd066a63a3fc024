"""Results for people and for machines: console, JUnit XML, JSON, Markdown, GitHub's commands, one self-contained page."""

from simulator.scenario.reports.console import Progress, Verdicts, print_outcome, print_results
from simulator.scenario.reports.github import summary_file, workflow_commands
from simulator.scenario.reports.journals import journals
from simulator.scenario.reports.junit import junit
from simulator.scenario.reports.markdown import markdown
from simulator.scenario.reports.page import page
from simulator.scenario.reports.summary import summary

__all__ = [
    "Progress",
    "Verdicts",
    "journals",
    "junit",
    "markdown",
    "page",
    "print_outcome",
    "print_results",
    "summary",
    "summary_file",
    "workflow_commands",
]

"""A sweep for people and for machines: console, JSON, JUnit XML, Markdown, one self-contained page."""

from simulator.sweep.reports.console import Progress, print_sweep
from simulator.sweep.reports.machines import as_json, as_junit, read_json
from simulator.sweep.reports.markdown import as_markdown
from simulator.sweep.reports.page import as_page
from simulator.sweep.reports.report import Report

__all__ = ["Progress", "Report", "as_json", "as_junit", "as_markdown", "as_page", "print_sweep", "read_json"]

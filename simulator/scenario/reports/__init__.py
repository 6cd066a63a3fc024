"""Results for people and for machines: console, JUnit XML, JSON, one self-contained page."""

from simulator.scenario.reports.console import Progress, print_results
from simulator.scenario.reports.journals import journals
from simulator.scenario.reports.junit import junit
from simulator.scenario.reports.page import page
from simulator.scenario.reports.summary import summary

__all__ = ["Progress", "journals", "junit", "page", "print_results", "summary"]

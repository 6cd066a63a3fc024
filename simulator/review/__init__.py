"""What an outside client did to the panels, and what is wrong with it: for vendors of billing integrations.

An onlooker, as the journal is: it sees each HTTP call whole (`recorder`), reads it as a action (`actions`), and holds the
actions, the panel's records and the plant against what the vendor's documents ask of a client (`rules`). It changes
nothing, and no layer knows it.
"""

from simulator.review.action_tables import ActionKind
from simulator.review.actions import Action
from simulator.review.findings import RULES, Finding, Severity
from simulator.review.recorder import HttpCall, Recorder
from simulator.review.report import as_dict, report_in_steps, shown_call
from simulator.review.reviewing import review, review_in_steps
from simulator.review.violations import findings_of

__all__ = [
    "RULES",
    "Action",
    "ActionKind",
    "Finding",
    "HttpCall",
    "Recorder",
    "Severity",
    "as_dict",
    "findings_of",
    "report_in_steps",
    "review",
    "review_in_steps",
    "shown_call",
]

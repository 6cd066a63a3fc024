"""How near the mock is to a real installation: its OpenAPI document against ours, and where our forms come from."""

from simulator.fidelity.page import fidelity_page
from simulator.fidelity.report import report_on
from simulator.fidelity.spec import SpecError

__all__ = ["SpecError", "fidelity_page", "report_on"]

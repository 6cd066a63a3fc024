"""The panel's handlers for SNMP equipment: which objects to ask, and what their values mean, as pages of data."""

from simulator.dcim.drivers.handlers.equipment import PagedPdu, PagedSwitch, SnmpClient
from simulator.dcim.drivers.handlers.pages import (
    PduHandler,
    SwitchHandler,
    pdu_handler,
    pdu_handler_names,
    switch_handler,
    switch_handler_names,
)

__all__ = [
    "PagedPdu",
    "PagedSwitch",
    "PduHandler",
    "SnmpClient",
    "SwitchHandler",
    "pdu_handler",
    "pdu_handler_names",
    "switch_handler",
    "switch_handler_names",
]

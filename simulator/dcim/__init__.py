"""The panel's own model: what it knows of the hall, who owns what, and the work it has under way. No HTTP words here."""

from simulator.dcim.config import (
    OutletRef,
    PanelConfig,
    PduSetup,
    PoolSetup,
    PortRef,
    ServerSetup,
    SwitchSetup,
    TemplateSetup,
    UserSetup,
)
from simulator.dcim.panel import Panel

__all__ = [
    "OutletRef",
    "Panel",
    "PanelConfig",
    "PduSetup",
    "PoolSetup",
    "PortRef",
    "ServerSetup",
    "SwitchSetup",
    "TemplateSetup",
    "UserSetup",
]

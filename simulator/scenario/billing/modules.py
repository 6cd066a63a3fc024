"""The registry of billing modules, those that a scenario can name: each with its settings, its verbs and its maker. A new one is a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from provisioner.billmanager.settings import BillManagerSettings
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5Settings
from provisioner.modules.whmcs6 import Whmcs6Settings
from simulator.scenario.billing.billmanager5 import BillManager5Side
from simulator.scenario.billing.billmanager6 import BillManagerSide
from simulator.scenario.billing.side import Side
from simulator.scenario.billing.whmcs6 import Whmcs6Side
from simulator.scenario.labs import LabRun
from simulator.scenario.schema.billmanager6 import BILLMANAGER_VERBS
from simulator.scenario.schema.whmcs6 import WHMCS_VERBS

__all__ = ["BILLING_MODULES", "BillingModule"]

_LIFECYCLE = ("create", "suspend", "unsuspend", "terminate")


@dataclass(frozen=True, slots=True)
class BillingModule:
    """One kind of billing side. `verbs`: what can be done with a service."""

    name: str
    settings: type[Whmcs6Settings | BillManager5Settings | BillManagerSettings]
    verbs: tuple[str, ...]
    make: Callable[[LabRun, Mapping[str, Any], ModuleLog], Side]


BILLING_MODULES: Mapping[str, BillingModule] = MappingProxyType(
    {
        module.name: module
        for module in (
            BillingModule("whmcs6", Whmcs6Settings, (*_LIFECYCLE, *WHMCS_VERBS, "renew"), Whmcs6Side),
            BillingModule(
                "billmanager5",
                BillManager5Settings,
                (
                    *_LIFECYCLE,
                    "add_panel",
                    "add_address",
                    "delete_address",
                    "change_password",
                    "order_colocation",
                    "server_added",
                    "server_removed",
                    "renew",
                ),
                BillManager5Side,
            ),
            BillingModule(
                "billmanager6",
                BillManagerSettings,
                ("suspend", "unsuspend", "terminate", "renew", *BILLMANAGER_VERBS),
                BillManagerSide,
            ),
        )
    }
)
"""By the name that a scenario says; the first is the default."""

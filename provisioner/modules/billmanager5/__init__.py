"""BILLmanager with DCImanager 5."""

from provisioner.modules.billmanager5.module import (
    BillManager5,
    BillManager5Settings,
    NameTaken,
    Offer,
    Order,
    PowerTimeout,
    Properties,
)

__all__ = ["BillManager5", "BillManager5Settings", "NameTaken", "Offer", "Order", "PowerTimeout", "Properties"]

"""Our modules at a BILLmanager that is not ours: its database is read, its program mgrctl is told."""

from provisioner.billmanager.bridge.commands import ITEM_COMMANDS, Bridge

__all__ = ["ITEM_COMMANDS", "Bridge"]

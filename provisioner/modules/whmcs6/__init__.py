"""WHMCS with DCImanager 6."""

from provisioner.modules.whmcs6.module import DIAGNOSTIC_SECONDS, POLL_SECONDS, Whmcs6, Whmcs6Settings

__all__ = ["DIAGNOSTIC_SECONDS", "POLL_SECONDS", "Whmcs6", "Whmcs6Settings"]

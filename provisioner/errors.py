"""Everything that can go wrong with a service, split by whose fault it is.

ProvisioningError
├── Refused                  the order, the client or a setting: asking again changes nothing
│   ├── BadSettings          a setting is missing, unknown or not understood
│   ├── ModuleNotActivated   the module is switched off in the billing system
│   ├── UnknownService       no service of that name
│   ├── IllegalEvent         the service's lifecycle has no such move from where it is
│   ├── ServiceBusy          another action of the same service has not ended
│   │   └── Interrupted      ... and will not before it is resumed
│   ├── NoServerBound        the service has no server to act on
│   ├── EmailNotVerified     the client may not manage services before the e-mail is verified
│   ├── NoFreeServer         no server answers the order
│   ├── ServerInUse          the server asked for has an owner
│   ├── NotOurServer         the service's server belongs to somebody else by now
│   ├── AdministratorEmail   the client's e-mail belongs to an administrator of the panel
│   ├── NotInPanel           a template or pool named in the settings does not exist in the panel
│   └── NoSwitchPorts        the server has no switch ports to switch off
├── PanelError               the panel answered with an error
│   ├── LoginRefused         ... to the e-mail and password of the connection
│   └── ServerGone           ... for it has no such server any more
├── PanelUnavailable         the panel did not answer, with nothing but 503, or somebody else in its place
│   └── AnswerLost           ... to an order, which may have taken effect
└── OperationFailed          an operation on the server ended badly, or did not end
    └── InstallTimeout       the installation did not end in the time that the tariff gives it
"""

from __future__ import annotations

__all__ = [
    "AdministratorEmail",
    "AnswerLost",
    "BadSettings",
    "EmailNotVerified",
    "IllegalEvent",
    "InstallTimeout",
    "Interrupted",
    "LoginRefused",
    "ModuleNotActivated",
    "NoFreeServer",
    "NoServerBound",
    "NoSwitchPorts",
    "NotInPanel",
    "NotOurServer",
    "OperationFailed",
    "PanelError",
    "PanelUnavailable",
    "ProvisioningError",
    "Refused",
    "ServerGone",
    "ServerInUse",
    "ServiceBusy",
    "StoreUnavailable",
    "UnknownService",
]


class ProvisioningError(Exception):
    """Anything that the billing side raises on purpose; the text is for the person who reads the service's error."""


class StoreUnavailable(Exception):
    """What billing keeps cannot be read or written now. No failure of an action: that stays open, as after the end of the process, and is
    resumed. Not a ProvisioningError, so that nobody takes it for one.
    """


class Refused(ProvisioningError):
    """The fault lies with the order, the client or a setting."""


class BadSettings(Refused):
    """A setting is missing, unknown or not understood."""


class ModuleNotActivated(Refused):
    """The module is not activated in the billing system (System settings, Addon Modules)."""

    def __init__(self) -> None:
        super().__init__("the module is not activated")


class UnknownService(Refused):
    """No service of that name."""


class IllegalEvent(Refused):
    """The service's lifecycle has no such move; nothing has changed."""


class ServiceBusy(Refused):
    """Another action of the same service has not ended."""


class Interrupted(ServiceBusy):
    """An action of the service was interrupted by the end of the process, and has to be resumed first."""


class NoServerBound(Refused):
    """The service has no server to act on."""


class EmailNotVerified(Refused):
    """The client's e-mail is not verified, and the tariff asks for that."""


class NoFreeServer(Refused):
    """No server answers the order."""


class ServerInUse(Refused):
    """The server asked for has an owner."""

    def __init__(self) -> None:
        super().__init__("The selected server is already in use")


class NotOurServer(Refused):
    """The service's server has got an owner who is not the service's client."""


class AdministratorEmail(Refused):
    """The client's e-mail belongs to an administrator of the panel."""

    def __init__(self, email: str) -> None:
        super().__init__(f"The user {email} has administrator rights in DCImanager 6 and cannot be given a server")


class NotInPanel(Refused):
    """A template or pool that the settings name does not exist in the panel."""


class NoSwitchPorts(Refused):
    """No switch ports are specified for the server."""

    def __init__(self, server: str) -> None:
        super().__init__(
            f"The service cannot be suspended: switch ports are not specified in the settings of server {server}"
        )


class PanelError(ProvisioningError):
    """The panel answered with an error: HTTP status, the panel's own code (None when it gives none), its message."""

    def __init__(self, status: int, code: int | str | None, message: str) -> None:
        super().__init__(f"DCImanager 6 answered {status}{'' if code is None else f', code {code}'}: {message}")
        self.status = status
        self.code = code
        self.message = message


class LoginRefused(PanelError):
    """The panel does not accept the e-mail and password of the connection."""


class ServerGone(PanelError):
    """The panel has no server of this id: somebody has deleted it there."""


class PanelUnavailable(ProvisioningError):
    """The panel did not answer, or was not there for a minute."""


class AnswerLost(PanelUnavailable):
    """No answer of the panel's own came to an order, and nobody knows whether it took effect, or still will."""

    def __init__(self, order: str, message: str, *, slow: bool = False) -> None:
        """`order`: method and path. `slow`: somebody's time was up, so it may take effect yet."""
        super().__init__(message)
        self.order = order
        self.slow = slow


class OperationFailed(ProvisioningError):
    """An operation on the server ended badly, or would not end."""


class InstallTimeout(OperationFailed):
    """The installation did not end in the time that the tariff gives it."""

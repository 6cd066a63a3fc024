"""What each call of a dialect is to the review: one table for each, in which every call that changes something stands.

A call stands among the actions that rules know, or under `WITHOUT_6`, `WITHOUT_5` and `WITHOUT_HOSTING` with the reason
why no rule asks for it. Functions of COREmanager that only show something are under `LOOKS_5` and `LOOKS_HOSTING`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType

__all__ = [
    "ACTIONS_6",
    "ACTIONS_HOSTING",
    "BUTTONS_5",
    "FORMS_5",
    "FORMS_HOSTING",
    "LOOKS_5",
    "LOOKS_HOSTING",
    "WITHOUT_5",
    "WITHOUT_6",
    "WITHOUT_HOSTING",
    "ActionKind",
]


class ActionKind(Enum):
    LOGIN = "logs in"
    LOGOUT = "logs out"
    LOOK = "looks"
    OWNER = "sets the owner"
    EDIT = "edits the server's record"
    INSTALL = "starts an installation"
    DIAGNOSE = "starts diagnostics"
    CLEAN = "has the disks cleared"
    RESCUE = "starts recovery mode"
    CANCEL = "ends an operation"
    PORTS_ON = "switches ports on"
    PORTS_OFF = "switches ports off"
    PORT = "sets up a port"
    CABLE = "records a connection"
    NO_CABLE = "takes a connection out of the records"
    POWER = "switches power"
    BMC = "changes how the panel reaches the BMC"
    BMC_USER = "sets up a user of the BMC"
    NO_BMC_USER = "removes a user of the BMC"
    ADDRESS = "adds an address"
    ADDRESS_EDIT = "edits an address"
    NO_ADDRESS = "deletes an address"
    USER = "makes a user"
    BLOCK = "blocks the server"
    UNBLOCK = "unblocks the server"
    ACCOUNT = "makes an account"
    ACCOUNT_EDIT = "changes an account"
    ACCOUNT_OFF = "disables an account"
    ACCOUNT_ON = "enables an account"
    NO_ACCOUNT = "deletes an account"
    OTHER = "changes something else"

    @property
    def changes(self) -> bool:
        return self not in (ActionKind.LOGIN, ActionKind.LOGOUT, ActionKind.LOOK)

    @property
    def gives_back(self) -> bool:
        """What a client that gives up does."""
        return self in (
            ActionKind.CANCEL,
            ActionKind.NO_ADDRESS,
            ActionKind.PORTS_OFF,
            ActionKind.BLOCK,
            ActionKind.NO_BMC_USER,
        )


def _table(*rows: tuple[ActionKind, str]) -> Mapping[str, ActionKind]:
    return MappingProxyType({name: kind for kind, names in rows for name in names.split()})


def _reasons(*rows: tuple[str, str]) -> Mapping[str, str]:
    """Why there is no rule, by call."""
    return MappingProxyType({name: reason for reason, names in rows for name in names.split()})


def _names(names: str) -> Iterable[str]:
    return frozenset(names.split())


# DCImanager 6, by action of the dialect

ACTIONS_6 = _table(
    (ActionKind.LOGIN, "auth.login auth.login_by_key auth.v3.login auth.v3.login_by_key"),
    (ActionKind.LOGOUT, "auth.token.delete auth.v3.session.delete"),
    (ActionKind.OWNER, "server.owner server.owner.clear"),
    (ActionKind.EDIT, "server.edit"),
    (ActionKind.INSTALL, "server.os_install"),
    (ActionKind.DIAGNOSE, "server.diagnostic"),
    (ActionKind.RESCUE, "server.recovery"),
    (ActionKind.CANCEL, "server.operation.cancel operation.cancel"),
    (ActionKind.PORTS_ON, "server.port_on switch.port.on"),
    (ActionKind.PORTS_OFF, "server.port_off switch.port.off"),
    (ActionKind.PORT, "switch.port.edit"),
    (ActionKind.CABLE, "server.connection.add"),
    (ActionKind.NO_CABLE, "server.connection.delete.switch_port server.connection.delete.pdu_port"),
    (ActionKind.POWER, "server.power_on server.power_off server.power_reset pdu.port.on pdu.port.off"),
    (ActionKind.BMC, "server.bmc.edit"),
    (ActionKind.ADDRESS, "server.ip.add"),
    (ActionKind.ADDRESS_EDIT, "server.ip.edit ip.edit"),
    (ActionKind.NO_ADDRESS, "server.ip.delete ip.delete"),
    (ActionKind.USER, "user.create auth.user.create"),
    (ActionKind.BLOCK, "server.suspend"),
    (ActionKind.UNBLOCK, "server.resume"),
)

_ROOM = "the provider's staff set up the hall with it; no order changes it"
_PERSON = "of a person's own account: whether the person asked for it cannot be seen from the panel"
_RIGHTS = "who may do what is the provider's choice, and no order changes it"
_NETWORKS = "the provider's plan of networks and pools, or an address that no server has yet"

WITHOUT_6 = _reasons(
    (
        _PERSON,
        """auth.self.key auth.self.back auth.self.edit auth.self.password auth.self.setting.set auth.self.sshkey.create
        auth.self.sshkey.edit auth.self.sshkey.delete auth.self.factor.set auth.self.factor.delete
        auth.self.factor.reserve auth.recovery auth.confirmation.password auth.confirmation.invitation
        auth.user.edit user.edit user.delete user.password user.suspend user.resume auth.user.factor.delete
        auth.user.sshkey.create""",
    ),
    ("draws a picture of what it is sent, and keeps nothing", "auth.factor.picture"),
    (
        "a way in for another person or program, asked for by a session that is seen itself",
        "auth.token.create auth.token.confirm auth.user.su user.key auth.v3.key",
    ),
    ("the first administrator, before there is anything to sell", "auth.first_user.invite auth.first_user.create"),
    (
        _RIGHTS,
        """auth.self.acl.set auth.user.acl.set auth.user.lock auth.user.unlock auth.trustee.grant auth.trustee.revoke
        auth.inside.import auth.instance.user.grant auth.instance.user.revoke auth.instance.trustee.grant
        auth.instance.trustee.revoke auth.role.create auth.role.edit auth.role.delete auth.acl.create auth.acl.edit
        auth.acl.delete auth.acl.member.add auth.acl.member.delete auth.restriction.set auth.ban.delete
        auth.ban.delete_of auth.setting.set auth.setting.delete""",
    ),
    (
        _ROOM,
        """server.create server.delete rack.create rack.edit rack.delete pdu.create pdu.edit pdu.delete switch.create
        switch.edit switch.delete recipe.create recipe.edit recipe.delete""",
    ),
    (
        _NETWORKS,
        """ippool.create ippool.edit ippool.delete ippool.ip.allocate range.create range.edit range.delete ipnet.create
        ipnet.edit ipnet.delete ipnet.ip.create userspace.create userspace.edit userspace.delete userspace.ip.create
        dnsbl.create dnsbl.edit dnsbl.delete ip.setting.ipv6_prefix ip.setting.gateway dnsproxy.enable
        dnsproxy.disable dnsproxy.sync ip.migration.start""",
    ),
)

# DCImanager 5: a button acts when it is called, a form when it is sent (`sok`)

BUTTONS_5 = _table(
    (ActionKind.LOGIN, "auth"),
    (ActionKind.LOGOUT, "session.delete"),
    (ActionKind.CANCEL, "server.opercancel operation.cancel"),
    (ActionKind.PORTS_ON, "server.connection.on switch.port.on"),
    (ActionKind.PORTS_OFF, "server.connection.off switch.port.off"),
    (ActionKind.NO_CABLE, "server.connection.delete"),
    (ActionKind.NO_BMC_USER, "server.connection.ipmiuser.delete"),
    (ActionKind.UNBLOCK, "server.enable"),
    (ActionKind.BLOCK, "server.disable"),
    (
        ActionKind.POWER,
        "server.poweron server.poweroff server.reboot pdu.on pdu.off pdu.port.on pdu.port.off",
    ),
    (ActionKind.NO_ADDRESS, "iplist.delete"),
)
FORMS_5 = _table(
    (ActionKind.DIAGNOSE, "server.operations"),
    (ActionKind.EDIT, "server.edit"),
    (ActionKind.ADDRESS, "iplist.edit server.moveip"),
    (ActionKind.USER, "user.edit"),
    (ActionKind.PORT, "switch.port.edit"),
    (ActionKind.CABLE, "connwizfinish"),
    (ActionKind.BMC, "server.connection.edit"),
    (ActionKind.BMC_USER, "server.connection.ipmiuser.edit"),
)
WITHOUT_5 = _reasons(
    (_PERSON, "user.delete user.disable user.enable sshpubkey.edit sshpubkey.delete"),
    ("a way in for another person, asked for by a session that is seen itself", "session.newkey server.su user.su"),
    (
        _ROOM,
        """server.delete rack.edit rack.delete switch.edit switch.delete switchcreatewiz pdu.edit pdu.delete pducreatewiz
        vlan.edit vlan.delete osmgr.edit osmgr.install osmgr.restrict.toggle serversearch.approve globalsettings""",
    ),
    ("only what the list of operations shows", "operation.cclear"),
)
LOOKS_5 = _names(
    "connwizdev connwizport connwizipmi conncreatewiz dashboard.info iplist ipmiredirect new_net operation operation.log"
    " operstat osmgr overallpower overalltraffic pdu pdu.port pdu.port.refresh pdu.refresh power powerdetails problems"
    " rack repo server server.connection server.connection.ipmiuser server.filter serverconnstat serversearch servertype"
    " servertype.oslist session sshpubkey switch switch.filter switch.port switch.port.refresh switch.refresh traffic"
    " server.connection.autocreateipmi currentdetails trafficburstable trafficburstable_pie trafficdetails trafficpie user"
    " user.filter vlan"
)
"""Lists, reports, steps of a wizard before its last, and what only has a device read anew."""

# ispmanager

ACTIONS_HOSTING = _table(
    (ActionKind.LOGIN, "auth"),
    (ActionKind.ACCOUNT_OFF, "user.suspend"),
    (ActionKind.ACCOUNT_ON, "user.resume"),
    (ActionKind.NO_ACCOUNT, "user.delete"),
)
FORMS_HOSTING = _table(
    (ActionKind.ACCOUNT, "user.add user.add.finish"),
    (ActionKind.ACCOUNT_EDIT, "user.edit usrparam"),
)
WITHOUT_HOSTING = _reasons(
    ("the provider's templates of limits: no order changes them", "preset.edit"),
    ("a way in for another person, asked for by a session that is seen itself", "session.newkey"),
)
LOOKS_HOSTING = _names("user user.filter admin whoami preset ipaddr")

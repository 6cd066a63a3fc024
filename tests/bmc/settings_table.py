"""Every setting of a BMC that a command can make, with what it does: each acts, or is refused. The docs' page of them.

`python -m tests.bmc.settings_table > docs/bmc-settings.md` writes the page; tests run the table and hold the page to it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.bmc.commands.table import COMMANDS
from simulator.ipmi.client import DEFAULT_SUITES, Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.commands import get_chassis_status
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.sol import SolPacket
from tests.bmc.support import FakeChassis, Line, kill_fan
from tests.ipmi.support import Console15, Wire, client, code, console, device

__all__ = ["NUMBERS", "ROWS", "Rig", "Row", "page"]

NUMBERS = {command.name: (number >> 8, number & 0xFF) for number, command in COMMANDS.items()}
CHANNEL = "Set Channel Access"
LAN = "Set LAN Configuration Parameters"
SOL = "Set SOL Configuration Parameters"
PEF = "Set PEF Configuration Parameters"
BOOT = "Set System Boot Options"
SYSTEM = "Set System Info Parameters"
USER = "Set User Access"
PASSWORD = "Set User Password"
ACTIVATE_SOL = "01 01 c0 00 00 00"


class Rig:
    """A BMC of every cipher suite, its machine on, and an administrator who is logged in; user 3 is `guest`."""

    def __init__(self) -> None:
        self.bmc, self.chassis = device(authentication=(0, 2, 4))
        self.chassis.powered = True
        self.line = Line()
        self.bmc.line, self.bmc.address = self.line, ("127.16.0.1", 623)
        self.admin = console(self.bmc)

    def request(self, command: str, data: str) -> Request:
        return Request(*NUMBERS[command], bytes.fromhex(data))

    def send(self, command: str, data: str) -> bytes:
        return self.admin.ask(self.request(command, data))

    set = get = send

    def code(self, command: str, data: str = "") -> int:
        return code(self.admin, self.request(command, data))

    def log_in(
        self, name: str = "ADMIN", password: str = "secret", privilege: int = Privilege.ADMINISTRATOR, suite: int = 0
    ) -> str:
        """What a log-in ends with; empty when it succeeds. `suite` 0: one that the console prefers."""
        return str(self.console(name, password, privilege, suite).console.error or "")

    def console(
        self, name: str = "ADMIN", password: str = "secret", privilege: int = Privilege.ADMINISTRATOR, suite: int = 0
    ) -> Wire:
        suites = (SUITES[suite],) if suite else DEFAULT_SUITES
        wire = Wire(self.bmc, client(name, password, privilege=Privilege(privilege), suites=suites, seed=9))
        wire.now = self.admin.now
        wire.run(close=False)
        return wire

    def restart(self) -> None:
        """The BMC loses its power and has it again."""
        self.bmc.power_lost()
        self.admin = console(self.bmc, 3)

    def alerts(self) -> int:
        """How many traps a dying fan makes."""
        self.line.sent.clear()
        self.chassis.thermal.fans[:] = [4200.0] * 4
        self.bmc.sense("fans")
        self.line.sent.clear()
        kill_fan(self.bmc, self.chassis)
        return len(self.line.sent)

    def alerting(self) -> Rig:
        """... with alerts set up, and nothing sent yet."""
        self.bmc.alert_to([("127.0.0.1", 162)])
        return self


@dataclass(frozen=True)
class Row:
    command: str
    setting: str
    """Opens with the parameter's number where the command has parameters."""
    effect: str
    """As the page says it."""
    shows: Callable[[Rig], None]
    refused: bool = False
    at: int | None = field(default=None)
    """The parameter's number."""


ROWS: list[Row] = []


def acts(
    command: str, setting: str, effect: str, at: int | None = None
) -> Callable[[Callable[[Rig], None]], Callable[[Rig], None]]:
    def add(shows: Callable[[Rig], None]) -> Callable[[Rig], None]:
        ROWS.append(Row(command, setting, effect, shows, at=at))
        return shows

    return add


def refused(
    command: str, setting: str, effect: str, data: str, expected: int, *, same: str = "", at: int | None = None
) -> None:
    """`data` gets a completion code; `same`, what is there already, is taken."""

    def shows(rig: Rig) -> None:
        assert rig.code(command, data) == expected
        assert not same or rig.code(command, same) == 0

    ROWS.append(Row(command, setting, effect, shows, refused=True, at=at))


# The channel


@acts(CHANNEL, "access mode", "disabled: nobody logs in or asks anything outside of a session; who is in stays in")
def _(rig: Rig) -> None:
    rig.set(CHANNEL, "01 80 00")
    assert "no answer" in rig.log_in()
    assert Console15(rig.bmc, 2).login() is None
    assert rig.admin.ask(get_chassis_status())
    rig.set(CHANNEL, "01 82 00")
    assert rig.log_in() == ""


@acts(
    CHANNEL,
    "stored or present",
    "what is stored (40h) counts from the next start of the BMC on, 80h at once until then",
)
def _(rig: Rig) -> None:
    rig.set(CHANNEL, "01 40 43")
    assert rig.get("Get Channel Access", "01 40")[:2] == b"\x00\x03"
    assert rig.get("Get Channel Access", "01 80")[:2] == b"\x22\x04"
    assert rig.log_in() == ""
    rig.set(CHANNEL, "01 42 43")
    rig.bmc.power_lost()
    assert "privilege level not allowed" in rig.log_in()
    assert rig.log_in(privilege=Privilege.OPERATOR) == ""


refused(CHANNEL, "other access modes", "83h: a LAN channel has no pre-boot or shared mode", "01 81 00", 0x83)


@acts(CHANNEL, "PEF alerting", "switched off, nobody is alerted")
def _(rig: Rig) -> None:
    assert rig.alerting().alerts() == 3
    rig.set(CHANNEL, "01 a2 00")
    assert rig.alerts() == 0


@acts(CHANNEL, "per-message authentication", "off: a session of IPMI 1.5 goes on without codes, as its activation says")
def _(rig: Rig) -> None:
    assert rig.get("Get Channel Authentication Capabilities", "8e 04")[2] & 0x18 == 0
    old = Console15(rig.bmc, 2)
    assert old.login()
    assert old.ask(0, 1, kind=0) is None, "a code is due"
    rig.set(CHANNEL, "01 92 00")
    assert rig.get("Get Channel Authentication Capabilities", "8e 04")[2] & 0x18 == 0x10
    answer = Console15(rig.bmc, 2).login()
    assert answer is not None
    assert answer[1] == 0, "the type of the packets to come"
    assert old.ask(0, 1, kind=0) is not None


@acts(CHANNEL, "user-level authentication", "off: in a session of IPMI 1.5 what users may run needs no code")
def _(rig: Rig) -> None:
    rig.set(CHANNEL, "01 8a 00")
    assert rig.get("Get Channel Authentication Capabilities", "8e 04")[2] & 0x18 == 0x08
    old = Console15(rig.bmc, 2)
    assert old.login()
    old.ask(6, 0x3B, b"\x04")
    status, reset = old.ask(0, 1, kind=0), old.ask(0, 2, b"\x03", kind=0)
    assert status is not None
    assert reset is not None
    assert (status[0], reset[0]) == (0, 0xD4)


@acts(CHANNEL, "privilege limit", "no session above it, in IPMI 2.0 or 1.5; one that is up is not raised above it")
def _(rig: Rig) -> None:
    guest = rig.console(privilege=Privilege.ADMINISTRATOR)
    rig.set(CHANNEL, "01 00 83")
    assert "privilege level not allowed" in rig.log_in()
    assert rig.log_in(privilege=Privilege.OPERATOR) == ""
    assert Console15(rig.bmc, 2).login() == b"\x86"
    assert code(guest, rig.request("Set Session Privilege Level", "04")) == 0x81


@acts("Set Channel Security Keys", "K_g", "consoles that do not know it get no session")
def _(rig: Rig) -> None:
    rig.set("Set Channel Security Keys", "01 01 01" + b"hall".ljust(20, b"\0").hex())
    assert "K_g" in rig.log_in()


refused("Set Channel Security Keys", "K_r", "84h: nobody logs in with it", "01 01 00" + "00" * 20, 0x84)
refused("Set Channel Security Keys", "lock", "CCh: keys are not locked", "01 02 01", 0xCC)


@acts("Set Session Privilege Level", "", "what the session may run")
def _(rig: Rig) -> None:
    rig.set("Set Session Privilege Level", "02")
    assert rig.code("Chassis Control", "03") == 0xD4


# Users


@acts(USER, "IPMI messaging", "off: no session")
def _(rig: Rig) -> None:
    rig.set(USER, "81 03 02")
    assert "privilege level not allowed" in rig.log_in("guest", "look", Privilege.USER)
    rig.set(USER, "91 03 02")
    assert rig.log_in("guest", "look", Privilege.USER) == ""


@acts(USER, "restricted to callback", "no more than callback on a LAN, which calls nobody back")
def _(rig: Rig) -> None:
    rig.set(USER, "d1 03 04")
    assert "privilege level not allowed" in rig.log_in("guest", "look", Privilege.USER)


@acts(USER, "link authentication", "read back; a LAN has no links to authenticate")
def _(rig: Rig) -> None:
    rig.set(USER, "b1 03 02")
    assert rig.get("Get User Access", "01 03")[3] == 0x32


@acts(USER, "privilege limit", "no session above it; 0Fh: none at all")
def _(rig: Rig) -> None:
    rig.set(USER, "91 03 03")
    assert rig.log_in("guest", "look", Privilege.OPERATOR) == ""
    rig.set(USER, "91 03 0f")
    assert "privilege level not allowed" in rig.log_in("guest", "look", Privilege.USER)


@acts(USER, "session limit", "so many sessions of this user at once, and no more")
def _(rig: Rig) -> None:
    rig.set(USER, "91 03 02 01")
    assert rig.log_in("guest", "look", Privilege.USER) == ""
    assert "no free session slot" in rig.log_in("guest", "look", Privilege.USER)


@acts("Set User Name", "", "he logs in by it; 16 octets, and no other slot may have it (CCh)")
def _(rig: Rig) -> None:
    rig.set("Set User Name", "03" + b"carol".ljust(16, b"\0").hex())
    assert rig.log_in("carol", "look", Privilege.USER) == ""
    assert "unknown user" in rig.log_in("guest", "look", Privilege.USER)


refused(
    "Set User Name",
    "of user 1",
    "CCh: the null user has no name, except on models where user 1 is another (HPE)",
    "01" + b"root".ljust(16, b"\0").hex(),
    0xCC,
    same="01" + "00" * 16,
)


@acts(PASSWORD, "disable, enable", "no session while disabled")
def _(rig: Rig) -> None:
    rig.set(PASSWORD, "03 00")
    assert "unknown user" in rig.log_in("guest", "look", Privilege.USER)
    rig.set(PASSWORD, "03 01")
    assert rig.log_in("guest", "look", Privilege.USER) == ""


@acts(PASSWORD, "set", "new sessions need the new one")
def _(rig: Rig) -> None:
    rig.set(PASSWORD, "03 02" + b"see".ljust(16, b"\0").hex())
    assert "wrong password" in rig.log_in("guest", "look", Privilege.USER)
    assert rig.log_in("guest", "see", Privilege.USER) == ""


@acts("Set User Payload Access", "Serial over LAN", "off: no console for this user (D4h)")
def _(rig: Rig) -> None:
    rig.set("Set User Payload Access", "01 42 02 00 00 00")
    assert rig.code("Activate Payload", ACTIVATE_SOL) == 0xD4
    rig.set("Set User Payload Access", "01 02 02 00 00 00")
    assert rig.code("Activate Payload", ACTIVATE_SOL) == 0


refused("Set User Payload Access", "other payloads", "CCh: there are none", "01 02 00 00 01 00", 0xCC)


# LAN parameters


@acts(LAN, "set in progress", "one writer at a time (81h)", at=0)
def _(rig: Rig) -> None:
    rig.set(LAN, "01 00 01")
    assert rig.code(LAN, "01 00 01") == 0x81
    rig.set(LAN, "01 00 00")
    assert rig.code(LAN, "01 00 01") == 0


@acts(LAN, "authentication types by privilege", "others are not offered at it, and refused (CCh) by IPMI 1.5", at=2)
def _(rig: Rig) -> None:
    rig.set(LAN, "01 02 15 15 15 10 00")
    assert rig.get("Get Channel Authentication Capabilities", "0e 04")[1] == 0x10
    assert rig.get("Get Channel Authentication Capabilities", "0e 03")[1] == 0x15
    assert Console15(rig.bmc, 2).login(Privilege.ADMINISTRATOR) == b"\xcc"
    assert (Console15(rig.bmc, 2).login(Privilege.OPERATOR) or b"?")[0] == 0
    assert (Console15(rig.bmc, 4).login(Privilege.ADMINISTRATOR) or b"?")[0] == 0
    assert rig.code(LAN, "01 02 15 15 15 12 00") == 0xCC, "MD2 is not supported"


@acts(LAN, "community", "that of its traps", at=16)
def _(rig: Rig) -> None:
    rig.set(LAN, "01 10" + b"hall".ljust(18, b"\0").hex())
    rig.alerting().alerts()
    assert b"\x04\x04hall" in rig.line.sent[0][0]


@acts(LAN, "type of an alert destination", "acknowledged or not, seconds between tries, tries", at=18)
def _(rig: Rig) -> None:
    rig.alerting().set(LAN, "01 12 01 80 02 03")
    rig.set("Alert Immediate", "01 01 00")
    assert rig.bmc.next_deadline == 3.0
    assert rig.code(LAN, "01 12 01 87 02 03") == 0xCC, "a maker's own kind of alert"


@acts(LAN, "address of an alert destination", "where its traps go; its MAC address is read back", at=19)
def _(rig: Rig) -> None:
    rig.alerting().set(LAN, "01 13 01 00 00 7f 00 00 07" + "00" * 6)
    rig.alerts()
    assert rig.line.sent[0][1][0] == "127.0.0.7"
    assert rig.code(LAN, "01 13 01 00 01 7f 00 00 07" + "00" * 6) == 0xCC, "there is no backup gateway"


@acts(
    LAN,
    "privilege by cipher suite",
    "a session with the suite has no more; 0 (X in ipmitool): none with it. Entries count as parameter 23 lists them",
    at=24,
)
def _(rig: Rig) -> None:
    ids = [suite.id for suite in rig.bmc.personality.channel.suites]
    levels = {3: 0, 17: 3}
    nibbles = [levels.get(number, 4) for number in ids] + [0] * (16 - len(ids))
    octets = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    rig.set(LAN, "01 18 00" + octets.hex())
    assert "no cipher suite" in rig.log_in(suite=3)
    assert "privilege level not allowed" in rig.log_in(suite=17)
    assert rig.log_in(suite=17, privilege=Privilege.OPERATOR) == ""
    assert rig.log_in(suite=2) == ""
    assert rig.code(LAN, "01 18 00 66" + "00" * 7) == 0xCC


@acts(
    LAN, "bad password threshold", "so many in so long lock a user out for so long; 0: until he is let in again", at=26
)
def _(rig: Rig) -> None:
    rig.set(LAN, "01 1a 00 02 00 00 03 00")
    for _ in range(2):
        assert "wrong password" in rig.log_in("guest", "wrong", Privilege.USER)
    assert "unknown user" in rig.log_in("guest", "look", Privilege.USER)
    rig.admin.now += 30.0
    assert rig.log_in("guest", "look", Privilege.USER) == ""
    rig.set(LAN, "01 1a 00 02 01 00 00 00")
    rig.log_in("guest", "wrong", Privilege.USER)
    rig.admin.now += 10.0
    rig.log_in("guest", "wrong", Privilege.USER)
    assert rig.log_in("guest", "look", Privilege.USER) == "", "the first was forgotten after ten seconds"
    for _ in range(2):
        rig.log_in("guest", "wrong", Privilege.USER)
    rig.admin.now += 45.0
    rig.get("Get User Access", "01 03")
    rig.admin.now += 45.0
    assert "unknown user" in rig.log_in("guest", "look", Privilege.USER)
    rig.set(PASSWORD, "03 01")
    assert rig.log_in("guest", "look", Privilege.USER) == ""
    assert rig.code(LAN, "01 1a 01 02 00 00 00 00") == 0xCC, "no sensor takes note of it"


_FIXED = "82h for anything but what it is: "
for _at, _setting, _why, _other, _same in (
    (1, "authentication types supported", "the model's", "00", "15"),
    (3, "IP address", "where the lab file put it", "0a 00 00 01", "7f 10 00 01"),
    (4, "source of the IP address", "static", "02", "01"),
    (5, "MAC address", "its own", "02 00 00 00 00 01", "02 1b 1c 1d 1e 1f"),
    (6, "subnet mask", "the lab's network", "ff ff 00 00", "ff 00 00 00"),
    (7, "IPv4 header", "the network's", "20 40 10", "40 40 10"),
    (8, "primary port", "the lab file's", "01 02", "6f 02"),
    (9, "secondary port", "not open", "01 02", "98 02"),
    (10, "ARP control", "nobody needs ARP here", "01", "02"),
    (11, "gratuitous ARP interval", "nobody needs ARP here", "01", "04"),
    (12, "default gateway", "there is none", "0a 00 00 01", "00 00 00 00"),
    (13, "its MAC address", "there is none", "02 00 00 00 00 01", "00 00 00 00 00 00"),
    (14, "backup gateway", "there is none", "0a 00 00 01", "00 00 00 00"),
    (15, "its MAC address", "there is none", "02 00 00 00 00 01", "00 00 00 00 00 00"),
    (17, "number of alert destinations", "the model's", "02", "04"),
    (20, "VLAN", "the management network has none", "0a 80", "00 00"),
    (21, "VLAN priority", "the management network has no VLANs", "01", "00"),
    (22, "number of cipher suites", "the model's", "01", ""),
    (23, "cipher suites", "the model's", "00 03", ""),
    (25, "VLAN of an alert destination", "the management network has none", "01 01 0a 00", "01 00 00 00"),
):
    refused(
        LAN, _setting, _FIXED + _why, f"01 {_at:02x} {_other}", 0x82, same=_same and f"01 {_at:02x} {_same}", at=_at
    )


# Serial over LAN


def _typed(rig: Rig, sequence: int) -> bytes:
    rig.chassis.keys = b""
    rig.bmc.receive_sol(rig.bmc.sessions[0], SolPacket(sequence, 0, 0, 0, b"ls").encode(), 0.0)
    return rig.chassis.keys


@acts(SOL, "set in progress", "one writer at a time (81h)", at=0)
def _(rig: Rig) -> None:
    rig.set(SOL, "01 00 01")
    assert rig.code(SOL, "01 00 01") == 0x81


@acts(SOL, "enable", "off: no console (81h)", at=1)
def _(rig: Rig) -> None:
    rig.set(SOL, "01 01 00")
    assert rig.code("Activate Payload", ACTIVATE_SOL) == 0x81


@acts(
    SOL,
    "authentication",
    "privilege that a console needs (D4h), and whether it must be encrypted (84h) and signed",
    at=2,
)
def _(rig: Rig) -> None:
    rig.set(SOL, "01 02 83")
    assert code(rig.console("guest", "look", Privilege.USER), rig.request("Activate Payload", ACTIVATE_SOL)) == 0xD4
    rig.set("Set Session Privilege Level", "04")
    plain = rig.request("Activate Payload", "01 01 40 00 00 00")
    suite2, suite1 = rig.console(suite=2), rig.console(suite=1)
    for wire in (suite2, suite1):
        wire.ask(rig.request("Set Session Privilege Level", "04"))
    assert code(suite2, plain) == 0x84
    rig.set(SOL, "01 02 44")
    assert code(suite1, plain) == 0xCC
    assert code(suite2, plain) == 0


refused(
    SOL,
    "character accumulation",
    "82h for anything but what it is: characters are sent as they come",
    "01 03 01 01",
    0x82,
    same="01 03 0c 60",
    at=3,
)


@acts(SOL, "retry", "how often and after what time a packet is sent again", at=4)
def _(rig: Rig) -> None:
    rig.set(SOL, "01 04 01 64")
    rig.set("Activate Payload", ACTIVATE_SOL)
    rig.chassis.printed("login:")
    assert rig.bmc.next_deadline == 1.0
    rig.line.sent.clear()
    for now in (1.0, 2.0, 3.0):
        rig.bmc.on_time(now)
    assert len(rig.line.sent) == 1


@acts(SOL, "bit rate, stored", "counts from the next start of the BMC on", at=5)
def _(rig: Rig) -> None:
    rig.set(SOL, "01 05 06")
    rig.set("Activate Payload", ACTIVATE_SOL)
    assert _typed(rig, 1) == b"ls"
    rig.restart()
    rig.set("Activate Payload", ACTIVATE_SOL)
    assert _typed(rig, 1) not in (b"ls", b"")


@acts(SOL, "bit rate, present", "another than the host's 115200 makes garbage of what is typed and printed", at=6)
def _(rig: Rig) -> None:
    rig.set("Activate Payload", ACTIVATE_SOL)
    rig.set(SOL, "01 06 06")
    assert _typed(rig, 1) not in (b"ls", b"")
    rig.set(SOL, "01 06 0a")
    assert _typed(rig, 2) == b"ls"


refused(SOL, "channel", "82h for anything but what it is", "01 07 02", 0x82, same="01 07 01", at=7)
refused(SOL, "port", "82h for anything but what it is", "01 08 01 02", 0x82, same="01 08 6f 02", at=8)


# The machine


def _boot_device(rig: Rig) -> str:
    override = rig.chassis.boot_override
    return "none" if override is None else override.device


@acts(BOOT, "set in progress", "one session at a time (81h)", at=0)
def _(rig: Rig) -> None:
    rig.set(BOOT, "00 01")
    other = rig.console()
    other.ask(rig.request("Set Session Privilege Level", "04"))
    assert code(other, rig.request(BOOT, "00 01")) == 0x81


@acts(
    BOOT,
    "valid bit clearing",
    "bits 2 to 4: flags that stay after the watchdog, for longer than 60 s, after a filter",
    at=3,
)
def _(rig: Rig) -> None:
    for keeps, kept in (("00", "none"), ("04", "pxe")):
        rig.set(BOOT, f"03 {keeps}")
        rig.set(BOOT, "05 80 04 00 00 00")
        rig.set("Set Watchdog Timer", "04 01 00 10 0a 00")
        rig.set("Reset Watchdog Timer", "")
        rig.bmc.on_time(rig.admin.now + 1.0)
        assert _boot_device(rig) == kept
    rig.set(BOOT, "03 08")
    rig.set(BOOT, "05 80 04 00 00 00")
    rig.bmc.on_time(rig.admin.now + 61.0)
    assert _boot_device(rig) == "pxe"


@acts(BOOT, "boot info acknowledge", "read back, for whatever boots; masked bits only", at=4)
def _(rig: Rig) -> None:
    rig.set(BOOT, "04 03 01")
    assert rig.get("Get System Boot Options", "04 00 00")[3] & 0x03 == 0x01


@acts(
    BOOT,
    "boot flags",
    "the firmware's next start, or every one; all twelve devices are read back. Of the other octets, which are about the "
    "screen and the keyboard, the firmware here knows nothing: read back",
    at=5,
)
def _(rig: Rig) -> None:
    for selector, device_ in (
        (1, "pxe"),
        (2, "disk"),
        (3, "disk"),
        (4, "diagnostic"),
        (9, "remote_media"),
        (15, "floppy"),
    ):
        rig.set(BOOT, f"05 e0 {selector << 2:02x} 00 00 00")
        assert _boot_device(rig) == device_
        assert rig.get("Get System Boot Options", "05 00 00")[2:4] == bytes((0xE0, selector << 2))
    assert rig.code(BOOT, "05 80 28 00 00 00") == 0xCC


@acts(BOOT, "initiator", "read back, for whatever boots", at=6)
def _(rig: Rig) -> None:
    rig.set(BOOT, "06 01" + "02" * 8)
    assert rig.get("Get System Boot Options", "06 00 00")[2:] == b"\x01" + b"\x02" * 8


@acts(BOOT, "initiator mailbox", "read back, for whatever boots", at=7)
def _(rig: Rig) -> None:
    rig.set(BOOT, "07 01" + "03" * 16)
    assert rig.get("Get System Boot Options", "07 01 00")[3:] == b"\x03" * 16


@acts("Set Power Restore Policy", "", "what the machine does when mains return")
def _(rig: Rig) -> None:
    rig.set("Set Power Restore Policy", "02")
    assert rig.chassis.restore_policy == "on"


refused(
    "Set ACPI Power State",
    "",
    "CCh for a state that is not there: the BMC sees for itself",
    "85 ff",
    0xCC,
    same="80 80",
)


@acts("Set Watchdog Timer", "", "what happens to a machine that nobody feeds, and when; a pre-timeout interrupt is CCh")
def _(rig: Rig) -> None:
    rig.set("Set Watchdog Timer", "04 02 00 10 0a 00")
    rig.set("Reset Watchdog Timer", "")
    rig.bmc.on_time(rig.admin.now + 1.0)
    assert rig.chassis.calls == ["power_off"]
    assert rig.code("Set Watchdog Timer", "04 12 00 10 0a 00") == 0xCC


@acts("DCMI Set Power Limit", "", "with the next row; actions other than none, log, power off are CCh")
def _(rig: Rig) -> None:
    rig.set("DCMI Set Power Limit", "dc 000000 01 64 00 e8 03 00 00 0000 01 00")
    assert rig.chassis.power_limit is None
    assert rig.code("DCMI Get Power Limit", "dc 00 00") == 0x80
    assert rig.code("DCMI Set Power Limit", "dc 000000 02 64 00 e8 03 00 00 0000 01 00") == 0xCC


@acts(
    "DCMI Activate Power Limit",
    "",
    "the machine is slowed down to the limit; what it draws above it for longer than the correction time is logged, or "
    "switches it off",
)
def _(rig: Rig) -> None:
    rig.set("DCMI Set Power Limit", "dc 000000 01 64 00 e8 03 00 00 0000 01 00")
    rig.set("DCMI Activate Power Limit", "dc 01 00 00")
    assert rig.chassis.watts == 100.0
    assert rig.get("DCMI Get Power Limit", "dc 00 00")[1:] == bytes.fromhex("0000 01 6400 e8030000 0000 0100")
    rig.set("DCMI Set Power Limit", "dc 000000 01 32 00 e8 03 00 00 0000 01 00")
    assert rig.chassis.watts == 90.0, "it cannot be slowed down any more"
    _pass(rig.chassis, 2)
    assert rig.chassis.calls == ["power_off"]
    assert any(entry[12] == 0x05 for entry in rig.bmc.board.log.entries.values()), "limit exceeded"
    rig.set("DCMI Activate Power Limit", "dc 00 00 00")
    assert rig.chassis.power_limit is None


@acts("DCMI Set Thermal Limit", "", "an inlet that is warmer for so long is logged, or switches the machine off")
def _(rig: Rig) -> None:
    rig.set("DCMI Set Thermal Limit", "dc 37 01 60 1e 05 00")
    assert rig.get("DCMI Get Thermal Limit", "dc 37 01")[1:] == bytes.fromhex("60 1e 0500")
    rig.chassis.thermal.inlet = 35.0
    rig.bmc.sense("heat")
    _pass(rig.chassis, 5)
    assert rig.chassis.calls == ["power_off"]
    assert any(entry[12] == 0x05 for entry in rig.bmc.board.log.entries.values()), "limit exceeded"


def _pass(chassis: FakeChassis, seconds: int) -> None:
    """Let lab time pass, second by second; nothing here is due sooner."""
    for _ in range(seconds):
        due = [entry for entry in chassis.alarms if entry[0] <= 1.0]
        chassis.alarms = [(rest - 1.0, callback) for rest, callback in chassis.alarms if rest > 1.0]
        chassis.lab_time += 1.0
        for _, callback in due:
            callback()


# Sensors, events, texts


@acts("Set BMC Global Enables", "event logging", "off: nothing more in the log, until the BMC starts anew")
def _(rig: Rig) -> None:
    rig.set("Set BMC Global Enables", "00")
    assert rig.get("Get BMC Global Enables", "") == b"\x00"
    kill_fan(rig.bmc, rig.chassis)
    assert not rig.bmc.board.log.entries
    rig.restart()
    assert rig.get("Get BMC Global Enables", "") == b"\x08"


refused("Set BMC Global Enables", "other bits", "CCh: no channel to the host", "09", 0xCC, same="08")


@acts("Set Event Receiver", "FFh", "sensors make no events, until the BMC starts anew; other addresses are CCh")
def _(rig: Rig) -> None:
    rig.set("Set Event Receiver", "ff 00")
    assert rig.alerting().alerts() == 0
    assert not rig.bmc.board.log.entries
    assert rig.code("Set Event Receiver", "22 00") == 0xCC


def _sensor(rig: Rig, name: str) -> str:
    return next(f"{sensor.number:02x}" for sensor in rig.bmc.board.sensors if sensor.name == name)


@acts("Set Sensor Thresholds", "", "events and state of the sensor, in their order")
def _(rig: Rig) -> None:
    cpu = _sensor(rig, "CPU Temp")
    rig.set("Set Sensor Thresholds", f"{cpu} 08 00 00 00 30 00 00")
    assert rig.get("Get Sensor Reading", cpu)[2] & 0x08


@acts("Set Sensor Hysteresis", "", "how far back a reading must come before its event ends")
def _(rig: Rig) -> None:
    cpu = _sensor(rig, "CPU Temp")
    rig.set("Set Sensor Hysteresis", f"{cpu} ff 0a 0a")
    for celsius, events in ((80.0, 1), (70.0, 1), (64.0, 2)):
        rig.chassis.thermal.cpu = celsius
        rig.bmc.sense("heat")
        assert len(rig.bmc.board.log.entries) == events


@acts("Set Sensor Event Enable", "", "no events of the sensor, not these events, or no readings")
def _(rig: Rig) -> None:
    fan = _sensor(rig, "Fan 1")
    rig.set("Set Sensor Event Enable", f"{fan} 40")
    kill_fan(rig.bmc, rig.chassis)
    assert not rig.bmc.board.log.entries
    rig.set("Set Sensor Event Enable", f"{fan} 80")
    assert rig.get("Get Sensor Reading", fan)[1] & 0x20
    psu = _sensor(rig, "PSU 1")
    rig.set("Set Sensor Event Enable", f"{psu} e0 08 00 00 00")
    assert rig.get("Get Sensor Event Enable", psu)[1:] == bytes.fromhex("0200 0a00")
    for live in (False, True):
        rig.chassis.psus[0].live = live
        rig.bmc.sense("supplies")
    kinds = [entry[12] for entry in rig.bmc.board.log.entries.values() if entry[11] == int(psu, 16)]
    assert kinds == [0xEF], "that it came back, and not that it went"
    rig.set("Set Sensor Event Enable", f"{psu} d0 08 00 00 00")
    assert rig.get("Get Sensor Event Enable", psu)[1:] == bytes.fromhex("0a00 0a00")


@acts("Set SEL Time", "", "the time of entries to come")
def _(rig: Rig) -> None:
    rig.set("Set SEL Time", "00 00 00 60")
    kill_fan(rig.bmc, rig.chassis)
    assert next(iter(rig.bmc.board.log.entries.values()))[3:7] == bytes.fromhex("00000060")


@acts("Set SEL Time UTC Offset", "", "that of alerts")
def _(rig: Rig) -> None:
    rig.set("Set SEL Time UTC Offset", "3c 00")
    rig.alerting().alerts()
    assert rig.line.traps[0].utc_offset == 60


@acts("Write FRU Data", "", "read back")
def _(rig: Rig) -> None:
    rig.set("Write FRU Data", "00 10 00 55")
    assert rig.get("Read FRU Data", "00 10 00 01") == b"\x01\x55"


@acts(SYSTEM, "set in progress", "one writer at a time (81h)", at=0)
def _(rig: Rig) -> None:
    rig.set(SYSTEM, "00 01")
    assert rig.code(SYSTEM, "00 01") == 0x81
    assert rig.get("Get System Info Parameters", "00 00 00 00") == b"\x11\x01"


for _at, _setting in enumerate(("firmware version", "system name", "primary OS", "present OS", "version of the OS"), 1):

    @acts(SYSTEM, _setting, "read back", at=_at)
    def _(rig: Rig, at: int = _at) -> None:
        text = b"\x00\x04hall".ljust(16, b"\0")
        rig.set(SYSTEM, f"{at:02x} 00" + text.hex())
        assert rig.get("Get System Info Parameters", f"00 {at:02x} 00 00")[2:] == text


@acts("DCMI Set Asset Tag", "", "read back")
def _(rig: Rig) -> None:
    rig.set("DCMI Set Asset Tag", "dc 00 02 4131")
    assert rig.get("DCMI Get Asset Tag", "dc 00 10")[2:] == b"A1"


@acts("DCMI Set Management Controller Id", "", "read back")
def _(rig: Rig) -> None:
    rig.set("DCMI Set Management Controller Id", "dc 00 03 623100")
    assert rig.get("DCMI Get Management Controller Id", "dc 00 10")[2:] == b"b1\0"


# Event filters and alerts


@acts(PEF, "set in progress", "one writer at a time (81h)", at=0)
def _(rig: Rig) -> None:
    rig.set(PEF, "00 01")
    assert rig.code(PEF, "00 01") == 0x81


@acts(PEF, "control", "filtering, its entries in the log, its delays", at=1)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "01 00")
    assert rig.alerts() == 0
    rig.set(PEF, "01 03")
    before = len(rig.bmc.board.log.entries)
    assert rig.alerts() == 3
    assert len(rig.bmc.board.log.entries) > before + 6


@acts(PEF, "permitted actions", "others are left undone", at=2)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "02 00")
    assert rig.alerts() == 0


def _delayed(rig: Rig, control: str) -> int:
    rig.set(PEF, f"01 {control}")
    rig.bmc.sense("power")
    return rig.alerts()


@acts(PEF, "start-up delay", "so long after a start nothing is looked at", at=3)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "03 00")
    assert _delayed(rig, "05") == 3
    rig.set(PEF, "03 3c")
    assert _delayed(rig, "05") == 0


@acts(PEF, "alert start-up delay", "so long after a start nobody is alerted", at=4)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "04 00")
    assert _delayed(rig, "09") == 3
    rig.set(PEF, "04 3c")
    assert _delayed(rig, "09") == 0


for _at, _setting, _other in (
    (5, "number of filters", "05 01"),
    (8, "number of policies", "08 01"),
    (11, "number of alert strings", "0b 01"),
):
    refused(PEF, _setting, "82h: the model's", _other, 0x82, at=_at)


@acts(PEF, "event filter", "which events it fits and what is done", at=6)
def _(rig: Rig) -> None:
    rig.alerting()
    for number in range(1, 13):
        rig.set(PEF, f"06 {number:02x}" + "00" * 20)
    assert rig.alerts() == 0
    rig.set(PEF, "06 01 80 01 01 10 ff ff 04 ff ff 10 00" + "00" * 9)
    assert rig.alerts() == 1


@acts(PEF, "event filter, first octet", "switches it", at=7)
def _(rig: Rig) -> None:
    rig.alerting()
    for number in range(1, 13):
        rig.set(PEF, f"07 {number:02x} 00")
    assert rig.alerts() == 0


@acts(PEF, "alert policy", "who is told", at=9)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "09 01 18 12 00")
    assert rig.alerts() == 0, "destination 2 has no address"


@acts(PEF, "GUID", "that of its traps", at=10)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "0a 01" + "ab" * 16)
    rig.alerts()
    assert rig.line.traps[0].guid == b"\xab" * 16


@acts(PEF, "keys of an alert string", "which filter and set it belongs to", at=12)
def _(rig: Rig) -> None:
    rig.alerting()
    rig.set(PEF, "0d 02 01" + b"fan".ljust(16, b"\0").hex())
    rig.set(PEF, "09 01 18 11 85")
    rig.set(PEF, "0c 02 05 05")
    rig.alerts()
    assert b"fan" in {trap.text for trap in rig.line.traps}


@acts(PEF, "alert string", "sent with the alerts of its policy", at=13)
def _(rig: Rig) -> None:
    rig.alerting().set(PEF, "0d 01 01" + b"fan".ljust(16, b"\0").hex())
    rig.set(PEF, "09 01 18 11 01")
    rig.alerts()
    assert rig.line.traps[0].text == b"fan"


@acts("Arm PEF Postpone Timer", "", "nothing is looked at until then")
def _(rig: Rig) -> None:
    rig.alerting().set("Arm PEF Postpone Timer", "fe")
    assert rig.alerts() == 0


@acts("Set Last Processed Event ID", "", "what came before it is not looked at after a delay")
def _(rig: Rig) -> None:
    rig.alerting().set("Arm PEF Postpone Timer", "fe")
    assert rig.alerts() == 0
    last = next(reversed(rig.bmc.board.log.entries))
    rig.set("Set Last Processed Event ID", "00" + last.to_bytes(2, "little").hex())
    rig.set("Arm PEF Postpone Timer", "00")
    assert rig.line.sent == []


_HEAD = """# Settings of a BMC: which act, and which are refused

This page is generated (`python -m tests.bmc.settings_table > docs/bmc-settings.md`); each line is a test.

A setting that can be made over the LAN acts, or the command that makes it is refused with the completion code that is named
here. What a BMC keeps for others (texts, tags, the mailbox of whatever boots) is read back, and that is what it is for.
Where a BMC stands on the network is the lab file's: address, mask, gateway and VLAN may be written as they are, so that a
configuration that was read from a BMC can be written back to it (`bmc-config --commit`, `ipmitool lan set 1 ipsrc static`),
and anything else is refused with 82h.

With the channel's access mode disabled and stored, nobody gets in again over the LAN, as with real ones. A session that is up
can still take it back; so does a restart of the BMC where only the present mode was changed (80h).

<!-- run -->
```console
$ rackloop run scenarios/hardware/bmc-password-changed.yaml
1/1  passed  scenarios/hardware/bmc-password-changed.yaml  ...
1 passed
```

| command | setting | |
| --- | --- | --- |
"""


def page() -> str:
    """The page of the docs, as it must be."""
    lines = []
    for row in ROWS:
        setting = row.setting if row.at is None else f"{row.at}: {row.setting}"
        lines.append(f"| {row.command} | {setting} | {'refused, ' if row.refused else ''}{row.effect} |")
    return _HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

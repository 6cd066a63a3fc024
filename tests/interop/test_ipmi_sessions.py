"""Sessions and their faults as other people's programs see them: ipmitool and FreeIPMI's tools."""

import random
import re
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import UdpFabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Privilege
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.interference import Interference, Match, Rule, Stage
from simulator.ipmi.lan15 import AuthType
from simulator.kernel.wire import Error, Garbled, Late, Lost
from tests.bmc.support import FakeChassis
from tests.interop.programs import execute, need

pytestmark = pytest.mark.interop

USERS = (user(2, "ADMIN", "secret"), user(3, "viewer", "look", Privilege.USER))
ALL = (AuthType.NONE, AuthType.MD5, AuthType.STRAIGHT)


class Listening(Bmc):
    """It remembers what it was asked."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.asked = []

    def receive(self, data, peer, now):
        self.asked.append(data)
        return super().receive(data, peer, now)


@asynccontextmanager
async def served(**channel):
    """A BMC on the wire that accepts everything. `channel`: fields of Channel."""
    model = load_personality("generic")
    fields = {"suites": tuple(SUITES.values()), "authentication": ALL, **channel}
    fabric = UdpFabric()
    model = replace(model, channel=replace(model.channel, **fields))
    bmc = Listening(FakeChassis(), USERS, model, random.Random(7).randbytes)
    endpoint = await serve_bmc(bmc, fabric, ("127.16.0.1", 0))
    host, port = endpoint.address
    try:
        yield bmc, host, port
    finally:
        endpoint.close()
        fabric.close()


async def ipmitool(place, *words, name="ADMIN", password="secret", interface="lanplus"):
    _, host, port = place
    return await execute(
        *(need("ipmitool"), "-I", interface, "-H", host, "-p", str(port), "-U", name, "-P", password), *words
    )


async def freeipmi(program, place, *words, name="ADMIN", password="secret", driver="LAN_2_0"):
    _, host, port = place
    return await execute(
        *(need(program), "-D", driver, "-h", f"{host}:{port}", "-u", name, "-p", password, "-l", "ADMIN"), *words
    )


STATUS = ("chassis", "power", "status")


@pytest.mark.parametrize("kind", ["NONE", "MD5", "PASSWORD"])
async def test_ipmitool_works_over_ipmi_15(kind):
    async with served() as place:
        for words, said in (
            (STATUS, "is off"),
            (("chassis", "power", "on"), "Up/On"),
            (STATUS, "is on"),
            (("session", "info", "active"), "active sessions               : 1"),
        ):
            done = await ipmitool(place, "-A", kind, *words, interface="lan")
            assert done.status == 0, done.text
            assert said in done.out
        assert place[0].sessions == []


@pytest.mark.parametrize("kind", ["none", "md5", "straight_password_key"])
async def test_freeipmi_works_over_ipmi_15(kind):
    async with served() as place:
        done = await freeipmi("ipmi-chassis", place, "-a", kind, "--get-chassis-status", driver="LAN")
        assert done.status == 0, done.text
        assert "System Power" in done.out


async def test_ipmitool_says_that_ipmi_15_is_not_spoken_where_it_is_not():
    async with served(authentication=()) as place:
        done = await ipmitool(place, *STATUS, interface="lan")
        assert done.status != 0
        assert place[0].sessions == []


WRONG = {
    "user": (("-k", "hall"), "nobody", "secret", "unauthorized name", "username invalid"),
    "password": (("-k", "hall"), "ADMIN", "wrong", "RAKP 2 HMAC is invalid", "password invalid"),
    "key": (("-k", "wrong"), "ADMIN", "secret", "RAKP 4 message has invalid integrity check value", "k_g invalid"),
    "privilege": (
        ("-k", "hall", "{level}", "OPERATOR"), "viewer", "look",
        "unauthorized role", "privilege level cannot be obtained for this user",
    ),
}  # fmt: skip


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("suite", ["3", "17"])
@pytest.mark.parametrize("program", ["ipmitool", "ipmipower"])
async def test_what_is_wrong_is_refused_by_its_code_and_nothing_is_sent_twice(program, suite, what):
    words, name, password, to_ipmitool, to_ipmipower = WRONG[what]
    async with served() as place:
        bmc = place[0]
        bmc.kg = b"hall"
        if program == "ipmitool":
            words = [word.format(level="-L") for word in words]
            done = await ipmitool(place, "-v", "-C", suite, *words, *STATUS, name=name, password=password)
            said = to_ipmitool
        else:
            words = [word.format(level="-l") for word in words]
            done = await freeipmi("ipmipower", place, "-I", suite, "--stat", *words, name=name, password=password)
            said = to_ipmipower
        assert done.status != 0
        assert said.casefold() in done.text.casefold()
        # It waited for nothing: whatever it sent was answered, so that nothing had to be sent again.
        assert bmc.asked
        assert len(bmc.asked) == len(set(bmc.asked))


async def test_a_command_above_ones_privilege_ends_with_its_code():
    async with served() as place:
        done = await ipmitool(place, "-L", "USER", "chassis", "power", "on", name="viewer", password="look")
        assert done.status == 1
        assert "Insufficient privilege level" in done.text
        assert place[0].chassis.calls == []


@pytest.mark.parametrize(
    ("options", "name", "password", "said"),
    [((), "nobody", "secret", "Invalid user name"), (("-L", "OPERATOR"), "viewer", "look", "privilege")],
)
async def test_what_is_wrong_over_ipmi_15_is_refused_by_its_code(options, name, password, said):
    async with served() as place:
        done = await ipmitool(place, *options, *STATUS, name=name, password=password, interface="lan")
        assert done.status != 0
        assert said.casefold() in done.text.casefold()


async def test_a_key_of_the_bmc_is_asked_for_and_taken():
    async with served() as place:
        place[0].kg = b"hall"
        assert "is off" in (await ipmitool(place, "-C", "17", "-k", "hall", *STATUS)).out
        assert "is off" in (await ipmitool(place, "-C", "3", "-k", "hall", *STATUS)).out
        assert (await ipmitool(place, "-C", "3", *STATUS)).status != 0
        assert "off" in (await freeipmi("ipmipower", place, "-k", "hall", "--stat")).out
        assert "k_g" in (await freeipmi("ipmipower", place, "-k", "wrong", "--stat")).text.casefold()


async def test_suite_0_asks_for_no_password_where_it_is_open():
    async with served() as place:
        assert "is off" in (await ipmitool(place, "-C", "0", *STATUS, password="any")).out
    async with served(suites=(SUITES[3],)) as place:
        assert (await ipmitool(place, "-C", "0", *STATUS, password="any")).status != 0


async def test_a_locked_out_user_stays_out_and_others_do_not():
    async with served(bad_logins=1, lock_out=600.0) as place:
        once = ("-A", "MD5", "-N", "1", "-R", "1")
        await ipmitool(place, *once, *STATUS, password="wrong", interface="lan")
        refused = await ipmitool(place, *once, *STATUS, interface="lan")
        assert "Invalid user name" in refused.text
        assert (await ipmitool(place, "-C", "3", *STATUS)).status != 0
        other = await ipmitool(place, "-C", "3", "-L", "USER", *STATUS, name="viewer", password="look")
        assert "is off" in other.out


@pytest.mark.parametrize(
    ("quirk", "driver", "without", "workaround", "extra"),
    [
        ("authcap", "LAN_2_0", False, "authcap", ()),
        ("opensesspriv", "LAN_2_0", False, "opensesspriv", ("-l", "USER")),
        ("intel20", "LAN_2_0", False, "intel20", ()),
        ("supermicro20", "LAN_2_0", False, "supermicro20", ()),
        ("sun20", "LAN_2_0", False, "sun20", ("-I", "3", "-l", "USER")),
        ("integritycheckvalue", "LAN_2_0", False, "integritycheckvalue", ("-I", "0")),
        ("nochecksumcheck", "LAN_2_0", False, "nochecksumcheck", ()),
        ("idzero", "LAN", False, "idzero", ()),
    ],
)
async def test_a_quirk_needs_the_workaround_that_freeipmi_has_for_it(quirk, driver, without, workaround, extra):
    async with served(quirks=frozenset({quirk})) as place:
        stat = ("--get-chassis-status", "--session-timeout=900", "--retransmission-timeout=300", *extra)
        plain = await freeipmi("ipmi-chassis", place, *stat, driver=driver)
        assert (plain.status == 0) is without, plain.text
        helped = await freeipmi("ipmi-chassis", place, *stat, "-W", workaround, driver=driver)
        assert helped.status == 0, helped.text


async def test_a_bmc_may_answer_ipmi_pings_and_no_rmcp_pings():
    for quirks, heard in ((frozenset(), True), (frozenset({"ipmiping"}), False)):
        async with served(quirks=quirks) as place:
            bmc, _, _ = place
            ping = b"\x06\0\xff\x06\0\0\x11\xbe\x80\x01\0\0"
            assert bool(bmc.receive(ping, ("127.0.0.1", 1), 0.0)) is heard
            assert "is off" in (await ipmitool(place, "-C", "3", *STATUS)).out


def rules(bmc, *rules):
    bmc.interference = Interference(random.Random(3))
    for rule in rules:
        bmc.interference.add(rule)


COMMANDS = Match(Stage.COMMAND)
CHASSIS = Match(command=0x0001)
RECORDS = Match(command=0x0A23)
CANCELLED = Error({"code": 0xC5})
SENSORS = ("sdr", "list")


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("rule", "status", "said"),
    [
        slow(Rule(Match(), Lost("before")), 1, "Unable to establish IPMI v2"),
        slow(Rule(COMMANDS, Late(1.5)), 0, "is off"),
        (Rule(CHASSIS, Error({"code": 0xC0})), 1, "Node busy"),
        (Rule(CHASSIS, Error({"code": 0xD2})), 1, "init"),
        (Rule(CHASSIS, Error({"code": 0xFF})), 1, "Unspecified error"),
        (Rule(replace(CHASSIS, times=1), Lost("after")), 0, "is off"),
        (Rule(replace(COMMANDS, share=0.3, times=2), Lost("before")), 0, "is off"),
        slow(Rule(replace(COMMANDS, share=0.3), Lost("before")), 0, "is off"),
        (Rule(COMMANDS, Late(0.2)), 0, "is off"),
        (Rule(replace(COMMANDS, times=1), Garbled("garbage")), 0, "is off"),
        (Rule(replace(CHASSIS, times=1), Garbled("truncated")), 0, "is off"),
    ],
)
async def test_what_ipmitool_makes_of_a_fault(rule, status, said):
    async with served() as place:
        rules(place[0], rule)
        done = await ipmitool(place, "-C", "17", "-N", "1", "-R", "3", *STATUS)
        assert done.status == status, done.text
        assert said.casefold() in done.text.casefold()
        assert rule.hit >= 1


@pytest.mark.parametrize(
    ("times", "shown"),
    [(1, "Inlet Temp +\\| 24 degrees"), slow(None, "^$")],  # it asks for another one a few times, then lists nothing
)
async def test_what_ipmitool_makes_of_a_cancelled_reservation(times, shown):
    async with served() as place:
        rules(place[0], Rule(replace(RECORDS, times=times), CANCELLED))
        done = await ipmitool(place, *SENSORS)
        assert done.status == 0, done.text
        assert re.search(shown, done.text)


async def test_freeipmi_gives_up_on_a_cancelled_reservation(tmp_path):
    async with served() as place:
        rules(place[0], Rule(RECORDS, CANCELLED))
        done = await freeipmi("ipmi-sensors", place, f"--sdr-cache-directory={tmp_path}")
        assert done.status == 1
        assert "internal IPMI error" in done.text

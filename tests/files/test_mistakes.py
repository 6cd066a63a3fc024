"""Mistakes that people make in lab and scenario files: each gives one message, with its place and the nearest valid word."""

from __future__ import annotations

import pytest

from simulator.files.lab_file import lab_from_document
from simulator.files.problems import FileProblems
from simulator.files.reader import read_text
from simulator.scenario.language import scenario_from_text

SCENARIO = """\
scenario: An order
lab: small
settings: {os: debian-12, pool: public}
faults:
  - bmc.dead: {server: srv-03, at: 10m}
steps:
  - create: {service: web1, client: alice@example.com}
expect:
  - {service: web1, is: active}
"""
FAULT = "bmc.dead: {server: srv-03, at: 10m}"
STEP = "create: {service: web1, client: alice@example.com}"
EXPECTATION = "{service: web1, is: active}"
LAB = """\
lab: own
racks:
  - name: A1
    switches: [{name: sw-1, ports: 24}]
    pdus: [{name: pdu-1, model: apc-ap8641, outlets: 24}]
    servers:
      - {name: srv-1, configuration: E3-1230-16Gb-2x1000SSD, cables: {nic1: sw-1/1, psu1: pdu-1/1}}
panel:
  pools: [{name: public, range: 192.0.2.10-192.0.2.99, gateway: 192.0.2.1}]
  templates: [{name: debian-12, type: os, image: 900 MB, work: 20m}]
"""
RACKS = LAB.removeprefix("lab: own\n")


READERS = {
    "lab": lambda text: lab_from_document(read_text(text.encode(), "f.yaml")),
    "scenario": lambda text: scenario_from_text(text, "f.yaml"),
}


def only_problem(text: str, kind: str) -> str:
    """Without the file's name."""
    with pytest.raises(FileProblems) as caught:
        READERS[kind](text)
    (problem,) = map(str, caught.value.problems)
    return problem.removeprefix("f.yaml:")


def with_one(old: str, new: str, whole: str = SCENARIO) -> str:
    assert old in whole
    return whole.replace(old, new, 1)


FAULTS = [
    ("bank.tripped: {pdu: pdu-a1, bank: 7}", "5:39: pdu-a1 has no bank 7; it has 2"),
    ("disk.fails: {server: srv-03, disk: 9}", "5:40: srv-03 has no disk 9; it has 2"),
    ("nic.dead: {server: srv-03, nic: nic2}", "5:37: srv-03 has no NIC `nic2`; it has `nic1`"),
    ("nic.silent: {server: srv-03, nic: eth0}", "5:39: srv-03 has no NIC `eth0`; it has `nic1`"),
    ("cable.unplugged: {server: srv-03, nic: nic9}", "5:44: srv-03 has no NIC `nic9`; it has `nic1`"),
    ("psu.dead: {server: srv-03, psu: psu2}", "5:37: srv-03 has no power supply 2; it has 1"),
    ("psu.dead: {server: srv-03, psu: 3}", "5:37: srv-03 has no power supply 3; it has 1"),
    ("psu.dead: {server: srv-03, psu: left}", "5:37: 'left' is no power supply; write it as psu1, or 1"),
    ("fan.dead: {server: srv-03, fan: 9}", "5:37: srv-03 has no fan 9; it has 4"),
    ("bmc.sensor_lost: {server: srv-03, sensor: CPU Tmp}", "5:47: the BMC of srv-03 has no sensor `CPU Tmp`; did you mean `CPU Temp`?"),
    ("bmc.sensor_frozen: {server: srv-03, sensor: PS1 Status}", "5:49: `PS1 Status` has states, and no value to stay at; with a value: `CPU Temp`, `System Temp`, `FAN1` to `FAN4`, `12V`, `5VCC`, `3.3VCC`, `3.3VSB`, `VBAT`"),
    ("bmc.password_changed: {server: srv-03, user: ADMN}", "5:50: the BMC of srv-03 has no user `ADMN`; it has `ADMIN`"),
    ("ipmi.lost: {server: srv-03, user: root}", "5:39: the BMC of srv-03 has no user `root`; it has `ADMIN`"),
    ("bmc.cables_crossed: {server: srv-03, with: srv-50}", "5:48: there is no server `srv-50`; servers: `srv-01` to `srv-12`"),
    ("bmc.cables_crossed: {server: srv-03, with: srv-03}", "5:48: srv-03 is the same server; name another one"),
    ("outlet.off: {pdu: pdu-a1, outlet: 99}", "5:39: pdu-a1 has no outlet 99; it has 24"),
    ("outlets.swapped: {pdu: pdu-a1, outlet: 1, other: 99}", "5:54: pdu-a1 has no outlet 99; it has 24"),
    ("port.broken: {switch: sw-a1, port: 40}", "5:40: sw-a1 has no port 40; it has 24"),
    ("port.broken: {switch: sw-a1, port: 0}", "5:40: port must be at least 1, not 0"),
    ("port.broken: {switch: sw-a1, port: Gi0/4}", "5:40: must be a whole number, not the text 'Gi0/4'"),
    ("port.broken: {switch: sw-a1}", "5:18: `port` is missing"),
    ("port.speed: {switch: sw-a1, port: 3, speed: 10 Gbit/s}", "5:49: hardware of 1000 Mbit/s cannot do 10 Gbit/s, auto duplex"),
    ("nic.speed: {server: srv-03, speed: 100}", "5:40: 100 is not possible here; possible: `auto`, `10 Mbit/s`, `100 Mbit/s`, `1 Gbit/s`, `10 Gbit/s`"),
    ("snmp.stale: {switch: sw-a1}", "5:26: sw-a1 speaks SNMP 2c: boots are of SNMPv3"),
    ("snmp.restart: {pdu: pdu-a1, ifindex: reshuffled}", "5:42: pdu-a1 is a PDU: it has no ports that could change their ifIndexes"),
    ("panel.restart: {of: ispmanager}", "5:25: the lab has no ispmanager; give it one: `ispmanager: {users: [...]}`"),
    ("http.lost: {panel: ispmanager}", "5:24: the lab has no ispmanager; give it one: `ispmanager: {users: [...]}`"),
    ("http.lost: {panel: dci6, func: server.operations}", "5:36: calls to DCImanager 6 have no `func`; say `call: POST */os_install`, or `panel: dci5`"),
    ("bmc.ded: {server: srv-03}", "5:5: there is no kind of fault `bmc.ded`; did you mean `bmc.dead`?"),
    ("bmc.dead: {server: srv-50}", "5:24: there is no server `srv-50`; servers: `srv-01` to `srv-12`"),
    ("bmc.dead: {server: srv-3}", "5:24: there is no server `srv-3`; did you mean `srv-03`?"),
    ("bmc.dead: {server: sw-a1}", "5:24: `sw-a1` is a switch, not a server; servers: `srv-01` to `srv-12`"),
    ("switch.dead: {switch: pdu-a1}", "5:27: `pdu-a1` is a PDU, not a switch; switches: `sw-a1`, `sw-b1`"),
    ("switch.dead: {server: srv-03}", "5:19: unknown key `server`; `switch` is missing"),
    ("bmc.dead: {sever: srv-03}", "5:16: unknown key `sever`; did you mean `server`?"),
    ("bmc.dead: {server:srv-03}", "5:16: `server:srv-03` is one word; a space is missing after `server:`"),
    ("bmc.dead: srv-03", "5:15: must be a mapping, not the text 'srv-03'; write it as `bmc.dead: {server: srv-03}`"),
    ("bmc.dead: [srv-03]", "5:15: must be a mapping, not a list; write it as `bmc.dead: {server: ...}`"),
    ("bmc.dead", "5:5: must be a mapping, not the text 'bmc.dead'; is a colon missing? `bmc.dead: ...`"),
    ("bmc.dead: {server: srv-03, at: 40}", "5:36: 40 has no unit; write it as 40s"),
    ("bmc.dead: {server: srv-03, for: 40}", "5:37: 40 has no unit; write it as 40s"),
    ("bmc.dead: {server: srv-03, frm: 5m}", "5:32: unknown key `frm`; known keys: `at`, `for`, `server`"),
    ("bmc.dead: {server: srv-03, at: soon}", "5:36: 'soon' is not understood; write it as 90s, 25m or 1h"),
    ("bmc.dead: {server: srv-03, at: 30h}", "5:36: the scenario is ended at 24 h, before that; its `limit` says when"),
    ("switch.dead: {switch: sw-a1, at: 40%}", "5:38: a share of the work is that of a server's image, and switch.dead is on a switch; say a time, e.g. 10m"),
    ("panel.restart: {at: 40%}", "5:25: a share of the work is that of a server's image, and panel.restart is on a panel; say a time, e.g. 10m"),
    ("http.lost: {at: 40%}", "5:21: a share of the work is that of a server's image, and http.lost is on a panel; say a time, e.g. 10m"),
    ("bmc.dead: {server: srv-03, at: 140%}", "5:36: 140% is more than the whole; write it as 40%"),
    ("link.lossy: {server: srv-03, loss: 30}", "5:40: 30 is more than the whole; write it as 30%"),
    ("inlet.hot: {server: srv-03, celsius: 90}", "5:42: celsius must be at most 70, not 90"),
    ("disk.slow: {server: srv-03, factor: 1}", "5:41: factor must be more than 1, not 1"),
    ("ipmi.code: {server: srv-03, command: Chasis Control}", "5:42: 'Chasis Control' is no command of a BMC; did you mean 'Chassis Control'? Write its name, or netFn/command as 00/02"),
    ("ipmi.garbled: {server: srv-03, how: truncatd}", "5:41: 'truncatd' is not possible here; did you mean `truncated`?"),
    ("snmp.set_lost: {switch: sw-a1, object: ifAdminSttus}", "5:44: there is no name 'ifAdminSttus' here; did you mean `ifAdminStatus`?; any other object is said by its `oid`"),
    ("snmp.set_lost: {switch: sw-a1, oid: 1.3.x}", "5:41: '1.3.x' is no object identifier"),
    ("snmp.set_lost: {switch: sw-a1, pdu: pdu-a1}", "5:20: name one agent: a switch or a pdu"),
    ("snmp.set_lost: {}", "5:20: name one agent: a switch or a pdu"),
    ("http.lost: {call: PSOT */owner}", "5:23: there is no method 'PSOT'; did you mean `POST`?"),
    ("http.lost: {call: os_install}", "5:23: 'os_install' is not a call: write it as POST */os_install"),
    ("http.gateway: {status: 500}", "5:28: 500 is not possible here; possible: `200`, `502`, `503`, `504`"),
    ("http.gateway: {when: befor}", "5:26: 'befor' is not possible here; did you mean `before`?"),
    ("http.lost: {nth: 1, times: 2}", "5:16: say `nth`, or `after` and `times`, not both"),
    ("{bmc.dead: {server: srv-03}, nic.dead: {server: srv-03}}", "5:5: a fault is one kind with its parameters; e.g. bmc.dead: {server: srv-03}"),
    ("bmc.dead: {server: srv-03 at: 10m}", "5:33: `:` is not expected within `{}`; is a comma missing before it, or a `}`?"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "message"), FAULTS)
def test_of_a_fault(fault: str, message: str) -> None:
    assert only_problem(with_one(FAULT, fault), "scenario") == message


STEPS = [
    ("create: {service: web1, client: alice@example.com, server: srv-50}", "7:64: there is no server `srv-50`; servers: `srv-01` to `srv-12`"),
    ("create: {service: web1, client: alice@example.com, server: srv-5}", "7:64: there is no server `srv-5`; did you mean `srv-05`?"),
    ("create: {service: web1, client: alice}", "7:37: 'alice' is not a valid client; write it as alice@example.com"),
    ("create: {service: web1}", "7:13: `client` is missing"),
    ("create: {service: web1, client: alice@example.com, configuration: E3-1230-16Gb-2x1000SDD}", "7:71: there is no server of configuration `E3-1230-16Gb-2x1000SDD`; did you mean `E3-1230-16Gb-2x1000SSD`?"),
    ("create: {service: web1, client: alice@example.com, configuration: i9-64Gb-2x1000NVMe}", "7:71: there is no server of configuration `i9-64Gb-2x1000NVMe`; configurations: `E3-1230-16Gb-2x1000SSD`, `2xE5-2620-64Gb-2x480SSD`, `i7-6700-32Gb-2x500SSD`"),
    ("create: {service: web1, client: alice@example.com, os: debian-21}", "7:60: there is no os template `debian-21`; did you mean `debian-12`?"),
    ("create: {service: web1, client: alice@example.com, os: Diag6}", "7:60: there is no os template `Diag6`; templates: `debian-12`, `alma-9`, `windows-2022`"),
    ("crate: {service: web1, client: alice@example.com}", "7:5: unknown word `crate`; did you mean `create`?"),
    ("create", "7:5: must be a mapping, not the text 'create'; what of it? `create: ...`"),
    ("{}", "7:5: is empty"),
    ("{create: {service: web1, client: alice@example.com}, wait: 1m}", "7:58: `create` and `wait` are two things; begin each with `- ` in a line of its own: `create: ...`, `wait: ...`"),
    ("create: {service: web1, client: alice@example.com}\n    expect: {error: timeout}", "8:21: 'timeout' would have to be the whole error: it has no asterisk; write \"*timeout*\" for a part of it"),
    ("create: {service: web1, client: alice@example.com}\n    expect: {error: *time*}", '8:21: `*time*` begins with an asterisk, which YAML takes for an alias; put it in quotes: "*time*"'),
    ("create: {service: web1, client: alice@example.com}\n    expect: {eror: '*time*'}", "8:14: unknown key `eror`; did you mean `error`?"),
    ("create: {service: web1, client: alice@example.com}\n    expect: {within: 95}", "8:22: 95 has no unit; write it as 95s"),
    ("create: {service: web1, client: alice@example.com}\n    expect: {error: '*', ok: true}", "8:13: a step ends either `ok` or with an `error`, not both"),
    ("create: {service: web1, client: alice@example.com}\n  - wait: 10", "8:11: 10 has no unit; write it as 10s"),
    ("create: {service: web1, client: alice@example.com}\n  - wait: soon", "8:11: 'soon' is not understood; write it as 90s, 25m or 1h"),
    ("create: {service: web1, client: alice@example.com}\n  - clear: srv-50", "8:12: there is no kind of fault, server, switch or PDU `srv-50`; known: `srv-01` to `srv-12`"),
    ("create: {service: web1, client: alice@example.com}\n  - clear: bmc.ded", "8:12: there is no kind of fault, server, switch or PDU `bmc.ded`; did you mean `bmc.dead`?"),
    ("create: {service: web1, client: alice@example.com}\n  - suspend: {service: web7}", "8:24: there is no service `web7`; did you mean `web1`?"),
    ("create: {service: web1, client: alice@example.com}\n  - renew: {service: wbe1}", "8:22: there is no service `wbe1`; did you mean `web1`?"),
    ("create: {service: web1, client: alice@example.com}\n  - pay: {service: web1}", "8:5: the module whmcs6 has no `pay`; it is one of billmanager6"),
    ("create: {service: web1, client: alice@example.com}\n  - mark_faulty: {server: srv-0}", "8:27: there is no server `srv-0`; servers: `srv-01` to `srv-12`"),
    ("create: {service: web1, client: alice@example.com}\n  - fault: {}", "8:12: a fault is one kind with its parameters; e.g. bmc.dead: {server: srv-03}"),
    ("create: {service: web1, client: alice@example.com}\n  - together: []", "8:15: `together` is empty; at least 1 entry is needed"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "message"), STEPS)
def test_of_a_step(step: str, message: str) -> None:
    assert only_problem(with_one(STEP, step), "scenario") == message


EXPECTATIONS = [
    ("{server: srv-03, has: {owner: alicia@example.com}}", "9:35: nobody here is `alicia@example.com`; did you mean `alice@example.com`?"),
    ("{server: srv-03, has: {owner: nne}}", "9:35: nobody here is `nne`; did you mean `none`?"),
    ("journal: {layer: falt}", "9:22: nobody writes the journal as `falt`; did you mean `fault`?"),
    ("{service: web2, is: active}", "9:15: there is no service `web2`; did you mean `web1`?"),
    ("{service: web1, is: fallen}", "9:25: 'fallen' is not possible here; did you mean `failed`?"),
    ("{service: web1, on: srv-50}", "9:25: there is no server `srv-50`; servers: `srv-01` to `srv-12`"),
    ("{service: web1, error: failed}", "9:28: 'failed' would have to be the whole error: it has no asterisk; write \"*failed*\" for a part of it"),
    ("{server: srv-03}", "9:5: say what the server `has` (the panel's view) or what it is `really`"),
    ("{server: srv-03, has: {owner: none, os: debian-21}}", "9:45: there is no os template `debian-21`; did you mean `debian-12`?"),
    ("{server: srv-03, has: {operation: cancelled}}", "9:39: 'cancelled' is not possible here; did you mean `canceled`?"),
    ("{server: srv-03, has: {addresses: -1}}", "9:39: addresses must be at least 0, not -1"),
    ("{server: srv-03, realy: {power: on}}", "9:22: unknown key `realy`; did you mean `really`?"),
    ("{server: srv-03, really: {power: true}}", "9:38: true is not possible here; possible: `on`, `off`"),
    ("leaks: [none, owner of srv-03]", "9:13: `none` contradicts the other leaks; leave it out"),
    ("leaks: [owner of srv-03]\n  - leaks: [one address]", "10:5: `leaks` stands here twice, and each says all that there must be; put both in one list; the first is in line 9"),
    ("leaks: [owner of srv-03, owner of srv-03]", "9:30: `owner of srv-03` stands here twice; say `2 addresses` for more than one"),
    ("leaks: [owner of srv-03]\n  - {server: srv-03, has: {owner: none}}", "9:13: srv-03 is expected to have the owner none; then its owner is no leak"),
    ("leaks: one adress", "9:12: the leak 'one adress' is not understood; write `owner of srv-03` or `one address`"),
    ("leaks: owner of srv-50", "9:12: there is no server `srv-50`; servers: `srv-01` to `srv-12`"),
    ("never_called: power_reset", "9:19: 'power_reset' is not a call; write it as POST */os_install"),
    ("called: PSOT */owner", "9:13: there is no method `PSOT`; did you mean `POST`?"),
    ("called: POST */owner\n  - never_called: POST */owner", "10:19: POST */owner cannot be `called` and `never_called`"),
    ("ledger: nothing", "9:13: 'nothing' is not possible here; possible: `none`"),
    ("ledger: none\n  - ledger: none", "10:5: `ledger` stands here twice, and each says all that there must be; put both in one list; the first is in line 9"),
    ("ledger: [{uncharged: server, of: web9}]", "9:38: there is no service or server `web9`; did you mean `web1`?"),
    ("ledger: [{uncharged: server, least: 5h, most: 2h}]", "9:51: `most` is less than `least`"),
    ("ledger: [{uncharged: server, undelivered: port}]", "9:14: say what is `uncharged` or what is `undelivered`, one of them"),
    ("{account: user1, is: active}", "9:15: the lab has no ispmanager; give it one: `ispmanager: {users: [...]}`"),
    ("{money: {service: web2, charged: 3}}", "9:23: there is no service `web2`; did you mean `web1`?"),
    ("journal: {}", "9:14: name at least one of layer, subject and what"),
    ("never_caled: POST */owner", "9:5: unknown word `never_caled`; did you mean `never_called`?"),
    ("order: [POST */owner]", "9:12: `order` is too short; at least 2 entries are needed"),
    ("{service: web1, is: active}\nknown:\n  - {violates: sold-onec, because: it is}", "11:16: 'sold-onec' is not possible here; did you mean `sold-once`?"),
    ("{service: web1, is: active}\nknown:\n  - {violates: sold-once, of: srv-50, because: it is}", "11:31: there is no service, server, switch or PDU `srv-50`; known: `srv-01` to `srv-12`"),
    ("{service: web1, is: active}\nknown:\n  - {violates: sold-once}", "11:5: `because` is missing"),
    ("{service: web1, is: active", "9:5: the `{` that opens here has no `}`"),
]  # fmt: skip


@pytest.mark.parametrize(("expectation", "message"), EXPECTATIONS)
def test_of_an_expectation(expectation: str, message: str) -> None:
    assert only_problem(with_one(EXPECTATION, expectation), "scenario") == message


TEXTS = [
    ("pool: public", "pool: pubic", "3:33: there is no pool `pubic`; did you mean `public`?"),
    ("os: debian-12", "oz: debian-12", "3:12: unknown setting `oz`; settings: `configuration`, `os`, `dont_wait`, `pool`, `install_timeout`, `location_id`, `check_email_verified`, `diagnostic_template`, `diagnostic_pool`, `do_not_manage_ips`, `shutdown_after_termination`, `suspend_on_termination`, `disable_disk_clearing`, `owner_after_termination`, `ipv6_pool`, `temporary_ipv4`, `remove_temporary_ips`, `sell_unfit`, `edition`"),
    ("pool: public", "pool: public, install_timeout: 90", "3:58: 90 has no unit; write it as 90m"),
    ("pool: public", "pool: public, configuration: E3-1231-16Gb-2x1000SSD", "3:56: there is no server of configuration `E3-1231-16Gb-2x1000SSD`; did you mean `E3-1230-16Gb-2x1000SSD`?"),
    ("pool: public", "pool: public, location_id: one", "3:54: location_id is the number of a location in DCImanager 6, or empty, not 'one'"),
    ("lab: small", "lab: smal", "2:6: there is no lab `smal`; did you mean `small`?"),
    ("lab: small", "lab: 5", "2:6: the lab is a name, a path or a mapping"),
    ("lab: small", "lab: small\nmodule: whmcs5", "3:9: 'whmcs5' is not possible here; did you mean `whmcs6`?"),
    ("lab: small", "lab: small\nsource: sometimes", "3:9: 'sometimes' is not the number of a requirement; write it as W6-A10"),
    ("lab: small", "lab: small\nlimit: 720", "3:8: 720 has no unit; write it as 720s"),
    ("lab: small", "lab: small\nseed: -7", "3:7: seed must be at least 0, not -7"),
    ("steps:", "stepz:", "6:1: unknown key `stepz`; did you mean `steps`?"),
    ("steps:\n  - create: {service: web1, client: alice@example.com}", "steps: []", "6:8: `steps` is empty; at least 1 entry is needed"),
    ("scenario: An order", "scenario: An order: it fails", '1:19: a second `: ` in one line; put the text in quotes: scenario: "..."'),
    ("lab: small", " lab: small", "2:2: this line stands deeper than line 1, which has its value already; begin both in the same column"),
    ("  - {service", "\t- {service", "9:1: a tab stands in the indentation; indent with spaces, not tabs"),
    ("public}", "public", "3:11: the `{` that opens here has no `}`"),
    ("scenario: An order", 'scenario: "An order', '1:11: the quotation mark " that opens here is never closed'),
    ("scenario: An order", "scenario: %d orders", "1:11: no text begins with `%` in YAML; put it in quotes"),
    ("scenario: An order", "scenario: @home", "1:11: no text begins with `@` in YAML; put it in quotes"),
    ("scenario: An order", "scenario: !urgent", "1:11: the tag '!urgent' has no meaning here; put it in quotes if it is text"),
    ("scenario: An order", "scenario: &order", "1:11: must be text, not nothing"),
    ("scenario: An order", "scenario: *order*", '1:11: `*order*` begins with an asterisk, which YAML takes for an alias; put it in quotes: "*order*"'),
    ("  - {service", "  -{service", "9:3: a space is missing after the `-`; write `- ` before each entry"),
    ("expect:\n  - ", "expect:\n  ", "9:3: must be a list, not a mapping; begin each entry with `- `"),
    ("lab: small", "lab:small", "2:1: `lab:small` is one word; a space is missing after `lab:`"),
    ("lab: small", "lab small", "2:1: `lab small` is neither `key: value` nor an entry of a list; is a colon missing after the key?"),
    ("at: 10m}", "at: 10m}}", "5:40: a `}` that nothing opens"),
    ("lab: small", "lab: small\nlab: small", "3:1: the key `lab` stands here twice; the first is in line 2"),
    ("lab: small", 'lab: "sm\\all"', "2:6: there is no lab `sm\\x07ll`; did you mean `small`?"),
    ("lab: small", "lab: small\n---", "3:1: a second document begins here (`---`); one file holds one"),
    ("lab: small", "1: small", "2:1: a key must be text; put it in quotes"),
    ("lab: small", "lab: [small", "2:6: the `[` that opens here has no `]`"),
    (SCENARIO, "", "1:1: the file is empty"),
    (SCENARIO, LAB, "1:1: this is a lab, not a scenario; `rackloop up FILE` brings it up, a scenario names it as its `lab`"),
    (SCENARIO, "module: whmcs6\n", "1:1: this is a module, not a scenario; `--module FILE` lets it play scenarios"),
    (SCENARIO, "- create\n", "1:1: the file must be a mapping (`key: value` lines), not a list"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), TEXTS)
def test_of_the_text_the_head_and_the_settings(old: str, new: str, message: str) -> None:
    assert only_problem(with_one(old, new, SCENARIO), "scenario") == message


LABS = [
    ("24}]\n    pdus", "24, model: cisco-c3650}]\n    pdus", "4:47: there is no switch model `cisco-c3650`; did you mean `cisco-c3560`?"),
    ("apc-ap8641", "apc8641", "5:33: there is no PDU model `apc8641`; did you mean `apc-ap8641`?"),
    ("sw-1/1", "sw-1/25", "7:77: switch sw-1 has ports 1 to 24, not 25"),
    ("sw-1/1", "sw-2/1", "7:77: there is no switch `sw-2`; did you mean `sw-1`?"),
    ("sw-1/1", "pdu-1/2", "7:77: `pdu-1` is a PDU, not a switch; switches: `sw-1`"),
    ("pdu-1/1", "sw-1/2", "7:91: `sw-1` is a switch, not a PDU; PDUs: `pdu-1`"),
    ("pdu-1/1", "pdu-1/99", "7:91: PDU pdu-1 has outlets 1 to 24, not 99"),
    ("pdu-1/1", "pdu1", "7:91: 'pdu1' is not an outlet; write it as pdu-a1/3, or: `mains`"),
    ("nic1:", "eth0:", "7:71: unknown end of a cable `eth0`; known: `nic1` to `nic8`, `psu1` to `psu4`"),
    ("psu1:", "psu:", "7:85: unknown end of a cable `psu`; did you mean `psu1`?"),
    ("psu1:", "psu2:", "7:85: there is a `psu2` and no `psu1`; power supplies count from psu1"),
    ("nic1: sw-1/1", "nic1: 3", "7:77: must be text, not the number 3; put it in quotes"),
    ("900 MB", "900", "10:50: 900 has no unit; write it as 900 MB"),
    ("900 MB", "900 MiB", "10:50: '900 MiB' is not understood; write it as 900 MB or 1 TB"),
    ("work: 20m", "work: 20", "10:64: 20 has no unit; write it as 20s"),
    ("192.0.2.99", "192.0.2.5", "9:33: the range 192.0.2.10-192.0.2.5 ends before it begins"),
    ("gateway: 192.0.2.1", "gateway: 192.0.3.1", "9:33: 192.0.2.10 and 192.0.2.99 are not in the network 192.0.3.0/24; by default it is the one around the gateway; `network` names another"),
    ("gateway: 192.0.2.1", "gateway: router", "9:65: 'router' is not an IP address"),
    ("ports: 24", "ports: 900", "4:36: ports must be at most 512, not 900"),
    ("2x1000SSD", "2x1000SDD", "7:38: disk '2x1000SDD' in configuration 'E3-1230-16Gb-2x1000SDD' is not understood; write it as 2x1000SSD (types: SSD, NVMe, HDD, SAS, SATA)"),
    ("16Gb", "16GB", "7:38: configuration 'E3-1230-16GB-2x1000SSD' is not understood; write it as E3-1230-16Gb-2x1000SSD"),
    ("type: os", "type: OS", "10:39: 'OS' is not possible here; did you mean `os`?"),
    ("name: srv-1,", "name: srv-1, model: supermicro-x9,", "7:30: there is no BMC model `supermicro-x9`; did you mean `supermicro-x10`?"),
    ("name: srv-1,", "name: srv-1, bmc: {usename: x},", "7:29: unknown key `usename`; did you mean `username`?"),
    ("name: srv-1,", "name: srv-1, count: 3,", "7:16: with `count: 3` the name needs {n}; e.g. srv-{n:02}"),
    ("name: srv-1,", "name: 's-{m}', count: 3,", "7:16: `{m}` is not known in a name pattern; known: `n`, `i`, `r`, `rack`"),
    ("name: srv-1,", "name: srv 1,", "7:16: 'srv 1' is not a valid name; write it as srv-{n:02}"),
    ("name: srv-1,", "name: srv-1, address: pubic,", "7:32: 'pubic' is neither an address nor a pool; did you mean `public`?"),
    ("name: srv-1,", "name: srv-1, address: 10.0.0.1,", "7:32: 10.0.0.1 is in no pool that servers are sold with"),
    ("name: srv-1,", "name: srv-1, nic_settings: [{nic: nic2, speed: 100 Mbit/s}],", "7:44: there is no NIC `nic2`; did you mean `nic1`?"),
    ("name: srv-1,", "name: srv-1, nic_speed: 1000,", "7:34: 1000 has no unit; write it as 1000 Mbit/s"),
    ("name: srv-1,", "name: srv-1, bond: [nic1, nic2],", "7:36: there is no NIC `nic2`; did you mean `nic1`?"),
    ("name: srv-1,", "name: srv-1, power: true,", "7:30: true is not possible here; possible: `on`, `off`"),
    ("ports: 24", "ports: 24, power: pdu-2/3", "4:47: there is no PDU `pdu-2`; did you mean `pdu-1`?"),
    ("ports: 24", "ports: 24, snmp: {version: 3}", "4:46: `version: 3` needs a `user`"),
    ("ports: 24", "ports: 24, snmp: {version: 2}", "4:56: '2' is not possible here; did you mean `2c`?"),
    ("ports: 24", "ports: 24, handler: dlnk", "4:49: there is no switch handler `dlnk`; did you mean `dlink`?"),
    ("lab: own", "lab: own\nepoch: tomorrow", "2:8: 'tomorrow' is no instant; write it as 2026-03-29T00:30:00Z"),
    ("lab: own", "lab: own\ntimings: {jitter: 50}", "2:19: 50 is more than the whole; write it as 50%"),
    ("lab: own", "lab: own\ntimings: {pots: 95s}", "2:11: unknown key `pots`; did you mean `post`?"),
    ("lab: own", "lab: own\ntimings: {post: 95}", "2:17: 95 has no unit; write it as 95s"),
    ("panel:\n", "panel:\n  users: [{email: a@example.com, password: x, roles: ['@usr']}]\n", "9:55: there is no role `@usr`; did you mean `@user`?"),
    ("panel:\n", "panel:\n  timezone: Berlin\n", "9:13: 'Berlin' is no time zone; write it as Europe/Berlin"),
    ("panel:\n", "panel:\n  bmc_poll: 30\n", "9:13: 30 has no unit; write it as 30s"),
    ("panel:\n", "panel:\n  dialect: no.yaml\n", "9:12: no.yaml cannot be read: No such file or directory"),
    ("panel:\n", "panel:\n  trap_sinks: [localhost]\n", "9:16: 'localhost' is not a valid trap_sinks; write it as 192.0.2.5:162"),
    ("panel:\n", "panel:\n  trap_sinks: ['192.0.2.5:99999']\n", "9:16: '192.0.2.5:99999': a port is 1 to 65535"),
    ("panel:\n", "panel:\n  location: {id: 0}\n", "9:18: id must be at least 1, not 0"),
    ("lab: own", "lab: own\nispmanager: {presets: [{name: start}], users: [{name: u, password: x, preset: strat}]}", "2:79: there is no preset `strat`; did you mean `start`?"),
    ("lab: own", "lab: own\nispmanager: {presets: [{name: start, limits: {limit_qota: 3}}]}", "2:47: ispmanager has no limit `limit_qota` here; did you mean `limit_quota`?"),
    ("lab: own", "lab: own\nispmanager: {address: here}", "2:23: 'here' is not an IP address; write it as 192.0.2.80"),
    ("gateway: 192.0.2.1}", "gateway: 192.0.2.1, deallocaton: true}", "9:76: unknown key `deallocaton`; did you mean `deallocation`?"),
    ("templates: [", "templates: [{name: debian-12, type: os}, ", "10:51: there are two templates of the name `debian-12`"),
    ("lab: own", "lab: 7", "1:6: must be text, not the number 7; put it in quotes"),
    (RACKS, "racks: []\n", "2:8: `racks` is empty; at least 1 entry is needed"),
    (RACKS, "racks: [A1]\n", "2:9: must be a mapping, not the text 'A1'; is a colon missing? `A1: ...`"),
    ("racks:\n", "racks:\n  - {name: A1}\n", "4:11: there are two racks of the name `A1`"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), LABS)
def test_of_a_lab(old: str, new: str, message: str) -> None:
    assert only_problem(with_one(old, new, LAB), "lab") == message


def test_the_files_are_good_without_a_mistake() -> None:
    assert scenario_from_text(SCENARIO).name == "An order"
    assert list(lab_from_document(read_text(LAB.encode(), "f.yaml")).servers) == ["srv-1"]


def test_an_order_period_is_one_of_the_package_s() -> None:
    text = with_one(
        "settings: {os: debian-12, pool: public}",
        "module: billmanager5\nsettings: {os: debian-12, periods: [month, year]}",
    )
    text = with_one("client: alice@example.com}", "client: alice@example.com, period: yaer}", text)
    assert only_problem(text, "scenario") == "8:64: there is no order period `yaer`; did you mean `year`?"


def test_a_lab_is_not_taken_for_a_scenario_nor_the_reverse() -> None:
    assert only_problem(SCENARIO, "lab") == "1:1: this is a scenario, not a lab; `rackloop run FILE` runs it"
    assert only_problem(LAB, "scenario").startswith(
        "1:1: this is a lab, not a scenario; `rackloop up FILE` brings it up"
    )

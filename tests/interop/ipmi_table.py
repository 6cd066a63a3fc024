"""The commands of ipmitool, FreeIPMI and pyghmi that our BMCs are shown against, and the page of the docs that lists them.

`python -m tests.interop.ipmi_table > docs/ipmi-interop.md` writes the page; a test holds it to this table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from simulator.bmc.commands.table import COMMANDS
from simulator.bmc.personality import load_personality, personality_names
from simulator.ipmi.quirks import QUIRKS

__all__ = ["ROWS", "Row", "page"]


@dataclass(frozen=True)
class Row:
    """A command line against the generic board, machine on, and what its output must hold (a regular expression)."""

    program: str
    line: str
    holds: str
    status: int = 0


def _ipmitool(*rows: tuple[str, str] | tuple[str, str, int]) -> list[Row]:
    return [Row("ipmitool", *row) for row in rows]


PYGHMI: list[tuple[str, str]] = [
    ("get_power", '"powerstate": "on"'),
    ("set_power on", '"powerstate": "on"'),
    ("get_bootdev", '"bootdev": "default"'),
    ("set_bootdev network", '"bootdev": "network"'),
    ("set_identify true", "null"),
    ("get_health", '"health": 0'),
    ("get_sensor_descriptions", '"CPU Temp", "type": "Temperature"'),
    ("get_sensor_data", "CPU Temp: 50"),
    ("get_sensor_reading Battery", "Battery: 3.0"),
    ("get_inlet_temperature", "24.0"),
    ("get_system_power_watts", "120|12"),
    ("get_event_log", r"^\[\]$"),
    ("get_inventory_descriptions", '"System", "Builtin FRU"'),
    ("get_inventory_of_component System", '"S-0001"'),
    ("get_net_configuration", '"127.16.0.78/8"'),
    ("get_users", '"ADMIN"'),
    ("create_user 5 bob bobspw", "true"),
    ("get_user_access 5", '"privilege_level": "'),
    ("get_channel_info", '"802.3 LAN"'),
    ("get_channel_access 1", '"access_mode": "always"'),
    ("get_alert_destination 1", '"address": "0.0.0.0"'),
    ("set_alert_community hall", "null"),
    ("get_mci", '"srv-01'),
    ("get_asset_tag", '""'),
    ("get_firmware", '"BMC Version"'),
    ("set_power off", '"pendingpowerstate": "off"'),
    ("reset_bmc", "null"),
]
"""Methods of `Command`, in one session, in this order."""

ROWS: list[Row] = [
    *_ipmitool(
        ("-C 3 mc info", "IPMI Version +: 2.0"),
        ("-C 17 mc info", "Manufacturer ID +: 7154"),
        ("mc info", "Chassis Device"),
        ("mc guid", "13121110"),
        ("mc selftest", "passed"),
        ("mc getenables", "System Event Logging +: enabled"),
        ("mc watchdog get", "Stopped"),
        ("mc getsysinfo system_name", "srv-01"),
        ("mc setsysinfo os_name Debian", "^$"),
        ("mc reset cold", "Sent cold reset"),
        ("chassis status", "System Power +: on"),
        ("chassis power status", "is on"),
        ("chassis power on", "Up/On"),
        ("chassis power off", "Down/Off"),
        ("chassis power cycle", "Cycle"),
        ("chassis power reset", "Reset"),
        ("chassis power diag", "Diag"),
        ("chassis power soft", "Soft"),
        ("chassis identify", "default"),
        ("chassis identify 30", "30 seconds"),
        ("chassis identify force", "indefinite"),
        ("chassis policy list", "always-off"),
        ("chassis policy always-on", "always-on"),
        ("chassis restart_cause", "unknown"),
        ("chassis poh", "0 days, 0 hours"),
        ("chassis bootdev pxe", "Set Boot Device to pxe"),
        ("chassis bootdev safe", "Set Boot Device to safe"),
        ("chassis bootdev diag", "Set Boot Device to diag"),
        ("chassis bootdev floppy", "Set Boot Device to floppy"),
        ("chassis bootdev disk options=persistent", "Set Boot Device to disk"),
        ("chassis bootparam get 5", "No override"),
        ("chassis bootparam get 0", "set complete"),
        ("chassis selftest", "passed"),
        ("sdr list", "CPU Temp +\\| 50 degrees C"),
        ("sdr elist full", "Fan 1 .*29.1"),
        ("sdr info", "Record Count +: 24"),
        ("sdr type Temperature", "Inlet Temp"),
        ("sdr get 'CPU Temp'", r"Nominal Reading +: 51\.000"),
        ("sdr get 'Fan 2'", r"Nominal Reading +: 4200\.000"),
        ("sdr entity 29.1", "Fan 1"),
        ("sensor list", "P12V +\\| 12.000"),
        ("sensor get Battery", "Lower Critical +: 2.400"),
        ("sensor reading Battery", "Battery +\\| 3"),
        ("sensor thresh 'CPU Temp' ucr 88", "Setting sensor .* to 88"),
        ("sel info", "Entries +: 0"),
        ("sel list", "SEL has no entries"),
        ("sel time get", "01/01/26"),
        ("raw 0x0a 0x49 0 0 0 0x60", "^$"),
        ("sel clear", "Clearing SEL"),
        ("sel elist", "SEL has no entries"),
        ("event 1", "Upper Critical"),
        ("event 2", "Lower Critical"),
        ("fru print", "Product Serial +: S-0001"),
        ("fru print 0", "Board Product +: Generic board"),
        ("lan print 1", "IP Address Source +: Static Address"),
        ("lan set 1 defgw ipaddr 127.0.0.1", "Setting LAN Default Gateway IP", 1),
        ("lan set 1 defgw ipaddr 0.0.0.0", "Setting LAN Default Gateway IP"),
        ("lan set 1 ipaddr 127.16.0.78", "Setting LAN IP Address to 127.16.0.78"),
        ("lan set 1 ipaddr 127.16.0.79", "^Setting LAN IP Address to 127.16.0.79$", 1),
        ("lan set 1 macaddr 02:00:00:00:00:01", "Setting LAN MAC Address to 02:00:00:00:00:01", 1),
        ("lan set 1 ipsrc static", "^$"),
        ("lan set 1 ipsrc dhcp", "^$", 1),
        ("lan set 1 netmask 255.0.0.0", "Setting LAN Subnet Mask"),
        ("lan set 1 auth ADMIN MD5", "^$"),
        ("lan set 1 auth ADMIN MD2", "^$", 1),
        ("lan set 1 cipher_privs aaXXXXXXXXXXXXX", "^$"),
        ("lan set 1 bad_pass_thresh 3 0 30 60", "^$"),
        ("lan set 1 snmp private", "SNMP Community String to private"),
        ("lan set 1 vlan id off", "^$"),
        ("lan alert print 1", "Alert Destination"),
        ("user list 1", "ADMIN .*ADMINISTRATOR"),
        ("user summary 1", "Maximum IDs"),
        ("user set name 5 carol", "^$"),
        ("user set password 2 secret", "successful"),
        ("user test 2 16 secret", "Success"),
        ("user disable 3", "^$"),
        ("user enable 3", "^$"),
        ("user priv 3 2 1", "successful"),
        ("channel info 1", "802.3 LAN"),
        ("channel getaccess 1 2", "ADMINISTRATOR"),
        ("channel setaccess 1 3 privilege=2", "successful"),
        ("channel info 15", "System Interface"),
        ("channel info 0", "IPMB"),
        ("channel getciphers sol 1", "aes_cbc_128"),
        ("user set name 1 root", "Invalid data field", 1),
        ("channel getciphers ipmi 1", "17 "),
        ("channel authcap 1 4", "IPMI v2.0"),
        ("session info active", "RMCP"),
        ("sol info 1", "Enabled +: true"),
        ("sol set enabled true 1", "^$"),
        ("sol set retry-count 3 1", "^$"),
        ("sol payload status 1 2", "enabled"),
        ("sol payload disable 1 3", "^$"),
        ("sol deactivate", "de-activated", 1),
        ("dcmi discover", "Power management available"),
        ("dcmi power reading", "120 Watts"),
        ("dcmi power get_limit", "No Active Power Limit"),
        ("dcmi power set_limit limit 110", "110 Watts"),
        ("dcmi power activate", "activated"),
        ("dcmi power deactivate", "deactivated"),
        ("dcmi thermalpolicy get 0x37 1", "Temperature Limit +0 degrees"),
        ("dcmi thermalpolicy set 0x37 1 volatile poweroff sel 40 10", "successfully set"),
        ("dcmi asset_tag", "Asset tag"),
        ("dcmi set_asset_tag A-113", "A-113"),
        ("dcmi get_mc_id_string", "srv-01"),
        ("dcmi sensors", "CPU Temp"),
        ("dcmi get_temp_reading", "\\+24 C"),
        ("pef info", "0x51 \\| 16 \\| 8 \\| .*Alert,Power-off,Reset,Power-cycle"),
        ("pef status", "0xffff \\| 0x0000"),
        ("pef policy list", "1 \\| 1 \\| disabled .*PET \\| public"),
        ("pef policy enable 1", "is enabled now"),
        ("pef filter list", "Fan .* Critical .*Alert"),
        ("pef filter disable 1", "is disabled now"),
        ("lan alert set 1 1 ipaddr 127.0.0.1", "IP Address to 127.0.0.1"),
        ("lan alert set 1 1 ack on", "to Acknowledged"),
        ("raw 0x06 0x01", "20 01 01 00 02"),
        ("raw 0x3e 0x01", "Invalid command", 1),
    ),
    Row("ipmipower", "--stat", ": on"),
    Row("ipmipower", "--on", ": ok"),
    Row("ipmipower", "--off", ": ok"),
    Row("ipmipower", "--soft", ": ok"),
    Row("ipmi-chassis", "--get-chassis-status", "System Power +: on"),
    Row("ipmi-chassis", "--chassis-identify=10", "^$"),
    Row("ipmi-chassis", "--get-system-restart-cause", "nknown"),
    Row("ipmi-chassis", "--get-power-on-hours-counter", "0 "),
    Row("bmc-info", "", "IPMI Version +: 2.0"),
    Row("bmc-info", "--get-device-guid", "1f1e1d1c|13121110"),
    Row("ipmi-sensors", "", "CPU Temp .*50.00 .*OK"),
    Row("ipmi-sensors", "--output-sensor-thresholds", "Fan 1 .*800.00"),
    Row("ipmi-sel", "", "ID"),
    Row("ipmi-sel", "--info", "Number of log entries +: 0"),
    Row("ipmi-sel", "--clear", "^$"),
    Row("ipmi-fru", "", "FRU Product Serial Number: S-0001"),
    Row("ipmi-dcmi", "--get-system-power-statistics", "120 Watts"),
    Row("ipmi-dcmi", "--get-asset-tag", ""),
    Row("ipmi-raw", "0 6 1", "rcvd: 01 00"),
    Row("ipmi-config", "--checkout --category=chassis", "Power_Restore_Policy"),
    Row("ipmi-config", "--checkout --category=sensors", "Enable_Sensor_Events|Section"),
    Row("ipmi-config", "--checkout --category=pef", "Enable_PEF +No"),
    Row("ipmi-config", "--checkout --section=User2", "ADMIN"),
    Row("ipmi-config", "--checkout --section=Lan_Conf", "127.16"),
    Row("ipmi-config", "--checkout --section=SOL_Conf", "Enable_SOL +Yes"),
    Row("ipmi-config", "--commit --category=pef --key-pair=PEF_Conf:Enable_PEF=Yes", "^$"),
    Row("ipmi-config", "--commit --category=pef --key-pair=Event_Filter_3:Enable_Filter=No", "^$"),
    Row("ipmi-config", "--commit --key-pair=Lan_Channel:Volatile_Enable_Pef_Alerting=Yes", "^$"),
    Row("ipmi-pef-config", "--info", "Number of Event Filters +: 16"),
    *[Row("pyghmi", *row) for row in PYGHMI],
]

_HEAD = """\
# What real IPMI programs make of our BMCs

This page is generated (`python -m tests.interop.ipmi_table > docs/ipmi-interop.md`); a test holds it to the table that
the tests run.

<!-- run -->
```console
$ rackloop run scenarios/hardware/busy-bmc.yaml
1/1  passed  scenarios/hardware/busy-bmc.yaml  ...
1 passed
```

## {count} command lines

Each is run in the tests against a BMC of the generic board on UDP, over RMCP+, the machine being on; its output must hold
what the third column says (a regular expression). pyghmi's are methods of its `Command`, called in one session.

| program | command line | its output holds | exit |
| --- | --- | --- | --- |
"""

_MODELS = """
## Models, and what each refuses

A model is a page of YAML in `simulator/bmc/personalities`. A command that it lacks is answered with C1h. *Observed*: the
device id is one that a real board gave; *inferred*: as commonly seen.

| model | cipher suites | sessions | users | password octets | log entries | sensors (lines) | lacks |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


_QUIRKS = """
## Quirks that a page may have

What real boards get wrong, by the names of FreeIPMI's workarounds (`-W`). For each the tests show that a FreeIPMI program
fails without its workaround and works with it; a missing pong is seen by `ipmiping`'s packet alone.

| quirk | what the board does | models |
| --- | --- | --- |
"""


def page() -> str:
    """The page of the docs, as it must be."""
    lines = [
        f"| {row.program} | `{row.line}` | `{row.holds}` | {row.status} |".replace("\\|", "&#124;").replace("``", "")
        for row in ROWS
    ]
    models = []
    for name in personality_names():
        model = load_personality(name)
        lacks = ", ".join(COMMANDS[number].name for number in sorted(model.lacks)) or "nothing"
        suites = ", ".join(str(suite.id) for suite in model.channel.suites)
        models.append(
            f"| {name} | {suites} | {model.channel.session_limit} | {model.user_slots} | {model.password_octets} "
            f"| {model.log_entries} | {len(model.sensors)} | {lacks} |"
        )
    quirks = []
    for quirk, words in QUIRKS.items():
        having = [name for name in personality_names() if quirk in load_personality(name).channel.quirks]
        quirks.append(f"| {quirk} | {words} | {', '.join(having) or 'none'} |")
    head = _HEAD.format(count=len(ROWS))
    return head + "\n".join([*lines, *_MODELS.splitlines(), *models, *_QUIRKS.splitlines(), *quirks]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

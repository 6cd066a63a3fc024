"""What each requirement's scenario or test is tried without: the number, what shows it, what is switched off."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from provisioner.clients.dci5_records import FREE_DOMAIN, Server5
from provisioner.modules.billmanager5 import BillManager5
from provisioner.modules.whmcs6.options import OPTION_NAMES
from tests.docs.trials import Faults, Left, Part, Setting, Step, Trial

__all__ = ["TRIALS"]


async def _nothing(*_: Any, **__: Any) -> None:
    """In place of something that is awaited."""


def _silent(*_: Any, **__: Any) -> None:
    """In place of something that is called."""


async def _no_networks(client: Any) -> list[Any]:
    return []


def _first_connection(group: Any) -> Any:
    return next(iter(group.connections.values()))


def _faulty_too() -> property:
    def available(server: Server5) -> bool:
        return not server.owner and server.hostname == FREE_DOMAIN

    return property(available)


def _always(value: Any) -> property:
    return property(lambda _: value)


def _option(name: str) -> Part:
    from provisioner.modules.whmcs6.options import Whmcs6Options

    real = Whmcs6Options.from_mapping

    def read(options: Mapping[str, Any]) -> Whmcs6Options:
        return dataclasses.replace(real(options), **{name: None})

    return Part("provisioner.modules.whmcs6.options:Whmcs6Options.from_mapping", read, f"option {name}")


def _six_only() -> Part:
    from provisioner.clients.dci6 import Dci6Client

    real = Dci6Client.add_ips

    async def add(client: Any, *args: Any, family: int, **rest: Any) -> None:
        if family == 6:
            await real(client, *args, family=family, **rest)

    return Part("provisioner.clients.dci6:Dci6Client.add_ips", add, "an IPv4 address beside IPv6")


def _any_server() -> Part:
    from provisioner.billing import Billing

    real = Billing.place

    def place(billing: Billing, *args: Any, server: int | None = None, **rest: Any) -> Any:
        return real(billing, *args, **rest)

    return Part("provisioner.billing:Billing.place", place, "the server id of the card")


def _first_only() -> Part:
    real = BillManager5._first_that_works

    async def first(module: BillManager5, servers: list[Any], *args: Any) -> Any:
        return await real(module, servers[:1], *args)

    return Part("provisioner.modules.billmanager5:BillManager5._first_that_works", first, "trying the next server")


def _read_once() -> Part:
    real = BillManager5.read_back

    async def read_back(module: BillManager5, service: Any, **expected: Any) -> Any:
        return module.properties.get(service.name) or await real(module, service, **expected)

    return Part("provisioner.modules.billmanager5:BillManager5.read_back", read_back, "reading the server back again")


def _any_pool() -> Part:
    def first(addresses: Any) -> Any:
        return next(iter(addresses.pools))

    return Part("simulator.dcim.ip.addresses:Addresses.deallocation_pool", first, "the mark on the pool")


_NAMES = {name: option for option, names in OPTION_NAMES.items() for name in names}
LIFE, LIFE5 = "life/whole-life", "billmanager5/whole-life"
ALL = "termination/all-options"
OPTIONS = "whmcs6/options"
CHOICE = "termination/diagnostics-of-choice"
EXTRAS5 = "billmanager5/addresses-and-password"
LIFE6, EIGHT = "billmanager6/whole-life", "ispmanager/eight-steps"
T = "tests.provisioner."


def _any_location() -> Part:
    return Part("provisioner.modules.billmanager6:BillManager6._location", _always(None), "the data center's location")


def _without_pools() -> Part:
    async def pools(client: Any) -> list[Any]:
        return [SimpleNamespace(name="public")]

    return Part("provisioner.clients.dci6:Dci6Client.pools", pools, "the look at the pools")


def _any_datacenter() -> Part:
    def place(catalogue: Any, kind: Any, name: str) -> Any:
        return catalogue.datacenters[name]

    return Part("provisioner.billmanager.catalogue:Catalogue._datacenter_for", place, "the look at the data center")


def _last_first() -> Part:
    from provisioner.billmanager.catalogue import Catalogue

    real = Catalogue.candidates

    def candidates(catalogue: Catalogue, tariff: str | int) -> list[Any]:
        return list(reversed(real(catalogue, tariff)))

    return Part("provisioner.billmanager.catalogue:Catalogue.candidates", candidates, "the lowest number first")


def _as_it_was(name: str, what: str) -> Part:
    def menu(catalogue: Any, tariff: str, module: str) -> Any:
        return catalogue.tariff(tariff)

    return Part(f"provisioner.billmanager.catalogue:Catalogue.{name}", menu, what)


def _anybodys_task() -> Part:
    def task_for(office: Any, staff: str, task: int) -> Any:
        return office._tasks[task]

    return Part("provisioner.billmanager.office:Office.task_for", task_for, "the look at the department")


def _nearly_that_name() -> Part:
    async def found(module: Any, name: str) -> Any:
        accounts = await module._panel.accounts()
        return next(each for each in accounts if each.name.casefold() == name.casefold())

    return Part("provisioner.modules.ispmanager:Ispmanager._found", found, "the exactness of the user name")


def _any_password() -> Part:
    async def knows(panel: Any, name: str, password: str) -> bool:
        return True

    return Part("provisioner.clients.ispmanager:IspmanagerClient.knows", knows, "the look at the password")


TRIALS = (
    Trial(
        "W6-S1",
        T + "test_client:test_the_connection_needs_an_administrator",
        Part("provisioner.modules.whmcs6:Whmcs6.test_connection", _nothing, "the test of the connection"),
    ),
    Trial("W6-S2", "stock/no-free-server", Setting("configuration", "E3-1230-16Gb-2x1000SSD")),
    Trial("W6-S2", LIFE, Setting("os", "alma-9")),
    Trial(
        "W6-S2",
        T + "test_server_group:test_orders_go_to_the_connection_with_the_fewest_services_and_stay_with_it",
        Part(
            "provisioner.modules.whmcs6.server_group:ServerGroup._choose", _first_connection, "the choice in the group"
        ),
    ),
    Trial(
        "W6-S2",
        "whmcs6/server-group",
        Part(
            "provisioner.modules.whmcs6.server_group:ServerGroup._choose", _first_connection, "the choice in the group"
        ),
    ),
    Trial("W6-S3", "installation/not-waited-for", Setting("dont_wait")),
    Trial("W6-S4", "installation/never-ends", Setting("install_timeout")),
    Trial("W6-S4", "installation/timeout-not-waited-for", Setting("dont_wait")),
    Trial("W6-S5", "addresses/pool-exhausted", Setting("pool", "public")),
    Trial("W6-S6", "stock/other-location", Setting("location_id")),
    Trial("W6-S6", "stock/own-location", Setting("location_id", 2)),
    Trial("W6-S7", "clients/not-verified", Setting("check_email_verified")),
    Trial("W6-S8", CHOICE, Setting("diagnostic_template")),
    Trial("W6-S9", CHOICE, Setting("diagnostic_pool")),
    Trial("W6-S10", "addresses/not-managed", Setting("do_not_manage_ips")),
    Trial("W6-S11", ALL, Setting("shutdown_after_termination")),
    Trial("W6-S11", "termination/clearing-too-slow", Setting("shutdown_after_termination")),
    Trial("W6-S12", ALL, Setting("suspend_on_termination")),
    Trial("W6-S13", ALL, Setting("disable_disk_clearing")),
    Trial("W6-S14", ALL, Setting("owner_after_termination")),
    Trial(
        "W6-S14",
        T + "test_records:test_the_owner_after_termination_has_the_format_of_an_email",
        Part("provisioner.modules.whmcs6.settings:_EMAIL", re.compile(".*"), "the format of the owner"),
        {"owner": "stock"},
    ),
    Trial("W6-S15", "whmcs6/temporary-ipv4", _six_only()),
    Trial("W6-S15", OPTIONS, Setting("ipv6_pool")),
    Trial("W6-S16", "whmcs6/temporary-ipv4", Setting("temporary_ipv4")),
    Trial("W6-S17", "whmcs6/temporary-removed", Setting("remove_temporary_ips")),
    Trial("W6-O1", OPTIONS, _option("os")),
    Trial("W6-O2", OPTIONS, _option("ipv4")),
    Trial("W6-O3", OPTIONS, _option("ipv6")),
    Trial("W6-O4", OPTIONS, _option("ipv6_prefix")),
    *(
        Trial(
            number,
            "whmcs6/unsupported-option",
            Part("provisioner.modules.whmcs6.options:_BY_NAME", _NAMES | {name: option}, "the exactness of the name"),
        )
        for number, name, option in (("W6-O1", "Os", "os"), ("W6-O2", "IPs", "ipv4"), ("W6-O3", "IPV6", "ipv6"))
    ),
    Trial(
        "W6-O4",
        "whmcs6/unsupported-option",
        Part("provisioner.modules.whmcs6.options:_LEAST_PREFIX", 1, "the least prefix"),
    ),
    Trial(
        "W6-O5",
        T + "test_options:test_an_order_with_options_gets_what_it_says_and_the_card_shows_it",
        Part("provisioner.billing:Billing.write_addresses", _silent, "what is written into the card"),
    ),
    Trial(
        "W6-O5",
        "whmcs6/card-edited-by-hand",
        Part("provisioner.billing:Billing.write_addresses", _silent, "what is written into the card"),
    ),
    Trial(
        "W6-O6",
        "whmcs6/card-edited-by-hand",
        Part("provisioner.billing:Billing.choose_server", _silent, "choosing, and its refusal after processing"),
    ),
    Trial("W6-O6", "stock/server-of-choice", _any_server()),
    Trial(
        "W6-O6",
        T + "test_options:test_the_server_is_written_into_the_card_before_processing_only",
        Part("provisioner.billing:Billing.choose_server", _silent, "choosing, and its refusal after processing"),
    ),
    Trial(
        "W6-A1",
        "stock/server-in-use",
        Part("provisioner.clients.records6:Server.owned", _always(False), "the look at the owner"),
    ),
    Trial(
        "W6-A1",
        T + "test_activation:test_the_first_server_that_is_free_by_every_condition_is_taken",
        Part("provisioner.clients.records6:Operation.lets_sell", _always(True), "the look at the last operation"),
    ),
    Trial("W6-A1", "stock/faulty-mark", Setting("sell_unfit", True)),
    Trial(
        "W6-A2",
        "clients/administrator",
        Part("provisioner.clients.records6:User.administrator", _always(False), "the look at the user's rights"),
    ),
    Trial("W6-A2", LIFE, Step(("A2",), (1, "admin@example.com"))),
    Trial("W6-A3", LIFE, Step(("A3",))),
    Trial("W6-A4", "ports/dead-switch", Step(("A4",))),
    Trial("W6-A5", "hardware/dead-bmc", Step(("A5",))),
    Trial("W6-A5", LIFE, Step(("A5",))),
    Trial("W6-A6", "installation/processed-while-installing", Step(("A6",))),
    Trial("W6-A7", "whmcs6/processed-again", Step(("A7",))),
    Trial("W6-A8", LIFE, Step(("A8",))),
    Trial("W6-A9", LIFE, Step(("A9", "A10"))),
    Trial("W6-A10", LIFE, Step(("A10",))),
    Trial("W6-A10", "installation/never-ends", Step(("A10",))),
    Trial("W6-L1", LIFE, Step(("L1",))),
    Trial("W6-L2", LIFE, Step(("L2",))),
    Trial("W6-D1", "termination/suspended", Step(("D1/",))),
    Trial("W6-D2", "termination/switched-off", Step(("D2",))),
    Trial("W6-D3", "termination/running-operation", Step(("D3",))),
    Trial("W6-D4", LIFE, Step(("D4",))),
    Trial("W6-D5", LIFE, Step(("D5",))),
    Trial("W6-D6", LIFE, Step(("D6",))),
    Trial(
        "W6-D6",
        "termination/forced-end",
        Part("provisioner.dci6.operations:DIAGNOSTIC_SECONDS", 7200.0, "the end after 60 minutes"),
    ),
    Trial("W6-D6", "termination/forced-end", Setting("shutdown_after_termination")),
    Trial("W6-D6", "termination/no-forced-end", Setting("shutdown_after_termination", True)),
    Trial(
        "W6-D6",
        T + "test_life:test_diagnostics_of_more_than_an_hour_are_terminated_when_the_server_is_to_be_shut_down",
        Part("provisioner.dci6.operations:DIAGNOSTIC_SECONDS", 7200.0, "the end after 60 minutes"),
    ),
    Trial("W6-D7", ALL, Step(("D7",))),
    Trial("W6-D8", ALL, Step(("D8",))),
    Trial("W6-D9", "termination/no-pool-for-diagnostics", _any_pool()),
    Trial(
        "W6-G1",
        T
        + "test_client:test_the_module_log_holds_every_call_with_request_time_and_the_answers_to_orders_but_no_secret",
        Part("provisioner.log:ModuleLog.call", _silent, "writing calls down"),
    ),
    Trial(
        "W6-G1",
        T + "test_life:test_a_module_that_is_not_activated_fails_with_the_words_that_the_document_tells_to_look_for",
        Part("provisioner.billing:Billing._ready", lambda billing: billing._module, "the look at the add-on"),
    ),
    Trial(
        "W6-G1",
        "whmcs6/module-not-activated",
        Part("provisioner.billing:Billing._ready", lambda billing: billing._module, "the look at the add-on"),
    ),
    Trial("W6-old", "whmcs6/old-edition", Setting("edition")),
    Trial(
        "B5-1",
        T + "test_billmanager5:test_a_panel_is_not_added_with_the_account_of_a_client",
        Part("provisioner.modules.billmanager5:BillManager5.check_connection", _nothing, "the check of the account"),
    ),
    Trial("B5-1", "billmanager5/panel-not-added", Setting("administrators")),
    Trial(
        "B5-2",
        "billmanager5/nothing-works",
        Part("provisioner.clients.dci5_records:Server5.available", _always(True), "the look at what is available"),
    ),
    Trial(
        "B5-2",
        "billmanager5/faulty-mark",
        Part("provisioner.clients.dci5_records:Server5.available", _faulty_too(), "the look at the mark"),
    ),
    Trial(
        "B5-2",
        T + "test_billmanager5:test_adding_a_panel_shows_what_is_for_sale_and_its_networks",
        Part("provisioner.clients.dci5:Dci5Client.networks", _no_networks, "the question for networks"),
    ),
    Trial("B5-3", LIFE5, Setting("periods")),
    Trial("B5-3", "billmanager5/not-paid-for", Setting("prices")),
    Trial("B5-3", LIFE5, Setting("alias_addresses")),
    Trial("B5-3", "billmanager5/template-refused", Setting("templates")),
    Trial(
        "B5-4",
        "billmanager5/same-user",
        Part(
            "provisioner.modules.billmanager5.module:username_of",
            lambda client: client,
            "the making of the user's name",
        ),
    ),
    Trial("B5-5", LIFE5, Step(("2",), [])),
    Trial("B5-5", "billmanager5/next-server", _first_only()),
    Trial("B5-6", "billmanager5/next-server", Step(("3a",))),
    Trial("B5-6", T + "test_billmanager5:test_setting_up_does_the_documents_steps_in_its_order", Step(("3b",))),
    Trial("B5-6", LIFE5, Step(("3c",))),
    Trial("B5-7", "billmanager5/dead-switch", Step(("3d",))),
    Trial("B5-7", LIFE5, Step(("3e",))),
    Trial("B5-7", LIFE5, Step(("3f",))),
    Trial("B5-7", "billmanager5/no-ping", Step(("3g",))),
    Trial("B5-8", LIFE5, Step(("3h",))),
    Trial("B5-9", "billmanager5/next-server", Step(("3x",))),
    Trial("B5-9", "billmanager5/never-ends", Setting("install_timeout", 86400.0)),
    Trial("B5-10", LIFE5, Step(("4",), "192.0.2.250")),
    Trial("B5-10", LIFE5, Step(("5/welcome",))),
    *(Trial("B5-11", LIFE5, Step((number,), [] if number == "D2" else None)) for number in ("D1", "D2", "D3", "D4")),
    Trial("B5-12", LIFE5, Step(("S",))),
    Trial("B5-12", LIFE5, Step(("A",))),
    Trial("B5-13", EXTRAS5, Step(("IP+",), "192.0.2.250")),
    Trial("B5-13", EXTRAS5, Step(("IP-",))),
    Trial("B5-14", EXTRAS5, Step(("PW",))),
    Trial("B5-15", LIFE5, _read_once()),
    Trial("B5-15", EXTRAS5, _read_once()),
    Trial("B5-16", "billmanager5/colocation", Step(("S",))),
    Trial("B5-16", "billmanager5/colocation", Step(("A",))),
    Trial("B5-16", "billmanager5/not-paid-for", Left("renew", 2)),
    Trial(
        "B5-16",
        "billmanager5/not-paid-for",
        Part("provisioner.accounts:Accounts.next_due", lambda accounts: None, "the calendar"),
    ),
    Trial(
        "B5-17",
        "billmanager5/colocation",
        Part("provisioner.billmanager.office:Office.kept", _silent, "submitting the ticket"),
    ),
    Trial("B6-1", LIFE6, Step(("A9", "A10"))),
    Trial("B6-1", LIFE6, Step(("A10",))),
    Trial(
        "B6-2",
        "billmanager6/verification",
        Part("provisioner.billmanager.manager:BillManager._check_client", _silent, "the look at the e-mail"),
    ),
    Trial("B6-3", "billmanager6/no-pools", _without_pools()),
    Trial("B6-4", "billmanager6/wrong-datacenter", _any_datacenter()),
    Trial("B6-5", "billmanager6/other-location", _any_location()),
    Trial(
        "B6-6",
        "billmanager6/connection-refused",
        Part("provisioner.modules.billmanager6:BillManager6.check_connection", _nothing, "the check of the connection"),
    ),
    Trial("B6-7", "billmanager6/two-modules", _last_first()),
    Trial("B6-7", "billmanager6/by-hand-after-ten-tries", _anybodys_task()),
    Trial(
        "B6-8",
        "billmanager6/refreshed-by-hand",
        Part("provisioner.billmanager.catalogue:Catalogue.refresh", _nothing, "the update of the configuration"),
    ),
    Trial("IM-1", EIGHT, Left("add_module", 2)),
    Trial("IM-1", "ispmanager/modules-for-shared-hosting", Left("add_module", 1)),
    # In the eight steps the manual module has the lower number: there it is first, disabled the other or not.
    Trial("IM-2", "ispmanager/present-module-left-enabled", Left("disable_module", 1)),
    Trial("IM-2", EIGHT, Left("enable_module", 1)),
    Trial("IM-2", "ispmanager/present-module-left-enabled", _as_it_was("disable", "disabling a module")),
    Trial("IM-3", EIGHT, Left("order", 1)),
    Trial("IM-4", EIGHT, Left("pay", 1)),
    Trial("IM-5", EIGHT, Left("enable_module", 2)),
    Trial("IM-5", EIGHT, _as_it_was("enable", "enabling a module")),
    Trial("IM-6", "ispmanager/other-department", _anybodys_task()),
    Trial("IM-7", EIGHT, Left("assign_task", 1)),
    Trial("IM-7", EIGHT, Left("close_task", 1)),
    Trial("IM-7", "ispmanager/wrong-case", _nearly_that_name()),
    Trial("IM-7", "ispmanager/wrong-case", _any_password()),
    Trial("IM-8", EIGHT, Left("disable_module", 2)),
    Trial("HW-1", "hardware/dead-bmc", Faults()),
    Trial("HW-2", "power/outlet-off", Faults()),
    Trial("HW-3", "ports/dead-switch", Faults()),
    Trial("HW-4", "billmanager5/stays-down", Faults()),
    Trial("HW-5", "panel/stays-down", Faults()),
    Trial("HW-6", LIFE, Step(("A9", "A10"))),
    Trial("HW-7", "hardware/disk-fails", Faults()),
    Trial("HW-7", "hardware/silent-nic", Faults()),
    Trial("HW-8", "ports/missing-cable", Faults()),
    Trial("HW-9", "installation/never-ends", Faults()),
    Trial("HW-9", "ports/slow-port", Faults()),
    Trial("HW-9", "ports/duplex-mismatch", Faults()),
)

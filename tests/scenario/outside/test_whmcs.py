"""Server modules of WHMCS outside WHMCS: what they find there, and what is said of what is not stood in for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.programs import need
from tests.scenario.outside.support import EXAMPLES, ORDER, described, play, seen

pytestmark = [pytest.mark.interop, pytest.mark.slow]
FAILS = ORDER + "\n    expect: {error: '*'}"


@pytest.fixture(autouse=True)
def php() -> None:
    need("php")


def module(folder: Path, body: str, **more) -> Path:
    """A module whose CreateAccount has this body; `$p` are its parameters."""
    (folder / "acme.php").write_text(
        "<?php if (!defined('WHMCS')) die('no');\n"
        "use WHMCS\\Database\\Capsule;\n"
        "function acme_ConfigOptions() { return ['Plan' => ['Type' => 'text'], 'OS' => ['Type' => 'text', 'Default' => 'debian-11']]; }\n"
        f"function acme_CreateAccount(array $p) {{ {body} }}\n"
        "function acme_SuspendAccount(array $p) { return 'success'; }\n"
    )
    return described(folder, {"whmcs": "acme.php", **more})


def said(folder: Path, expression: str, **more) -> str:
    """What an expression is to the module, by way of its error text."""
    result = play(module(folder, f"return 'is ' . json_encode({expression}, JSON_UNESCAPED_SLASHES);", **more))
    return seen(result).removeprefix("error: is ")


@pytest.mark.parametrize(
    ("expression", "is_"),
    [
        (
            "[$p['moduletype'], $p['producttype'], $p['server'], $p['serverid'], $p['serverhttpprefix']]",
            '["acme","server",true,1,"http"]',
        ),
        ("[$p['serverhostname'], is_numeric($p['serverport']), $p['serversecure']]", '["127.0.0.1",true,false]'),
        ("[$p['serverusername'], $p['serverpassword']]", '["admin@example.com","rackloop-admin"]'),
        (
            "[$p['configoption1'], $p['configoption2'], $p['configoption24']]",
            '["2xE5-2620-64Gb-2x480SSD","debian-11",""]',
        ),
        (
            "[$p['configoptions']['Extra IPs'], $p['customfields']['Rack'], $p['clientsdetails']['email']]",
            '[3,"A1","alice@example.com"]',
        ),
        (
            "$p['model']->serviceProperties->save(['vm' => 7, 'Dedicated IP' => '192.0.2.1']) ? [$p['model']->serviceProperties->get('vm'), Capsule::table('tblhosting')->value('dedicatedip')] : 0",
            '["7","192.0.2.1"]',
        ),
        ("[$p['model']->client->email, $p['model']->domainstatus]", '["alice@example.com","Pending"]'),
        (
            "Capsule::table('tblhosting')->where('id', '=', (string) $p['serviceid'])->orWhere(fn ($q) => $q->whereIn('id', [5, 6])->whereNull('notes'))->count()",
            "1",
        ),
        (
            "Capsule::table('tblcustomfields as f')->join('tblcustomfieldsvalues as v', 'v.fieldid', '=', 'f.id')->where('v.relid', $p['serviceid'])->pluck('v.value', 'f.fieldname')",
            '{"Rack":"A1"}',
        ),
        (
            "[decrypt(encrypt('secret')), localAPI('GetClientsDetails', ['clientid' => $p['userid']])['email']]",
            '["secret","alice@example.com"]',
        ),
        (
            "[date('Y-m-d H:i', time()), sleep(3600), date('H:i'), round(microtime(true)) == time()]",
            '["2026-01-01 00:00",0,"01:00",true]',
        ),
    ],
)
def test_a_module_finds_what_whmcs_gives_it(tmp_path: Path, expression: str, is_: str):
    options = {"configoptions": ["{configuration}"], "options": {"Extra IPs": "3"}, "customfields": {"Rack": "A1"}}
    assert said(tmp_path, expression, **options) == is_


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return getCurrencyRate('EUR');", "getCurrencyRate(), which is not stood in for (acme.php:4)"),
        ("return localAPI('CreateQuote', [])['result'];", "localAPI('CreateQuote'), which is not stood in for"),
        (
            "try { Capsule::table('tblhosting')->joinSub(1); } catch (Exception $e) {} return 'success';",
            "Capsule::table()->joinSub(), which is not stood in for",
        ),
        ("return \\WHMCS\\Mail\\Template::find(1);", "the class WHMCS\\Mail\\Template, which is not stood in for"),
        ("return acme_helper();", "acme_helper(), which it does not have"),
        ("die('so long');", "it ended the process (exit or die)"),
        ("return;", "returned null, and neither 'success' nor an error text"),
        ("return strlen([]);", "TypeError"),
        ("return 'success';", "it names no server"),
    ],
)
def test_what_is_not_stood_in_for_is_told_by_its_name(tmp_path: Path, body: str, told: str):
    result = play(module(tmp_path, body), FAILS)
    assert result.failures[0].expected == "an answer of the module"
    assert told in seen(result)


def test_what_a_module_prints_and_throws_is_told(tmp_path: Path):
    assert "it printed: so long" in seen(play(module(tmp_path, "echo 'so long'; exit;")))
    assert seen(play(module(tmp_path, "throw new Exception('no such plan');"))) == "error: no such plan"


def test_hooks_and_tables_of_its_own_outlive_a_call(tmp_path: Path):
    (tmp_path / "hooks.php").write_text(
        "<?php add_hook('AfterModuleCreateFailed', 1, fn ($about) => WHMCS\\Database\\Capsule::table('mod_acme')->insert(['said' => $about['failureResponseMessage']]));"
    )
    body = """
        if (!Capsule::schema()->hasTable('mod_acme')) { Capsule::schema()->create('mod_acme', function ($t) { $t->increments('id'); $t->string('said')->nullable(); }); return 'first'; }
        return 'then ' . Capsule::table('mod_acme')->orderBy('id', 'desc')->value('said');"""
    first = ORDER + "\n    expect: {error: first}"
    again = ORDER + "\n    expect: {error: then first}"
    assert play(module(tmp_path, body), first, again).failures == ()


def test_a_setting_that_the_module_has_not_is_told(tmp_path: Path):
    assert "no setting 'Plam'; it has Plan, OS" in seen(
        play(module(tmp_path, "return 'x';", configoptions={"Plam": "1"}))
    )


@pytest.mark.parametrize("time", ["told", "faketime:600"])
def test_the_example_lives_a_whole_life_by_its_own_clock(tmp_path: Path, time: str):
    if time != "told":
        need("faketime")
    file = described(
        tmp_path,
        {
            "whmcs": str(EXAMPLES / "php" / "rackmate" / "rackmate.php"),
            "configoptions": ["{configuration}", "{os}", "{pool}"],
            "time": time,
        },
    )
    result = play(file, "life/whole.yaml")
    assert result.failures == ()
    assert result.simulated_s > 3600


@pytest.mark.parametrize("scenario", ["installation/image-cut.yaml", "network/no-cable.yaml"])
def test_its_careless_twin_keeps_what_a_failed_order_took(scenario: str):
    assert play(EXAMPLES / "php" / "rackmate.yaml", scenario).failures == ()
    assert "owner alice@example.com of srv-03 (service web1)" in seen(
        play(EXAMPLES / "php" / "careless.yaml", scenario)
    )

"""A program per verb, and what becomes of one that gives no answer: a verdict with its output, never a traceback of ours."""

from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from simulator.files.problems import FileProblems
from simulator.scenario.billing.outside.plan import load_module
from simulator.scenario.billing.outside.schema import GIVEN
from tests.scenario.outside.support import ORDER, described, play, seen

FAILS = ORDER + "\n    expect: {error: '*'}"


def shell(folder: Path, script: str, **more) -> Path:
    return described(folder, {"exec": ["sh", "-c", script], "time": "told", **more})


def test_a_module_is_asked_as_the_schema_says_and_finds_the_lab_in_its_environment(tmp_path: Path):
    script = f'cat > {tmp_path}/given.json; env > {tmp_path}/env; pwd > {tmp_path}/where; echo \'{{"ok": false, "error": "not today"}}\'; exit 1'
    result = play(shell(tmp_path, script), ORDER + "\n    expect: {error: not today}")
    assert result.failures == ()
    given = json.loads((tmp_path / "given.json").read_text())
    Draft7Validator(GIVEN).validate(given)
    assert (given["verb"], given["service"], given["client"]["email"]) == ("create", "web1", "alice@example.com")
    assert given["order"] == {
        "configuration": "2xE5-2620-64Gb-2x480SSD",
        "os": "debian-12",
        "options": {},
        "server": None,
        "server_id": None,
    }
    assert given["settings"] == {"os": "debian-12", "pool": "public"}
    env = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line)
    assert env["RACKLOOP_PANEL"] == given["panel"]["url"] == env["RACKLOOP_DCI6"]
    assert (env["RACKLOOP_CONTROL"], env["RACKLOOP_VERB"], env["RACKLOOP_SERVICE"]) == (
        given["control"],
        "create",
        "web1",
    )
    assert (tmp_path / "where").read_text().strip() == given["folder"] == env["RACKLOOP_FOLDER"]
    assert not Path(given["folder"]).exists()


def test_its_folder_and_what_it_keeps_are_there_the_next_time(tmp_path: Path):
    (tmp_path / "module.sh").write_text(
        "given=$(cat)\n[ -f seen ] && was=$(cat seen)\necho once >> seen\n"
        'case "$given" in *\'"verb": "create"\'*) echo \'{"ok": false, "error": "no", "keep": {"a": 7}}\';;\n'
        '*) case "$given" in *\'"kept": {"a": 7}\'*) [ "$was" = once ] && echo \'{"ok": true}\';; esac;; esac\n'
    )
    file = described(tmp_path, {"exec": ["sh", "module.sh"], "time": "told"})
    assert seen(play(file, FAILS, "terminate: {service: web1}")) == ""


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", ["it printed nothing", "status 0"]),
        ("echo hello; exit 3", ["no JSON", "status 3", "it printed: hello"]),
        ("echo oh dear >&2; exit 1", ["printed nothing", "status 1", "it said on stderr: oh dear"]),
        ("kill -SEGV $$", ["SIGSEGV"]),
        ("echo '{\"ok\": true}'; exit 4", ["says that it is ok and does not end so", "status 4"]),
        ("echo '{\"ok\": false}'", ["what went wrong"]),
        ('echo \'{"ok": true, "server": "srv-77"}\'', ["srv-77", "none such"]),
        ("echo '{\"ok\": true}'", ["it names no server, and in the panel none has become the client's"]),
        ("printf '\\377\\000\\033[31m{'", ["no JSON"]),
    ],
)
def test_a_module_without_an_answer_fails_the_scenario_that_expects_an_error(
    tmp_path: Path, script: str, told: list[str]
):
    result = play(shell(tmp_path, script), FAILS)
    assert result.verdict == "failed"
    assert result.failures[0].expected == "an answer of the module"
    assert [each for each in told if each not in seen(result)] == []
    assert "\033" not in seen(result)


def test_a_module_that_hangs_is_ended_with_what_it_had_printed_and_its_children(tmp_path: Path):
    result = play(shell(tmp_path, f"sleep 3600 & echo $! > {tmp_path}/child; echo waiting; wait", patience=0.5))
    assert "the module hangs: for 0.5 s of real time" in seen(result)
    assert "it had printed: waiting" in seen(result)
    assert not _lives(int((tmp_path / "child").read_text()))


def _lives(process: int) -> bool:
    """One that nobody has waited for yet is dead all the same."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_program_that_is_not_there_is_refused_before_anything_runs(tmp_path: Path):
    with pytest.raises(FileProblems, match="there is no program `nonesuch`"):
        load_module(str(described(tmp_path, {"exec": ["nonesuch"], "time": "told"}))).check()


def test_without_faketime_it_is_said_what_then_happens(tmp_path: Path, monkeypatch):
    (tmp_path / "sh").symlink_to("/bin/sh")
    file = described(tmp_path, {"exec": ["sh", "-c", "exit"]})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        FileProblems, match=r"faketime. is not installed, and without it the module.s own sleeps .*time: told"
    ):
        load_module(str(file)).check()


TIMES = """
import json, os, sys, time, urllib.request
url = os.environ["RACKLOOP_CONTROL"] + "/__lab/clock"
def ask(body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + ("/advance" if body else ""), data, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["now"]
given = json.load(sys.stdin)
before = ask()
after = ask({"seconds": 3600})
print(json.dumps({"ok": False, "error": f"{given['service']} {before:.0f} {after:.0f}"}))
"""


def test_the_clock_stands_until_the_module_moves_it(tmp_path: Path):
    (tmp_path / "times.py").write_text(TIMES)
    file = described(tmp_path, {"exec": ["python3", "times.py"], "time": "told"})
    result = play(file, "wait: 2h", ORDER + "\n    expect: {error: web1 7200 10800}")
    assert (result.failures, result.simulated_s) == ((), 10800)


def test_two_calls_at_once_wait_for_each_other(tmp_path: Path):
    (tmp_path / "times.py").write_text(TIMES)
    file = described(tmp_path, {"exec": ["python3", "times.py"], "time": "told"})
    pair = "\n".join(
        f"      - create: {{service: web{n}, client: alice@example.com}}\n        expect: {{error: web{n} 0 3600}}"
        for n in (1, 2)
    )
    assert play(file, f"together:\n{pair}").failures == ()


def test_a_module_that_never_moves_the_clock_asks_in_vain_and_hangs(tmp_path: Path):
    (tmp_path / "asks.py").write_text(
        textwrap.dedent("""
            import json, sys, urllib.request
            url = json.load(sys.stdin)["panel"]["url"] + "/"
            while True:
                try:
                    urllib.request.urlopen(url)
                except urllib.error.HTTPError:
                    pass
        """)
    )
    result = play(described(tmp_path, {"exec": ["python3", "asks.py"], "time": "told", "patience": 1}))
    assert "hangs" in seen(result)


def test_a_verb_that_it_does_not_offer_leaves_a_scenario_out(tmp_path: Path):
    from simulator.scenario.for_module import load_for

    scenario = tmp_path / "s.yaml"
    scenario.write_text(
        "scenario: x\nfor: any\nlab: pair\nsteps:\n  - create: {service: a, client: a@b.c}\n  - call: {service: a, verb: reboot}\n"
    )
    plain = load_module(str(shell(tmp_path, "exit")))
    scenarios, left = load_for(plain, [scenario], [])
    assert (scenarios, [each.why for each in left]) == ([], ["the module does not offer reboot"])
    able = load_module(str(shell(tmp_path, "exit", verbs=["reboot"])))
    scenarios, left = load_for(able, [scenario], [])
    assert ([action.verb for action in scenarios[0].steps], left) == (["create", "reboot"], [])


def test_a_word_of_its_own_is_called_with_what_the_step_says(tmp_path: Path):
    (tmp_path / "own.py").write_text(
        textwrap.dedent("""
            import json, sys
            given = json.load(sys.stdin)
            if given["verb"] == "create":
                print(json.dumps({"ok": True, "server": "srv-03", "addresses": []}))
            else:
                print(json.dumps({"ok": False, "error": f"{given['verb']} {given['args']} {given['server']}"}))
        """)
    )
    file = described(tmp_path, {"exec": ["python3", "own.py"], "time": "told", "verbs": ["reboot", "reinstall"]})
    result = play(
        file,
        ORDER,
        "call: {service: web1, verb: reboot, args: {hard: true}}\n    expect: {error: \"reboot {'hard': True} srv-03\"}",
        "reinstall: {service: web1, os: alma-9}\n    expect: {error: \"reinstall {'os': 'alma-9'} srv-03\"}",
    )
    # It says that it sold a server and did nothing, and other watchers tell so.
    assert [each.what for each in result.failures if each.what.startswith(("create", "reboot", "reinstall"))] == []

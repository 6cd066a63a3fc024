"""Processing modules behind a BILLmanager: what counts is what it was told, and nothing that a module only says."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.files.problems import FileProblems
from simulator.scenario.billing.outside.plan import load_module
from tests.scenario.outside.support import ORDER, described, play, seen

pytestmark = [pytest.mark.interop, pytest.mark.slow]
FAILS = ORDER + "\n    expect: {error: '*'}"
HEAD = r"""#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --command) command=$2 ;; --item) item=$2 ;; esac
    shift 2
done
tell() { sbin/mgrctl -m billmgr -o xml "$@" >/dev/null; }
case $command in
    features) echo '<doc><features><feature name="check_connection"/><feature name="open"/></features></doc>' ;;
    check_connection) grep -q '<username>admin@example.com</username>' && echo '<doc/>' ;;
"""


def module(folder: Path, cases: str, **more) -> Path:
    file = folder / "pmshell"
    file.write_text(f"{HEAD}{cases}\nesac\n")
    file.chmod(0o755)
    return described(folder, {"billmanager": "pmshell", "time": "told", **more})


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ("open) echo '<doc/>' ;;", ["ended its open well, and has not told BILLmanager so"]),
        ("open) exit 3 ;;", ["gave no answer", "status 3"]),
        ("open) kill -SEGV $$ ;;", ["SIGSEGV"]),
        (
            "open) tell service.saveparam elid=$item sok=ok crypted=off panelid=77; tell dedic.open elid=$item sok=ok; echo '<doc/>' ;;",
            ["names the server '77'"],
        ),
    ],
)
def test_what_billmanager_was_not_told_is_not_done(tmp_path: Path, cases: str, told: list[str]):
    result = play(module(tmp_path, cases), FAILS)
    assert result.failures[0].expected == "an answer of the module"
    assert [each for each in told if each not in seen(result)] == []


def test_an_error_document_is_the_error(tmp_path: Path):
    case = "open) echo '<doc><error type=\"sold\"><msg>sold out</msg></error></doc>'; exit 1 ;;"
    assert seen(play(module(tmp_path, case))) == "error: sold: sold out"


def test_the_tariff_has_what_was_ordered_by_the_modules_own_names(tmp_path: Path):
    case = """open)
        python3 - $item <<'END'
import sqlite3
rows = sqlite3.connect("var/billmgr.sqlite").execute("select intname, value from pricelistparam order by intname").fetchall()
print(f'<doc><error type="is"><msg>{rows}</msg></error></doc>')
END
        exit 1 ;;"""
    text = seen(play(module(tmp_path, case, tariff={"conf": "{configuration}", "net": "main"})))
    assert text == "error: is: [('conf', '2xE5-2620-64Gb-2x480SSD'), ('net', 'main')]"


def test_features_that_are_no_document_are_a_verdict(tmp_path: Path):
    file = module(tmp_path, "")
    (tmp_path / "pmshell").write_text("#!/bin/sh\necho hello\n")
    assert "features are no document" in seen(play(file, FAILS))


def test_an_executable_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(FileProblems, match="there is no executable `pmnone`"):
        load_module(str(described(tmp_path, {"billmanager": "pmnone", "time": "told"}))).check()

"""A processing module in shell, as somebody might have one: it knows nothing of Python."""

from __future__ import annotations

from pathlib import Path

from simulator.billmanager.manager import BillManager
from simulator.billmanager.secrets import new_key

__all__ = ["MODULE", "put_module", "stand_in"]

MODULE = r"""#!/bin/sh
# open fails while var/broken is there
while [ $# -gt 0 ]; do
    case $1 in
        --command) command=$2 ;;
        --item) item=$2 ;;
        --runningoperation) operation=$2 ;;
    esac
    shift 2
done
tell() { sbin/mgrctl -m billmgr -o xml "$@"; }
case $command in
    features)
        echo '<doc><itemtypes><itemtype name="dedic"/></itemtypes><features>'
        echo '<feature name="check_connection"/><feature name="open"/><feature name="suspend"/></features></doc>' ;;
    check_connection)
        if grep -q '<password>right</password>'; then echo '<doc/>'; else
            echo '<doc><error type="auth"><msg>wrong password</msg></error></doc>'; exit 1
        fi ;;
    open)
        if [ -e var/broken ]; then
            tell runningoperation.edit elid="$operation" "errorxml=<doc><error type=\"broken\"/></doc>" sok=ok >/dev/null
            echo '<doc><error type="broken"><msg>out of order</msg></error></doc>'; exit 1
        fi
        tell service.saveparam elid="$item" sok=ok crypted=off panelid=7 ip=192.0.2.10 >/dev/null
        SECRET=s3cret tell service.saveparam elid="$item" sok=ok crypted=on -e 'password=$SECRET' >/dev/null
        tell dedic.open elid="$item" sok=ok ;;
    suspend) tell service.postsuspend elid="$item" sok=ok ;;
esac
"""


def put_module(here: BillManager, text: str = MODULE, name: str = "pmshell") -> str:
    file = here.home / "processing" / name
    file.write_text(text)
    file.chmod(0o755)
    return name


def stand_in(home: Path, database: str = "") -> BillManager:
    return BillManager(home).install(new_key(1024), database=database)

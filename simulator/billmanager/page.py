"""The page of the docs on the stand-in: `python -m simulator.billmanager.page > docs/billmanager.md`."""

from __future__ import annotations

import sys

from simulator.billmanager.functions import FUNCTIONS
from simulator.billmanager.schema import METADATA

__all__ = ["page"]

HEAD = """# A BILLmanager to test processing modules against

`rackloop billmanager` keeps what a processing module of yours sees of BILLmanager: its database (SQLite, or MariaDB and MySQL), the
program `mgrctl`, and the calls that its queue makes. Together with `rackloop up` a module can be tried from order to closing
without a licence, in any language. It is no BILLmanager: prices, payment, web pages and mails are not there, and a function that
is not in the table below is refused (`missed`/`func`). It has been held against public modules, never against a real one; where
each name comes from is in [processing modules](processing-modules.md).

```console
$ rackloop up small &                                       # the panels and the hall behind them
$ rackloop billmanager init /tmp/mgr5                       # --database mysql+pymysql://user@/billmgr?unix_socket=... for MariaDB
$ ln -s "$PWD/pmmine" /tmp/mgr5/processing/pmmine           # your module, an executable
$ rackloop billmanager connect /tmp/mgr5 pmmine url=http://127.0.0.1:8006 username=admin@example.com password=rackloop-admin
1
$ rackloop billmanager tariff /tmp/mgr5 dedic --module 1 configuration=E3-1230-16Gb-2x1000SSD os=debian-12 pool=public
1
$ rackloop billmanager order /tmp/mgr5 1 --client alice@example.com ostempl=debian-12
1
$ rackloop billmanager work /tmp/mgr5                       # one call of your module: --command open --item 1 --runningoperation 1
open of item 1: ok
$ rackloop billmanager show /tmp/mgr5
item 1: active  ip=192.0.2.10 label=srv-01 ostempl=debian-12 panelid=1
$ rackloop billmanager ask /tmp/mgr5 1 suspend && rackloop billmanager work /tmp/mgr5
```

The bundled `pmdci6`, `pmdci5` and `pmispmanager` work with it as with a BILLmanager; with SQLite they are told the database by
`PROVISIONER_BILLMANAGER_DATABASE`, which `init` prints. Modules that read `etc/billmgr.conf` or ask for `paramlist` find MariaDB
there.

From Python, and in tests:

```python
from simulator.billmanager.manager import BillManager

here = BillManager(tmp_path / "mgr5").install()
module = here.connect("pmmine", {"url": ..., "username": ..., "password": ...})  # features, then check_connection
item = here.buy(here.add_tariff("dedic", [module], configuration="..."), "alice@example.com")
call = here.run_oldest()  # one try of the queue; call.error, call.err
assert here.status(item) == 2  # 1 ordered, 2 active, 3 suspended, 4 deleted, 5 being processed
```

## How a module is called

| when | command line | stdin | provenance |
| --- | --- | --- | --- |
| it is connected | `--command features` | nothing | documented |
| it is connected, and has the feature | `--command check_connection` | `<doc><processingmodule><url/>…` | documented |
| an operation is due | `--command open\\|suspend\\|resume\\|close\\|setparam\\|… --item N --runningoperation N` | nothing | observed |

It is an executable in `processing/`, runs in the manager's directory, and answers with a document on stdout; an `error` in it, or a
status other than 0, is a failure. What a module does at its end is told by a function, not by its answer: an operation that no
function has ended runs on, and is tried again. After the tenth try public modules hand it to staff.
"""


def page() -> str:
    """The Markdown text of docs/billmanager.md."""
    lines = [
        HEAD,
        "## Functions of `mgrctl`",
        "",
        "| function | provenance | source |",
        "| --- | --- | --- |",
        "| `<itemtype>.open` | observed for `vds`, `domain`, `voip`; inferred for others | SDK; PUBLIC |",
        *(
            f"| `{name}` | {one.provenance} | {one.source.replace('|', chr(92) + '|')} |"
            for name, one in sorted(FUNCTIONS.items())
        ),
        "",
        "SDK: the vendor's Python SDK; MODULE: its modules in ISPsystemLLC/billmanager; PUBLIC: modules of others.",
        "",
        "## Tables",
        "",
        "| table | columns |",
        "| --- | --- |",
        *(
            f"| `{table.name}` | {', '.join(column.name for column in table.columns)} |"
            for table in METADATA.sorted_tables
            if table.name != "journal"
        ),
        "",
        "Secrets (`itemcryptedparam`, `processingcryptedparam`) are base64 of RSA, PKCS #1 v1.5, for the key in `etc/billmgr.pem`.",
        "",
        "## Try it",
        "",
        "Without a lab, only the folder that a module will find:",
        "",
        "<!-- run -->",
        "```console",
        "$ rackloop billmanager init mgr5",
        "...",
        "```",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

"""The page of the docs that lists the functions of version 5, with who may call each and where its form comes from.

`python -m simulator.api5.page > docs/dcimanager5.md`
"""

from __future__ import annotations

import sys
from collections import Counter

from simulator.api5.app import PATHS
from simulator.api5.calls import FUNCTIONS
from simulator.coremanager.formats import FORMATS

__all__ = ["ABSENT", "page"]


NO_FORM = "its parameters are nowhere documented"
NO_DEED = "what it does is nowhere documented"
NO_PART = "the hall has nothing of the kind"
ABSENT = {
    "averagetemp": NO_PART, "rack_temperature": NO_PART, "measure": NO_PART, "measure.edit": NO_PART,
    "measure.sensor": NO_PART, "ups": NO_PART, "ups.delete": NO_PART, "ups.edit": NO_PART, "ups.refresh": NO_PART,
    "upscreatewiz": NO_PART, "currentdetails": NO_FORM, "dcmap": NO_FORM, "hddmovewiz": NO_FORM, "rackmap": NO_FORM,
    "internal.create.equipmenttype": NO_FORM, "osinstall.afterscript": NO_FORM, "purchases": NO_FORM,
    "rack.type": NO_FORM, "repo.delete": "templates come from the lab file", "repo.edit": "templates come from the lab file",
    "osmgr.autoupdate.toggle": "templates come from the lab file", "osmgr.delete": "templates come from the lab file",
    "osmgr.fetch": "templates come from the lab file", "osmgr.install": "templates come from the lab file",
    "osmgr.update": "templates come from the lab file", "pdu.port.delete": NO_FORM, "pdu.port.edit": NO_FORM,
    "seller": NO_FORM, "server.connection.autocreateipmi": NO_DEED, "server.connection.redirect": NO_FORM,
    "server.maphint": NO_FORM, "serverconnstat.gotoserver": NO_FORM, "serverconnstat.more": NO_FORM,
    "servertype.checktype": NO_FORM, "servertype.cpulist": NO_FORM, "servertype.delete": "a kind is what diagnostics find",
    "servertype.edit": "a kind is what diagnostics find", "spare": NO_FORM, "switch.port.delete": NO_FORM,
    "trafficburstable_pie": NO_FORM, "trafficpie": NO_FORM, "userrights": NO_FORM,
}  # fmt: skip
"""Names that META or a client has and this panel does not, and why."""


def page() -> str:
    """The Markdown text of docs/dcimanager5.md."""
    counts = Counter(one.provenance for one in FUNCTIONS.values())
    totals = ", ".join(f"{counts[word]} {word}" for word in ("documented", "observed", "inferred"))
    lines = [
        "# DCImanager 5: functions",
        "",
        "This page is generated (`python -m simulator.api5.page > docs/dcimanager5.md`); a test holds it to the code.",
        "",
        f"Addresses: {' and '.join(f'`{path}`' for path in PATHS)}, GET and POST alike.",
        f"Formats (`out`): {', '.join(f'`{name}`' for name in FORMATS)}; without `out` a page for people.",
        "Any other function is answered with the error `missed`/`func`.",
        "",
        f"{len(FUNCTIONS)} functions: {totals}. *Documented*: the vendor's interface description (META) or pages (GUIDE,",
        "APIDOC). *Observed*: real clients (WHMCS, NODE) were seen to call it. *Inferred*: ours.",
        "",
        "| function | from level | provenance | source |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{name}` | {int(one.level) or 'anybody'} | {one.provenance} | {one.source} |"
            for name, one in sorted(FUNCTIONS.items())
        ),
        "",
        "## Absent",
        "",
        "The product, or a client, has these names; here they are answered like any unknown one.",
        "",
        "| function | why |",
        "| --- | --- |",
        *(f"| `{name}` | {why} |" for name, why in sorted(ABSENT.items())),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

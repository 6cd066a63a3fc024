"""The page of the docs that lists what the emulated ispmanager answers, with where the form of each function comes from.

`python -m simulator.ispmanager.page > docs/ispmanager.md`
"""

from __future__ import annotations

import sys
from collections import Counter

from simulator.coremanager.formats import FORMATS
from simulator.ispmanager.absent import GROUPS
from simulator.ispmanager.app import PRODUCT
from simulator.ispmanager.calls import FUNCTIONS
from simulator.ispmanager.hosting import LIMITS

__all__ = ["page"]


def page() -> str:
    """The Markdown text of docs/ispmanager.md."""
    counts = Counter(one.provenance for one in FUNCTIONS.values())
    totals = ", ".join(f"{counts[word]} {word}" for word in ("documented", "observed", "inferred") if counts[word])
    lines = [
        "# ispmanager: functions",
        "",
        "This page is generated (`python -m simulator.ispmanager.page > docs/ispmanager.md`); a test holds it to the code.",
        "",
        "<!-- run -->",
        "```console",
        "$ rackloop run scenarios/ispmanager/eight-steps.yaml",
        "1/1  passed  scenarios/ispmanager/eight-steps.yaml  ...",
        "1 passed",
        "```",
        "",
        "A lab file with the key `ispmanager` has a small shared hosting server beside the panel: its users, their templates",
        "of limits, and who may log in. Sites, domains, mailboxes, databases and files are not emulated: who asks for them is told so",
        "(error `not_emulated`/`func`, a type of ours), and parameters that would set them up are ignored. The names that are meant:",
        "",
        *(f"- {kind}: {', '.join(f'`{name}`' for name in names)}" for kind, names in GROUPS.items()),
        "",
        "```yaml",
        "ispmanager:",
        "  admin: {name: root, password: rackloop-root}",
        "  presets:",
        "    - {name: start, limits: {limit_quota: 1024, limit_webdomains: 1}}",
        "  users:",
        "    - {name: alice, password: rosebud-1941, full_name: Alice Ames, preset: start}",
        "```",
        "",
        "`rackloop up hosting` starts one (`fixtures/hosting.yaml`), for a BILLmanager, WHMCS or Blesta of your own as well.",
        "What BILLmanager does with it in eight steps, and what goes wrong on the way, is in `scenarios/ispmanager`.",
        "",
        f"Addresses: {' and '.join(f'`{path}`' for path in PRODUCT.paths)}, GET and POST alike, at `ispmanager` of the",
        "endpoints file.",
        f"Formats (`out`): {', '.join(f'`{name}`' for name in FORMATS)}; without `out` a page for people.",
        "A user's key (`elid`) is the name, which tells upper from lower case.",
        f"Limits: {', '.join(f'`{name}`' for name in LIMITS)}.",
        "",
        f"{len(FUNCTIONS)} functions: {totals}. *Documented*: the vendor's pages (BILL: functions that the integration with",
        "BILLmanager uses; GUIDE: the guide to the software API; CORE: the description of functions). *Observed*: clients",
        "(WHMCS, BLESTA, JBS, KHORSA) call it so. The texts of errors, what makes a name or password too bad, and the",
        "limits in the rows of a list are ours.",
        "",
        "| function | from level | provenance | source |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{name}` | {int(one.level) or 'anybody'} | {one.provenance} | {one.source} |"
            for name, one in sorted(FUNCTIONS.items())
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

"""The page of the docs that lists the functions of version 5, with who may call each and where its form comes from.

`python -m simulator.api5.page > docs/dcimanager5.md`
"""

from __future__ import annotations

import sys
from collections import Counter

from simulator.api5.absent import ABSENT
from simulator.api5.app import PATHS
from simulator.api5.calls import FUNCTIONS
from simulator.coremanager.formats import FORMATS

__all__ = ["page"]


def page() -> str:
    """The Markdown text of docs/dcimanager5.md."""
    counts = Counter(one.provenance for one in FUNCTIONS.values())
    totals = ", ".join(f"{counts[word]} {word}" for word in ("documented", "observed", "inferred"))
    lines = [
        "# DCImanager 5: functions",
        "",
        "This page is generated (`python -m simulator.api5.page > docs/dcimanager5.md`); a test holds it to the code.",
        "",
        "<!-- run -->",
        "```console",
        "$ rackloop run scenarios/billmanager5/whole-life.yaml",
        "1/1  passed  scenarios/billmanager5/whole-life.yaml  ...",
        "1 passed",
        "```",
        "",
        f"Addresses: {' and '.join(f'`{path}`' for path in PATHS)}, GET and POST alike.",
        f"Formats (`out`): {', '.join(f'`{name}`' for name in FORMATS)}; without `out` a page for people.",
        "What is not emulated is answered with the error `not_emulated`/`func` (below), any other name with `missed`/`func`.",
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
        "The product, or a client, has these names. Whoever calls one is told that it is not emulated here: error `not_emulated`,",
        "object `func`, a type of ours that the product does not have.",
        "",
        "| function | why |",
        "| --- | --- |",
        *(f"| `{name}` | {why} |" for name, why in sorted(ABSENT.items())),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())

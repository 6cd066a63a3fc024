"""Draws the lifecycle tables of the code as Mermaid diagrams: `python docs/lifecycles.py > docs/lifecycles.md`."""

from __future__ import annotations

from provisioner.services import LIFECYCLE as SERVICE
from simulator.dcim.equipment.ports import BLOCKING
from simulator.dcim.ip.service import MIGRATION
from simulator.dcim.work.operation_table import OPERATION
from simulator.ipmi.client import CONSOLE
from simulator.ipmi.session import SESSION
from simulator.ispmanager.hosting import ACCOUNT
from simulator.kernel import Table
from simulator.plant import LIFECYCLE
from simulator.web.gateway import GATEWAY

TABLES: tuple[tuple[str, str, Table], ...] = (  # type: ignore[type-arg]
    ("A server's power and boot", "simulator/plant/lifecycle.py", LIFECYCLE),
    # The billing side imports nothing of the simulator, so its table is a plain mapping.
    (
        "A service, as billing keeps it",
        "provisioner/services.py",
        Table("service", ((a, e, b) for (a, e), b in SERVICE.items())),
    ),
    ("An operation of the panel", "simulator/dcim/work/operation_table.py", OPERATION),
    ("A server in the panel: blocked and unblocked", "simulator/dcim/equipment/ports.py", BLOCKING),
    ("The migration to the IP service of version 6", "simulator/dcim/ip/service.py", MIGRATION),
    ("A session, as the BMC keeps it", "simulator/ipmi/session.py", SESSION),
    ("A session, as the console keeps it", "simulator/ipmi/client.py", CONSOLE),
    ("The gateway in front of the panel's services", "simulator/web/gateway.py", GATEWAY),
    ("An account of a hosting server", "simulator/ispmanager/hosting.py", ACCOUNT),
)


def text() -> str:
    """The whole page."""
    parts = [
        "# Lifecycles",
        "",
        "Drawn from the tables in the code by `python docs/lifecycles.py`. An event that has no row raises.",
        "",
        "<!-- run -->",
        "```console",
        "$ rackloop run scenarios/installation/never-ends.yaml",
        "1/1  passed  scenarios/installation/never-ends.yaml  ...",
        "1 passed",
        "```",
        "",
    ]
    for title, file, table in TABLES:
        parts += [f"## {title}", "", f"`{file}`", "", "```mermaid", table.mermaid(), "```", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    print(text(), end="")

"""The rules of who may import whom (`[tool.importlinter]`) hold, and refuse what they should: an import planted in a copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = "The house"
SANS_IO = "Protocols are sans-IO"
PANEL = "The panel reaches devices over the fabric only"
DIALECTS = "Dialects know the panel only"
BILLING = "The billing side never imports the simulator"

IN_EVERY_RUN = (
    ("simulator/kernel/mac.py", "simulator.plant.hall", LAYERS),
    ("simulator/api6/calls.py", "simulator.plant.hall", DIALECTS),
)
FORBIDDEN = (
    ("simulator/plant/hall.py", "simulator.bmc.device", LAYERS),
    ("simulator/bmc/device.py", "simulator.dcim.panel", LAYERS),
    ("simulator/ipmi/codes.py", "asyncio", SANS_IO),
    ("simulator/snmp/ber.py", "time", SANS_IO),
    ("simulator/dcim/panel.py", "simulator.plant.hall", PANEL),
    ("simulator/dcim/wiring.py", "simulator.switch.device", PANEL),
    ("simulator/api5/calls.py", "simulator.ipmi.codes", DIALECTS),
    ("simulator/web/gateway.py", "simulator.fabric.base", LAYERS),
    ("simulator/faults/engine.py", "simulator.lab.run", LAYERS),
    ("simulator/review/report.py", "simulator.scenario.plan", LAYERS),
    ("simulator/lab/run.py", "simulator.scenario.plan", LAYERS),
    ("simulator/scenario/runner.py", "simulator.control.app", LAYERS),
    ("provisioner/services.py", "simulator.kernel.table", BILLING),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their rules, in a folder of their own."""
    folder = tmp_path_factory.mktemp("packages")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("simulator", "provisioner", "rackloop_pytest"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def refused_by(folder: Path, file: str, imported: str) -> list[str]:
    """Names of the rules that refuse `import imported` at the end of `file`, which is put back afterwards."""
    path = folder / file
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\nimport {imported}\n", encoding="utf-8")
    try:
        done = lint_imports(folder)
    finally:
        path.write_text(before, encoding="utf-8")
    broken = [line.removesuffix(" BROKEN") for line in done.stdout.splitlines() if line.endswith(" BROKEN")]
    assert done.returncode == (1 if broken else 0), done.stdout + done.stderr
    return broken


@pytest.mark.parametrize(("file", "imported", "rule"), IN_EVERY_RUN)
def test_a_forbidden_import_is_refused(copy: Path, file: str, imported: str, rule: str) -> None:
    assert rule in refused_by(copy, file, imported)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "imported", "rule"), FORBIDDEN)
def test_each_kind_of_forbidden_import_is_refused(copy: Path, file: str, imported: str, rule: str) -> None:
    assert rule in refused_by(copy, file, imported)


@pytest.mark.slow
def test_a_package_that_has_no_layer_is_refused(copy: Path) -> None:
    (copy / "simulator" / "utils").mkdir()
    (copy / "simulator" / "utils" / "__init__.py").touch()
    try:
        done = lint_imports(copy)
    finally:
        shutil.rmtree(copy / "simulator" / "utils")
    assert done.returncode == 1
    assert "utils" in done.stdout


@pytest.mark.slow
def test_an_import_that_goes_down_is_let_through(copy: Path) -> None:
    assert refused_by(copy, "simulator/plant/hall.py", "simulator.kernel.table") == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports for typing count: two modules that name each other's classes are one module in two files."""
    graph = grimp.build_graph("simulator", "provisioner", cache_dir=None)
    left = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    assert len(left) > 400
    # What imports nothing that is left is in no circle; taken away again and again, only circles (and what leads to them) remain.
    while free := {module for module, imported in left.items() if not imported & left.keys()}:
        for module in free:
            del left[module]
    assert not left, "circles of imports among " + ", ".join(sorted(left))

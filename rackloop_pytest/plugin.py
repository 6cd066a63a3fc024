"""The pytest plugin: a datacenter for one test, in virtual time or on real sockets. docs/pytest.md tells it all.

    @pytest.mark.rackloop(lab="small", seed=7)
    def test_my_module_gives_the_server_back(rackloop):
        async def scene(lab):
            lab.faults.inject("bmc.dead", server="srv-03")
            ...                       # lab.plant, lab.panel, lab.clock, lab.billing_transport()
        rackloop(scene)

    def test_with_outside_programs(rackloop_up, rackloop_dci6):
        rackloop_up.faults.inject("bmc.dead", server="srv-03")
        assert rackloop_dci6.get("/dci/v3/server").is_success

Strict: a fault that was asked for and never came about fails the test; `@pytest.mark.rackloop(pending_faults=True)`
allows it. So does an invariant that does not hold (docs/invariants.md), unless it is declared as in a scenario:

    @pytest.mark.rackloop(known=[{"violates": "one-machine", "of": "srv-1*", "because": "what this test shows"}])

Without more, what panel and plant show is judged. `rackloop(scene, billing=view)` judges the rest too, where `view` says which
services there are (`simulator.invariants.base.BillingView`) and tells the journal what becomes of them: `lab.journal.write("billing",
service, "Create ended")`. A view that needs the lab is made by a function: `billing=lambda lab: View(lab)`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rackloop_pytest.failures import STORIES, Story, told, without_our_frames
from rackloop_pytest.in_process import Hidden, InProcess, Play
from rackloop_pytest.lab_up import CLOCK, Clock, Faults, LabUp, WentWrong, lab_up
from rackloop_pytest.marker import MARKER, options_of
from rackloop_pytest.own_process import ChildFailed, JobFailed, close_all
from rackloop_pytest.provisioner import Provisioner
from rackloop_pytest.scenarios import ScenarioFile, is_scenario

if TYPE_CHECKING:
    import httpx

__all__ = [
    "rackloop",
    "rackloop_clock",
    "rackloop_dci5",
    "rackloop_dci5_url",
    "rackloop_dci6",
    "rackloop_dci6_url",
    "rackloop_faults",
    "rackloop_provisioner",
    "rackloop_up",
]

SCENARIOS = "rackloop_scenarios"


# hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rackloop", "Rackloop")
    group.addoption(
        "--rackloop-scenarios",
        action="store_true",
        default=False,
        help="Collect scenario files (*.yaml that begin with `scenario:`) as tests; one that is named is collected anyway.",
    )
    group.addoption(
        "--rackloop-seed", type=int, default=None, metavar="N", help="Instead of the seeds of markers and scenarios."
    )
    parser.addini(SCENARIOS, "The same as --rackloop-scenarios.", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    seed = config.getoption("rackloop_seed")
    if seed is not None and seed < 0:
        raise pytest.UsageError("--rackloop-seed: a whole number from 0 up")


def pytest_unconfigure() -> None:
    close_all()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    config = parent.config
    wanted = config.getoption("rackloop_scenarios") or config.getini(SCENARIOS)
    if (wanted or parent.session.isinitpath(file_path)) and is_scenario(file_path):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marker that is not understood is told before anything begins, also where no fixture asks for a lab."""
    wrong = ""
    try:
        options_of(item)
    except ValueError as error:
        wrong = str(error)
    _tell(wrong)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add how it came to a failure, while the lab is still there to be asked."""
    stories = item.stash.get(STORIES, [])
    if stories and call.excinfo is not None and not item.config.getoption("fulltrace", default=False):
        without_our_frames(call.excinfo.value)
        call.excinfo = pytest.ExceptionInfo.from_exception(call.excinfo.value)
    report = yield
    if report.failed:
        report.sections += [told(story, item, report.longreprtext) for story in stories]
    return report


# fixtures


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = options_of(request.node)
    return found


def _story(request: pytest.FixtureRequest, story: Story) -> None:
    request.node.stash.setdefault(STORIES, []).append(story)


def _tell(wrong: str, where: str = "@pytest.mark.rackloop: ") -> None:
    """Fail with this text alone, if there is any; outside of `except`, so that nothing is told twice."""
    __tracebackhide__ = True
    if wrong:
        pytest.fail(f"{where}{wrong}", pytrace=False)


def _shown(lab: Any) -> str:
    return lab if isinstance(lab, str) else str(lab.get("lab", "of this test")) if isinstance(lab, dict) else str(lab)


@pytest.fixture
def rackloop(request: pytest.FixtureRequest) -> Play:
    """Run `scene(lab)` in virtual time in a fresh lab, judge what must hold, and return what it returns."""
    options = _options(request)
    hidden = wrong = ""
    process: InProcess | None = None
    try:
        process = InProcess(options)
    except Hidden as error:
        hidden = str(error)
    except Exception as error:
        # A lab that there is not, or a file with mistakes: the text says it all.
        if not (type(error).__module__.startswith("simulator.") or isinstance(error, FileNotFoundError | ValueError)):
            raise
        wrong = str(error)
    _tell(hidden, "")
    _tell(wrong)
    assert process is not None
    _story(request, Story(_shown(options["lab"]), options["seed"], process.explain))
    playing = process

    def play(scene: Any, *, billing: Any = None) -> Any:
        __tracebackhide__ = True
        result, wrong = None, ""
        try:
            result = playing.play(scene, billing=billing)
        except WentWrong as error:
            wrong = str(error)
        _tell(wrong, "")
        return result

    return play


@pytest.fixture
def rackloop_up(request: pytest.FixtureRequest) -> Iterator[LabUp]:
    """A lab that is up on free ports of loopback while the test runs, in a process of its own; its endpoints, clock and faults."""
    options = _options(request)
    lab = options["lab"]
    context = lab_up(
        lab if isinstance(lab, str | dict) else str(lab),
        seed=options["seed"],
        clock=options["clock"] or CLOCK,
        known=options["known"],
        pending_faults=options["pending_faults"],
    )
    here, wrong = None, ""
    try:
        here = context.__enter__()
    except (JobFailed, ChildFailed) as error:
        wrong = str(error)
    _tell(wrong)
    assert here is not None
    _story(request, Story(here.name, here.seed, here.explain))
    yield here
    try:
        context.__exit__(None, None, None)
    except (WentWrong, ChildFailed) as error:
        wrong = str(error)
    _tell(wrong, "")


@pytest.fixture
def rackloop_clock(rackloop_up: LabUp) -> Clock:
    """The clock of the lab that is up."""
    return rackloop_up.clock


@pytest.fixture
def rackloop_faults(rackloop_up: LabUp) -> Faults:
    """What breaks in the lab that is up: `rackloop_faults.inject("bmc.dead", server="srv-03")`."""
    return rackloop_up.faults


@pytest.fixture
def rackloop_dci6_url(rackloop_up: LabUp) -> str:
    """Where the DCImanager 6 of the lab that is up answers."""
    return rackloop_up.dci6_url


@pytest.fixture
def rackloop_dci5_url(rackloop_up: LabUp) -> str:
    """Where its DCImanager 5 does, with the path `/dcimgr`."""
    return rackloop_up.dci5_url


@pytest.fixture
def rackloop_dci6(rackloop_up: LabUp) -> httpx.Client:
    """A client of DCImanager 6 that is logged in as the administrator."""
    return rackloop_up.dci6()


@pytest.fixture
def rackloop_dci5(rackloop_up: LabUp) -> httpx.Client:
    """A client of DCImanager 5 that is logged in as the administrator; what it asks is a function: `params={"func": "server"}`."""
    return rackloop_up.dci5()


@pytest.fixture
def rackloop_provisioner(rackloop_up: LabUp, tmp_path: Path) -> Provisioner:
    """The bundled billing side against the lab that is up: `rackloop_provisioner.order("web1", "alice@example.com")`."""
    return Provisioner(rackloop_up, tmp_path)

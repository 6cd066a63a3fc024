"""The bundled modules under the review: what they do is clean, or is what their documents ask for, said by name."""

import pytest

from provisioner.billing import Billing
from provisioner.billmanager.manager import BillManager
from provisioner.billmanager.office import Office
from provisioner.billmanager.operations import HandedOver
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import ProvisioningError
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5, BillManager5Settings
from provisioner.modules.billmanager5.desk import Desk
from provisioner.modules.billmanager6 import pmdci6
from provisioner.modules.ispmanager import NAME, ispmanager_type
from provisioner.services import State
from provisioner.store import MemoryStore
from simulator.lab import Lab
from tests.review.support import HOSTING, LAB, trial

EMAIL = "alice@example.com"
STAFF = "sam@example.com"
CONFIGURATION = "E3-1230-16Gb-2x1000SSD"


class HallPing:
    """An echo request sent into the hall's own network."""

    def __init__(self, plant):
        self.plant = plant

    async def alive(self, address):
        return self.plant.answering(address) is not None


class Five:
    """BILLmanager with DCImanager 5."""

    def __init__(self, lab, **settings):
        log = ModuleLog(lab.clock)
        self.core = CoreClient(lab.dci5_url, *lab.admin, clock=lab.clock, log=log, transport=lab.billing_transport())
        office = Office(lab.clock)
        wanted = BillManager5Settings.from_mapping({"configuration": CONFIGURATION, "os": "debian-12"} | settings)
        module = BillManager5(
            Dci5Client(self.core), wanted, lab.clock, log, HallPing(lab.plant), office, source=lab.streams["users"]
        )
        self.billing = Billing(module, lab.clock, log, source=lab.streams["services"])
        self.desk = Desk(self.billing, module, office, log)


async def six(lab, **params):
    """BILLmanager with DCImanager 6."""
    log = ModuleLog(lab.clock)

    def connect(to):
        return Dci6Client(
            to["url"], to["username"], to["password"], clock=lab.clock, log=log, transport=lab.billing_transport()
        )

    source = lab.streams["services"]
    manager = BillManager(lab.clock, log, [pmdci6(connect, lab.clock, log, source=source)], source=source)
    manager.office.add_department("Hall", [STAFF])
    manager.catalogue.add_datacenter("Main", dci6_managed=True, location=1)
    login = {"url": lab.dci6_url, "username": lab.admin[0], "password": lab.admin[1]}
    await manager.catalogue.add_module("dci", "pmdci6", datacenter="Main", connection=login, department="Hall")
    wanted = {"configuration": CONFIGURATION, "os": "debian-12", "pool": "public", "diagnostic_pool": "diag"}
    manager.catalogue.add_tariff("Dedicated", modules=["dci"], params=wanted | params)
    manager.register(EMAIL)
    return manager


async def shared(lab):
    """BILLmanager with ispmanager, and the manual module beside it."""
    log, store = ModuleLog(lab.clock), MemoryStore()
    kind = ispmanager_type(lab.clock, log, store, transport=lab.billing_transport())
    manager = BillManager(lab.clock, log, [kind], source=lab.streams["services"], store=store)
    manager.office.add_department("Hosting", [STAFF])
    admin = lab.plan.ispmanager.admin
    login = {"url": lab.ispmanager_url, "username": admin.name, "password": admin.password}
    await manager.catalogue.add_module("manual", "pmmanual", department="Hosting")
    await manager.catalogue.add_module("ispmanager", NAME, department="Hosting", sort=10, connection=login)
    manager.catalogue.add_tariff("Hosting", itemtype="vhost", modules=["ispmanager"], params={"preset": "start"})
    manager.register(EMAIL, full_name="Alice Ames")
    return manager


async def whole_life(lab):
    it = Five(lab)
    await it.desk.add_panel()
    await it.desk.order("web1", EMAIL)
    assert it.billing.service("web1").state is State.ACTIVE
    await it.desk.add_address("web1")
    await it.desk.change_password("web1")
    await it.desk.suspend("web1")
    await it.desk.unsuspend("web1")
    await it.desk.delete_address("web1")
    await it.desk.terminate("web1")
    await it.core.close()


@pytest.mark.parametrize("lab", [None, Lab.load("main-addresses")], ids=["without", "with"])
def test_billmanager_5_in_a_whole_life_leaves_the_disks_as_its_document_says(lab):
    """B5-11 disables the server, deletes addresses and resets domain and owner: nobody clears the disks there."""

    async def scene(lab, client):
        await whole_life(lab)

    found = trial(scene, lab=lab or LAB)
    (finding,) = found.pop("data-left-on-disks")
    assert found == {}
    assert (finding["where"], finding["calls"][0]["action"]) == ("srv-01", "server.edit")


@pytest.mark.requirement("B5-9")
def test_billmanager_5_sets_a_server_aside_that_cannot_be_installed_and_takes_the_next():
    async def scene(lab, client):
        for disk in lab.plant.servers["srv-01"].disks:
            disk.failed = True
        it = Five(lab)
        await it.desk.order("web1", EMAIL)
        assert it.billing.service("web1").server_name == "srv-02"
        await it.core.close()

    assert trial(scene) == {}


@pytest.mark.parametrize("lab", [None, Lab.load("main-addresses")], ids=["without", "with"])
def test_billmanager_6_in_a_whole_life_with_stock_of_either_kind(lab):
    async def scene(lab, client):
        manager = await six(lab)
        manager.order("web1", EMAIL, "Dedicated")
        await manager.pay("web1")
        assert manager.service("web1").state is State.ACTIVE
        await manager.suspend("web1")
        await manager.unsuspend("web1")
        await manager.terminate("web1")
        assert manager.service("web1").state is State.CLOSED
        await manager.close()

    assert trial(scene, lab=lab or LAB) == {}


def test_ispmanager_with_an_account_opened_and_one_bound_by_staff():
    async def scene(lab, client):
        manager = await shared(lab)
        catalogue = manager.catalogue
        manager.order("web1", EMAIL, "Hosting", params={"username": "erin"})
        await manager.pay("web1")
        assert manager.service("web1").server_name == "erin"
        await manager.suspend("web1")
        await manager.unsuspend("web1")
        await manager.terminate("web1")
        catalogue.disable("Hosting", "ispmanager")  # the eight steps
        catalogue.enable("Hosting", "manual")
        manager.order("web2", EMAIL, "Hosting")
        await manager.pay("web2")
        catalogue.enable("Hosting", "ispmanager")
        (task,) = manager.tasks(STAFF)
        params = {"username": "alice", "password": "rosebud-1941"}
        manager.assign_task(STAFF, task.id, module="ispmanager", params=params)
        await manager.close_task(STAFF, task.id)
        catalogue.disable("Hosting", "manual")
        assert manager.service("web2").server_name == "alice"
        await manager.terminate("web2")
        await manager.close()

    assert trial(scene, lab=HOSTING) == {}


def test_billmanager_6_gives_a_server_back_whose_installation_failed_and_takes_the_next():
    """Nothing of a client's is on its disks: the client never had it."""

    async def scene(lab, client):
        for disk in lab.plant.servers["srv-01"].disks:
            disk.failed = True
        manager = await six(lab)
        manager.order("web1", EMAIL, "Dedicated")
        await manager.pay("web1")
        assert manager.service("web1").server_name == "srv-02"
        await manager.close()

    assert trial(scene) == {}


@pytest.mark.requirement("IM-7")
@pytest.mark.parametrize(
    ("username", "password"),
    [("Alice", "rosebud-1941"), ("mallory", "secret-enough"), ("alice", "wrong-password"), ("dave", "daves-secret")],
)
def test_ispmanager_with_what_staff_entered_wrong(username, password):
    """The module looks before it acts: nothing is asked of an account that is not there or not the client's."""

    async def scene(lab, client):
        manager = await shared(lab)
        manager.catalogue.disable("Hosting", "ispmanager")
        manager.catalogue.enable("Hosting", "manual")
        manager.order("web1", EMAIL, "Hosting")
        await manager.pay("web1")
        manager.catalogue.enable("Hosting", "ispmanager")
        (task,) = manager.tasks(STAFF)
        params = {"username": username, "password": password}
        manager.assign_task(STAFF, task.id, module="ispmanager", params=params)
        with pytest.raises(ProvisioningError):
            await manager.close_task(STAFF, task.id)
        await manager.close()

    assert trial(scene, lab=HOSTING) == {}


@pytest.mark.requirement("IM-8")
def test_ispmanager_never_takes_an_account_whose_name_was_ordered():
    async def scene(lab, client):
        manager = await shared(lab)
        manager.order("web1", EMAIL, "Hosting", params={"username": "alice"})
        with pytest.raises(HandedOver, match="there is a user alice"):
            await manager.pay("web1")
        await manager.close()

    assert trial(scene, lab=HOSTING) == {}

"""What a technician who walked the hall would write down of its links."""

from simulator.control.api.truth import truth
from simulator.kernel import run
from simulator.lab import Lab
from simulator.plant.disk import InstalledOs


def test_a_mismatch_of_two_ends_that_a_lab_file_sets_differently_is_seen_at_the_nic():
    rack = {
        "name": "A1",
        "switches": [
            {"name": "sw-1", "ports": 2, "port_settings": [{"port": 1, "speed": "100 Mbit/s", "duplex": "full"}]}
        ],
        "servers": [
            {
                "name": "srv-{n}",
                "count": 2,
                "configuration": "E3-1230-16Gb-480SSD",
                "cables": {"nic1": "sw-1/{n}"},
                "nic_settings": [{"nic": "nic1", "duplex": "half"}],
                "power": "on",
            }
        ],
    }

    async def main():
        async with Lab.load({"lab": "x", "racks": [rack]}).simulated(seed=1) as lab:
            await lab.clock.sleep(1)
            seen = await truth(lab, 0, 100)
            ports = [(port["speed"], port["duplex"]) for port in seen["switches"][0]["ports"]]
            assert ports == [(10**8, "full"), (10**8, "half")]
            nics = [server["nics"][0] for server in seen["servers"]]
            assert [(nic["speed"], nic["mismatch"]) for nic in nics] == [(10**8, True), (10**8, False)]
            lab.plant.servers["srv-1"].power_off()
            assert (await truth(lab, 0, 100))["servers"][0]["nics"][0]["speed"] is None

    run(main())


def test_an_address_that_two_live_systems_have_is_named_with_who_is_reached():
    async def main():
        async with Lab.load("small").simulated(seed=1) as lab:
            assert (await truth(lab, 0, 100))["address_conflicts"] == []
            for name in ("srv-02", "srv-01"):
                server = lab.plant.servers[name]
                server.disks[0].os = InstalledOs("debian-12", ("192.0.2.10",))
                server.power_on()
                await lab.clock.sleep(600)
            seen = await truth(lab, 0, 100)
            assert seen["address_conflicts"] == [
                {"address": "192.0.2.10", "servers": ["srv-02", "srv-01"], "reached": "srv-01"}
            ]
            assert seen["servers"][0]["os"] == {"name": "debian-12", "addresses": ["192.0.2.10"], "nics": ["nic1"]}

    run(main())

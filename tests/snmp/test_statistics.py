"""What an agent counts of its own traffic, as a manager reads it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.kernel import run
from simulator.pdu import PduDevice
from simulator.snmp import Manager, SecureManager, Status, User, ber, oid
from simulator.snmp.station import Sink
from simulator.switch import SwitchDevice
from tests.plant.support import Hall

GROUP = "1.3.6.1.2.1.11"
ENGINE = "1.3.6.1.6.3.10.2.1"
USM = "1.3.6.1.6.3.15.1.1"
ANN = User("ann", "SHA", "maplesyrup")


class Bench:
    def __init__(self, kind: str, users: list[User]) -> None:
        self.hall = Hall()
        hall = self.hall
        self.device: Any = (
            SwitchDevice(hall.switch, "cisco-c3560", "private", hall.clock, users=users)
            if kind == "switch"
            else PduDevice(hall.pdu, "apc-ap8641", "private", hall.clock, users=users)
        )
        self.manager = Manager("private")

    def receive(self, data: bytes) -> list[bytes]:
        answers: list[bytes] = []
        self.device.receive(data, answers.append)
        return answers

    def get(self, name: str) -> Any:
        (answer,) = self.receive(self.manager.get([oid(name)]).octets)
        response = self.manager.response(answer)
        assert response is not None
        return response.varbinds[0].value()


@pytest.mark.parametrize("kind", ["switch", "pdu"])
def test_datagrams_are_counted_by_what_was_wrong_with_them(kind: str) -> None:
    async def main() -> None:
        bench = Bench(kind, [])
        assert bench.get(f"{GROUP}.1.0") == 1
        bench.receive(b"nonsense")
        bench.receive(Manager("guess").get([oid("1.3.6.1.2.1.1.1.0")]).octets)
        bench.receive(SecureManager(ANN, lambda: 0.0).get([oid("1.3.6.1.2.1.1.1.0")]).octets)
        assert [bench.get(f"{GROUP}.{number}.0") for number in (6, 4, 3)] == [1, 1, 1]
        assert (bench.get(f"{GROUP}.1.0"), bench.get(f"{GROUP}.2.0")) == (8, 5)
        (bench.hall.switch if kind == "switch" else bench.hall.pdu).restart()
        await bench.hall.clock.sleep(60)
        assert bench.get(f"{GROUP}.1.0") == 1, "they are in memory"

    run(main())


def test_traps_of_guessed_communities_can_be_disabled() -> None:
    async def main() -> None:
        bench, sent = Bench("switch", []), []
        bench.device.send = lambda data, to: sent.append(data)
        bench.device.sinks.append(Sink(("10.0.0.9", 162)))
        guess = Manager("guess").get([oid("1.3.6.1.2.1.1.1.0")]).octets
        bench.receive(guess)
        answers = bench.receive(bench.manager.set([(oid(f"{GROUP}.30.0"), ber.integer(2))]).octets)
        response = bench.manager.response(answers[0])
        assert response is not None
        assert response.status == Status.NO_ERROR
        bench.receive(guess)
        assert (len(sent), bench.get(f"{GROUP}.30.0"), bench.get(f"{GROUP}.4.0")) == (1, 2, 2)

    run(main())


@pytest.mark.parametrize("kind", ["switch", "pdu"])
def test_the_engine_tells_of_itself_and_of_what_it_reported(kind: str) -> None:
    async def main() -> None:
        bench = Bench(kind, [ANN])
        await bench.hall.clock.sleep(30)
        assert bench.get(f"{ENGINE}.1.0") == bench.device.agent.security.engine_id
        assert (bench.get(f"{ENGINE}.2.0"), bench.get(f"{ENGINE}.3.0")) == (1, 30)
        asker = SecureManager(User("bob", "SHA", "maplesyrup"), lambda: 0.0)
        request = asker.get([oid("1.3.6.1.2.1.1.1.0")])
        (answer,) = bench.receive(request.octets)
        again = asker.take(answer)
        assert bench.receive(again.octets)  # type: ignore[union-attr]
        assert [bench.get(f"{USM}.{number}.0") for number in range(1, 7)] == [0, 0, 1, 1, 0, 0]

    run(main())

"""Clients of ispmanager that do one thing wrong each, and what the review says of them."""

from __future__ import annotations

import httpx
import pytest

from simulator.control.client.report import as_text
from simulator.kernel import run
from simulator.review import Recorder, as_dict, review
from tests.review.support import HOSTING, LAB, Client
from tests.review.support import trial as any_trial


def trial(scene):
    return any_trial(scene, lab=HOSTING)


NEW = {"passwd": "secret-enough", "confirm": "secret-enough", "preset": "start", "sok": "ok"}


@pytest.mark.parametrize("func", ["user.suspend", "user.resume", "user.edit", "user.delete"])
def test_an_account_named_in_the_wrong_case_is_not_there_and_nobody_minds(func):
    async def scene(lab, client):
        await client.hosting(func, elid="Alice", sok="ok", passwd="secret-enough")

    (finding,) = trial(scene)["no-such-account"]
    assert (finding["where"], finding["source"]) == ("Alice", "IM-7")
    assert "there is alice" in finding["text"]
    assert "secret-enough" not in str(finding)


@pytest.mark.parametrize(
    "then",
    [
        {"func": "user"},
        {"func": "user.suspend", "elid": "alice"},
        {"func": "user.add.finish", "name": "Alice", **NEW},
    ],
)
def test_a_missing_account_that_is_looked_for_afterwards_is_no_fault(then):
    async def scene(lab, client):
        await client.hosting("user.suspend", elid="Alice")
        await client.hosting(**then)

    assert trial(scene) == {}


def test_a_list_that_is_read_much_later_mends_nothing():
    async def scene(lab, client):
        await client.hosting("user.suspend", elid="Alice")
        await client.hosting("user.suspend", elid="bob")
        await client.hosting("user")

    assert [finding["where"] for finding in trial(scene)["no-such-account"]] == ["Alice"]


def test_an_account_that_is_gone_already_may_be_deleted_again():
    async def scene(lab, client):
        await client.hosting("user.delete", elid="carol")
        await client.hosting("user.delete", elid="carol")

    assert trial(scene) == {}


def test_one_of_a_group_that_is_not_there():
    async def scene(lab, client):
        await client.hosting("user.suspend", elid="alice, mallory")
        await client.hosting("user.resume", elid="alice")  # who was disabled: nothing of hers was refused

    found = trial(scene)
    assert [finding["where"] for finding in found.pop("no-such-account")] == ["mallory"]
    assert found == {}


def test_a_refused_change_after_which_the_client_goes_on():
    async def scene(lab, client):
        await client.hosting("user.edit", elid="bob", preset="gold", sok="ok")  # no such template
        await client.hosting("user.resume", elid="bob")

    found = trial(scene)
    (finding,) = found.pop("account-refusal-ignored")
    assert found == {}
    assert finding["where"] == "bob"
    assert "func=user.edit was refused (missed" in finding["text"]
    assert "enables an account" in finding["text"]


def test_a_refused_change_that_is_repeated_or_given_up_is_none_ignored():
    async def scene(lab, client):
        await client.hosting("user.add.finish", name="erin", **NEW)
        await client.hosting("user.edit", elid="erin", preset="gold", sok="ok")
        await client.hosting("user.edit", elid="erin", preset="shop", sok="ok")
        await client.hosting("user.edit", elid="erin", passwd="short", sok="ok")
        await client.hosting("user.delete", elid="erin")

    assert trial(scene) == {}


def test_an_account_of_somebody_else_is_taken_over_when_its_name_is_taken():
    async def scene(lab, client):
        await client.hosting("user.add.finish", name="bob", **NEW)
        await client.hosting("user.edit", elid="bob", passwd="secret-enough", sok="ok")

    found = trial(scene)
    (finding,) = found.pop("took-anothers-account")
    assert found == {}
    assert (finding["where"], len(finding["calls"])) == ("bob", 2)
    assert finding["severity"] == "error"


def test_an_account_bound_with_its_password_is_not_taken_over():
    async def scene(lab, client):
        await client.hosting("user.add.finish", name="bob", **NEW)
        await client.hosting("whoami", authinfo="bob:bobs-old-secret")
        await client.hosting("user.suspend", elid="bob")

    assert trial(scene) == {}


def test_an_account_made_twice_by_one_client():
    async def scene(lab, client):
        await client.hosting("user.add.finish", name="erin", **NEW)
        await client.hosting("user.add.finish", name="erin", **NEW)
        await client.hosting("user.suspend", elid="erin")

    found = trial(scene)
    (finding,) = found.pop("account-made-twice")
    assert found == {}
    assert finding["where"] == "erin"


def test_an_account_made_again_after_its_deletion_is_a_new_one():
    async def scene(lab, client):
        for _ in range(2):
            await client.hosting("user.add.finish", name="erin", **NEW)
            await client.hosting("user.delete", elid="erin")

    assert trial(scene) == {}


def test_one_order_with_two_accounts():
    async def scene(lab, client):
        await client.hosting("user.add.finish", name="erin", **NEW)
        await client.hosting("user.add.finish", name="erin1", **NEW)

    (finding,) = trial(scene)["one-password-for-two"]
    assert finding["where"] == "erin, erin1"


def test_the_same_refused_call_again_and_again():
    async def scene(lab, client):
        for _ in range(4):
            await client.hosting("user.add.finish", name="erin", **NEW | {"preset": "gold"})

    (finding,) = trial(scene)["refused-again-and-again"]
    assert "4 times, each refused: missed" in finding["text"]
    assert finding["calls"][0]["values"]["passwd"] == "********"


def test_a_refusal_of_5_again_and_again():
    async def scene(lab, client):
        for _ in range(3):
            await client.five("server.disable", elid="999")

    assert "func=server.disable 3 times" in any_trial(scene)["refused-again-and-again"][0]["text"]


def test_functions_that_there_are_not_are_shown_with_the_nearest():
    async def scene(lab, client):
        await client.hosting("user.disable", elid="alice")
        await client.hosting("user.suspnd", elid="alice")
        await client.hosting("webdomain.edit", name="example.com", sok="ok")

    found = trial(scene)
    texts = {finding["calls"][0]["action"]: finding["text"] for finding in found.pop("unknown-call")}
    assert found == {}
    assert set(texts) == {"user.disable", "user.suspnd"}
    assert "did you mean `user.suspend`?" in texts["user.suspnd"]


def test_a_password_in_the_address():
    async def scene(lab, client):
        address = f"{lab.ispmanager_url}/ispmgr"
        await client.http.get(address, params={"authinfo": "root:rackloop-root", "func": "user", "out": "json"})

    (finding,) = trial(scene)["secret-in-url"]
    assert "rackloop-root" not in str(finding)


def test_a_session_for_every_call_and_sessions_that_had_ended():
    async def scene(lab, client):
        async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
            for _ in range(5):
                form = {"username": "root", "password": "rackloop-root", "authinfo": ""}
                answer = await client.hosting("auth", http=http, **form)
                session = answer.text.partition('id="')[2].partition('"')[0]
                await client.hosting("user", http=http, auth=session, authinfo="")
            await lab.clock.sleep(100_000)
            for _ in range(2):
                await client.hosting("user", http=http, auth=session, authinfo="")

    found = trial(scene)
    assert "logged in 5 times" in found["sessions-left"][0]["text"]
    assert "2 calls" in found["stale-session"][0]["text"]


def test_many_calls_in_few_sessions_are_no_fault_though_there_is_no_way_to_end_them():
    async def scene(lab, client):
        async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
            for _ in range(5):
                form = {"username": "root", "password": "rackloop-root", "authinfo": ""}
                answer = await client.hosting("auth", http=http, **form)
                session = answer.text.partition('id="')[2].partition('"')[0]
                for func in ("user", "preset", "admin", "whoami"):
                    await client.hosting(func, http=http, auth=session, authinfo="")

    assert trial(scene) == {}


def test_an_ispmanager_that_is_down_and_a_client_that_gives_up():
    async def scene(lab, client):
        lab.ispmanager.take_down()
        await client.hosting("user.suspend", elid="alice")
        lab.ispmanager.bring_up()

    assert "sent once" in trial(scene)["gave-up-at-503"][0]["text"]


def test_a_lab_without_ispmanager_is_watched_all_the_same():
    async def main():
        async with LAB.simulated(seed=1) as lab:
            assert lab.ispmanager is None
            recorder = Recorder(lab)
            recorder.watch()
            client = Client(lab)
            await client.login()
            await client.http.aclose()
            return as_text(as_dict(recorder, review(recorder)))

    assert run(main()).splitlines()[0] == "1 call of 1 client: nothing wrong was seen"

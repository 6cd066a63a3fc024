"""Who looks at a lab that is up, however often and however much there is, is no pause of its devices."""

import asyncio
import json
import threading

import httpx
import pytest

from simulator.control import app as control_app
from simulator.control.api import listing
from simulator.control.api.lab import ControlledLab
from simulator.control.app import create_control
from simulator.control.pages import hall
from simulator.control.pages.live import FRAMES, PERIOD, RECORDS, Live
from simulator.control.pages.racks import RACKS
from simulator.control.up import stand
from simulator.invariants.watch import Watch
from simulator.kernel import Journal, LoopClock, run
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from simulator.review import Recorder
from simulator.review.masking import HIDDEN
from simulator.web.in_process import InProcessTransport
from tests.control.support import ONE, in_lab


async def turns_during(call):
    """How often others had their turn while this was awaited; and what it gave."""
    count = 0

    async def other():
        nonlocal count
        while True:
            await asyncio.sleep(0)
            count += 1

    task = asyncio.ensure_future(other())
    try:
        return await call, count
    finally:
        task.cancel()


def test_the_end_of_the_journal_costs_nothing_but_its_number():
    async def scene(lab, client):
        for number in range(3000):
            lab.journal.write("test", f"srv-{number}", "something")
        end = (await client.get("/__lab/journal?since=end")).json()
        assert (end["list"], end["next"]) == ([], len(lab.journal))
        lab.journal.write("test", "new", "something")
        news = (await client.get(f"/__lab/journal?since={end['next']}")).json()
        assert [record["subject"] for record in news["list"]] == ["new"]
        refused = await client.get("/__lab/journal?since=ende")
        assert refused.status_code == 400

    in_lab(scene)


async def test_a_bounded_journal_s_hash_is_at_hand_and_its_newest_are_read_from_the_end():
    journal, plain = Journal(LoopClock()), Journal(LoopClock())
    for number in range(5):
        journal.write("test", str(number), "before")
    journal.bound(100, 1 << 20)
    for number in range(300):
        journal.write("test", str(number), "something")
        if number % 50 == 0:
            journal.hash()
    seen = []
    journal._digest_one = seen.append  # type: ignore[method-assign]
    journal.hash()
    assert seen == []
    assert [record.number for record in journal.since(300)] == [301, 302, 303, 304, 305]
    assert [record.number for record in journal.since(0)] == list(range(206, 306))
    assert journal.since(305) == journal.since(1000) == []
    assert plain.hash() == Journal(LoopClock()).hash()


def test_the_hash_of_a_bounded_journal_is_that_of_one_that_keeps_all():
    async def main():
        clock = LoopClock()
        bounded, whole = Journal(clock), Journal(clock)
        for journal in (bounded, whole):
            for number in range(40):
                if number == 10 and journal is bounded:
                    journal.bound(7, 1 << 20)
                journal.write("test", str(number), "something", detail=number)
        assert bounded.hash() == whole.hash()

    run(main())


def test_a_page_of_thousands_of_records_and_a_report_leave_others_their_turns(monkeypatch):
    async def scene(lab, client):
        for number in range(6000):
            lab.journal.write("test", f"srv-{number}", "something")
        (answer, turns) = await turns_during(client.get("/__lab/journal?limit=10000"))
        assert len(answer.json()["list"]) >= 6000
        assert turns >= 6000 / listing.TURN - 2
        monkeypatch.setattr("simulator.review.reviewing.STEP", 10)
        first = (await turns_during(client.get("/__lab/report")))[1]
        assert first > 20  # there are more rules than that

    in_lab(scene)


def test_calls_with_long_bodies_end_a_page_early_and_leave_others_their_turns(monkeypatch):
    monkeypatch.setattr(listing, "OCTETS", 100_000)
    monkeypatch.setattr(listing, "TURN_OCTETS", 5_000)

    async def scene(lab, client):
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as other:
            for number in range(40):
                body = {"email": "nobody@example.com", "password": "x", "text": str(number % 10) * 10_000}
                await other.post("/api/auth/v4/public/token", json=body)
        seen, since = [], 0
        while True:
            answer, turns = await turns_during(client.get(f"/__lab/calls?since={since}&limit=1000"))
            page = answer.json()
            if not page["list"]:
                break
            assert turns >= len(page["list"]) - 1
            assert len(answer.content) < 140_000
            seen += [each["number"] for each in page["list"]]
            since = page["next"]
        assert seen == list(range(1, 41))

    in_lab(scene)


def test_the_truth_and_the_faults_are_read_page_by_page():
    async def scene(lab, client):
        whole = (await client.get("/__lab/state")).json()
        kinds = ("servers", "switches", "pdus")
        assert whole["size"] == sum(len(whole[kind]) for kind in kinds) == 3
        assert whole["next"] is None
        parts, offset = {kind: [] for kind in kinds}, 0
        while offset is not None:
            page = (await client.get(f"/__lab/state?offset={offset}&limit=1")).json()
            assert sum(len(page[kind]) for kind in kinds) == 1
            for kind in kinds:
                parts[kind] += page[kind]
            offset = page["next"]
        assert parts == {kind: whole[kind] for kind in kinds}
        assert (await client.get("/__lab/state?offset=99")).json()["servers"] == []
        assert (await client.get("/__lab/state?limit=-1")).status_code == 400
        (server,) = lab.plant.servers
        for at in ("1h", "2h", "3h"):
            asked = await client.post("/__lab/faults", json={"bmc.dead": {"server": server, "at": at, "for": "1m"}})
            assert asked.status_code == 201
        whole = (await client.get("/__lab/faults")).json()
        assert (len(whole["list"]), whole["size"], whole["next"]) == (3, 3, None)
        first = (await client.get("/__lab/faults?limit=2")).json()
        rest = (await client.get(f"/__lab/faults?limit=2&offset={first['next']}")).json()
        assert [*first["list"], *rest["list"]] == whole["list"]
        assert rest["next"] is None

    in_lab(scene)


async def test_what_the_first_look_needs_is_made_beside_the_loop_that_answers_devices(monkeypatch):
    """Templates, routes and the document; each takes longer than a BMC may take to answer."""
    threads = {}

    def noting(module, name):
        made = getattr(module, name)

        def noted(*args):
            threads.setdefault(name, threading.current_thread())
            return made(*args)

        monkeypatch.setattr(module, name, noted)

    noting(hall, "load")
    noting(control_app, "_make_routes")
    noting(control_app, "openapi_of")
    async with stand(ONE.plan, WireOptions(), control_port=0) as standing, httpx.AsyncClient(timeout=60) as client:
        looks = (
            client.get(f"{standing.control}{path}") for path in ("/", "/__lab/page/rack?name=A1", "/swagger", "/no")
        )
        answers = await asyncio.gather(*looks)
        assert [each.status_code for each in answers] == [200, 200, 200, 404]
    assert threads.keys() == {"load", "_make_routes", "openapi_of"}
    assert threading.main_thread() not in threads.values()


def test_a_filter_that_finds_little_goes_on_page_by_page(monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_AT", 100)

    async def scene(lab, client):
        for number in range(1000):
            lab.journal.write("test", "wanted" if number == 950 else "other", "something")
        since, found = 0, []
        for _ in range(20):
            answer = (await client.get(f"/__lab/journal?since={since}&subject=wanted")).json()
            found += answer["list"]
            if answer["next"] == answer["size"]:
                break
            assert answer["next"] > since
            since = answer["next"]
        assert len(found) == 1

    in_lab(scene)


def hall_of(racks):
    return Lab.load(
        {"lab": "wide", "racks": [{"name": f"R{n}", "pdus": [{"name": f"p{n}", "outlets": 8}]} for n in range(racks)]}
    )


@pytest.mark.parametrize(
    ("number", "shown"), [(1, range(RACKS)), (3, range(2 * RACKS, 30)), (99, range(2 * RACKS, 30))]
)
def test_the_page_of_a_wide_hall_shows_some_racks_and_leads_to_the_others(number, shown):
    async def main():
        async with hall_of(30).simulated() as lab, page_of(lab) as client:
            return (await client.get(f"/?page={number}")).text, await client.get("/__lab/page/rack?name=R29")

    text, last = run(main())
    assert [name for name in (f"R{n}" for n in range(30)) if f'data-name="{name.replace("R", "p")}"' in text] == [
        f"R{n}" for n in shown
    ]
    assert f"page {min(number, 3)} of 3" in text
    assert 'data-name="p29"' in last.text


def page_of(lab):
    return httpx.AsyncClient(transport=InProcessTransport(create_control(lab)), base_url="http://control")


def test_a_page_may_load_nothing_from_elsewhere_and_run_no_script_of_a_name_in_the_lab():
    async def scene(lab, client):
        for path in (
            "/",
            "/__lab/page/device?name=srv-1",
            "/__lab/page/rack?name=A1",
            "/__lab/page/found?text=<script>",
        ):
            answer = await client.get(path)
            assert answer.status_code == 200
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            assert "<script>" not in answer.text
        missing = await client.get("/__lab/page/device?name=srv-2")
        assert (missing.status_code, "did you mean `srv-1`?" in missing.json()["error"]) == (404, True)
        assert (await client.get("/__lab/page/other.js")).status_code == 404

    in_lab(scene)


def lab_seen(lab):
    return ControlledLab(lab, Recorder(lab), Watch.alone(lab))


def test_what_open_pages_are_told_is_computed_once_for_all_and_nothing_is_when_none_is_open():
    async def main():
        async with Lab.load("small").simulated() as lab:
            live = Live(lab_seen(lab))
            looked = []
            of = live.marks.of
            live.marks.of = lambda name, struck: looked.append(name) or of(name, struck)
            lab.plant.servers["srv-01"].power_on()
            await lab.clock.sleep(30)
            assert looked == []
            assert lab.bmc_devices["srv-01"].observer is None
            pages = [live.listen(len(lab.journal)) for _ in range(3)]
            await asyncio.gather(*map(anext, pages))
            firsts = await asyncio.gather(*map(anext, pages))
            looked.clear()
            lab.plant.servers["srv-02"].power_on()
            told = await asyncio.gather(*map(anext, pages))
            assert len(set(map(id, told))) == 1
            assert told != firsts
            frame = json.loads(told[0].removeprefix("data: "))
            assert frame["marks"]["srv-02"]["lamp"] == "busy"
            assert set(frame["marks"]) <= {"srv-02", "sw-a1"}
            assert frame["counts"]["busy"] == 2
            assert sorted(looked) == ["srv-02", "sw-a1"]
            for each in pages:
                await each.aclose()
            looked.clear()
            lab.plant.servers["srv-03"].power_on()
            await lab.clock.sleep(30)
            assert (looked, live.listeners, lab.bmc_devices["srv-01"].observer) == ([], 0, None)

    run(main())


def test_who_is_slower_than_what_happens_is_told_to_begin_anew_and_nobody_waits_for_him():
    async def main():
        async with ONE.simulated() as lab:
            live = Live(lab_seen(lab))
            slow = live.listen(0)
            await anext(slow)
            await anext(slow)
            for number in range(2 * FRAMES):
                lab.journal.write("plant", "srv-1", "tick", number=number)
                await lab.clock.sleep(PERIOD)
            assert (await anext(slow)).startswith("event: again")
            await slow.aclose()

    run(main())


def test_of_a_flood_of_records_the_last_are_sent_and_how_many_there_were():
    async def main():
        async with ONE.simulated() as lab:
            live = Live(lab_seen(lab))
            page = live.listen(len(lab.journal))
            await anext(page)
            await anext(page)
            for number in range(1000):
                lab.journal.write("test", "srv-1", "tick", token=f"secret-{number}")
            frame = json.loads((await anext(page)).removeprefix("data: "))
            assert len(frame["records"]) == RECORDS
            assert frame["skipped"] >= 1000 - RECORDS
            assert next(each for each in frame["records"] if each["layer"] == "test")["detail"] == {"token": HIDDEN}
            await page.aclose()

    run(main())

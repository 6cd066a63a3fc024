"""Clients that do one thing wrong each, and what the review says of them."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import ProvisioningError
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from simulator.control.client.report import as_text
from simulator.kernel import run
from simulator.review import RULES, Recorder, as_dict, review
from simulator.review import recorder as recorder_module
from tests.review.support import DEBIAN, HOSTING, LAB, trial


def test_the_bundled_module_does_nothing_wrong_in_a_whole_life():
    async def scene(lab, client):
        log = ModuleLog(lab.clock)
        panel = Dci6Client(lab.dci6_url, *lab.admin, clock=lab.clock, log=log, transport=lab.billing_transport())
        wanted = {
            "configuration": "E3-1230-16Gb-2x1000SSD",
            "os": "debian-12",
            "pool": "public",
            "diagnostic_pool": "diag",
        }
        module = Whmcs6(panel, Whmcs6Settings.from_mapping(wanted), lab.clock, log, source=lab.streams["users"])
        billing = Billing(module, lab.clock, log, source=lab.streams["services"])
        await billing.order("web1", "alice@example.com")
        await billing.suspend("web1")
        await billing.unsuspend("web1")
        await billing.terminate("web1")
        await panel.close()

    assert trial(scene) == {}


def test_what_its_document_leaves_behind_after_a_failure_is_found():
    async def scene(lab, client):
        log = ModuleLog(lab.clock)
        panel = Dci6Client(lab.dci6_url, *lab.admin, clock=lab.clock, log=log, transport=lab.billing_transport())
        wanted = {"configuration": "E3-1230-16Gb-2x1000SSD", "os": "debian-12", "pool": "public"}
        module = Whmcs6(panel, Whmcs6Settings.from_mapping(wanted), lab.clock, log, source=lab.streams["users"])
        billing = Billing(module, lab.clock, log, source=lab.streams["services"])
        for disk in lab.plant.servers["srv-01"].disks:
            disk.failed = True
        with pytest.raises(ProvisioningError):
            await billing.order("web1", "alice@example.com", server=1)
        await panel.close()

    (finding,) = trial(scene).pop("owner-left-behind")
    assert finding["where"] == "srv-01"
    assert "alice@example.com" in finding["text"]
    assert finding["severity"] == "error"
    assert finding["calls"][0]["call"] == "POST /dci/v3/server/1/owner"


def test_an_operation_nobody_looks_at_again():
    async def scene(lab, client):
        await client.login()
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})
        assert (await client.install(1)).status_code == 200
        await lab.clock.sleep(7200)

    (finding,) = trial(scene)["operation-not-watched"]
    assert (finding["where"], finding["calls"][0]["action"]) == ("srv-01", "server.os_install")


def test_an_operation_looked_at_after_its_end_is_watched():
    async def scene(lab, client):
        await client.login()
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})
        operation = (await client.install(1)).json()["id"]
        await lab.clock.sleep(3000)
        await client.say(f"GET /dci/v3/operation/{operation}")

    assert trial(scene) == {}


def test_a_refused_step_after_which_the_client_goes_on():
    async def scene(lab, client):
        await client.login()
        body = {"os_template": DEBIAN, "password": "secret-enough"}  # the server has no address yet
        assert (await client.say("POST /dci/v3/server/1/os_install", body)).status_code == 409
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})

    (finding,) = trial(scene)["refusal-ignored"]
    assert "os_install was refused" in finding["text"]
    assert "sets the owner" in finding["text"]
    assert len(finding["calls"]) == 2


def test_a_refused_step_that_is_repeated_or_undone_is_none_ignored():
    async def scene(lab, client):
        await client.login()
        body = {"os_template": DEBIAN, "password": "secret-enough"}
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})
        await client.say("POST /dci/v3/server/1/os_install", body)
        await client.say("POST /dci/v3/server/1/os_install", body)
        await client.say("POST /dci/v3/server/1/owner", {"owner": None})

    assert trial(scene) == {}


def test_a_refused_step_that_is_repeated_with_the_steps_before_it_is_none_ignored():
    async def scene(lab, client):
        await client.login()
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})
        body = {"os_template": DEBIAN, "password": "secret-enough"}
        assert (await client.say("POST /dci/v3/server/1/os_install", body)).status_code == 409
        await client.say("POST /dci/v3/server/1/port_on", {})
        operation = (await client.install(1)).json()["operation"]
        await lab.clock.sleep(3000)
        await client.say(f"GET /dci/v3/operation/{operation}")

    assert trial(scene) == {}


def test_a_server_given_to_two():
    async def scene(lab, client):
        await client.login()
        alice, bob = await client.user(), await client.user("bob@example.com")
        await client.say("POST /dci/v3/server/1/owner", {"owner": alice})
        await client.say("POST /dci/v3/server/1/owner", {"owner": bob})

    (finding,) = trial(scene)["took-a-sold-server"]
    assert finding["text"] == "belonged to alice@example.com when it was given to bob@example.com"


def test_a_server_taken_in_the_middle_of_something():
    async def scene(lab, client):
        await client.login()
        await client.install(1)
        await lab.clock.sleep(60)
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})
        assert (await client.install(1)).status_code == 409

    found = trial(scene)
    assert "was running" in found["took-an-unsettled-server"][0]["text"]
    assert len(found["asked-for-what-runs"]) == 1


def test_an_address_that_stays_and_data_that_stays():
    async def scene(lab, client):
        await client.login()
        await client.say("POST /dci/v3/server/1/owner", {"owner": await client.user()})
        assert (
            await client.say("POST /dci/v3/server/1/ip", {"ippool": 1, "family": "ipv4", "count": 1})
        ).status_code == 200
        operation = (await client.install(1)).json()["id"]
        await lab.clock.sleep(3000)
        await client.say(f"GET /dci/v3/operation/{operation}")
        await client.say("DELETE /dci/v3/server/1/owner")

    found = trial(scene)
    assert "192.0.2." in found["address-left-behind"][0]["text"]
    assert found["data-left-on-disks"][0]["where"] == "srv-01"


def test_a_server_with_two_ports_of_which_one_was_forgotten():
    async def scene(lab, client):
        await client.login()
        machine = lab.plant.servers["srv-01"]
        await client.say("POST /dci/v3/server/1/power_on", {})
        await client.say("POST /dci/v3/server/1/port_on", {})
        await lab.clock.sleep(600)
        await client.say("POST /dci/v3/server/1/port_off", {})
        switch = lab.plant.switches["sw-a1"]
        switch.ports[0].set_admin(True)
        await lab.clock.sleep(60)
        assert any(nic.link_up for nic in machine.nics)

    (finding,) = trial(scene)["suspended-but-connected"]
    assert "nic1" in finding["text"]


def test_503_given_up_at_once_and_503_put_up_with():
    async def impatient(lab, client):
        lab.panel_services.take_down()
        await client.say("GET /auth/v4/whoami")
        lab.panel_services.bring_up()

    async def patient(lab, client):
        lab.panel_services.take_down()
        for _ in range(60):
            await client.say("GET /auth/v4/whoami")
            await lab.clock.sleep(0.5)
        lab.panel_services.bring_up()
        await client.say("GET /auth/v4/whoami")

    assert "sent once" in trial(impatient)["gave-up-at-503"][0]["text"]
    assert trial(patient) == {}


def test_calls_that_there_are_not_are_shown_with_the_nearest_that_there_is():
    async def scene(lab, client):
        await client.login()
        await client.say("POST /dci/v3/server/1/powerr_on", {})
        await client.say("POST /dci/v3/server/1/power_on", {"force": True})
        await client.five("server.powr", elid="1")

    six, field, five = trial(scene)["unknown-call"]
    assert "did you mean `POST /dci/v3/server/{sid}/power_on`?" in six["text"]
    assert "force" in field["text"]
    assert "did you mean `server.poweron`?" in five["text"] or "server.power" in five["text"]


def test_a_session_used_after_its_end_and_sessions_never_ended():
    async def scene(lab, client):
        for _ in range(5):
            await client.login()
        await lab.clock.sleep(100_000)
        await client.say("GET /dci/v3/server")
        await client.say("GET /dci/v3/server")

    found = trial(scene)
    assert "2 calls" in found["stale-session"][0]["text"]
    assert "logged in 5 times" in found["sessions-left"][0]["text"]


def test_a_password_in_an_url_is_found_and_not_shown():
    async def scene(lab, client):
        name, password = lab.admin
        await client.http.get(f"{lab.dci5_url}/dcimgr?authinfo={name}:{password}&out=xml&func=server")

    (finding,) = trial(scene)["secret-in-url"]
    assert finding["calls"][0]["values"]["authinfo"] == "********"
    assert "rackloop-admin" not in str(finding)


def test_looking_every_moment():
    async def scene(lab, client):
        await client.login()
        for _ in range(20):
            await client.say("GET /dci/v3/server/1")
            await lab.clock.sleep(0.1)

    assert "0.1 s apart" in trial(scene)["looks-too-often"][0]["text"]


def test_looking_three_times_at_once_and_then_not_for_minutes_is_no_polling():
    async def scene(lab, client):
        await client.login()
        for _ in range(10):
            for _ in range(3):
                await client.say("GET /dci/v3/server/1")
            await lab.clock.sleep(300)

    assert trial(scene) == {}


def test_guessing_at_the_password():
    async def scene(lab, client):
        for _ in range(3):
            await client.say("POST /auth/v4/public/token", {"email": lab.admin[0], "password": "wrong-password"})

    assert "3 logins" in trial(scene)["logins-refused"][0]["text"]


def test_a_refusal_of_dcimanager_5_is_seen_though_its_status_is_200():
    async def scene(lab, client):
        await client.five("server.poweron", elid="999")
        await client.five(
            "server.operations", elid="1", sok="ok", operation="ostemplate", ostemplate="no-such", hostname="a.b"
        )
        await client.five("server.disable", elid="1")
        await client.five("server.connection.on", plid="1", elid="77")
        await client.five("server.edit", elid="1", sok="ok", notes="x", name="srv-01")

    found = trial(scene)
    assert any("func=server.connection.on was refused" in each["text"] for each in found["refusal-ignored"])


def test_every_rule_says_what_to_do_and_who_asks_for_it():
    assert len(RULES) >= 16
    assert all(rule.advice.endswith(".") and rule.source for rule in RULES.values())


ADMINS = "authinfo=admin%40example.com:rackloop-admin", "authinfo=root:rackloop-root"
FORMS = [
    f"{admin}&sok=ok&{form}".encode()
    for admin in ADMINS
    for form in (
        "func=user.suspend&elid=alice, nobody",
        "func=user.add&name=%c2%b2&passwd=secret-enough",
        "func=user.edit&elid=Alice&preset=x",
        "func=usrparam&su=bob&passwd=short",
        "func=server.connection.off&plid=1&elid=%c2%b2",
        "func=server.connection.ipmiuser.edit&plid=3&elid=",
        "func=server.moveip&elid=1&servertree=x",
        "func=operation.cancel&elid=1",
    )
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST", "DELETE", "PUT"]),
            st.sampled_from(
                ["/dci/v3/server/1/owner", "/api/dci/v3/server/99999", "/dcimgr", "/ispmgr", "/dci/v3/operation/7"]
            )
            | st.text(alphabet="abc/0123.%?&=", max_size=20).map(lambda text: f"/{text}"),
            st.sampled_from(FORMS)
            | st.sampled_from([b"", b"{}", b'{"owner": [1]}', b"[" * 40, b"func=server.edit&sok=ok&owner=%ff&elid=1"])
            | st.binary(max_size=40),
        ),
        max_size=6,
    ),
    st.sampled_from(["dci5", "dci6", "ispmanager"]),
)
def test_no_calls_upset_the_review_and_it_passes_all_of_them_on(calls, panel):
    async def main():
        async with (HOSTING if panel == "ispmanager" else LAB).simulated(seed=1) as lab:
            plain, watched = [], []
            for answers in (plain, watched):
                if answers is watched:
                    recorder = Recorder(lab)
                    recorder.watch()
                base = getattr(lab, f"{panel}_url")
                async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
                    for method, path, body in calls:
                        answer = await http.request(method, f"{base}{path}", content=body)
                        answers.append((answer.status_code, answer.content))
            assert plain == watched
            assert len(recorder) == len(calls)
            as_text(as_dict(recorder, review(recorder)))

    run(main())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"name": NaN}', "NaN is no JSON"),
        ('{"count": 1e999}', "a number in it is too large"),
        ('{"name": "\\ud800"}', "half of a surrogate pair"),
        ('{"\\udfff": 1}', "half of a surrogate pair"),
        ('{"a":' * 900 + "1" + "}" * 900, "nested deeper than 100 levels"),
        ("[" * 100_000, "nested deeper than 100 levels"),
        ('{"name": ', "it is not JSON"),
    ],
)
def test_a_body_that_not_every_program_can_read_is_a_finding_and_breaks_nothing(body, why):
    async def scene(lab, client):
        await client.login()
        for path in ("/dci/v3/user", "/dci/v3/server/1/os_install"):
            answer = await client.http.post(path, content=body, headers={"content-type": "application/json"})
            assert answer.status_code < 500

    (finding, *_) = trial(scene)["malformed-body"]
    assert why in finding["text"]
    assert finding["severity"] == "error"


def test_a_body_that_is_too_long_to_be_remembered_is_not_taken_for_a_broken_one():
    async def scene(lab, client):
        await client.login()
        await client.say("POST /dci/v3/user", {"email": "a@example.com", "password": "x" * (1 << 17)})

    assert "malformed-body" not in trial(scene)


def test_calls_are_remembered_up_to_an_amount_of_octets(monkeypatch):
    monkeypatch.setattr(recorder_module, "KEPT_OCTETS", 10_000)

    async def main():
        async with LAB.simulated() as lab:
            recorder = Recorder(lab)
            recorder.watch()
            async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as client:
                for number in range(30):
                    await client.post(f"/dci/v3/nothing/{number}", json={"text": "x" * 1000})
            assert recorder.seen == 30
            assert recorder.seen - recorder.forgotten == len(recorder) < 10
            assert [call.number for call in recorder.after(0, 3)] == [recorder.forgotten + n for n in (1, 2, 3)]
            assert as_dict(recorder, review(recorder))["forgotten"] == recorder.forgotten > 20

    run(main())

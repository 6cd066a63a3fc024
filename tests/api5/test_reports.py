"""Reports: what the panel has counted at switch ports and measured at outlets, and what became of its templates."""

from typing import Any

import httpx
import pytest

from tests.api5.support.hall import Hall, in_hall

IMAGE = 900_000_000
"""Octets of debian-12's image in the small lab."""


def test_an_installations_image_is_in_the_traffic_reports_of_its_day():
    async def scene(hall: Hall) -> None:
        await hall.install(1)
        await hall.clock.sleep(301)
        rows = {row["server"]: row for row in await hall.rows("traffic", period="today")}
        assert float(rows["srv-01"]["rx"]) == pytest.approx(IMAGE / 2**30, abs=0.01)
        assert rows["srv-02"]["rx"] == "0.000"
        assert rows["srv-01"]["ip"] == "192.0.2.10"
        (day,) = await hall.rows("trafficdetails", elid=1, period="week")
        assert day["rx"] == rows["srv-01"]["rx"]
        (day,) = await hall.rows("overalltraffic")
        assert day["rx"] == rows["srv-01"]["rx"]
        assert await hall.rows("trafficdetails", elid=1, period="yesterday") == []
        assert await hall.refused("traffic", period="ever") == ("value", "period")
        assert await hall.refused("traffic", period="2024-13") == ("value", "period")
        assert await hall.refused("trafficdetails", elid=99) == ("missed", "server")

    in_hall(scene)


def test_a_single_installation_is_within_the_twentieth_that_burstable_billing_leaves_out():
    async def scene(hall: Hall) -> None:
        await hall.install(1)
        await hall.clock.sleep(301)
        report = await hall.xml("trafficburstable")
        month = report.findtext("date")
        assert float(str(report.findtext("reportdata/traff/elem[id='1']/burst"))) > 1.0
        await hall.clock.sleep(12 * 3600)
        report = await hall.xml("trafficburstable", date=month)
        assert report.findtext("reportdata/traff/elem[id='1']/burst") == "0.000"
        assert await hall.refused("trafficburstable", date="now") == ("value", "date")

    in_hall(scene)


def test_traffic_of_the_last_interval_is_on_the_server_the_port_and_the_rack():
    async def scene(hall: Hall) -> None:
        await hall.address(1)
        await hall.operate(1, operation="ostemplate", ostemplate="ISPsystem__debian-12")
        await hall.until(1, lambda row: row["traff"] != "0")
        rate = (await hall.row(1))["traff"]
        port = next(row for row in await hall.rows("switch.port", elid=1) if row["servername"] == "srv-01")
        assert port["bitsec"] == rate
        assert (await hall.rows("rack"))[0]["traff"] == rate
        await hall.until(1, lambda row: "install_in_progress" not in row)
        await hall.clock.sleep(601)
        assert (await hall.row(1))["traff"] == "0"

    in_hall(scene)


def test_power_is_what_measured_outlets_deliver():
    async def scene(hall: Hall) -> None:
        await hall.clock.sleep(301)
        idle = {row["server"]: row for row in await hall.rows("power")}
        assert set(idle) == {f"srv-{number:02}" for number in range(1, 9)}  # the other rack's PDU meters no outlets
        await hall.xml("server.poweron", elid=1)
        await hall.clock.sleep(3601)
        busy = {row["server"]: row for row in await hall.rows("power", period="today")}
        assert int(busy["srv-01"]["power"]) > 5 * int(idle["srv-01"]["power"])
        assert float(busy["srv-01"]["energy"]) > 5 * float(busy["srv-02"]["energy"])
        watts = round(hall.machine("srv-01").watts)
        assert (await hall.row(1))["power"] == busy["srv-01"]["power"] == str(watts)
        pdu = {row["servername"]: row for row in await hall.rows("pdu.port", elid=1)}
        assert pdu["srv-01"]["power"] == str(watts)
        (day,) = await hall.rows("powerdetails", elid=1)
        assert day["energy"] == busy["srv-01"]["energy"]
        (whole,) = await hall.rows("overallpower")
        assert float(whole["energy"]) == pytest.approx(sum(float(row["energy"]) for row in busy.values()), abs=0.01)

    in_hall(scene)


def test_templates_have_statistics_of_how_often_they_came_to_a_good_end():
    async def scene(hall: Hall) -> None:
        await hall.install(1)
        await hall.operate(1, operation="ostemplate", ostemplate="ISPsystem__debian-12")
        await hall.xml("server.opercancel", elid=1)
        (row,) = await hall.rows("operstat")
        assert (row["id"], row["frequency"], row["stability"]) == ("ISPsystem__debian-12", "2", "50.0")
        assert 20 < float(row["time"]) < 60
        await hall.xml("operation.cclear")
        assert await hall.rows("operation") == []

    in_hall(scene)


def test_a_published_client_reads_the_shares_of_traffic_by_host_name_and_one_servers_present():
    """As its code indexes the JSON: one `elem` that is no list, around a list."""

    async def scene(hall: Hall) -> None:
        await hall.xml("server.edit", sok="ok", elid=1, hostname="web1.example.com")
        await hall.install(1)
        await hall.clock.sleep(301)

        async def ask(func: str, **query: object) -> Any:
            async with httpx.AsyncClient(transport=hall.lab.billing_transport()) as http:
                asked = {"func": func, "out": "json", "authinfo": ":".join(hall.lab.admin), **query}
                return (await http.get(f"{hall.lab.dci5_url}/dcimgr", params=asked)).json()["doc"]["reportdata"]

        slices = (await ask("trafficpie"))["trafficpie"]["elem"]["traff"]["elem"]
        (share,) = [one["traff"]["$"] for one in slices if one["hostname"]["$"] == "web1.example.com"]
        assert float(share) == pytest.approx(IMAGE / 2**30, abs=0.01)
        rates = (await ask("trafficburstable_pie"))["traff"]["elem"]
        (rate,) = [one["traff"]["$"] for one in rates if one["hostname"]["$"] == "web1.example.com"]
        assert float(rate) > 1.0
        (now,) = (await ask("currentdetails", elid=1, period="today"))["current"]["elem"]
        assert now["hostname"] == {"$": "web1.example.com"}
        assert float(now["power"]["$"]) > 0
        assert float(now["rx"]["$"]) >= 0

    in_hall(scene)

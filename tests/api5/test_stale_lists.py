"""A proxy in front of version 5 shows old lists, and nothing else that is old."""

from simulator.faults import CATALOGUE
from tests.api5.support.hall import Hall, in_hall


def test_a_list_is_as_old_as_the_proxy_keeps_it_and_forms_and_actions_are_not():
    async def scene(hall: Hall) -> None:
        stale = CATALOGUE["panel.stale"].params.model_validate({"age": "60s"})
        hall.lab.faults.inject("panel.stale", stale)
        assert "poweroff" in await hall.row(1)
        await hall.xml("server.poweron", elid=1)
        assert hall.machine("srv-01").powered
        await hall.xml("server.edit", sok="ok", elid=1, notes="new")
        assert (await hall.xml("server.edit", elid=1)).findtext("notes") == "new"
        row = await hall.row(1)
        assert "poweroff" in row
        assert "notes" not in row
        assert "poweron" in next(row for row in await hall.rows("server", p_sort="id") if row["id"] == "1")
        await hall.clock.sleep(61)
        assert "poweron" in await hall.row(1)
        await hall.xml("server.poweroff", elid=1)
        await hall.xml("server.poweroff", elid=1)
        hall.lab.faults.clear("panel.stale")
        assert "poweroff" in await hall.row(1)

    in_hall(scene)

"""One rule for host names, in both versions and wherever one is taken."""

from __future__ import annotations

import pytest

from simulator.dcim.errors import Invalid
from simulator.dcim.hostnames import host_name
from tests.api5.support.world import Client as Client5
from tests.api6.support.world import Client as Client6
from tests.api6.support.world import with_client as with_client6
from tests.dcim.support import in_world

GOOD = {
    "": "",
    "web1": "web1",
    "web1.example.com": "web1.example.com",
    "_dmarc.example.com": "_dmarc.example.com",
    "1.example": "1.example",
    "a" * 63 + ".example": "a" * 63 + ".example",
    ".".join(["a" * 63] * 3 + ["b" * 61]): ".".join(["a" * 63] * 3 + ["b" * 61]),
    "example.com.": "example.com.",
    "bücher.example": "xn--bcher-kva.example",
    "пример.испытание": "xn--e1afmkfd.xn--80akhbyknj4f",
    "\uff37\uff25\uff22\uff11.example": "web1.example",  # full-width letters
}
BAD = [
    "a" * 64 + ".example", ".".join(["a" * 63] * 4), "two words.example", "-web.example", "web-.example", "a..b", ".a",
    "web;reboot", "a\nb", "\u202e.example", "ü" * 63, "web/1", "*.example", "\x00",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kept"), GOOD.items())
def test_a_host_name_is_kept_as_dns_has_it(text: str, kept: str) -> None:
    assert host_name(text) == kept
    assert host_name(kept) == kept


@pytest.mark.parametrize("text", BAD, ids=repr)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        host_name(text, "hostname")
    assert caught.value.value == "hostname"


def test_version_5_takes_and_shows_them_by_the_rule_wherever_it_takes_one() -> None:
    async def scene(world) -> None:
        client = Client5(world)
        async with client.http:
            install = {"operation": "ostemplate", "ostemplate": "debian-12", "passwd": "s3cret-pass"}
            address = (await client.xml("iplist.edit", sok="ok", plid="1", domain="")).findtext("id")
            for func, field, params in [
                ("server.edit", "hostname", {"elid": "1"}),
                ("iplist.edit", "domain", {"plid": "1"}),
                ("iplist.edit", "domain", {"plid": "1", "elid": address}),
                ("server.operations", "hostname", {"elid": "1", **install}),
            ]:
                for text in BAD:
                    if text.strip("\x00"):
                        assert await client.refused(func, sok="ok", **{**params, field: text}) == ("value", field), text
            await client.xml("server.edit", sok="ok", elid="1", hostname="bücher.example")
            assert (await client.row(1))["hostname"] == "xn--bcher-kva.example"

    in_world(scene, started=True)


def test_version_6_takes_and_shows_them_by_the_rule_wherever_it_takes_one() -> None:
    async def scene(client: Client6) -> None:
        address = (await client.post("/dci/v3/server/1/ip", {"ippool": "public"}))["id"]
        for path, more in [
            ("/dci/v3/server/1", {}),
            ("/dci/v3/server/1/ip", {"ippool": "public"}),
            (f"/dci/v3/server/1/ip/{address}", {}),
            ("/dci/v3/server/1/os_install", {"os_template": "debian-12"}),
            ("/ip/v3/ippool/1/ip", {"family": "ipv4"}),
            (f"/ip/v3/ip/{address}", {}),
            ("/ip/v3/userspace/public/ip", {"name": "192.0.2.6"}),
        ]:
            for text in BAD:
                status, _, message, _ = await client.refused("POST", path, {**more, "domain": text})
                assert (status, message.startswith("domain: ")) == (400, True), (path, text)
        held = (await client.get("/ip/v3/ip"))["list"]
        assert len(held) == 1, "what is refused gives no address"
        await client.post("/dci/v3/server/1", {"domain": "пример.испытание"})
        await client.post(f"/ip/v3/ip/{address}", {"domain": "bücher.example"})
        shown = await client.get("/dci/v3/server/1")
        assert shown["domain"] == "xn--e1afmkfd.xn--80akhbyknj4f"
        assert [each["domain"] for each in shown["ip"]] == ["xn--bcher-kva.example"]

    with_client6(scene)

"""How others find the campaign: WebFinger in all its forms, also where the handle's domain is not the server's."""

from __future__ import annotations

import httpx
import pytest

from server.house import House
from tests.world import AP, CONSOLE, World

pytestmark = pytest.mark.anyio

JRD = "application/jrd+json"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.mark.parametrize(
    "resource",
    [
        "acct:campaign@here.test",
        "acct:@campaign@here.test",
        "campaign@here.test",
        "@campaign@here.test",
        "acct:Campaign@HERE.test",
        "https://here.test/users/campaign",
        "https://here.test/@campaign",
        "https://here.test/",
        "https://here.test",
    ],
)
async def test_every_form_of_the_name_leads_to_the_actor(world: World, house: House, resource: str) -> None:
    answer = await world.get("https://here.test/.well-known/webfinger", "*/*", params={"resource": resource})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(JRD)
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert found["subject"] == "acct:campaign@here.test"
    links = {link["rel"]: link for link in found["links"]}
    assert links["self"] == {"rel": "self", "type": AP, "href": "https://here.test/users/campaign"}
    assert links["http://ostatus.org/schema/1.0/subscribe"]["template"].endswith("/authorize_interaction?uri={uri}")
    assert links["http://webfinger.net/rel/profile-page"]["href"] == "https://here.test/@campaign"


@pytest.mark.parametrize("resource", ["acct:here.test@here.test", "https://here.test/actor"])
async def test_the_instance_actor_is_found_too(world: World, house: House, resource: str) -> None:
    answer = await world.get("https://here.test/.well-known/webfinger", "*/*", params={"resource": resource})
    links = {link["rel"]: link["href"] for link in answer.json()["links"] if "href" in link}
    assert links["self"] == "https://here.test/actor"


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("acct:nobody@here.test", 404),
        ("acct:campaign@elsewhere.test", 404),
        ("https://elsewhere.test/users/campaign", 404),
        ("acct:", 400),
        ("nonsense", 400),
        ("", 400),
    ],
)
async def test_other_names_lead_nowhere(world: World, house: House, resource: str, status: int) -> None:
    answer = await world.get("https://here.test/.well-known/webfinger", "*/*", params={"resource": resource})
    assert answer.status_code == status


async def test_a_query_without_resource_is_bad(world: World, house: House) -> None:
    assert (await world.get("https://here.test/.well-known/webfinger", "*/*")).status_code == 400


async def test_host_meta_leads_to_webfinger(world: World, house: House) -> None:
    answer = await world.get("https://here.test/.well-known/host-meta", "*/*")
    assert answer.headers["content-type"].startswith("application/xrd+xml")
    assert 'template="https://here.test/.well-known/webfinger?resource={uri}"' in answer.text


@pytest.mark.parametrize("version", ["2.0", "2.1"])
async def test_nodeinfo_says_what_runs_here(world: World, house: House, version: str) -> None:
    links = (await world.get("https://here.test/.well-known/nodeinfo", "*/*")).json()["links"]
    href = next(link["href"] for link in links if link["rel"].endswith(version))
    found = (await world.get(href, "*/*")).json()
    assert found["version"] == version
    assert found["software"]["name"] == "callout"
    assert found["protocols"] == ["activitypub"]
    assert found["openRegistrations"] is False


async def test_with_a_split_domain_the_handle_is_the_short_one(world: World) -> None:
    house = await world.campaign("social.here.test", handle_domain="here.test")
    world.net.hosts["here.test"] = httpx.MockTransport(
        lambda request: httpx.Response(
            302, headers={"Location": f"https://social.here.test{request.url.raw_path.decode()}"}
        )
    )
    other = await world.campaign("other.test", "other")
    found = await other.remote.actor_by_handle("@campaign@here.test")
    assert (found.handle, found.uri) == ("campaign@here.test", "https://social.here.test/users/campaign")
    assert "@campaign@here.test" in (await world.get(house.addresses.home())).text
    by_long_name = await other.remote.actor_by_handle("@campaign@social.here.test")
    assert by_long_name.handle == "campaign@here.test"
    await other.followers.follow(CONSOLE, found)
    await world.settle()
    assert [tie.state for tie in await other.followers.following()] == ["accepted"]


async def test_a_handle_that_another_domain_claims_is_not_believed(world: World, house: House) -> None:
    """The actor says its name; only its own domain's WebFinger makes it true."""
    thief = world.peer("thief.test", "mallory")
    world.net.hosts["good.test"] = httpx.MockTransport(lambda _: httpx.Response(404))
    thief.actor["webfinger"] = "mallory@good.test"
    found = await house.remote.actor(thief.uri)
    assert found.handle == "mallory@thief.test"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', AP),
        ("application/activity+json", AP),
        ('application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1', AP),
        ("application/json", AP),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "text/html"),
        ("text/html, application/activity+json;q=0.5", "text/html"),
    ],
)  # fmt: skip
async def test_one_address_answers_servers_and_people(world: World, house: House, accept: str, kind: str) -> None:
    async with world.client(follow_redirects=True) as client:
        answer = await client.get("https://here.test/users/campaign", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(kind)
    assert "accept" in answer.headers["vary"].lower()

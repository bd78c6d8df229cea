"""Follow, boost or answer from one's own server: a link to click, never a way to somewhere else."""

from __future__ import annotations

import httpx
import pytest

from server.house import House
from tests.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def asked(world: World, account: str, uri: str = "") -> httpx.Response:
    async with world.client(base_url="https://here.test") as client:
        return await client.post("/interact", data={"account": account, "uri": uri})


async def test_the_form_stands_on_its_own_page(world: World, house: House) -> None:
    page = await world.get("https://here.test/interact")
    assert 'name="account"' in page.text
    assert "@campaign@here.test" in page.text
    assert 'href="/interact"' in (await world.get("https://here.test/")).text


async def test_an_account_leads_to_its_own_server_by_a_link(world: World, house: House) -> None:
    world.peer("home.test", "sam")
    answer = await asked(world, "@sam@home.test")
    assert answer.status_code == 200
    assert "location" not in answer.headers
    wanted = "https://home.test/authorize_interaction?uri=https%3A%2F%2Fhere.test%2Fusers%2Fcampaign"
    assert f'href="{wanted}" rel="nofollow noopener noreferrer"' in answer.text


async def test_a_post_is_what_is_acted_on(world: World, house: House) -> None:
    post = await world.publish(house)
    page = house.addresses.post_page(post.public_id)
    answer = await asked(world, "home.test", page)
    assert f"posts%2F{post.public_id}" in answer.text
    assert page in answer.text
    assert f"/interact?uri=https%3A//here.test/users/campaign/posts/{post.public_id}" in (await world.get(page)).text


@pytest.mark.parametrize(
    "uri", ["https://evil.test/x", "javascript:alert(1)", "//evil.test", "https://here.test.evil.test/p/abcdefgh"]
)
async def test_nothing_but_our_own_is_ever_acted_on(world: World, house: House, uri: str) -> None:
    answer = await asked(world, "home.test", uri)
    assert "evil" not in answer.text
    assert "users%2Fcampaign" in answer.text


@pytest.mark.parametrize(
    "account",
    [
        "",
        "  ",
        "nobody",
        "a b",
        "x@",
        "@@",
        "home.test/path",
        "home.test?x=1",
        "sam@home.test@evil.test",
        "x" * 9_000,
        "<b>@x",
    ],
)
async def test_what_is_no_account_gets_words_and_no_link(world: World, house: House, account: str) -> None:
    answer = await asked(world, account)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Go on there" not in answer.text
    assert "<b>" not in answer.text


async def test_an_account_that_its_server_does_not_know_gets_words(world: World, house: House) -> None:
    world.peer("home.test", "sam")
    assert (await asked(world, "nobody@home.test")).status_code == 404
    assert (await asked(world, "sam@down.test")).status_code == 404


@pytest.mark.parametrize("account", ["x@127.0.0.1", "x@localhost", "x@10.0.0.1", "x@[::1]", "x@169.254.169.254"])
async def test_no_inner_address_is_asked(world: World, house: House, account: str) -> None:
    before = len(world.net.seen)
    assert (await asked(world, account)).status_code in {404, 422}
    assert not [one for one in world.net.seen[before:] if one.url.host in account and one.url.host != "here.test"]


async def test_a_blocked_server_is_not_asked(world: World, house: House) -> None:
    async with house.database.transaction() as tx:
        await house.safety.block(tx, kind="host", target="home.test", label="home.test")
    world.peer("home.test", "sam")
    before = len(world.net.seen)
    assert (await asked(world, "sam@home.test")).status_code == 422
    assert {one.url.host for one in world.net.seen[before:]} == {"here.test"}


async def test_somebody_who_tries_without_end_is_told_to_wait(world: World, house: House) -> None:
    statuses = [(await asked(world, "home.test")).status_code for _ in range(22)]
    assert statuses[:20] == [200] * 20
    assert statuses[20:] == [429, 429]


async def test_the_agenda_can_be_followed_the_same_way(world: World, house: House) -> None:
    world.peer("home.test", "sam")
    uri = "https://here.test/users/agenda"
    page = await world.get(f"https://here.test/interact?uri={uri}")
    assert "@agenda@here.test" in page.text
    assert (
        'href="/interact?uri=https%3A//here.test/users/agenda"' in (await world.get("https://here.test/calendar")).text
    )
    answer = await asked(world, "@sam@home.test", uri)
    assert "https://home.test/authorize_interaction?uri=https%3A%2F%2Fhere.test%2Fusers%2Fagenda" in answer.text
    instance = await world.get("https://here.test/interact?uri=https://here.test/actor")
    assert "@campaign@here.test" in instance.text


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        ("https://home.test/@sam", "home.test"),
        ("home.test/@sam/", "home.test"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("sam@bücher.test", "xn--bcher-kva.test"),
        ("https://bücher.test/@sam", "xn--bcher-kva.test"),
    ],
)
async def test_an_account_is_known_by_its_page_and_in_any_script(
    world: World, house: House, typed: str, server: str
) -> None:
    world.peer(server, "sam")
    assert f'href="https://{server}/authorize_interaction?' in (await asked(world, typed)).text


@pytest.mark.parametrize("typed", ["here.test", "x@here.test", "HERE.test", "https://here.test/@campaign"])
async def test_nobody_is_sent_to_our_own_server_to_follow_us(world: World, house: House, typed: str) -> None:
    answer = await asked(world, typed)
    assert answer.status_code == 422
    assert "authorize_interaction" not in answer.text


@pytest.mark.parametrize(
    "typed", ["home.test／path", "sam@home.test／@evil", "home.test＠evil.test", "a\u202eb.test", "x@ß..test"]
)
async def test_other_scripts_hide_no_other_server(world: World, house: House, typed: str) -> None:
    answer = await asked(world, typed)
    assert answer.status_code in {404, 422}
    assert "authorize_interaction" not in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.parametrize("where", ["/interact", "/p/{post}/share"])
async def test_no_other_site_lets_its_visitors_ask_servers_by_us(
    world: World, house: House, where: str, headers: dict[str, str]
) -> None:
    path = where.format(post=(await world.publish(house)).public_id)
    world.peer("home.test", "sam")
    before = len(world.net.seen)
    async with world.client(base_url="https://here.test") as client:
        answer = await client.post(path, data={"account": "sam@home.test"}, headers=headers)
        assert answer.status_code == 403
        assert "home.test/" not in answer.text
        ours = await client.post(path, data={"account": "home.test"}, headers={"Origin": "null"})
        assert ours.status_code == 200
    assert {one.url.host for one in world.net.seen[before:]} == {"here.test"}

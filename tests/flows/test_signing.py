"""Two campaigns: one calls out, the other stands with it, and takes it back."""

from __future__ import annotations

import pytest

from tests.calls import called_out
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_an_allied_campaign_signs_by_one_tap_and_takes_it_back(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)
    await one.allies.mark_actor(CONSOLE, await one.remote.actor_by_handle("bridges@two.test"))
    call = await called_out(world, one)
    page, uri = one.addresses.post_page(call.public_id), world.uri(one, call)
    assert "Signed by" not in (await world.get(page)).text
    post, author = await two.remote.post(uri)
    await two.acting.boost(CONSOLE, post, author)
    await world.settle()
    text = (await world.get(page)).text
    assert "Signed by 1 group" in text
    assert 'href="https://two.test/@bridges"' in text
    assert "Campaign bridges" in text
    await two.acting.take_back(CONSOLE, "our_boosts", uri)
    await world.settle()
    assert "Signed by" not in (await world.get(page)).text


async def test_an_answer_of_an_allied_campaign_signs_and_its_deletion_takes_it_back(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)
    await one.allies.mark_host(CONSOLE, "two.test")
    call = await called_out(world, one)
    page = one.addresses.post_page(call.public_id)
    await two.remote.post(world.uri(one, call))
    answer = await world.publish(two, "We stand with you. #Signed", in_reply_to=world.uri(one, call))
    assert "Signed by 1 group" in (await world.get(page)).text
    await two.publishing.delete(CONSOLE, answer.public_id)
    await world.settle()
    assert "Signed by" not in (await world.get(page)).text


async def test_our_own_boost_of_our_call_out_is_no_signature(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    call = await called_out(world, one)
    answer = await world.publish(one, "We say so ourselves #signed", in_reply_to=world.uri(one, call))
    assert answer.in_reply_to_post_id == call.id
    assert "Signed by" not in (await world.get(one.addresses.post_page(call.public_id))).text


async def test_the_call_out_has_a_short_address_on_its_own_server_and_no_other(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    await world.campaign("two.test", "bridges", engine=engine)
    call = await called_out(world, one)
    assert call.call is not None
    code = call.call.code.upper()
    found = await world.get(f"https://one.test/c/{code}", follow_redirects=True)
    assert found.status_code == 200
    assert "Come to Calais" in found.text
    document = await world.get(f"https://one.test/c/{code}", "application/activity+json", follow_redirects=True)
    assert document.json()["id"] == world.uri(one, call)
    assert (await world.get(f"https://two.test/c/{code}")).status_code == 404

"""Two whole servers of ours find, follow, boost, like, answer, edit and delete."""

from __future__ import annotations

import pytest

from server.features.posts.model import Audience, Draft
from tests.world import AP, CONSOLE, World

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_the_whole_story_of_a_post(world: World, engine: str) -> None:
    one = await world.campaign("one.test", "harbour", engine=engine)
    two = await world.campaign("two.test", "bridges", engine=engine)

    await two.followers.follow(CONSOLE, await two.remote.actor_by_handle("@harbour@one.test"))
    await world.settle()
    assert [tie.state for tie in await two.followers.following()] == ["accepted"]
    assert [tie.actor.handle for tie in await one.followers.followers()] == ["bridges@two.test"]

    post = await world.publish(one, "The boat is out. #harbour")
    uri = world.uri(one, post)
    status = await one.delivery.status(uri)
    assert (status.delivered, status.expected, status.retrying, status.given_up) == (1, 1, 0, 0)

    remote, author = await two.remote.post(uri)
    assert author.handle == "harbour@one.test"
    await two.acting.boost(CONSOLE, remote, author)
    await two.acting.like(CONSOLE, remote, author)
    answer = await world.publish(two, "@harbour@one.test Good wind!", in_reply_to=uri)
    page = (await world.get(one.addresses.post_page(post.public_id))).text
    assert "1 boost" in page
    assert "1 like" in page
    assert "Good wind" not in page

    (held,) = await one.conversation.queue(("reply", "mention"), "held")
    assert held.author.handle == "bridges@two.test"
    await one.conversation.decide(CONSOLE, [held.post.id], "approved")
    assert "Good wind" in (await world.get(one.addresses.post_page(post.public_id))).text

    await two.publishing.edit(CONSOLE, answer.public_id, Draft(text="@harbour@one.test Fair wind!", language="en"))
    await world.settle()
    page = (await world.get(one.addresses.post_page(post.public_id))).text
    assert "Good wind" not in page
    assert "Fair wind" not in page, "nobody approved the new words yet"
    await one.conversation.decide(CONSOLE, [held.post.id], "approved")
    assert "Fair wind" in (await world.get(one.addresses.post_page(post.public_id))).text

    await two.publishing.delete(CONSOLE, answer.public_id)
    await two.acting.take_back(CONSOLE, "our_boosts", uri)
    await world.settle()
    page = (await world.get(one.addresses.post_page(post.public_id))).text
    assert "Fair wind" not in page
    assert "1 boost" not in page
    assert "1 like" in page


async def test_an_unfollowed_campaign_sends_nothing_more(world: World) -> None:
    one = await world.campaign("one.test", "harbour")
    two = await world.campaign("two.test", "bridges")
    actor = await two.remote.actor_by_handle("harbour@one.test")
    await two.followers.follow(CONSOLE, actor)
    await world.settle()
    await two.followers.unfollow(CONSOLE, actor)
    await world.settle()
    assert await one.followers.counts(one.actors.campaign().id) == (0, 0)
    post = await world.publish(one)
    assert (await one.delivery.status(world.uri(one, post))).expected == 0


async def test_a_followers_only_post_can_be_fetched_by_a_follower_alone(world: World) -> None:
    one = await world.campaign("one.test", "harbour")
    follower, stranger = world.peer("a.test"), world.peer("b.test")
    await follower.follow(one)
    post = await world.publish(one, "For us", audience=Audience.FOLLOWERS)
    uri = world.uri(one, post)
    assert (await world.get(uri, AP)).status_code == 404
    assert (await world.get(one.addresses.post_page(post.public_id))).status_code == 404
    assert (await follower.get(uri)).status_code == 200
    assert (await stranger.get(uri)).status_code == 404


async def test_a_deleted_post_is_a_tombstone_everywhere(world: World) -> None:
    one = await world.campaign("one.test", "harbour")
    bob = world.peer()
    await bob.follow(one)
    post = await world.publish(one, "Soon gone")
    await one.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    (delete,) = bob.of_type("Delete")
    assert delete["object"]["type"] == "Tombstone"
    answer = await world.get(world.uri(one, post), AP)
    assert answer.status_code == 410
    assert answer.json()["type"] == "Tombstone"
    page = await world.get(one.addresses.post_page(post.public_id))
    assert page.status_code == 410
    assert "Soon gone" not in page.text
    outbox = await world.get(f"{one.addresses.outbox('harbour')}?page=true", AP)
    assert post.public_id not in outbox.text

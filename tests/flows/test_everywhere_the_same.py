"""A call-out is published, corrected, deleted: followers, pages, feeds, sitemap, tags, oEmbed and cards agree at each step."""

from __future__ import annotations

from urllib.parse import quote

from server.features.posts.model import Post
from server.house import House
from tests.calling import call_out
from tests.world import AP, CONSOLE, World, later

HOME = "https://here.test"


async def told(world: World, house: House, post: Post) -> dict[str, str]:
    """What each place says now; empty where it is not there."""
    page = house.addresses.post_page(post.public_id)
    paths = {
        "document": world.uri(house, post),
        "page": page,
        "card": f"{page}/card",
        "embedded": f"{HOME}/oembed?url={quote(page, safe='')}",
        "sitemap": f"{HOME}/sitemap.xml",
        "tag": f"{HOME}/tags/port",
        **{name: f"{HOME}/feed.{name}?kind=call-outs" for name in ("atom", "rss", "json")},
        "of the tag": f"{HOME}/feed.atom?tag=port",
    }
    answers = {name: await world.get(url, AP if name == "document" else "*/*") for name, url in paths.items()}
    return {name: answer.text if answer.status_code == 200 else "" for name, answer in answers.items()}


async def test_every_place_says_the_same_at_each_step(world: World) -> None:
    house = await world.campaign("here.test")
    bob = world.peer()
    await bob.follow(house)
    post = await world.publish(house, "Meet at the quay #port", **call_out())
    await world.settle()
    words = {"document", "page", "card", "tag", "atom", "rss", "json", "of the tag"}
    first = await told(world, house, post)
    assert all("Meet at the quay" in first[name] for name in words)
    assert post.public_id in first["sitemap"]
    assert "Come to Calais" in first["embedded"]
    assert "Meet at the quay" in bob.of_type("Create")[-1]["object"]["content"]

    later(world, minutes=20)
    right = await world.correct(
        house, post, "Meet at the gate #port", "Not at the quay", **call_out(title="Come to the gate")
    )
    second = await told(world, house, post)
    assert all("Meet at the gate" in second[name] and "Meet at the quay" not in second[name] for name in words)
    assert all("Corrected on" in second[name] for name in ("page", "card", "rss"))
    assert "Come to the gate" in second["embedded"]
    assert right.public_id in second["sitemap"]
    assert right.public_id in second["atom"]
    assert "<lastmod>2026-09-28T09:50:12Z</lastmod>" in second["sitemap"]
    assert "Meet at the gate" in bob.of_type("Update")[-1]["object"]["content"]

    for one in (right, post):
        await house.publishing.delete(CONSOLE, one.public_id)
    await world.settle()
    third = await told(world, house, post)
    assert not any("Meet at" in text for text in third.values())
    assert post.public_id not in third["sitemap"]
    assert [third[name] for name in ("document", "page", "card", "embedded", "tag", "of the tag")] == [""] * 6
    assert {one["object"]["id"] for one in bob.of_type("Delete")} >= {world.uri(house, post)}

"""The examples of the fediverse-pasture project go through the whole inbox, and what is shown of them is harmless."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.house import House
from tests.abuse.pasture import inputs, laid_over
from tests.abuse.test_html import harmless
from tests.world import CONSOLE, Peer, World

EXAMPLES = [(topic, number, example) for topic, group in inputs().items() for number, example in enumerate(group)]


def test_there_are_262_of_22_topics() -> None:
    assert (len(EXAMPLES), len({topic for topic, _, _ in EXAMPLES})) == (262, 22)


async def heard(world: World, house: House, bob: Peer, example: dict[str, Any]) -> tuple[int, list[Any]]:
    """The status of a reply of that shape, and what waits then."""
    post = await world.publish(house, "Ours")
    ours = house.actors.uri(house.actors.campaign())
    plain = bob.note(
        "plain", inReplyTo=world.uri(house, post), to=["https://www.w3.org/ns/activitystreams#Public"], cc=[ours]
    )
    note = laid_over(plain, example, bob.uri)
    activity = bob.activity("Create", note, to=plain["to"], cc=plain["cc"])
    answer = await bob.send(house, json.dumps(activity).encode())
    assert "Traceback" not in answer.text
    await world.settle()
    waiting = await house.conversation.queue(("reply", "mention"), "held")
    if waiting:
        await house.conversation.decide(CONSOLE, [one.post.id for one in waiting], "approved")
    page = await world.get(house.addresses.post_page(post.public_id))
    assert page.status_code == 200
    for evil in ("<script", "<iframe", "<svg", "<style", "<object", "<base", "onerror=", "onclick="):
        assert evil not in page.text
    return answer.status_code, waiting


#: Examples that are not kept, by topic and number; everything else waits for an organiser.
DROPPED: dict[str, set[int]] = {
    "attributed_to": {2},  # two authors: neither can be shown to have said it
    "necessary_properties": {1, 3, 4},  # no id, no author, no type
    "object_types": {2, 7, 8, 9, 10, 12, 13},  # nothing that was said: a place, a profile, a tombstone, two types, none
}


@pytest.mark.parametrize("topic", inputs())
async def test_each_is_taken_or_refused_in_order(world: World, topic: str) -> None:
    house = await world.campaign("here.test")
    bob = world.peer()
    dropped = set()
    for number, example in enumerate(inputs()[topic]):
        status, waiting = await heard(world, house, bob, example)
        assert status in {202, 400}
        if not waiting:
            dropped.add(number)
        for one in waiting:
            harmless(one.post.html)
            harmless(one.author.bio)
            assert one.post.uri.startswith("https://peer.test/")
    assert dropped == DROPPED.get(topic, set())

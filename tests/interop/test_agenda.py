"""Fedify follows the agenda and reads its events, as a second implementation of the vocabulary."""

from __future__ import annotations

import asyncio
import json

import pytest

from server.base.clock import system_clock
from server.base.settings import Settings
from server.compose import open_house
from server.features.posts.model import Draft, Kind, Post
from server.features.posts.model_call import DraftCall
from tests.commands.conftest import Terminal
from tests.interop.conftest import Campaign, FedifyPeer
from tests.processes import until
from tests.world import CONSOLE

pytestmark = pytest.mark.interop

CALL = DraftCall(
    starts_at="2035-10-02T16:00:00.000000Z",
    ends_at="2035-10-02T18:00:00.000000Z",
    time_zone="Europe/Paris",
    place="Near the port",
)


async def call_out(terminal: Terminal) -> Post:
    """Publish while no server runs: the next one delivers."""
    house = await open_house(Settings.load(terminal.environ, terminal.data), system_clock)
    try:
        draft = Draft(text="Come #port", language="en", title="Come", kind=Kind.CALL_OUT, call=CALL)
        return await house.publishing.submit(CONSOLE, draft)
    finally:
        await house.close()


def test_the_agenda_is_followed_and_its_events_are_read(campaign: Campaign, peer: FedifyPeer) -> None:
    agenda = f"{campaign.base}/users/agenda"
    peer.does("follow", handle=f"@agenda@localhost:{campaign.port}")
    until(lambda: peer.state()["following"].get(agenda) == "accepted", "the follow is accepted")
    assert campaign.terminal.json("followers")["followers"] == 0, "the campaign has followers of its own"
    assert campaign.server.stop() == 0
    post = asyncio.run(call_out(campaign.terminal))
    campaign.server.start()
    uri = f"{agenda}/events/{post.public_id}"
    event = until(lambda: peer.state()["objects"].get(uri), "the event is there")
    assert (event["type"], event["name"]) == ("Event", "Come")
    read = json.loads(peer.does("read", uri=uri))
    assert read == {
        "kind": "Event",
        "name": "Come",
        "start": "2035-10-02T16:00:00Z",
        "end": "2035-10-02T18:00:00Z",
        "place": "Near the port",
        "by": agenda,
        "page": f"{campaign.base}/p/{post.public_id}",
    }
    assert campaign.terminal("delete", post.public_id).exit_code == 0
    until(lambda: uri not in peer.state()["objects"], "the deletion is there")

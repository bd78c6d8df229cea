"""Fedify as a second implementation: what each side says must do on the other what it means."""

from __future__ import annotations

import pytest

from tests.interop.conftest import Campaign, FedifyPeer
from tests.processes import until

pytestmark = pytest.mark.interop


def test_they_find_and_follow_us_and_stop(campaign: Campaign, peer: FedifyPeer, followed: None) -> None:
    assert campaign.terminal.json("followers")["followers"] == 1
    peer.does("undo", kind="Follow", uri=campaign.uri, to=campaign.uri)
    until(lambda: campaign.terminal.json("followers")["followers"] == 0, "the follower is gone")


def test_we_find_and_follow_them_and_stop(campaign: Campaign, peer: FedifyPeer) -> None:
    campaign.terminal.json("follow", peer.handle)
    until(lambda: campaign.uri in peer.state()["followers"], "they count us")
    until(lambda: campaign.terminal.json("followers")["following"] == 1, "their Accept came")
    campaign.terminal.json("unfollow", peer.handle)
    until(lambda: campaign.uri not in peer.state()["followers"], "they count us no more")

"""Fedify as a second implementation: what each side says must do on the other what it means."""

from __future__ import annotations

import re
import ssl
from typing import Any

import httpx
import pytest
from PIL import Image

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


def test_our_post_its_edit_and_its_deletion_arrive(campaign: Campaign, peer: FedifyPeer, followed: None) -> None:
    picture = campaign.terminal.folder / "wall.png"
    Image.new("RGB", (320, 200), "teal").save(picture)
    words = ["--media", str(picture), "--alt", "A teal wall", "--lang", "fr", "--warning", "Couleur"]
    made = campaign.terminal.json("post", "Bonjour #port", *words)
    note = until(lambda: peer.state()["objects"].get(made["uri"]), "the post is there")
    assert note["content"].startswith("<p>Bonjour")
    assert (note["summary"], note["sensitive"]) == ("Couleur", True)
    attachment = note["attachment"][0] if isinstance(note["attachment"], list) else note["attachment"]
    assert attachment["name"] == "A teal wall"
    taken = httpx.get(attachment["url"].replace(campaign.base, campaign.inner), timeout=10)
    assert taken.headers["content-type"].startswith("image/")
    campaign.terminal.json("edit", made["id"], "Bonsoir #port")
    until(lambda: "Bonsoir" in peer.state()["objects"][made["uri"]]["content"], "the edit is there")
    assert campaign.terminal("delete", made["id"]).exit_code == 0
    until(lambda: made["uri"] not in peer.state()["objects"], "the deletion is there")
    status = campaign.terminal.json("queue", "list")
    assert not status or not any(one.get("state") == "failed" for one in status if isinstance(one, dict))


def test_their_boost_and_like_count_and_are_taken_back(campaign: Campaign, peer: FedifyPeer, followed: None) -> None:
    made = campaign.terminal.json("post", "Worth it")
    until(lambda: made["uri"] in peer.state()["objects"], "the post is there")

    def counts() -> tuple[int, int]:
        document = campaign.document(made["uri"])
        return document["shares"]["totalItems"], document["likes"]["totalItems"]

    peer.does("boost", uri=made["uri"], to=campaign.uri)
    peer.does("like", uri=made["uri"], to=campaign.uri)
    until(lambda: counts() == (1, 1), "both count")
    peer.does("undo", kind="Announce", uri=made["uri"], to=campaign.uri)
    peer.does("undo", kind="Like", uri=made["uri"], to=campaign.uri)
    until(lambda: counts() == (0, 0), "neither counts")


class Organiser:
    """An organiser's browser at the Desk."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    def __enter__(self) -> Organiser:
        campaign = self.campaign
        # The cookie is for https only: the front speaks TLS, and this client believes the throw-away authority.
        self.browser = httpx.Client(
            base_url=campaign.base, verify=_trusting(campaign), follow_redirects=True, timeout=20
        )
        link = campaign.terminal("organiser", "link", "first").stdout.strip().split()[-1]
        answer = self.browser.post(link, data={"password": "three plain words", "again": "three plain words"})
        assert answer.status_code == 200, answer.text
        found = re.search(r'name="csrf" value="([^"]+)"', self.browser.get("/desk/more").text)
        assert found is not None
        self.csrf = found[1]
        return self

    def posts(self, path: str, **data: Any) -> str:
        answer = self.browser.post(path, data={"csrf": self.csrf, **data})
        assert answer.status_code == 200, answer.text
        return answer.text

    def approves(self, words: str) -> None:
        page = until(
            lambda: (html := self.browser.get("/desk/conversation/replies").text) and words in html and html,
            "the reply waits",
        )
        number = re.search(r'name="id" value="(\d+)"', str(page))
        assert number is not None
        self.posts("/desk/conversation/decide", id=number[1], decide="approved", show="replies")


def _trusting(campaign: Campaign) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=campaign.terminal.environ["CALLOUT_CA_FILE"])


def test_their_reply_its_edit_and_its_deletion_show(campaign: Campaign, peer: FedifyPeer, followed: None) -> None:
    made = campaign.terminal.json("post", "What do you think?")
    until(lambda: made["uri"] in peer.state()["objects"], "the post is there")
    given = {"to": campaign.uri, "name": campaign.handle, "inReplyTo": made["uri"]}
    reply = peer.does("post", content="<p>A kind answer</p>", **given)
    with Organiser(campaign) as organiser:
        organiser.approves("A kind answer")
    assert "A kind answer" in campaign.page(made["url"])
    answer = campaign.terminal.json("post", f"{peer.handle} Thank you", "--reply-to", reply)
    note = until(lambda: peer.state()["objects"].get(answer["uri"]), "our answer is there")
    assert note["inReplyTo"] == reply
    peer.does("edit", uri=reply, content="<p>A kinder answer</p>")
    with Organiser(campaign) as organiser:
        organiser.approves("A kinder answer")
    assert "A kinder answer" in campaign.page(made["url"])
    peer.does("delete", uri=reply)
    until(lambda: "kinder" not in campaign.page(made["url"]), "their deletion is done here")


def test_our_boost_and_like_of_theirs_arrive_and_are_taken_back(campaign: Campaign, peer: FedifyPeer) -> None:
    theirs = peer.does("post", content="<p>From the other side</p>")
    with Organiser(campaign) as organiser:
        for act, kind in (("boost", "Announce"), ("like", "Like")):
            organiser.posts("/desk/act", uri=theirs, act=act)
            (said,) = until(lambda kind=kind: peer.heard(kind), f"{kind} is there")  # type: ignore[misc]
            assert said["object"] == theirs
        for act in ("unboost", "unlike"):
            organiser.posts("/desk/act", uri=theirs, act=act)
    until(lambda: len(peer.heard("Undo")) == 2, "both Undos are there")
    assert {one["object"]["type"] for one in peer.heard("Undo")} == {"Announce", "Like"}


def test_the_whole_story_with_both_servers_killed_in_between(
    campaign: Campaign, peer: FedifyPeer, followed: None
) -> None:
    picture = campaign.terminal.folder / "wall.png"
    Image.new("RGB", (320, 200), "teal").save(picture)
    peer.kill()
    made = campaign.terminal.json("post", "While you were away", "--media", str(picture), "--alt", "A wall")
    campaign.server.kill()
    campaign.server.start()
    peer.start()
    campaign.terminal("queue", "retry")
    note = until(lambda: peer.state()["objects"].get(made["uri"]), "the post came after both were killed")
    assert "While you were away" in note["content"]
    peer.does("boost", uri=made["uri"], to=campaign.uri)
    given = {"to": campaign.uri, "name": campaign.handle, "inReplyTo": made["uri"]}
    peer.does("post", content="<p>We are back</p>", **given)
    campaign.server.kill()  # what was acknowledged is kept
    campaign.server.start()
    with Organiser(campaign) as organiser:
        organiser.approves("We are back")
    page = campaign.page(made["url"])
    assert "We are back" in page
    assert campaign.document(made["uri"])["shares"]["totalItems"] == 1
    peer.kill()
    campaign.terminal.json("edit", made["id"], "Now we are together")
    peer.start()
    campaign.terminal("queue", "retry")
    until(lambda: "together" in peer.state()["objects"][made["uri"]]["content"], "the edit came")
    campaign.terminal("delete", made["id"])
    until(lambda: made["uri"] not in peer.state()["objects"], "the deletion came")
    until(lambda: campaign.terminal.json("queue", "list") in ([], {}), "nothing waits")

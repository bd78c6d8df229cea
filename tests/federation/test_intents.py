"""Where somebody's own server takes them: only to itself, and only with our address in the hole."""

from __future__ import annotations

from typing import Any

import pytest

from federation.errors import Malformed
from federation.intents import CREATE, FOLLOW, OBJECT, onward, share, usual
from federation.webfinger import SUBSCRIBE

OURS = "https://here.test/users/campaign"
USUAL = "https://home.test/authorize_interaction?uri=https%3A%2F%2Fhere.test%2Fusers%2Fcampaign"


def said(*links: dict[str, Any]) -> dict[str, Any]:
    return {"subject": "acct:sam@home.test", "links": list(links)}


def template(rel: str, text: Any) -> dict[str, Any]:
    return {"rel": rel, "template": text}


def test_a_subscribe_template_is_filled() -> None:
    document = said(template(SUBSCRIBE, "https://home.test/follow?to={uri}&x=1"))
    wanted = "https://home.test/follow?to=https%3A%2F%2Fhere.test%2Fusers%2Fcampaign&x=1"
    assert onward(document, "home.test", OURS, following=True) == wanted


def test_an_intent_for_following_goes_before_it_and_one_for_objects_serves_posts() -> None:
    document = said(
        template(SUBSCRIBE, "https://home.test/s?u={uri}"),
        template(FOLLOW, "https://home.test/f?o={object}"),
        template(OBJECT, "https://home.test/o?o={object}"),
    )
    assert onward(document, "home.test", OURS, following=True).startswith("https://home.test/f?o=https%3A")
    assert onward(document, "home.test", OURS, following=False).startswith("https://home.test/o?o=https%3A")


def test_a_server_that_says_nothing_is_asked_the_usual_way() -> None:
    assert onward(said(), "home.test", OURS, following=True) == USUAL


def test_a_split_domain_leads_to_where_its_actor_lives() -> None:
    document = said(
        {"rel": "self", "href": "https://social.home.test/users/sam"},
        template(SUBSCRIBE, "https://social.home.test/follow?to={uri}"),
    )
    assert onward(document, "home.test", OURS, following=True).startswith("https://social.home.test/follow?to=")


@pytest.mark.parametrize(
    "bad",
    [
        "https://evil.test/{uri}",
        "http://home.test/{uri}",
        "//home.test/{uri}",
        "javascript:alert('{uri}')",
        "https://{uri}/home.test",
        "https://home.test{uri}",
        "https://home.test@evil.test/{uri}",
        "https://evil.test/?home.test={uri}",
        "https://home.test/{uri}{uri}",
        "https://home.test/{x}{uri}",
        "https://home.test/nothing",
        "https://home.test:444/{uri}",
        "https://home.test\\@evil.test/{uri}",
        "https://home.test/" + "x" * 3_000 + "{uri}",
        "",
        None,
        7,
        ["https://home.test/{uri}"],
    ],
)
def test_what_leads_elsewhere_is_not_followed(bad: Any) -> None:
    assert onward(said(template(SUBSCRIBE, bad)), "home.test", OURS, following=True) == USUAL


@pytest.mark.parametrize("links", [None, "x", [None, 1, "x"], {}])
def test_links_of_any_shape_break_nothing(links: Any) -> None:
    assert onward({"links": links}, "home.test", OURS, following=True) == USUAL


@pytest.mark.parametrize("host", ["", "a b", "evil.test/x", "a@b.test", "a.test?x", "a.test#"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(Malformed):
        usual(host, OURS)


WORDS = "Tea & bread\nhttps://here.test/p/a"
QUOTED = "Tea%20%26%20bread%0Ahttps%3A%2F%2Fhere.test%2Fp%2Fa"


def test_words_are_passed_on_where_a_server_says_that_posts_are_written() -> None:
    document = said(template(CREATE, "https://home.test/new?n={name}&c={content}&s={on-success}"))
    assert share(document, "home.test", WORDS) == f"https://home.test/new?n=&c={QUOTED}&s="


def test_a_server_that_says_nothing_of_new_posts_is_asked_the_usual_way() -> None:
    assert share(said(), "home.test", WORDS) == f"https://home.test/share?text={QUOTED}"


@pytest.mark.parametrize(
    "bad",
    [
        "https://evil.test/new?c={content}",
        "http://home.test/new?c={content}",
        "https://home.test/new",
        "https://home.test/{content}{content}",
        "https://{content}/new",
        "https://home.test/new?c={content}&x={{7*7}}",
        "javascript:alert('{content}')",
        "https://home.test@evil.test/?c={content}",
        7,
        None,
        "https://home.test/" + "a" * 3_000 + "{content}",
    ],
)
def test_nothing_leads_elsewhere_with_our_words(bad: Any) -> None:
    assert share(said(template(CREATE, bad)), "home.test", WORDS) == f"https://home.test/share?text={QUOTED}"

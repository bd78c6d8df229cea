"""Words as people read them: what word rules find, and which texts are the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.base.errors import Invalid
from server.features.conversation.model import WordRule
from server.features.conversation.words import MAX_RULE_CHARS, Matcher, fold, plain, rule_words, same_text, words


def rule(text: str, act: str = "hide", number: int = 1) -> WordRule:
    return WordRule(id=number, words=text, act=act, created_at="")


def finds(words_of_rule: str, html: str) -> bool:
    return Matcher([rule(words_of_rule)]).find(plain(html)) is not None


@pytest.mark.parametrize(
    ("words_of_rule", "html"),
    [
        ("go home", "<p>Please GO\u00a0 HOME, now</p>"),
        ("go home", "<p>go<br>home</p>"),
        ("cafe", "<p>Café!</p>"),
        ("STRASSE", "<p>straße</p>"),
        ("naïve", "<p>nai\u0308ve</p>"),
        ("مزيف", "<p>مُزَيَّف</p>"),
        ("كلب", "<p>کلب</p>"),
        ("الى", "<p>إلي</p>"),
        ("مدرسة", "<p>مدرسه</p>"),
        ("kalk", "<p>ｋａｌｋ</p>"),
        ("hashtag", "<p>#Hashtag</p>"),
        ("dont", "<p>don’t</p>"),
        ("२०", "<p>20</p>"),
        ("假的", "<p>這是假的消息</p>"),
        ("ใจ", "<p>หัวใจ</p>"),
    ],
)
def test_a_rule_finds_words_however_they_are_written(words_of_rule: str, html: str) -> None:
    assert finds(words_of_rule, html)


@pytest.mark.parametrize(
    ("words_of_rule", "html"),
    [
        ("rat", "<p>A separate question</p>"),
        ("go home", "<p>home we go</p>"),
        ("go home", "<p>going home</p>"),
        ("cam", "<p>Он сам пришёл</p>"),
        ("scunt", "<p>Scunthorpe</p>"),
    ],
)
def test_a_rule_finds_whole_words_only(words_of_rule: str, html: str) -> None:
    assert not finds(words_of_rule, html)


def test_hiding_goes_before_holding() -> None:
    both = Matcher([rule("tea", "hold", 1), rule("two beds", "hide", 2)])
    found = both.find("tea for two beds")
    assert found is not None
    assert found.id == 2
    held = both.find("tea for two")
    assert held is not None
    assert held.act == "hold"


def test_a_phrase_does_not_run_from_one_part_into_the_next() -> None:
    assert Matcher([rule("go home")]).find("go", "home") is None


@pytest.mark.parametrize("text", ["", "  ", "!?", "\u200b", "w" * (MAX_RULE_CHARS + 1), "a " * 21])
def test_a_rule_without_words_or_with_too_many_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        rule_words(text)


def test_folding_twice_changes_nothing() -> None:
    for text in ("Café ÄÖ ﬁne", "مُزَيَّف إلي", "pаypаl Straße 假的", "İstanbul"):
        once = " ".join(words(text))
        assert " ".join(words(once)) == once


def test_copies_are_the_same_whatever_is_hung_on_them() -> None:
    first = same_text('<p><a href="https://here.test/@c">@c</a> Go home!</p>')
    assert first
    for copy in (
        "<p>go HOME</p>",
        "<p>Go, home... 17</p>",
        '<p>@c@here.test Go\u200b home <a href="https://x.test/1">x.test/1</a></p>',
        "<p>Gó <b>home</b> https://spam.test/a?b=c #12</p>",
        "<p>\u202bGo home\u202c 🙂</p>",
    ):
        assert same_text(copy) == first, copy
    assert same_text("<p>Go home now</p>") != first
    assert len(first) == 16


def test_nothing_but_a_link_or_pictograms_is_told_apart() -> None:
    link = same_text('<p><a href="https://x.test/buy?id=1">x.test/buy</a></p>')
    assert link == same_text('<p>@c <a href="https://x.test/buy?id=2">look</a></p>')
    assert link != same_text('<p><a href="https://y.test/">y.test</a></p>')
    assert same_text("<p>💩💩💩</p>") == same_text("<p>💩</p>") != same_text("<p>🙂</p>")
    assert same_text("<p>...</p>") == same_text("") == ""


def test_time_grows_with_the_text_and_not_with_the_rules() -> None:
    many = Matcher([rule(" ".join(["a"] * length) + " b", number=length) for length in range(1, 20)])
    started = time.perf_counter()
    assert many.find("a " * 10_000) is None
    same_text("<a href=" * 2_500)
    assert time.perf_counter() - started < 3, "generous: it takes tenths of a second"


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_ascii_takes_a_short_way_to_the_same_words(text: str) -> None:
    assert fold(text) == fold(f"{text}\u0301")
    assert words(text) == words(f"{text} \u00e9")[:-1]

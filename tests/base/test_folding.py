"""Words are compared as readers take them, not as keyboards write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.base.folding import folded, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "cafe"),
        ("STRASSE", "Straße"),
        ("ألمانيا", "المانيا"),
        ("مدرسة", "مدرسه"),
        ("كتاب", "کتاب"),
        ("فارسی", "فارسي"),
        ("مُحَمَّد", "محمد"),
        ("ســـلام", "سلام"),
        ("۱۲۳", "123"),
        ("١٢٣", "123"),
        ("ﻻ", "لا"),
        ("ሠላም", "ሰላም"),
        ("ፀሓይ", "ጸሓይ"),
        ("ፆም", "ጾም"),
        ("wo\u00adrd", "word"),
        ("wo\u200brd", "word"),
        ("\u202eword\u202c", "word"),
    ],
)
def test_what_readers_take_for_the_same_is_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("قلب", "كلب"), ("ሰላም", "ሰላማ"), ("sea", "see")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_words_are_found_in_every_script() -> None:
    assert words_of("ሰላም፡ንዓኹም። Come, come!") == ["ሰላም", "ንዓኹም", "come", "come"]
    assert words_of("می‌روم به مدرسه") == words_of("مي روم به مدرسة")
    assert words_of("#Open_Harbour") == ["open", "harbour"]


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text)

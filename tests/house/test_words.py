"""Every language says everything: nothing untranslated, nothing left over, no placeholder lost, no words outside `_()`."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from server.base.catalogue import Catalogue, accepted, catalogue, desk_languages, header, languages, plural_rule
from tests.words import (
    CALLS,
    CATALOGUES,
    PLACEHOLDER,
    called,
    gathered,
    missing,
    public,
    read,
    sources,
    templates,
    wanted,
)

FILES = sorted(CATALOGUES.glob("*.po"))
#: What needs no translation: names, and what people type.
PLAIN = re.compile(r"(Mastodon|Callout|JSON|Atom|RSS|QR|TOTP|CSV|UTC|ALT)?")
SHOWN = frozenset({"alt", "title", "placeholder", "aria-label", "aria-description", "data-busy", "data-close"})


def named(path: Path) -> str:
    return path.stem if path.suffix == ".po" else path.relative_to(CATALOGUES.parent).as_posix()


def test_readers_have_six_languages_and_the_desk_those_that_are_whole() -> None:
    assert set(languages()) == {"en", "fr", "ar", "fa", "ps", "ti"}
    assert {"en", "fr", "ar"} <= set(desk_languages()) <= set(languages())


def test_what_readers_see_is_known_by_where_it_stands() -> None:
    seen = public(gathered())
    assert {
        "Skip to content",
        "Words to look for",
        "January",
        "There is nothing here",
        "Too many requests. Wait a little.",
    } <= set(seen)
    assert not {"Held replies", "That is not a role.", "Choose a time zone from the list."} & set(seen)
    templates_seen = {place for one in seen.values() for place in one.places if place.startswith("templates/pages/")}
    assert len(templates_seen) > 10


def test_the_field_s_own_tools_find_what_we_find_in_templates() -> None:
    options: dict[str, dict[str, Any]] = {"**.html": {"trimmed": "false"}}
    found = extract_from_dir(
        CATALOGUES.parent, [("**.html", "jinja2")], options, keywords={"_": None, "gettext": None, "ngettext": (1, 2)}
    )
    theirs = {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}
    assert theirs == {text for text, one in gathered().items() if any(place.endswith(".html") for place in one.places)}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_numbers_share_a_form_where_the_world_s_locale_data_says_so(path: Path) -> None:
    head, _ = read(path)
    _, form = plural_rule(header(head)["plural-forms"])
    rule = Locale(path.stem).plural_form
    pairs = {(form(number), rule(number)) for number in range(1_000)}
    assert len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs}) == len(pairs)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_catalogue_says_everything_and_nothing_else(path: Path) -> None:
    found = gathered()
    head, known = read(path)
    assert missing(path, found) == [], "write them into the catalogue; `make words` makes room for them"
    assert sorted(set(known) - set(wanted(head, found))) == [], "`make words` takes them out"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_placeholders_are_those_of_the_source(path: Path) -> None:
    _, known = read(path)
    for entry in known.values():
        wanted = set(PLACEHOLDER.findall(entry.message + entry.plural))
        needed = wanted - {"num"} if entry.plural else wanted
        for form in filter(None, entry.forms):
            assert needed <= set(PLACEHOLDER.findall(form)) <= wanted, (entry.message, form)
            assert "%(" not in PLACEHOLDER.sub("", form), form


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_field_s_own_tools_read_a_catalogue_as_we_do(path: Path) -> None:
    head, known = read(path)
    theirs = read_po(BytesIO(path.read_bytes()), abort_invalid=True)
    assert theirs.locale is not None
    assert theirs.num_plurals == plural_rule(header(head)["plural-forms"])[0]
    for message in theirs:
        if not message.id:
            continue
        one = str(message.id[0]) if isinstance(message.id, list | tuple) else message.id
        forms = list(message.string) if isinstance(message.string, list | tuple) else [message.string]
        assert known[one].forms == forms
    assert len(known) == len([message for message in theirs if message.id])


@pytest.mark.parametrize(
    ("language", "number", "form"),
    [
        ("fr", 0, 0),
        ("fr", 1, 0),
        ("fr", 2, 1),
        ("ar", 0, 0),
        ("ar", 1, 1),
        ("ar", 2, 2),
        ("ar", 3, 3),
        ("ar", 11, 4),
        ("ar", 100, 5),
        ("ar", 103, 3),
        ("ar", 111, 4),
        ("fa", 0, 0),
        ("fa", 1, 0),
        ("fa", 2, 1),
        ("ps", 0, 1),
        ("ps", 1, 0),
        ("ti", 0, 0),
        ("ti", 2, 1),
        ("en", 1, 0),
        ("en", 0, 1),
    ],
)
def test_a_number_takes_its_form(language: str, number: int, form: int) -> None:
    said = catalogue(language).of("%(num)s reply", "%(num)s replies", number)
    forms = ["%(num)s reply", "%(num)s replies"] if language == "en" else read(CATALOGUES / f"{language}.po")[1]["%(num)s reply"].forms  # fmt: skip
    assert said == forms[form]


def test_what_is_not_translated_or_doubtful_stays_english() -> None:
    head = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n'
    made = Catalogue("xx", head + '\n#, fuzzy\nmsgid "Desk"\nmsgstr "Bureau?"\n\nmsgid "Write"\nmsgstr ""\n')
    assert (made.one("Desk"), made.one("Write"), made.one("More")) == ("Desk", "Write", "More")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("xx, en;q=0.1, AR ;q=0.7", "ar"),
        ("fr;q=0, en", "en"),
        ("tlh", None),
        ("", None),
        ("fr;q=often", None),
        (",;,;q=1", None),
    ],
)
def test_the_browser_s_wishes_are_read(asked: str, answer: str | None) -> None:
    assert accepted(asked) == answer


class Outside(HTMLParser):
    """Words of a page that are not from an expression."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in {"script", "style", "code", "kbd"}
        self.found += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in {"script", "style", "code", "kbd"}

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.found.append(re.sub(r'[a-z-]+="[^"]*"', "", data))  # an attribute in a block of its own


@pytest.mark.parametrize("path", templates(), ids=named)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    outside = Outside()
    data = [text for _, kind, text in Environment(autoescape=True).lex(path.read_text()) if kind == "data"]
    outside.feed("".join(data))
    words = [word for text in outside.found for word in re.findall(r"[^\W\d_]{2,}", text) if not PLAIN.fullmatch(word)]
    assert words == [], "put them into _()"


@pytest.mark.parametrize("path", templates(), ids=named)
def test_a_template_imports_parts_with_its_language(path: Path) -> None:
    imports = re.findall(r"{% (?:import|from) [^%]+%}", path.read_text())
    assert [one for one in imports if "with context" not in one] == []


def test_a_string_holds_no_markup_as_it_is_escaped() -> None:
    assert [one for one in gathered() if re.search(r"<[a-z/]|&\w+;", one)] == []


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.as_posix().partition("/server/")[2])
def test_the_words_of_an_error_are_written_down_whole(path: Path) -> None:
    glued = [
        f"{node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and called(node) in CALLS
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp | ast.IfExp)
    ]
    assert glued == [], 'as Invalid("At most %(max)s.", max=4)'


def test_french_has_the_apostrophe_of_print() -> None:
    _, known = read(CATALOGUES / "fr.po")
    forms = [form for entry in known.values() for form in entry.forms]
    assert [form for form in forms if re.search(r"[^\W\d_]'[^\W\d_]", form)] == []

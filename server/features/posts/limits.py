"""What a draft may hold, checked once before anything is written."""

from __future__ import annotations

import re
from typing import Final

from server.base.errors import Invalid
from server.base.words import marked
from server.features.posts import limits_call
from server.features.posts.limits_call import within
from server.features.posts.model import Draft, DraftPoll, DraftText

MAX_TEXT_CHARS: Final = 5_000
MAX_TITLE_CHARS: Final = 200
MAX_WARNING_CHARS: Final = 300
MAX_ALT_CHARS: Final = 1_500
#: Mastodon keeps the first four attachments of a post.
MAX_PICTURES: Final = 4
MAX_POLL_OPTIONS: Final = 4
MAX_OPTION_CHARS: Final = 50
MIN_POLL_SECONDS, MAX_POLL_SECONDS = 5 * 60, 30 * 24 * 3600
MAX_TRANSLATIONS: Final = 12
MAX_EXPIRES_DAYS: Final = 366
MAX_QUOTE_CHARS: Final = 2_000
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")


def checked_language(tag: str) -> str:
    """A BCP 47 tag, primary part in lower case. Raises Invalid."""
    if not _LANGUAGE.fullmatch(tag):
        raise Invalid("Choose a language, such as en, fr or ar.")
    head, dash, rest = tag.partition("-")
    return f"{head.lower()}{dash}{rest}"


def _check_poll(poll: DraftPoll) -> None:
    names = [option.strip() for option in poll.options]
    if not 2 <= len(names) <= MAX_POLL_OPTIONS or len(set(names)) != len(names) or not all(names):
        raise Invalid("A poll has 2 to %(max)s different answers.", max=MAX_POLL_OPTIONS)


def _check_unfinished_poll(poll: DraftPoll) -> None:
    if len(poll.options) > MAX_POLL_OPTIONS:
        raise Invalid("A poll has 2 to %(max)s different answers.", max=MAX_POLL_OPTIONS)
    for name in poll.options:
        within(name, MAX_OPTION_CHARS, marked("An answer of the poll has more than %(max)s characters."))
    if not MIN_POLL_SECONDS <= poll.seconds <= MAX_POLL_SECONDS:
        raise Invalid("A poll is open between 5 minutes and 30 days.")


def check(draft: Draft, at: str = "") -> None:
    """Raise Invalid, in words for the writer, if the draft cannot be published; `at` (UTC text) is when, if that is known."""
    if draft.call is None and not draft.text.strip() and not draft.media:
        raise Invalid("Write something or add a picture.")
    check_unfinished(draft)
    limits_call.check(draft, at)
    if draft.poll is not None:
        if draft.media:
            raise Invalid("A poll cannot have pictures: other servers would drop one of them.")
        if draft.quote is not None:
            raise Invalid("A poll cannot quote another post.")
        _check_poll(draft.poll)
    if draft.correction is not None and not draft.correction.strip():
        raise Invalid("Say what was wrong: that is what people will read first.")


def check_unfinished(draft: Draft) -> None:
    """Raise Invalid if the draft could not be published however much is added to it."""
    within(draft.text, MAX_TEXT_CHARS, marked("The text has more than %(max)s characters."))
    within(draft.title, MAX_TITLE_CHARS, marked("The title has more than %(max)s characters."))
    within(draft.warning, MAX_WARNING_CHARS, marked("The content warning has more than %(max)s characters."))
    within(draft.correction or "", MAX_TEXT_CHARS, marked("What was wrong has more than %(max)s characters."))
    within(draft.quote or "", MAX_QUOTE_CHARS, marked("The address to quote has more than %(max)s characters."))
    if draft.expires_days is not None and not 1 <= draft.expires_days <= MAX_EXPIRES_DAYS:
        raise Invalid("A post is deleted by itself after 1 to %(max)s days.", max=MAX_EXPIRES_DAYS)
    if len(draft.media) > MAX_PICTURES:
        raise Invalid("A post shows at most %(max)s pictures.", max=MAX_PICTURES)
    for picture in draft.media:
        within(picture.alt, MAX_ALT_CHARS, marked("The description of a picture has more than %(max)s characters."))
    if draft.poll is not None:
        _check_unfinished_poll(draft.poll)
    limits_call.check_unfinished(draft)
    _check_translations(draft)


def _check_translations(draft: Draft) -> None:
    languages = [draft.language, *(translation.language for translation in draft.translations)]
    if len(set(languages)) != len(languages) or len(languages) > MAX_TRANSLATIONS:
        raise Invalid("Each language appears once.")
    checked_language(draft.language)
    for translation in draft.translations:
        check_translation(translation)


def check_translation(one: DraftText) -> None:
    """Raise Invalid for a translation that could never be approved."""
    checked_language(one.language)
    within(one.text, MAX_TEXT_CHARS, marked("A translation has more than %(max)s characters."))
    within(one.title, MAX_TITLE_CHARS, marked("A title has more than %(max)s characters."))
    within(one.warning, MAX_WARNING_CHARS, marked("A content warning has more than %(max)s characters."))
    limits_call.check_words(one)
    for picture in one.alts:
        within(picture.alt, MAX_ALT_CHARS, marked("The description of a picture has more than %(max)s characters."))


def check_whole(one: DraftText, main: DraftText) -> None:
    """Raise Invalid if a translation leaves out what the original says: then readers would miss it."""
    if main.text.strip() and not one.text.strip():
        raise Invalid("Translate the words first.")
    for there, here in ((main.title, one.title), (main.warning, one.warning), (main.place, one.place)):
        if there.strip() and not here.strip():
            raise Invalid("Translate the title, the content warning and the place, too.")

"""A call-out in words: everything it says, as HTML that any server shows. Where events are unknown nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from typing import Final

from server.base.addresses import Addresses
from server.base.catalogue import SOURCE, Catalogue, catalogue, known
from server.base.formatter import format_post
from server.base.language_names import language_name
from server.base.spoken import span
from server.base.words import marked
from server.features.posts.model import Post, Text
from server.features.posts.model_call import CallOut, CallState

#: The first line by state. What changed is said first: people read no further.
FIRST_LINES: Final = {
    CallState.OPEN: marked("CALL-OUT - %(place)s - %(when)s"),
    CallState.URGENT: marked("URGENT CALL-OUT - %(place)s - %(when)s"),
    CallState.MOVED: marked("MOVED - CALL-OUT - now: %(place)s - %(when)s"),
    CallState.OVER: marked("OVER - this call-out has ended - %(place)s - %(when)s"),
    CallState.CANCELLED: marked("CANCELLED - do not come - %(place)s - %(when)s"),
}
#: What a post of its own says when a call-out changes.
NEWS: Final = {
    CallState.OPEN: marked("Open again: %(title)s. %(place)s, %(when)s."),
    CallState.URGENT: marked("Urgent: %(title)s. %(place)s, %(when)s."),
    CallState.MOVED: marked("Moved: %(title)s. It is now here: %(place)s, %(when)s."),
    CallState.OVER: marked("Over: %(title)s. Thank you to everybody who came."),
    CallState.CANCELLED: marked("Cancelled: %(title)s. Please do not come, and tell others."),
}
#: What it is, in a word or two.
STATES: Final = {
    CallState.OPEN: marked("Open call-out"),
    CallState.URGENT: marked("Urgent call-out"),
    CallState.MOVED: marked("Call-out that moved"),
    CallState.OVER: marked("Call-out that is over"),
    CallState.CANCELLED: marked("Cancelled call-out"),
}
_LINK: Final = '<a href="{0}" rel="nofollow noopener noreferrer">{1}</a>'


def words_for(language: str, main: str) -> Catalogue:
    """The catalogue for words beside a text: of its language, else of the post's, else English."""
    return catalogue(known(language) or known(main) or SOURCE)


def when(call: CallOut, words: Catalogue) -> str:
    """From when until when, with the time zone."""
    return span(words, call.starts_at, call.ends_at, call.time_zone)


def first_line(call: CallOut, text: Text, words: Catalogue) -> str:
    """State, place and hours in one line of plain text."""
    return words.one(FIRST_LINES[call.state]) % {"place": text.place, "when": when(call, words)}


def state_word(call: CallOut, words: Catalogue) -> str:
    """How it stands, for a title."""
    return words.one(STATES[call.state])


def news(call: CallOut, text: Text, main: str) -> str:
    """What a post of its own says about how a call-out stands now, as plain text."""
    words = words_for(text.language, main)
    title = text.title or " ".join(text.source.split())[:80]
    given = {"title": title.rstrip(".!"), "place": text.place, "when": when(call, words)}
    return words.one(NEWS[call.state]) % given


def call_html(
    call: CallOut, text: Text, *, main: str, languages: Sequence[str], public_id: str, addresses: Addresses
) -> str:
    """One language of a call-out; `languages` are all that it has, `main` is the post's."""
    words = words_for(text.language, main)
    lines = [f"<p><strong>{escape(first_line(call, text, words))}</strong></p>"]
    if text.title:
        lines.append(f"<p><strong>{escape(text.title)}</strong></p>")
    lines.append(text.html)
    # What nobody should bring any more is not asked for.
    if text.needs and call.standing:
        lines.append(_section(words.one(marked("What is needed:")), text.needs, addresses))
    if text.instead and call.standing:
        lines.append(_section(words.one(marked("If you cannot come:")), text.instead, addresses))
    if call.standing:
        offer = addresses.offer(call.code)
        label = words.one(marked("I cannot come, but I can offer something:"))
        lines.append(f"<p>{escape(label)} {_LINK.format(escape(offer), escape(_bare(offer)))}</p>")
    lines.append(f"<p>{' · '.join(_links(call, text, words, languages, public_id, addresses))}</p>")
    return "".join(lines)


def dated(text: Text, main: Text) -> Text:
    """A text of a call-out with the facts that hold now: an old translation takes them from the main one."""
    if text.state != "stale":
        return text
    return replace(text, place=main.place, needs=main.needs, instead=main.instead)


def said(post: Post, text: Text, addresses: Addresses) -> str:
    """What one language of a post says where only HTML is shown: of a call-out everything, of any other post its words."""
    if post.call is None:
        return text.html
    languages = [one.language for one in post.shown_texts]
    return call_html(
        post.call,
        dated(text, post.main),
        main=post.language,
        languages=languages,
        public_id=post.public_id,
        addresses=addresses,
    )


def _section(label: str, plain: str, addresses: Addresses) -> str:
    body = format_post(plain, mentions={}, tag_url=addresses.tag).html
    return f"<p><strong>{escape(label)}</strong></p>{body}"


def _bare(url: str) -> str:
    return url.partition("://")[2]


def _links(
    call: CallOut, text: Text, words: Catalogue, languages: Sequence[str], public_id: str, addresses: Addresses
) -> Iterator[str]:
    others = [
        _LINK.format(escape(addresses.post_page_in(public_id, one)), escape(language_name(one)))
        for one in languages
        if one != text.language
    ]
    if others:
        yield f"{escape(words.one(marked('Read in:')))} {others[0]}"
        yield from others[1:]
    short = addresses.short(call.code)
    yield _LINK.format(escape(short), escape(_bare(short)))

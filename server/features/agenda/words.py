"""What an event says of a call-out in each language: plain text and HTML for programs that know nothing of call-outs."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from server.base.catalogue import SOURCE, Catalogue, catalogue, known
from server.base.safe_html import to_text
from server.base.spoken import span
from server.base.words import marked
from server.features.posts.model import Post, Text
from server.features.posts.model_call import CallOut, CallState

NAME_CHARS: Final = 150
#: How a call-out stands, where that is not plainly that people may come.
STATES: Final[Mapping[CallState, str]] = {
    CallState.URGENT: marked("Urgent"),
    CallState.MOVED: marked("Moved"),
    CallState.OVER: marked("Over"),
    CallState.CANCELLED: marked("Cancelled"),
}
NEEDED, INSTEAD = marked("What is needed"), marked("If you cannot come")


def words_for(language: str) -> Catalogue:
    """The catalogue for a text: the source's words where there is none for its language."""
    return catalogue(known(language) or SOURCE)


def name_of(post: Post, text: Text) -> str:
    """What the event is called: a title, or the first words."""
    words = " ".join((text.title or to_text(text.html)).split()) or " ".join(post.main.title.split()) or "…"
    return words if len(words) <= NAME_CHARS else f"{words[: NAME_CHARS - 1].rstrip()}…"


def titled(post: Post, call: CallOut, text: Text) -> str:
    """What it is called where programs show a title alone: first of all that nobody should come any more, if so."""
    name = name_of(post, text)
    return name if call.standing else f"{words_for(text.language).one(STATES[call.state])} — {name}"


def place_of(text: Text) -> str:
    """Where, on one line."""
    return " ".join(text.place.split())


def when_and_where(call: CallOut, text: Text) -> str:
    """When and where, after how it stands if that matters: the line by which others judge whether to come."""
    words = words_for(text.language)
    state = words.one(STATES[call.state]) if call.state in STATES else ""
    when = span(words, call.starts_at, call.ends_at, call.time_zone)
    return " — ".join(part for part in (state, when, place_of(text)) if part)


def _sections(call: CallOut, text: Text) -> list[tuple[str, str]]:
    """What nobody should bring any more is not asked for."""
    if not call.standing:
        return []
    words = words_for(text.language)
    return [(words.one(head), said) for head, said in ((NEEDED, text.needs), (INSTEAD, text.instead)) if said.strip()]


def html_of(call: CallOut, text: Text) -> str:
    """All that a call-out says in one language."""
    more = (f"<p><strong>{escape(head)}</strong><br>{_lines(said)}</p>" for head, said in _sections(call, text))
    return f"<p>{escape(when_and_where(call, text))}</p>{text.html}{''.join(more)}"


def _lines(said: str) -> str:
    return "<br>".join(escape(line.strip()) for line in said.strip().splitlines())


def plain_of(call: CallOut, text: Text, page: str) -> str:
    """The same as plain text, with the address of the page at the end."""
    more = [f"{head}\n{said.strip()}" for head, said in _sections(call, text)]
    return "\n\n".join(part for part in (when_and_where(call, text), to_text(text.html).strip(), *more, page) if part)

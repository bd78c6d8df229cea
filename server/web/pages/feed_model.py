"""A feed in our words, whatever it is written in: what it is called, where it is, and its entries in the language of its readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from server.base.addresses import Addresses
from server.base.catalogue import SOURCE, catalogue, known
from server.base.words import marked
from server.features.actors.model import OurActor
from server.features.posts.calling import said
from server.features.posts.languages import pictures_in
from server.features.posts.model import Picture, Post, Text
from server.features.posts.views_feeds import FeedKind, Selection
from server.features.posts.wording import told_text, warned_text
from server.web.pages.choosing import labels_in, title_of
from server.web.shared.pages import environment

#: What feeds of some posts alone are called.
KINDS: Final = {FeedKind.CALL_OUTS: marked("Call-outs"), FeedKind.URGENT: marked("Urgent call-outs")}
FORMATS: Final = ("atom", "rss", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that comes with an entry; `length` in bytes."""

    url: str
    type: str
    length: int
    title: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post in a feed. `related` are the posts that it puts right or that put it right, each with what it is; times are UTC text."""

    id: str
    url: str
    title: str
    titled: bool
    language: str
    html: str
    published_at: str
    updated_at: str
    tags: tuple[tuple[str, str], ...]
    enclosures: tuple[Enclosure, ...]
    corrects: str | None
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. `address` is that of its Atom form without the ending: `in_format` makes each."""

    id: str
    title: str
    subtitle: str
    author: str
    language: str
    home: str
    alternate: str
    base: str
    selection: Selection
    icon: str
    updated_at: str
    entries: tuple[Entry, ...]

    def in_format(self, name: str) -> str:
        """The exact address of this feed in one of `FORMATS`."""
        return address(self.base, name, self.selection)


def address(base: str, name: str, selection: Selection) -> str:
    """Where a feed is; `base` is the house's with the part that chooses a language."""
    given = {"kind": selection.kind.value} if selection.kind is not FeedKind.ALL else {}
    if selection.tag:
        given["tag"] = selection.tag
    return f"{base}/feed.{name}{'?' if given else ''}{urlencode(given, quote_via=quote)}"


def entry_of(post: Post, actor: OurActor, addresses: Addresses, language: str = "", prefix: str = "") -> Entry:
    """A post for the readers of one language, or of all of them where none is given."""
    text = told_text(post, language) if language else post.main
    otherwise = language or known(actor.language) or SOURCE
    base = f"{addresses.base}{prefix}"
    related = [post.corrects] if post.corrects else []
    related += [one.public_id for one in post.corrections]
    shown, pictures = not post.sensitive and not post.main.warning, pictures_in(post, text)
    return Entry(
        id=addresses.post(actor.handle, post.public_id),
        url=f"{base}/p/{post.public_id}",
        title=title_of(post, text, otherwise),
        titled=bool(text.title or warned_text(post, text).warning or post.corrects),
        language=text.language,
        html=_html(post, (text,) if language else post.said_texts, actor, addresses, otherwise, base, shown=shown),
        published_at=post.published_at,
        updated_at=max([post.edited_at or post.published_at, *(one.published_at for one in post.corrections)]),
        tags=tuple((tag, f"{base}/tags/{quote(tag.lower(), safe='')}") for tag in post.tags),
        enclosures=_enclosures(pictures, addresses) if shown else (),
        corrects=f"{base}/p/{post.corrects}" if post.corrects else None,
        related=tuple(f"{base}/p/{one}" for one in related),
    )


def _enclosures(pictures: tuple[Picture, ...], addresses: Addresses) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(
            url=addresses.media(one.public_id, one.extension),
            type=one.mime,
            length=one.bytes,
            title=one.alt,
            width=one.width,
            height=one.height,
        )
        for one in pictures
    )


def _html(
    post: Post,
    texts: tuple[Text, ...],
    actor: OurActor,
    addresses: Addresses,
    otherwise: str,
    base: str,
    *,
    shown: bool,
) -> str:
    """All that an entry says; pictures that wait behind a warning are a link unless they are `shown`."""
    html = (
        environment()
        .get_template("pages/feed_entry.html")
        .render(
            lang=labels_in(texts[0], otherwise),
            zone=actor.time_zone,
            addresses=addresses,
            post=post,
            page=f"{base}/p/{post.public_id}",
            pictures=pictures_in(post, texts[0]),
            shown=shown,
            texts=[(text, said(post, text, addresses)) for text in texts],
            corrects=f"{base}/p/{post.corrects}" if post.corrects else None,
            corrections=[(one.published_at, f"{base}/p/{one.public_id}") for one in post.corrections],
        )
    )
    return "\n".join(line for line in html.splitlines() if line.strip())


def feed_of(
    actor: OurActor,
    addresses: Addresses,
    posts: list[Post],
    selection: Selection,
    *,
    language: str = "",
    prefix: str = "",
    icon: str = "",
) -> Feed:
    """A whole feed. Without a language each entry says all that it says, the main language first."""
    base, spoken = f"{addresses.base}{prefix}", language or known(actor.language) or SOURCE
    entries = tuple(entry_of(post, actor, addresses, language, prefix) for post in posts)
    parts = [catalogue(spoken).one(KINDS[selection.kind])] if selection.kind in KINDS else []
    parts += [f"#{selection.tag}"] if selection.tag else []
    whole = selection == Selection() and not prefix
    return Feed(
        id=addresses.actor(actor.handle) if whole else address(base, "atom", selection),
        title=" · ".join([actor.name, *parts]),
        subtitle=actor.bio.strip()[:500],
        author=actor.name,
        language=language or actor.language,
        home=addresses.home(),
        alternate=f"{base}/tags/{quote(selection.tag, safe='')}" if selection.tag else f"{base}/",
        base=base,
        selection=selection,
        icon=icon,
        updated_at=max([one.updated_at for one in entries], default=actor.created_at),
        entries=entries,
    )

"""Our posts as the network sees them. The only place of this room that knows wire words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from federation.activities import Create, Delete, Update
from federation.errors import TooLarge
from federation.identifiers import PUBLIC, ActivityId, ActorId, ObjectId
from federation.objects import Attachment, Hashtag, Link, Mention, Note, Poll, PollOption, Tombstone
from federation.render import MAX_OUTGOING_BYTES, render_activity
from server.base.addresses import Addresses
from server.base.errors import Invalid
from server.base.timestamps import from_text
from server.base.words import marked
from server.features.posts.calling import said
from server.features.posts.model import Audience, Picture, Post, ReplyPolicy, Text
from server.features.posts.model_quote import QuoteState
from server.features.posts.reading import read_in

#: Everything of an activity but its words, generously: context, addresses, tags, four pictures.
REST_BYTES: Final = 16 * 1024

TOO_LONG: Final = marked("With all its links and tags it is longer than other servers take. Make it shorter.")

#: The type by which FEP-e232 knows a link to another object.
DOCUMENT_TYPE: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


def audience(post: Post, handle: str, addresses: Addresses) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`to` and `cc` of a post (PROTOCOL: the four visibilities, as every peer derives them)."""
    followers = addresses.followers(handle)
    named = tuple(dict.fromkeys(one.actor_uri for one in post.named))
    match post.audience:
        case Audience.PUBLIC:
            return (PUBLIC,), (followers, *named)
        case Audience.UNLISTED:
            return (followers,), (PUBLIC, *named)
        case Audience.FOLLOWERS:
            return (followers,), named
        case Audience.DIRECT:
            return named, ()


def words(post: Post, text: Text, addresses: Addresses) -> str:
    """All that a text says on servers that show one: the quoted address, the title, the words, and where it stands in other languages.

    A call-out says its title and its languages itself.
    """
    if post.call is not None:
        return f"{_quoted(post)}{said(post, text, addresses)}"
    title = f"<p><strong>{_escaped(text.title)}</strong></p>" if text.title else ""
    elsewhere = read_in(post, text, addresses) if post.call is None else ""
    return f"{_quoted(post)}{title}{text.html}{elsewhere}"


def _quoted(post: Post) -> str:
    """The line for servers that know no quotes; those that do hide it by its class."""
    if post.quote is None:
        return ""
    url = _escaped(post.quote.url).replace('"', "&quot;")
    return f'<p class="quote-inline">RE: <a href="{url}" rel="nofollow noopener noreferrer">{url}</a></p>'


def _escaped(title: str) -> str:
    return title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _alts(picture: Picture, texts: Sequence[Text]) -> tuple[tuple[str, str], ...]:
    """What a picture shows, by language, the main one first; nothing where there is no translation of it."""
    others = [(text.language, one.alt) for text in texts[1:] for one in text.alts if one.public_id == picture.public_id]
    return ((texts[0].language, picture.alt), *others) if picture.alt and others else ()


def attachment(picture: Picture, texts: Sequence[Text], addresses: Addresses) -> Attachment:
    """A picture as it goes out with these texts, the main one first."""
    return Attachment(
        url=addresses.media(picture.public_id, picture.extension),
        media_type=picture.mime,
        alt=picture.alt,
        alt_map=_alts(picture, texts),
        width=picture.width,
        height=picture.height,
        blurhash=picture.blurhash,
        focus=picture.focus or (0.0, 0.0),
    )


def _poll(post: Post) -> Poll | None:
    if post.poll is None:
        return None
    return Poll(
        options=tuple(PollOption(name=answer.name, votes=answer.votes) for answer in post.poll.answers),
        multiple=post.poll.multiple,
        ends=from_text(post.poll.ends_at),
        closed=from_text(post.poll.closed_at) if post.poll.closed_at else None,
        voters=post.poll.voters,
    )


def _may(policy: ReplyPolicy, handle: str, addresses: Addresses) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may without asking, and who may ask; our own id alone means nobody (an empty list would mean nothing was said)."""
    match policy:
        case ReplyPolicy.OPEN:
            return (PUBLIC,), ()
        case ReplyPolicy.KNOWN:
            return (addresses.followers(handle), addresses.following(handle)), ()
        case ReplyPolicy.APPROVAL:
            return (addresses.actor(handle),), (PUBLIC,)
        case ReplyPolicy.CLOSED:
            return (addresses.actor(handle),), ()


def who_may_quote(post: Post, handle: str, addresses: Addresses) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """By the post's policy; nobody quotes what not everybody may read."""
    return _may(post.quote_policy if post.readable else ReplyPolicy.CLOSED, handle, addresses)


def who_may_reply(post: Post, handle: str, addresses: Addresses) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """None where everybody may. Strangers' replies to a post for those we know are held, so they may ask."""
    if post.reply_policy is ReplyPolicy.OPEN or not post.readable:
        return None
    at_once, asking = _may(post.reply_policy, handle, addresses)
    return at_once, (PUBLIC,) if post.reply_policy is ReplyPolicy.KNOWN else asking


def note(post: Post, handle: str, addresses: Addresses) -> Note:
    """A live post as a Note (or Question), in as many of its languages as every server takes, in the campaign's order.

    Raises Invalid if its main language alone is too much: links and tags take more room than they seem to.
    """
    texts = post.said_texts
    made = _note(post, texts, handle, addresses)
    if _surely_fits(made):
        return made
    while not _fits(made, addresses.activity(handle, post.public_id)):
        if len(texts) == 1:
            raise Invalid(TOO_LONG)
        texts = texts[:-1]
        made = _note(post, texts, handle, addresses)
    return made


def left_out(post: Post, made: Note) -> tuple[Text, ...]:
    """The approved translations for which there was no room in the Note of a post."""
    there = {language for language, _ in made.content_map}
    return tuple(text for text in post.said_texts if text.language not in there)


def _surely_fits(made: Note) -> bool:
    """Without rendering: JSON at most doubles the bytes of our HTML."""
    maps = (made.content_map, made.summary_map, made.name_map, *(one.alt_map for one in made.attachments))
    size = sum(len(words.encode()) for pairs in maps for _, words in pairs)
    return 2 * (size + len(made.content.encode())) + REST_BYTES <= MAX_OUTGOING_BYTES


def _fits(made: Note, activity_id: str) -> bool:
    """Measured on the bytes of the largest activity that carries it."""
    try:
        render_activity(_create(made, activity_id))
    except TooLarge:
        return False
    return True


def _note(post: Post, texts: Sequence[Text], handle: str, addresses: Addresses) -> Note:
    uri, actor = addresses.post(handle, post.public_id), addresses.actor(handle)
    to, cc = audience(post, handle, addresses)
    warned = [(text.language, text.warning) for text in texts if text.warning]
    # A name on an answer would be taken for a vote by some.
    titled = [(text.language, text.title) for text in texts if text.title and not post.in_reply_to and not post.poll]
    context = addresses.context(handle, post.thread_public_id)
    return Note(
        id=ObjectId(uri),
        type="Question" if post.poll else "Note",
        attributed_to=ActorId(actor),
        to=to,
        cc=cc,
        content=words(post, post.main, addresses),
        content_map=tuple((text.language, words(post, text, addresses)) for text in texts),
        summary=post.main.warning or None,
        summary_map=tuple(warned) if post.main.warning else (),
        name=post.main.title if titled and post.main.title else None,
        name_map=tuple(titled) if post.main.title else (),
        url=addresses.post_page(post.public_id),
        in_reply_to=ObjectId(post.in_reply_to) if post.in_reply_to else None,
        published=from_text(post.published_at),
        updated=from_text(post.edited_at) if post.edited_at else None,
        sensitive=post.sensitive or bool(post.main.warning),
        attachments=tuple(attachment(picture, texts, addresses) for picture in post.pictures),
        mentions=tuple(Mention(href=ActorId(one.actor_uri), name=f"@{one.handle}") for one in post.named),
        hashtags=tuple(Hashtag(name=f"#{tag}", href=addresses.tag(tag.lower())) for tag in post.tags),
        poll=_poll(post),
        context=context,
        conversation=context,
        replies=addresses.replies(handle, post.public_id),
        likes=addresses.likes(handle, post.public_id),
        shares=addresses.shares(handle, post.public_id),
        replies_total=post.counts.replies,
        likes_total=post.counts.likes,
        shares_total=post.counts.boosts,
        can_quote=who_may_quote(post, handle, addresses)[0],
        can_ask=who_may_quote(post, handle, addresses)[1],
        replying=who_may_reply(post, handle, addresses),
        quote=ObjectId(post.quote.uri) if post.quote and post.quote.state is not QuoteState.REJECTED else None,
        quote_stamp=post.quote.stamp if post.quote else None,
        links=_as_event(post, handle, addresses),
    )


def _as_event(post: Post, handle: str, addresses: Addresses) -> tuple[Link, ...]:
    """Where a public call-out stands as an event (FEP-e232)."""
    if post.call is None or not post.listed:
        return ()
    return (Link(href=addresses.event(handle, post.public_id), media_type=DOCUMENT_TYPE),)


def create(post: Post, handle: str, addresses: Addresses, activity_id: str) -> Create:
    """The first saying of a post."""
    return _create(note(post, handle, addresses), activity_id)


def _create(made: Note, activity_id: str) -> Create:
    return Create(
        id=ActivityId(activity_id),
        actor=made.attributed_to,
        to=made.to,
        cc=made.cc,
        published=made.published,
        object=made,
    )


def update(post: Post, handle: str, addresses: Addresses, activity_id: str) -> Update:
    """An edit, or new tallies of a poll."""
    made = note(post, handle, addresses)
    return Update(id=ActivityId(activity_id), actor=made.attributed_to, to=made.to, cc=made.cc, object=made)


def tombstone(post: Post, handle: str, addresses: Addresses) -> Tombstone:
    """What stands where a post was."""
    return Tombstone(
        id=ObjectId(addresses.post(handle, post.public_id)),
        former_type="Note",
        deleted=from_text(post.deleted_at) if post.deleted_at else None,
    )


def delete(post: Post, handle: str, addresses: Addresses, activity_id: str, named: Sequence[str]) -> Delete:
    """The deletion, to the public and to everybody who was named."""
    return Delete(
        id=ActivityId(activity_id),
        actor=ActorId(addresses.actor(handle)),
        to=(PUBLIC,),
        cc=(addresses.followers(handle), *named),
        object=tombstone(post, handle, addresses),
    )

"""Our posts as the network sees them. The only place of this room that knows wire words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from federation.activities import Create, Delete, Update
from federation.identifiers import PUBLIC, ActivityId, ActorId, ObjectId
from federation.objects import Attachment, Hashtag, Link, Mention, Note, Poll, PollOption, Tombstone
from server.base.addresses import Addresses
from server.base.timestamps import from_text
from server.features.posts.model import Audience, Picture, Post, QuoteState, ReplyPolicy, Text

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


def _words(post: Post, text: Text) -> str:
    title = f"<p><strong>{_escaped(text.title)}</strong></p>" if text.title else ""
    return f"{_quoted(post)}{title}{text.html}"


def _quoted(post: Post) -> str:
    """The line for servers that know no quotes; those that do hide it by its class."""
    if post.quote is None:
        return ""
    url = _escaped(post.quote.url).replace('"', "&quot;")
    return f'<p class="quote-inline">RE: <a href="{url}" rel="nofollow noopener noreferrer">{url}</a></p>'


def _escaped(title: str) -> str:
    return title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attachment(picture: Picture, addresses: Addresses) -> Attachment:
    """A picture of a post as others fetch it."""
    return Attachment(
        url=addresses.media(picture.public_id, picture.extension),
        media_type=picture.mime,
        alt=picture.alt,
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
    """A live post as a Note (or Question), in all its languages."""
    uri, actor = addresses.post(handle, post.public_id), addresses.actor(handle)
    to, cc = audience(post, handle, addresses)
    texts = post.shown_texts
    warned = [(text.language, text.warning) for text in texts if text.warning]
    context = addresses.context(handle, post.thread_public_id)
    return Note(
        id=ObjectId(uri),
        type="Question" if post.poll else "Note",
        attributed_to=ActorId(actor),
        to=to,
        cc=cc,
        content=_words(post, post.main),
        content_map=tuple((text.language, _words(post, text)) for text in texts),
        summary=post.main.warning or None,
        summary_map=tuple(warned) if post.main.warning else (),
        url=addresses.post_page(post.public_id),
        in_reply_to=ObjectId(post.in_reply_to) if post.in_reply_to else None,
        published=from_text(post.published_at),
        updated=from_text(post.edited_at) if post.edited_at else None,
        sensitive=post.sensitive or bool(post.main.warning),
        attachments=tuple(attachment(picture, addresses) for picture in post.pictures),
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
    made = note(post, handle, addresses)
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

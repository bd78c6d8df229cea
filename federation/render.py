"""Types -> bytes, exactly as peers want them (ActivityPub, and what Mastodon, GoToSocial, Misskey and Lemmy insist on)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from federation import context
from federation.activities import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Ignore,
    Inner,
    Join,
    Like,
    Move,
    QuoteRequest,
    Reject,
    Remove,
    ReplyRequest,
    Undo,
    Update,
)
from federation.errors import TooLarge
from federation.objects import Actor, Event, Note, Poll, Stamp, Tombstone
from federation.render_event import event_document
from federation.render_parts import given as _given
from federation.render_parts import link as _link
from federation.render_parts import mapped as _mapped
from federation.render_parts import picture as _picture
from federation.render_parts import time_text

#: Misskey's inbox takes no more (its bodyLimit).
MAX_OUTGOING_BYTES: Final = 64 * 1024

_ENCODER: Final = msgspec.json.Encoder()


def encode(document: dict[str, Any]) -> bytes:
    """JSON with the keys in the order given. Raises TooLarge for more than every peer takes."""
    body = _ENCODER.encode(document)
    if len(body) > MAX_OUTGOING_BYTES:
        raise TooLarge("more than other servers take")
    return body


def actor_document(actor: Actor) -> dict[str, Any]:
    """An actor without its context."""
    key = next((key for key in actor.keys if key.pem is not None), None)
    return _given(
        id=actor.id,
        type_=actor.type,
        preferredUsername=actor.username,
        name=actor.name,
        summary=actor.summary,
        url=actor.url,
        webfinger=actor.webfinger,
        inbox=actor.inbox,
        outbox=actor.outbox,
        followers=actor.followers,
        following=actor.following,
        featured=actor.featured,
        endpoints={"sharedInbox": actor.shared_inbox} if actor.shared_inbox else None,
        publicKey={"id": key.id, "owner": key.owner, "publicKeyPem": key.pem} if key else None,
        icon=_picture(actor.icon, "Image") if actor.icon else None,
        image=_picture(actor.image, "Image") if actor.image else None,
        attachment=[{"type": "PropertyValue", "name": row.name, "value": row.value} for row in actor.fields],
        tag=[],
        alsoKnownAs=list(actor.also_known_as) or None,
        movedTo=actor.moved_to,
        manuallyApprovesFollowers=actor.manually_approves,
        discoverable=actor.discoverable,
        indexable=actor.indexable,
        published=time_text(actor.published) if actor.published else None,
        hidesToPublicFromUnauthedWeb=False,
        hidesCcPublicFromUnauthedWeb=False,
    )


def _poll_entries(poll: Poll) -> dict[str, Any]:
    options = [
        {"type": "Note", "name": option.name, "replies": {"type": "Collection", "totalItems": option.votes}}
        for option in poll.options
    ]
    return _given(
        oneOf=None if poll.multiple else options,
        anyOf=options if poll.multiple else None,
        endTime=time_text(poll.ends) if poll.ends else None,
        closed=time_text(poll.closed) if poll.closed else None,
        votersCount=poll.voters,
    )


def _counted(collection: str | None, total: int | None) -> Any:
    if collection is None or total is None:
        return collection
    return {"id": collection, "type": "Collection", "totalItems": total}


def _tags(note: Note) -> list[dict[str, str]]:
    mentions = [{"type": "Mention", "href": one.href, "name": one.name} for one in note.mentions]
    hashtags = [{"type": "Hashtag", "href": one.href, "name": one.name} for one in note.hashtags]
    return [*mentions, *hashtags, *(_link(one) for one in note.links)]


def _policy(note: Note) -> dict[str, Any] | None:
    if note.can_quote is None:
        return None
    policy = {"canQuote": {"automaticApproval": list(note.can_quote), "manualApproval": list(note.can_ask)}}
    if note.replying is not None:
        policy["canReply"] = {
            "automaticApproval": list(note.replying[0]),
            "manualApproval": list(note.replying[1]),
        }
    return policy


def note_document(note: Note) -> dict[str, Any]:
    """A post without its context. `content` equals the first entry of `contentMap`; tag and attachment are always lists."""
    return {
        **_given(
            id=note.id,
            type_=note.type,
            name=note.name,
            nameMap=_mapped(note.name_map),
            summary=note.summary,
            summaryMap=_mapped(note.summary_map),
            inReplyTo=note.in_reply_to,
            published=time_text(note.published) if note.published else None,
            updated=time_text(note.updated) if note.updated else None,
            url=note.url,
            attributedTo=note.attributed_to,
            to=list(note.to),
            cc=list(note.cc),
            sensitive=note.sensitive,
            content=note.content,
            contentMap=_mapped(note.content_map),
            context=note.context,
            conversation=note.conversation,
            attachment=[_picture(picture, "Document") for picture in note.attachments],
            tag=_tags(note),
            quote=note.quote,
            quoteUri=note.quote,
            _misskey_quote=note.quote,
            quoteAuthorization=note.quote_stamp,
            replies=_counted(note.replies, note.replies_total),
            likes=_counted(note.likes, note.likes_total),
            shares=_counted(note.shares, note.shares_total),
            interactionPolicy=_policy(note),
        ),
        **(_poll_entries(note.poll) if note.poll else {}),
    }


def tombstone_document(stone: Tombstone) -> dict[str, Any]:
    """What stands where a post was, without its context."""
    return _given(
        id=stone.id,
        type_="Tombstone",
        formerType=stone.former_type,
        deleted=time_text(stone.deleted) if stone.deleted else None,
    )


def _inner_document(inner: Inner) -> Any:
    if inner.type is None:
        return inner.id
    return _given(id=inner.id, type_=inner.type, actor=inner.actor, object=inner.object, instrument=inner.instrument)


def _object(activity: Activity) -> Any:
    match activity:
        case Create(object=Note() as note) | Update(object=Note() as note):
            return note_document(note)
        case Create(object=Event() as event) | Update(object=Event() as event):
            return event_document(event)
        case Update(object=Actor() as actor):
            return actor_document(actor)
        case Delete(object=Tombstone() as stone):
            return tombstone_document(stone)
        case Accept(inner=inner) | Reject(inner=inner) | Undo(inner=inner):
            return _inner_document(inner)
        case Flag(objects=objects):
            return list(objects)
        case (
            Create()
            | Update()
            | Delete()
            | Follow()
            | Announce()
            | Like()
            | Block()
            | Move()
            | Add()
            | Remove()
            | Join()
            | Ignore()
            | QuoteRequest()
            | ReplyRequest()
        ):
            return activity.object
        case _:
            raise TypeError("this activity is never sent")


def note_context(note: Note) -> Any:
    """The context that a post needs."""
    return context.QUOTING if note.quote else context.NOTE


def _context(activity: Activity) -> Any:
    match activity:
        case Create(object=Note() as note) | Update(object=Note() as note):
            return note_context(note)
        case Create(object=Event()) | Update(object=Event()):
            return context.EVENT
        case Create():
            return context.NOTE
        case Update():
            return context.ACTOR
        case Accept(inner=inner) | Reject(inner=inner) if inner.type in {"QuoteRequest", "ReplyRequest"}:
            return context.ASKING
        case QuoteRequest():
            return context.ASKING
        case _:
            return context.ACTIVITYSTREAMS


def render_activity(activity: Activity) -> bytes:
    """An activity for the wire. Raises TooLarge."""
    extra: dict[str, Any] = {}
    match activity:
        case Add(target=target) | Remove(target=target) | Move(target=target):
            extra["target"] = target
        case Flag(content=content) | Like(emoji=str() as content):
            extra["content"] = content
        case Accept(result=str() as result):
            extra["result"] = result
        case QuoteRequest(instrument=str() as instrument) | ReplyRequest(instrument=str() as instrument):
            extra["instrument"] = instrument
        case _:
            pass
    return encode(
        {
            "@context": _context(activity),
            **_given(
                id=activity.id,
                type_=type(activity).__name__,
                actor=activity.actor,
                published=time_text(activity.published) if activity.published else None,
                to=list(activity.to) or None,
                cc=list(activity.cc) or None,
            ),
            "object": _object(activity),
            **extra,
        }
    )


def render_actor(actor: Actor) -> bytes:
    """An actor document."""
    return encode({"@context": context.ACTOR, **actor_document(actor)})


def render_note(note: Note) -> bytes:
    """A post by itself."""
    return encode({"@context": note_context(note), **note_document(note)})


def render_event(event: Event) -> bytes:
    """An event by itself."""
    return encode({"@context": context.EVENT, **event_document(event)})


def render_stamp(stamp: Stamp) -> bytes:
    """A stamp, for whoever checks our consent (FEP-044f). It says two ids and nothing of either post."""
    return encode(
        {
            "@context": context.STAMP,
            "id": stamp.id,
            "type": stamp.type,
            "attributedTo": stamp.attributed_to,
            "interactingObject": stamp.interacting,
            "interactionTarget": stamp.target,
        }
    )


def render_tombstone(stone: Tombstone) -> bytes:
    """A tombstone by itself, for answers with 410."""
    return encode({"@context": context.ACTIVITYSTREAMS, **tombstone_document(stone)})

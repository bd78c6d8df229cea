"""Call-outs as the events that the network sees. The only place of this room that knows wire words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from federation.activities import Create, Delete, Ignore, Update
from federation.errors import TooLarge
from federation.identifiers import PUBLIC, ActivityId, ActorId, ObjectId
from federation.objects import Event, Hashtag, Link, Occasion, Place, Tombstone
from federation.render import render_activity, render_event
from server.base.addresses import Addresses, agenda_handle
from server.base.timestamps import TICK, from_text
from server.features.agenda.words import html_of, name_of, place_of, titled, when_and_where
from server.features.posts.activities import DOCUMENT_TYPE, attachment
from server.features.posts.model import Post, ReplyPolicy
from server.features.posts.model_call import CallOut, CallState

#: By this name Mobilizon knows the link to the page.
WEBSITE: Final = "Website"


#: Whose comments Mobilizon takes under an event.
COMMENTS: Final = {ReplyPolicy.OPEN: "allow_all", ReplyPolicy.CLOSED: "closed"}


def changed_at(post: Post, call: CallOut) -> datetime:
    """When the event changed last. It grows with every change that calendars must hear of, also where the words of the post stand."""
    return from_text(post.updated_at) + call.sequence * TICK


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When an event is, and whether it takes place, as calendars know both."""

    start: datetime
    end: datetime
    status: str


def hours_of(post: Post, call: CallOut) -> Hours:
    """What an organiser calls over before its end ends there and then; before it has begun it does not take place."""
    start, end = from_text(call.starts_at or post.published_at), from_text(call.ends_at)
    cancelled = call.state is CallState.CANCELLED
    if call.state is CallState.OVER and (over := from_text(post.updated_at)) < end:
        cancelled = over <= start
        end = end if cancelled else over
    return Hours(start=start, end=max(end, start + TICK), status="CANCELLED" if cancelled else "CONFIRMED")


def _occasion(post: Post, call: CallOut) -> Occasion:
    zone, hours = ZoneInfo(call.time_zone), hours_of(post, call)
    place = place_of(post.main)
    return Occasion(
        start=hours.start.astimezone(zone),
        end=hours.end.astimezone(zone),
        zone=call.time_zone,
        # An exact point is shown for a time on our page alone: what others are told they keep (PROTOCOL: Events).
        place=Place(name=place or name_of(post, post.main), address=place),
        status=hours.status,
    )


def event(post: Post, call: CallOut, campaign: str, addresses: Addresses, *, languages: int = 99) -> Event:
    """A live call-out of the campaign with this handle, in so many of its languages; with none it stands in the main one without maps."""
    handle, texts = agenda_handle(campaign), post.said_texts[:languages]
    page, changed = addresses.post_page(post.public_id), changed_at(post, call)
    published = from_text(post.published_at)
    return Event(
        id=ObjectId(addresses.event(campaign, post.public_id)),
        attributed_to=ActorId(addresses.actor(handle)),
        to=(PUBLIC,),
        cc=(addresses.followers(handle),),
        name=titled(post, call, post.main),
        name_map=tuple((text.language, titled(post, call, text)) for text in texts),
        summary=when_and_where(call, post.main),
        content=html_of(call, post.main),
        content_map=tuple((text.language, html_of(call, text)) for text in texts),
        language=post.language,
        occasion=_occasion(post, call),
        url=page,
        published=published,
        updated=changed if changed > published else None,
        organizers=(ActorId(addresses.actor(campaign)),),
        hashtags=tuple(Hashtag(name=f"#{tag}", href=addresses.tag(tag.lower())) for tag in post.tags),
        attachments=tuple(attachment(picture, texts, addresses) for picture in post.pictures),
        links=(
            Link(href=page, media_type="text/html", name=WEBSITE),
            Link(href=addresses.post(campaign, post.public_id), media_type=DOCUMENT_TYPE),
        ),
        replies=COMMENTS.get(post.reply_policy, "moderated"),
    )


def tombstone(post: Post, campaign: str, addresses: Addresses) -> Tombstone:
    """What stands where an event was."""
    return Tombstone(
        id=ObjectId(addresses.event(campaign, post.public_id)),
        former_type="Event",
        deleted=from_text(post.deleted_at) if post.deleted_at else None,
    )


def _fitting(most: int, render: Callable[[int], bytes]) -> bytes:
    """What is rendered for a number of languages, in as many of these as others take; at the worst the main one without maps.

    That is less than the Note of the same post, which was weighed before.
    """
    for count in range(most, 0, -1):
        try:
            return render(count)
        except TooLarge:
            continue
    return render(0)


def document(post: Post, call: CallOut, campaign: str, addresses: Addresses) -> bytes:
    """The event by itself. Raises TooLarge."""

    def render(count: int) -> bytes:
        return render_event(event(post, call, campaign, addresses, languages=count))

    return _fitting(len(post.said_texts), render)


def said(
    kind: type[Create | Update], post: Post, call: CallOut, campaign: str, addresses: Addresses, name: str
) -> bytes:
    """The Create or Update of an event, under this id. Raises TooLarge."""

    def render(count: int) -> bytes:
        made = event(post, call, campaign, addresses, languages=count)
        published = made.published if kind is Create else None
        base: dict[str, Any] = {"actor": made.attributed_to, "to": made.to, "cc": made.cc, "published": published}
        return render_activity(kind(id=ActivityId(name), object=made, **base))

    return _fitting(len(post.said_texts), render)


def deletion(post: Post, campaign: str, addresses: Addresses, name: str) -> bytes:
    """The deletion of an event."""
    handle = agenda_handle(campaign)
    return render_activity(
        Delete(
            id=ActivityId(name),
            actor=ActorId(addresses.actor(handle)),
            to=(PUBLIC,),
            cc=(addresses.followers(handle),),
            object=tombstone(post, campaign, addresses),
        )
    )


def ignored(campaign: str, addresses: Addresses, name: str, join: str, asker: str) -> bytes:
    """The answer to a Join: nobody takes part by the network (FEP-8a8e)."""
    ours = ActorId(addresses.actor(agenda_handle(campaign)))
    return render_activity(Ignore(id=ActivityId(name), actor=ours, to=(asker,), object=join))


#: So long beyond its end a call-out stays in the feed for calendars, so that they hear how it ended.
KEPT: Final = timedelta(days=30)

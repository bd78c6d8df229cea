"""Events -> documents, as FEP-8a8e has them and Mobilizon, Gancio and Mastodon read them.

Gancio asks every attachment for its `mediaType`, takes the first for the picture and every tag for a hashtag; Mobilizon finds the page
in a Link named Website; Mastodon shows name, `summary` and a link to `url`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from federation.objects import Event, Place
from federation.render_parts import given, link, picture, time_text

#: FEP-8a8e's words for iCalendar's.
STATUS: Final = {"CONFIRMED": "EventScheduled", "TENTATIVE": "EventTentative", "CANCELLED": "EventCancelled"}


def _exact(moment: datetime | None) -> str | None:
    """A time with the distance from UTC that clocks there have."""
    return moment.isoformat(timespec="seconds") if moment else None


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return given(
        type_="Place",
        name=place.name,
        address=place.address or None,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def event_document(event: Event) -> dict[str, Any]:
    """An event without its context. Nobody joins it here: who wants to come is sent to its page (`joinMode` external)."""
    occasion = event.occasion
    organizers = {"type": "Collection", "totalItems": len(event.organizers), "items": list(event.organizers)}
    return given(
        id=event.id,
        type_="Event",
        name=event.name,
        nameMap=dict(event.name_map),
        summary=event.summary,
        summaryMap={event.language: event.summary},
        content=event.content,
        contentMap=dict(event.content_map),
        mediaType="text/html",
        startTime=_exact(occasion.start),
        endTime=_exact(occasion.end),
        timezone=occasion.zone,
        location=_place(occasion.place),
        status=occasion.status,
        eventStatus=STATUS[occasion.status],
        joinMode="external",
        externalParticipationUrl=event.url,
        repliesModerationOption=event.replies,
        url=event.url,
        published=time_text(event.published),
        updated=time_text(event.updated) if event.updated else None,
        attributedTo=event.attributed_to,
        organizers=organizers,
        to=list(event.to),
        cc=list(event.cc),
        inLanguage=event.language,
        tag=[{"type": "Hashtag", "href": one.href, "name": one.name} for one in event.hashtags],
        attachment=[*(picture(one, "Document") for one in event.attachments), *(link(one) for one in event.links)],
    )

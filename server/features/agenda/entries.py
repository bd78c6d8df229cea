"""Call-outs as entries of a calendar, in the language that a reader asked for."""

from __future__ import annotations

from server.base.addresses import Addresses
from server.base.timestamps import TICK, from_text
from server.features.agenda.activities import changed_at
from server.features.agenda.ical import Entry
from server.features.agenda.words import name_of, place_of, plain_of
from server.features.posts.model import Post
from server.features.posts.model_call import CallOut, CallState
from server.features.posts.wording import told_text


def entry(post: Post, call: CallOut, language: str, addresses: Addresses) -> Entry:
    """A call-out in a calendar. Whatever it becomes, it keeps its UID; an exact point is on the page alone."""
    text, page = told_text(post, language), addresses.post_page(post.public_id)
    starts, ends = from_text(call.starts_at or post.published_at), from_text(call.ends_at)
    return Entry(
        uid=f"{post.public_id}@{addresses.host.partition(':')[0]}",
        sequence=call.sequence,
        status="CANCELLED" if call.state is CallState.CANCELLED else "CONFIRMED",
        starts=starts,
        ends=max(ends, starts + TICK),
        published=from_text(post.published_at),
        modified=changed_at(post, call),
        url=page,
        language=text.language,
        summary=name_of(post, text),
        description=plain_of(call, text, page),
        location=place_of(text),
    )

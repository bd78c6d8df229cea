"""Call-outs as entries of a calendar, in the language that a reader asked for."""

from __future__ import annotations

from server.base.addresses import Addresses
from server.base.timestamps import from_text
from server.features.agenda.activities import changed_at, hours_of
from server.features.agenda.ical import Entry
from server.features.agenda.words import place_of, plain_of, titled
from server.features.posts.model import Post
from server.features.posts.model_call import CallOut
from server.features.posts.wording import told_text


def entry(post: Post, call: CallOut, language: str, addresses: Addresses) -> Entry:
    """A call-out in a calendar. Whatever it becomes, it keeps its UID; an exact point is on the page alone."""
    text, page = told_text(post, language), addresses.post_page(post.public_id)
    hours = hours_of(post, call)
    return Entry(
        uid=f"{post.public_id}@{addresses.host.partition(':')[0]}",
        sequence=call.sequence,
        status=hours.status,
        starts=hours.start,
        ends=hours.end,
        published=from_text(post.published_at),
        modified=changed_at(post, call),
        url=page,
        language=text.language,
        summary=titled(post, call, text),
        description=plain_of(call, text, page),
        location=place_of(text),
    )

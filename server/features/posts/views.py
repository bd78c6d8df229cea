"""Reading posts: whole ones by id, and the lists that pages, feeds, collections and the Desk show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Row, Snapshot
from server.features.posts.languages import in_order
from server.features.posts.model import Audience, Counts, Glimpse, Kind, Post, ReplyPolicy, State
from server.features.posts.model_quote import Quote
from server.features.posts.views_parts import Parts, listed, parts_of
from server.features.posts.views_quotes import quotes

PAGE: Final = 20
FAR: Final = 2**62

_POST: Final = (
    "SELECT s.*, r.number AS revision_number, r.sensitive, c.replies, c.boosts, c.likes, o.public_id AS corrects,"
    " a.languages FROM posts s JOIN actors a ON a.id = s.actor_id"
    " LEFT JOIN post_revisions r ON r.id = s.live_revision_id LEFT JOIN post_counts c ON c.post_id = s.id"
    " LEFT JOIN posts o ON o.id = s.corrects_post_id AND o.state = 'live'"
)
_GLIMPSE: Final = "SELECT id, public_id, state, visibility, reply_policy FROM posts"
LISTED: Final = "s.state = 'live' AND s.visibility = 'public'"


def _post(row: Row, parts: Parts, quote: Quote | None) -> Post:
    revision = row["live_revision_id"] or 0
    return Post(
        id=row["id"],
        public_id=row["public_id"],
        actor_id=row["actor_id"],
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        audience=Audience(row["visibility"]),
        reply_policy=ReplyPolicy(row["reply_policy"]),
        language=row["language"],
        revision_id=row["live_revision_id"],
        revision_number=row["revision_number"] or 0,
        sensitive=bool(row["sensitive"]),
        in_reply_to=row["in_reply_to_uri"],
        in_reply_to_post_id=row["in_reply_to_post_id"],
        thread_public_id=row["thread_public_id"],
        published_at=row["published_at"] or row["created_at"],
        updated_at=row["updated_at"] or row["created_at"],
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        pinned_at=row["pinned_at"],
        texts=in_order(parts.texts.get(revision, ()), json.loads(row["languages"])),
        pictures=tuple(parts.pictures.get(revision, ())),
        named=tuple(parts.named.get(revision, ())),
        tags=tuple(parts.tags.get(row["id"], ())),
        poll=parts.polls.get(row["id"]),
        counts=Counts(replies=row["replies"] or 0, boosts=row["boosts"] or 0, likes=row["likes"] or 0),
        quote=quote,
        quote_policy=ReplyPolicy(row["quote_policy"]),
        expires_at=row["expires_at"],
        corrects=row["corrects"],
        corrections=tuple(parts.corrections.get(row["id"], ())),
        call=parts.calls.get(revision),
        own_notes=bool(row["own_notes"]),
    )


async def _whole(snapshot: Snapshot, rows: Sequence[Row]) -> list[Post]:
    """Posts of these rows, in their order, with a few more queries however many there are."""
    if not rows:
        return []
    revisions = [row["live_revision_id"] for row in rows if row["live_revision_id"] is not None]
    parts = await parts_of(snapshot, [row["id"] for row in rows], revisions or [0])
    quoted = await quotes(snapshot, rows)
    return [_post(row, parts, quoted.get(row["id"])) for row in rows]


async def by_public_id(snapshot: Snapshot, public_id: str) -> Post | None:
    """One post, deleted ones too (they answer 410)."""
    posts = await _whole(snapshot, await snapshot.fetch(f"{_POST} WHERE s.public_id = :id", id=public_id))
    return posts[0] if posts else None


async def by_id(snapshot: Snapshot, post_id: int) -> Post | None:
    """One post by its inner id."""
    posts = await _whole(snapshot, await snapshot.fetch(f"{_POST} WHERE s.id = :id", id=post_id))
    return posts[0] if posts else None


async def glimpse(snapshot: Snapshot, post_id: int) -> Glimpse | None:
    """A post without its words, by inner id."""
    row = await snapshot.one(f"{_GLIMPSE} WHERE id = :id", id=post_id)
    return _glimpsed(row) if row else None


async def live_glimpse(snapshot: Snapshot, public_id: str) -> Glimpse | None:
    """A live post without its words; by the name of a note of its own that says it in another language, too."""
    row = await snapshot.one(
        f"{_GLIMPSE} WHERE state = 'live' AND (public_id = :id"
        " OR id = (SELECT post_id FROM translation_notes WHERE public_id = :id))",
        id=public_id,
    )
    return _glimpsed(row) if row else None


async def quote_policy(snapshot: Snapshot, post_id: int) -> ReplyPolicy:
    """Who may quote a post of ours."""
    return ReplyPolicy(await snapshot.value("SELECT quote_policy FROM posts WHERE id = :id", id=post_id) or "closed")


def _glimpsed(row: Row) -> Glimpse:
    return Glimpse(
        id=row["id"],
        public_id=row["public_id"],
        state=State(row["state"]),
        audience=Audience(row["visibility"]),
        reply_policy=ReplyPolicy(row["reply_policy"]),
    )


async def by_ids(snapshot: Snapshot, ids: Sequence[int]) -> dict[int, Post]:
    """Several posts by inner id."""
    if not ids:
        return {}
    marks, params = listed("i", ids)
    rows = await snapshot.fetch(f"{_POST} WHERE s.id IN ({marks})", **params)
    return {post.id: post for post in await _whole(snapshot, rows)}


async def latest(snapshot: Snapshot, actor_id: int, before: int | None = None, limit: int = PAGE) -> list[Post]:
    """Public posts, newest first; answers to others' posts are left out. `before` is the id of the last one seen."""
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.actor_id = :actor_id AND {LISTED} AND s.id < :before"
        " AND (s.in_reply_to_uri IS NULL OR s.in_reply_to_post_id IS NOT NULL) ORDER BY s.id DESC LIMIT :limit",
        actor_id=actor_id,
        before=before or FAR,
        limit=limit,
    )
    return await _whole(snapshot, rows)


async def for_desk(snapshot: Snapshot, actor_id: int, before: int | None = None, limit: int = PAGE) -> list[Post]:
    """All that stands, whatever its audience, newest first."""
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.actor_id = :actor_id AND s.state = 'live' AND s.id < :before ORDER BY s.id DESC LIMIT :limit",
        actor_id=actor_id,
        before=before or FAR,
        limit=limit,
    )
    return await _whole(snapshot, rows)


async def by_tag(snapshot: Snapshot, tag: str, before: int | None = None, limit: int = PAGE) -> list[Post]:
    """Public posts with a tag (given in lower case), newest first."""
    rows = await snapshot.fetch(
        f"{_POST} JOIN post_tags t ON t.post_id = s.id WHERE t.tag = :tag AND {LISTED} AND s.id < :before"
        " ORDER BY s.id DESC LIMIT :limit",
        tag=tag,
        before=before or FAR,
        limit=limit,
    )
    return await _whole(snapshot, rows)


async def of_month(snapshot: Snapshot, actor_id: int, month: str, before: int | None = None) -> list[Post]:
    """Public posts of a month (`2026-01`), newest first."""
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.actor_id = :actor_id AND s.month = :month AND {LISTED} AND s.id < :before"
        " ORDER BY s.id DESC LIMIT :limit",
        actor_id=actor_id,
        month=month,
        before=before or FAR,
        limit=PAGE,
    )
    return await _whole(snapshot, rows)


async def pinned(snapshot: Snapshot, actor_id: int, *, statement: bool = False) -> list[Post]:
    """Pinned public posts, the last pinned first. Of a `statement` call-outs are no part: nobody pinned them, and they say where people meet."""
    which = " AND s.kind <> 'call-out'" if statement else ""
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.actor_id = :actor_id AND s.pinned_at IS NOT NULL AND {LISTED}{which} ORDER BY s.pinned_at DESC",
        actor_id=actor_id,
    )
    return await _whole(snapshot, rows)


async def standing(snapshot: Snapshot, actor_id: int) -> list[Post]:
    """Public call-outs that are open: urgent ones first, then the soonest to end."""
    # Asked for in one go, the engine walks all posts there are to find the few.
    found = await snapshot.fetch("SELECT post_id FROM call_outs WHERE state IN ('open', 'urgent', 'moved') LIMIT 500")
    if not found:
        return []
    marks, params = listed("o", [row["post_id"] for row in found])
    rows = await snapshot.fetch(
        f"{_POST} JOIN call_outs k ON k.post_id = s.id JOIN call_revisions v ON v.revision_id = s.live_revision_id"
        f" WHERE s.id IN ({marks}) AND s.actor_id = :actor_id AND {LISTED}"
        " ORDER BY CASE WHEN k.state = 'urgent' THEN 0 ELSE 1 END, v.ends_at, s.id LIMIT :limit",
        actor_id=actor_id,
        limit=PAGE,
        **params,
    )
    return await _whole(snapshot, rows)


async def call_outs(snapshot: Snapshot, actor_id: int, before: int | None = None, limit: int = PAGE) -> list[Post]:
    """All call-outs that were not deleted, whatever their audience, newest first."""
    rows = await snapshot.fetch(
        f"{_POST} JOIN call_outs k ON k.post_id = s.id"
        " WHERE s.actor_id = :actor_id AND s.state = 'live' AND s.id < :before ORDER BY s.id DESC LIMIT :limit",
        actor_id=actor_id,
        before=before or FAR,
        limit=limit,
    )
    return await _whole(snapshot, rows)


async def thread(snapshot: Snapshot, thread_public_id: str, limit: int = 200) -> list[Post]:
    """Our readable posts of a thread, oldest first."""
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.thread_public_id = :thread AND s.state = 'live' AND s.visibility IN ('public', 'unlisted')"
        " ORDER BY s.id LIMIT :limit",
        thread=thread_public_id,
        limit=limit,
    )
    return await _whole(snapshot, rows)


async def answers_to(snapshot: Snapshot, post_id: int, limit: int = 50) -> list[Post]:
    """Our own readable answers to a post of ours, oldest first."""
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.in_reply_to_post_id = :id AND s.state = 'live' AND s.visibility IN ('public', 'unlisted')"
        " ORDER BY s.id LIMIT :limit",
        id=post_id,
        limit=limit,
    )
    return await _whole(snapshot, rows)


async def answers_to_uri(snapshot: Snapshot, uris: Sequence[str]) -> list[Post]:
    """Our own live answers to posts of others, oldest first."""
    if not uris:
        return []
    params = {f"u{index}": uri for index, uri in enumerate(uris)}
    marks = ", ".join(f":{key}" for key in params)
    rows = await snapshot.fetch(
        f"{_POST} WHERE s.in_reply_to_uri IN ({marks}) AND s.state = 'live' ORDER BY s.id LIMIT 200", **params
    )
    return await _whole(snapshot, rows)


async def count_listed(snapshot: Snapshot, actor_id: int) -> int:
    """How many public posts there are."""
    count: int = await snapshot.value(
        f"SELECT count(*) FROM posts s WHERE s.actor_id = :actor_id AND {LISTED}", actor_id=actor_id
    )
    return count

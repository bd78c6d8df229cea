"""Reading for those who read by machine: the posts of a feed, the addresses of a sitemap, all tags."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.base.database import Snapshot
from server.features.posts.model import Post
from server.features.posts.model_call import CallState
from server.features.posts.views import LISTED, by_ids

#: So many tags are shown on their page, the most used ones.
MOST_TAGS: Final = 500


class FeedKind(StrEnum):
    """What a feed is about: everything, call-outs, or those that are urgent now. Corrections go where what they correct goes."""

    ALL = "all"
    CALL_OUTS = "call-outs"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which posts a feed holds. `tag` in lower case, empty for any."""

    kind: FeedKind = FeedKind.ALL
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A listed post without its words. Times are UTC text."""

    public_id: str
    changed_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """A tag, as it is found and as it was written, and how many listed posts have it."""

    tag: str
    shown: str
    posts: int


#: Call-outs and tags lead to their posts and to what corrects those; the few are looked up first, not each post.
_CALLS: Final = (
    " AND s.id IN (SELECT c.post_id FROM call_outs c WHERE {which}"
    " UNION ALL SELECT p.id FROM posts p JOIN call_outs c ON c.post_id = p.corrects_post_id WHERE {which})"
)
_OF_KIND: Final = {
    FeedKind.ALL: "",
    FeedKind.CALL_OUTS: _CALLS.format(which="c.state <> ''"),
    FeedKind.URGENT: _CALLS.format(which="c.state = :urgent"),
}
_TAGGED: Final = (
    " AND s.id IN (SELECT t.post_id FROM post_tags t WHERE t.tag = :tag"
    " UNION ALL SELECT p.id FROM posts p JOIN post_tags t ON t.post_id = p.corrects_post_id WHERE t.tag = :tag)"
)


async def of_feed(snapshot: Snapshot, actor_id: int, selection: Selection, limit: int) -> list[Post]:
    """Public posts of a feed, newest first; answers to others' posts are left out. A correction is found by the tags of what it corrects too."""
    params: dict[str, str | int] = {"actor_id": actor_id, "limit": limit}
    if selection.kind is FeedKind.URGENT:
        params["urgent"] = CallState.URGENT.value
    if selection.tag:
        params["tag"] = selection.tag
    rows = await snapshot.fetch(
        f"SELECT s.id FROM posts s WHERE s.actor_id = :actor_id AND {LISTED}"
        " AND (s.in_reply_to_uri IS NULL OR s.in_reply_to_post_id IS NOT NULL)"
        f"{_OF_KIND[selection.kind]}{_TAGGED if selection.tag else ''} ORDER BY s.id DESC LIMIT :limit",
        **params,
    )
    ids = [row["id"] for row in rows]
    found = await by_ids(snapshot, ids)
    return [found[one] for one in ids]


async def has_tag(snapshot: Snapshot, tag: str) -> bool:
    """True if a listed post has this tag (given in lower case)."""
    found: int | None = await snapshot.value(
        f"SELECT 1 FROM post_tags t JOIN posts s ON s.id = t.post_id WHERE t.tag = :tag AND {LISTED} LIMIT 1", tag=tag
    )
    return found is not None


async def tags(snapshot: Snapshot, actor_id: int, limit: int = MOST_TAGS) -> list[TagCount]:
    """The tags of listed posts, the most used first."""
    rows = await snapshot.fetch(
        "SELECT t.tag AS tag, max(t.shown) AS shown, count(*) AS posts FROM post_tags t JOIN posts s ON s.id = t.post_id"
        f" WHERE s.actor_id = :actor_id AND {LISTED} GROUP BY t.tag ORDER BY count(*) DESC, t.tag LIMIT :limit",
        actor_id=actor_id,
        limit=limit,
    )
    return [TagCount(tag=row["tag"], shown=row["shown"], posts=row["posts"]) for row in rows]


async def stamps(snapshot: Snapshot, actor_id: int, offset: int, limit: int) -> list[Stamp]:
    """Listed posts in the order of their publication, and when each last changed."""
    rows = await snapshot.fetch(
        "SELECT s.public_id AS public_id, s.published_at AS published_at, s.edited_at AS edited_at FROM posts s"
        f" WHERE s.actor_id = :actor_id AND {LISTED} ORDER BY s.id LIMIT :limit OFFSET :offset",
        actor_id=actor_id,
        limit=limit,
        offset=offset,
    )
    return [Stamp(public_id=row["public_id"], changed_at=row["edited_at"] or row["published_at"]) for row in rows]

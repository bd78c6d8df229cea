"""Reading for the translation panel: suggestions with their authors, and the posts whose translations matter now."""

from __future__ import annotations

from server.base.database import Snapshot
from server.features.posts import views
from server.features.posts.model import Post
from server.features.publishing.model_translations import Suggestion
from server.features.publishing.suggestions import words_of

_SELECT = (
    "SELECT g.remote_post_id, g.language, g.state, g.received_at, s.public_id AS post, p.uri, p.url, p.html, a.uri AS author,"
    " a.handle, a.name, a.username FROM translation_suggestions g JOIN remote_posts p ON p.id = g.remote_post_id"
    " JOIN remote_actors a ON a.id = p.actor_id JOIN posts s ON s.id = g.post_id"
)


async def suggestions(snapshot: Snapshot, post_id: int) -> list[Suggestion]:
    """What was suggested for a post and not thrown away, the newest first."""
    rows = await snapshot.fetch(
        f"{_SELECT} WHERE g.post_id = :id AND g.state <> 'discarded' ORDER BY g.remote_post_id DESC", id=post_id
    )
    return [
        Suggestion(
            id=row["remote_post_id"],
            post=row["post"],
            language=row["language"],
            state=row["state"],
            words=words_of(row["html"]),
            author_uri=row["author"],
            handle=row["handle"],
            name=row["name"] or row["username"],
            uri=row["uri"],
            url=row["url"] or row["uri"],
        )
        for row in rows
    ]


async def suggested(snapshot: Snapshot, post_id: int, number: int) -> Suggestion | None:
    """One of them."""
    return next((one for one in await suggestions(snapshot, post_id) if one.id == number), None)


async def waiting(snapshot: Snapshot) -> dict[int, int]:
    """By post, how many suggestions nobody has looked at."""
    rows = await snapshot.fetch(
        "SELECT post_id, count(*) AS many FROM translation_suggestions WHERE state IN ('held', 'open') GROUP BY post_id"
    )
    return {row["post_id"]: row["many"] for row in rows}


async def that_matter(snapshot: Snapshot, actor_id: int, recent: int) -> list[Post]:
    """Call-outs to which people may come, then the newest other posts."""
    rows = await snapshot.fetch(
        "SELECT c.post_id FROM call_outs c JOIN posts s ON s.id = c.post_id WHERE s.actor_id = :actor_id"
        " AND s.state = 'live' AND c.state IN ('open', 'urgent', 'moved') ORDER BY c.post_id DESC LIMIT 20",
        actor_id=actor_id,
    )
    called = await views.by_ids(snapshot, [row["post_id"] for row in rows])
    newest = await views.latest(snapshot, actor_id, limit=recent)
    return [*(called[row["post_id"]] for row in rows), *(post for post in newest if post.id not in called)]

"""Fills a house with what a flood leaves behind, straight into the tables: the inbox's own speed is measured elsewhere."""

from __future__ import annotations

from server.base.database import Database
from server.features.conversation.words import same_text
from server.features.posts.model import Post

COPIES_OF = 50


async def flood(
    database: Database, post: Post, replies: int, servers: int, *, languages: tuple[str, ...] = ("en", "fr", "ar")
) -> None:
    """So many held replies of as many strangers; every text but a tenth of them is said again and again."""
    async with database.transaction() as tx:
        actors, posts, heard = [], [], []
        for number in range(replies):
            host = f"s{number % servers}.test"
            uri = f"https://{host}/users/u{number}"
            text = (
                f"Only once {number}x"
                if number % 10 == 0
                else f"Go home number {'abcdefghij'[number % COPIES_OF % 10]}"
            )
            text = text.replace("0", "o").replace("1", "i")
            html = f"<p>{text}</p>" if number % 10 else f"<p>{text} {_letters(number)}</p>"
            actor_id, post_id = tx.new_id(), tx.new_id()
            actors.append({"id": actor_id, "uri": uri, "host": host, "name": f"u{number}", "handle": f"u{number}@{host}", "now": tx.now})  # fmt: skip
            posts.append({"id": post_id, "uri": f"{uri}/{number}", "actor": actor_id, "html": html, "now": tx.now})
            heard.append({"id": post_id, "post": post.id, "actor": post.actor_id, "host": host, "language": languages[number % len(languages)], "same": same_text(html), "first": int(number % 4 > 0), "now": tx.now})  # fmt: skip
        await tx.execute_many(
            "INSERT INTO remote_actors (id, uri, host, type, username, handle, url, inbox, first_seen_at, fetched_at)"
            " VALUES (:id, :uri, :host, 'Person', :name, :handle, :uri, :uri, :now, :now)",
            actors,
        )
        await tx.execute_many(
            "INSERT INTO remote_posts (id, uri, actor_id, url, type, visibility, html, published_at, received_at)"
            " VALUES (:id, :uri, :actor, :uri, 'Note', 'public', :html, :now, :now)",
            posts,
        )
        await tx.execute_many(
            "INSERT INTO replies (remote_post_id, kind, post_id, actor_id, state, received_at, host, language, same_text,"
            " first_contact) VALUES (:id, 'reply', :post, :actor, 'held', :now, :host, :language, :same, :first)",
            heard,
        )


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))

"""Lets others speak to a house: one by one as the inbox hears them, or a whole flood straight into the tables."""

from __future__ import annotations

from typing import Any

from server.base.database import Database
from server.base.database.model import Value
from server.features.conversation.words import same_text
from server.features.delivery import store as delivery_store
from server.features.followers import store as followers_store
from server.features.posts.model import Post
from server.features.remote import store as remote_store
from server.features.remote.model import CleanPost, RemoteActor
from server.house import House

COPIES_OF = 50


async def flood(
    database: Database, post: Post, replies: int, servers: int, *, languages: tuple[str, ...] = ("en", "fr", "ar")
) -> None:
    """So many held replies of as many strangers; every text but a tenth of them is said again and again."""
    async with database.transaction() as tx:
        actors: list[dict[str, Value]] = []
        posts: list[dict[str, Value]] = []
        heard: list[dict[str, Value]] = []
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


async def author(house: House, handle: str, *, name: str = "", uri: str = "") -> RemoteActor:
    """Somebody of another server whom we know."""
    username, _, host = handle.partition("@")
    uri = uri or f"https://{host}/users/{username}"
    async with house.database.transaction() as tx:
        known = await remote_store.actor_by_uri(tx, uri)
        if known is not None:
            return known
        await tx.execute(
            "INSERT INTO remote_actors (id, uri, host, type, username, handle, name, url, inbox, first_seen_at, fetched_at)"
            " VALUES (:id, :uri, :host, 'Person', :username, :handle, :name, :uri, :inbox, :now, :now)",
            id=tx.new_id(),
            uri=uri,
            host=host,
            username=username,
            handle=handle,
            name=name,
            inbox=f"{uri}/inbox",
            now=tx.now,
        )
        made = await remote_store.actor_by_uri(tx, uri)
    assert made is not None
    return made


async def says(house: House, handle: str, html: str, to: Post | None = None, **more: Any) -> int:
    """Somebody says something to us, as the inbox hears it; its number."""
    who = await author(house, handle)
    ours = house.actors.uri(house.actors.campaign())
    parent = house.addresses.post(house.actors.campaign().handle, to.public_id) if to else None
    async with house.database.transaction() as tx:
        uri = more.pop("uri", f"{who.uri}/{tx.new_id()}")
        clean = CleanPost(
            uri=uri,
            author=who.uri,
            url=uri,
            type="Note",
            in_reply_to=parent,
            context=None,
            visibility=more.pop("visibility", "public"),
            language=more.pop("language", "en"),
            warning=more.pop("warning", ""),
            html=html,
            sensitive=False,
            attachments=more.pop("attachments", ()),
            published_at=tx.now,
            edited_at=None,
            mentions=(ours,),
            addressed=(ours,),
            vote=None,
            quote=more.pop("quote", None),
        )
        edited = await house.conversation.edited(tx, who, clean)
        assert edited or await house.conversation.heard(tx, who, clean)
        number: int = await tx.value("SELECT id FROM remote_posts WHERE uri = :uri", uri=uri)
    return number


async def state_of(house: House, number: int) -> str:
    """What became of something that was said."""
    async with house.database.snapshot() as snapshot:
        found: str = await snapshot.value("SELECT state FROM replies WHERE remote_post_id = :id", id=number)
    return found


async def follows(house: House, handle: str, state: str = "accepted") -> int:
    """Somebody follows, or asks to; the number of the tie."""
    who = await author(house, handle)
    ours = house.actors.campaign()
    async with house.database.transaction() as tx:
        inbox = await delivery_store.inbox_id(tx, f"https://{who.host}/inbox")
        await followers_store.set_follower(
            tx, actor_id=ours.id, remote=who, inbox_id=inbox, state=state, follow_uri=f"{who.uri}/follow"
        )
        tie = await followers_store.follower(tx, ours.id, who.id)
    assert tie is not None
    return tie.id


async def crowd(house: House, people: int, big: str, servers: int) -> None:
    """So many followers, the newest first from everywhere; two thirds of them on one big server."""
    ours = house.actors.campaign()
    actors: list[dict[str, Value]] = []
    ties: list[dict[str, Value]] = []
    counts: dict[int, int] = {}
    async with house.database.transaction() as tx:
        inboxes = {}
        for host in (big, *(f"s{number}.test" for number in range(servers))):
            inboxes[host] = await delivery_store.inbox_id(tx, f"https://{host}/inbox")
        for number in range(people):
            host = f"s{number % servers}.test" if number % 3 == 0 else big
            uri = f"https://{host}/users/fan{number}"
            actor_id = tx.new_id()
            actors.append({"id": actor_id, "uri": uri, "host": host, "name": f"fan{number}", "handle": f"fan{number}@{host}", "now": tx.now})  # fmt: skip
            ties.append({"id": tx.new_id(), "ours": ours.id, "actor": actor_id, "inbox": inboxes[host], "uri": f"{uri}#follow", "now": tx.now})  # fmt: skip
            counts[inboxes[host]] = counts.get(inboxes[host], 0) + 1
        await tx.execute_many(
            "INSERT INTO remote_actors (id, uri, host, type, username, handle, url, inbox, first_seen_at, fetched_at)"
            " VALUES (:id, :uri, :host, 'Person', :name, :handle, :uri, :uri, :now, :now)",
            actors,
        )
        await tx.execute_many(
            "INSERT INTO followers (id, actor_id, remote_actor_id, inbox_id, state, follow_uri, created_at)"
            " VALUES (:id, :ours, :actor, :inbox, 'accepted', :uri, :now)",
            ties,
        )
        for inbox_id, count in counts.items():
            await tx.execute(
                "INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers) VALUES (:id, :ours, :inbox, :count)",
                id=tx.new_id(),
                ours=ours.id,
                inbox=inbox_id,
                count=count,
            )
        await tx.execute(
            "INSERT INTO follower_counts (actor_id, followers) VALUES (:ours, :count)"
            " ON CONFLICT (actor_id) DO UPDATE SET followers = follower_counts.followers + :count",
            ours=ours.id,
            count=people,
        )

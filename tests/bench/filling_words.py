"""What was said, filled in by SQL: posts of ours, answers to them, and deliveries that wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.bench.filling import ID, NUMBERS, Filling

WORDS: Final = "We will be there with the whole house, and bring what we have. "
#: Of ten replies two wait for an organiser; each post, of which there are twenty, gets both.
HELD_OF_TEN: Final = 2


def posts(filled: Filling, count: int) -> None:
    """Posts of ours, each with one revision and its words."""
    filled.run("CREATE TEMP TABLE made (n INTEGER PRIMARY KEY, id INTEGER, name TEXT)")
    filled.run(f"INSERT INTO made {NUMBERS} SELECT n, {ID}, lower(hex(randomblob(8))) FROM c", count=count)
    minute = f"{str(filled.later()['now'])[:17]}00.000000Z"
    filled.run(
        "INSERT INTO posts (id, public_id, actor_id, kind, state, visibility, language, live_revision_id,"
        " thread_public_id, published_at, updated_at, month, created_at) SELECT id, name, :actor, 'update', 'live',"
        " 'public', 'en', id, name, :now, :now, :month, :now FROM made",
        now=minute,
        month=minute[:7],
    )
    filled.run("INSERT INTO post_counts (post_id) SELECT id FROM made")
    filled.run(
        "INSERT INTO post_revisions (id, post_id, number, created_at, published_at) SELECT id, id, 1, :now, :now FROM made",
        now=minute,
    )
    filled.run(
        "INSERT INTO texts (revision_id, language, state, source, html)"
        f" SELECT id, 'en', 'main', '{WORDS}', '<p>{WORDS}</p>' FROM made"
    )


def replies(filled: Filling, count: int, addresses: Sequence[str], *, held_of_ten: int = HELD_OF_TEN) -> None:
    """Answers to our posts by whoever was met, all in turn."""
    people = filled.value("SELECT count(*) FROM remote_actors")
    filled.run("CREATE TEMP TABLE people (n INTEGER PRIMARY KEY, id INTEGER, uri TEXT)")
    filled.run("INSERT INTO people SELECT row_number() OVER (ORDER BY id) - 1, id, uri FROM remote_actors")
    filled.run("CREATE TEMP TABLE ours (n INTEGER PRIMARY KEY, uri TEXT, id INTEGER)")
    filled.connection.executemany(
        "INSERT INTO ours SELECT ?, ?, id FROM posts WHERE public_id = ?",
        [(n, uri, uri.rpartition("/")[2]) for n, uri in enumerate(addresses)],
    )
    which = f"c JOIN people p ON p.n = c.n % {people} JOIN ours o ON o.n = c.n % {len(addresses)}"
    moment = filled.later()
    filled.run(
        "INSERT INTO remote_posts (id, uri, actor_id, url, type, in_reply_to, visibility, language, html, published_at,"
        f" received_at) {NUMBERS} SELECT {ID}, p.uri || '/statuses/f' || c.n, p.id, p.uri || '/statuses/f' || c.n,"
        f" 'Note', o.uri, 'public', 'en', '<p>{WORDS}' || c.n || '</p>', :now, :now FROM {which}",
        count=count,
        **moment,
    )
    filled.run(
        "INSERT INTO replies (remote_post_id, kind, post_id, actor_id, state, seen, received_at)"
        f" {NUMBERS} SELECT {ID}, 'reply', o.id, :actor,"
        f" CASE WHEN c.n / 20 % 10 < :held THEN 'held' ELSE 'approved' END, 1, :now FROM {which}",
        count=count,
        held=held_of_ten,
        **moment,
    )
    _seen(filled, count)


def _seen(filled: Filling, count: int) -> None:
    """What an inbox remembers of them, and the count of each post."""
    filled.run(
        f"INSERT INTO seen_activities (hash, seen_at) {NUMBERS} SELECT lower(hex(randomblob(32))), :now FROM c ORDER BY 1",
        count=count,
    )
    filled.run(
        "UPDATE post_counts SET replies = (SELECT count(*) FROM replies r WHERE r.post_id = post_counts.post_id"
        " AND r.state = 'approved')"
    )


def queue(filled: Filling, expanded: int, unexpanded: int) -> None:
    """What was said to all followers and is still to be sent: so many times as deliveries, so many as fan-outs to expand."""
    followers, last = filled.connection.execute("SELECT count(*), MAX(id) FROM followed_inboxes").fetchone()
    body = filled.value("SELECT body FROM outbox WHERE type = 'Create' LIMIT 1")
    for number in range(expanded + unexpanded):
        whole = number < expanded
        outbox = int(filled.later()["base"])
        said = {"outbox": outbox, "uri": f"http://localhost/filled/{number}", "body": body}
        filled.run(
            "INSERT INTO outbox (id, public_id, actor_id, type, object_uri, body, listed, created_at)"
            " VALUES (:outbox, 'filled' || :outbox, :actor, 'Create', :uri, :body, 1, :now)",
            **said,
        )
        filled.run(
            "INSERT INTO delivery_counts (outbox_id, object_uri, expected) VALUES (:outbox, :uri, :expected)",
            expected=followers if whole else 0,
            **said,
        )
        filled.run(
            "INSERT INTO fanouts (outbox_id, actor_id, class, up_to, cursor, done)"
            " VALUES (:outbox, :actor, 2, :last, :cursor, :done)",
            last=last,
            cursor=last if whole else 0,
            done=int(whole),
            **said,
        )
        if whole:
            _deliveries(filled, outbox, str(said["uri"]))


def _deliveries(filled: Filling, outbox: int, uri: str) -> None:
    filled.run(
        "INSERT INTO deliveries (id, outbox_id, inbox_id, host, object_uri, class, due_at)"
        f" SELECT {ID}, :outbox, inbox, host, :uri, 2, :now FROM (SELECT row_number() OVER (ORDER BY w.id) - 1 AS n,"
        " i.id AS inbox, i.host AS host FROM followed_inboxes w JOIN inboxes i ON i.id = w.inbox_id) c",
        outbox=outbox,
        uri=uri,
    )

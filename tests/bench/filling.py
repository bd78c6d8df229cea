"""A database filled by SQL while its server is stopped, as years would have filled it: the stores keep the same rows in step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from server.base.database import engine
from server.base.ids import EPOCH, NODE_BITS, SEQUENCE_BITS
from server.base.timestamps import to_text

#: No server takes this node: the ids of two fillings differ by their time.
NODE = 1_000
AGE = timedelta(days=20)
WORDS = "We will be there with the whole house, and bring what we have. "

#: Rows numbered from :first on, each with the address of its host, and one of several ports in turn.
_NUMBERS = "WITH RECURSIVE c(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM c WHERE n < :first + :count - 1)"
_ADDRESS = "'127.' || (60 + n / 64000) || '.' || (n / 250 % 256) || '.' || (n % 250 + 1)"
_ID = f"(:base + ((n - :first) >> {SEQUENCE_BITS} << {NODE_BITS + SEQUENCE_BITS}) + ((n - :first) & {(1 << SEQUENCE_BITS) - 1}))"


class Filling:
    """One transaction of rows; times and ids are of some weeks ago, each kind of rows a minute after the last."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._at = datetime.now(UTC) - AGE
        row = connection.execute("SELECT id FROM actors WHERE kind = 'campaign'").fetchone()
        self.campaign = int(row[0])

    def _base(self) -> dict[str, int | str]:
        self._at += timedelta(minutes=10)
        milliseconds = int((self._at - EPOCH).total_seconds() * 1000)
        return {"base": (milliseconds << NODE_BITS | NODE) << SEQUENCE_BITS, "now": to_text(self._at)}

    def _run(self, sql: str, first: int, count: int, **more: Any) -> None:
        if count > 0:
            given = {"first": first, "count": count, **self._base(), **more}
            self._connection.execute(sql, {name: value for name, value in given.items() if f":{name}" in sql})

    def people(self, first: int, count: int, ports: Sequence[int], pem: str, scheme: str = "http") -> None:
        """Accounts of a crowd that were met, with their keys and inboxes."""
        turns = " ".join(f"WHEN {turn} THEN {port}" for turn, port in enumerate(ports))
        host = f"{_ADDRESS} || ':' || CASE n % {len(ports)} {turns} END"
        rows = f"{_NUMBERS}, p AS (SELECT n, {host} AS host, '{scheme}://' || {host} || '/users/u' AS uri FROM c)"
        self._run(
            "INSERT INTO remote_actors (id, uri, host, type, username, handle, name, url, inbox, followers_uri,"
            f" first_seen_at, fetched_at) {rows} SELECT {_ID}, uri, host, 'Person', 'u', 'u@' || host, 'Reader', uri,"
            " uri || '/inbox', uri || '/followers', :now, :now FROM p",
            first,
            count,
        )
        self._run(
            f"INSERT INTO remote_keys (key_id, actor_uri, public_pem, fetched_at) {rows}"
            " SELECT uri || '#main-key', uri, :pem, :now FROM p",
            first,
            count,
            pem=pem,
        )
        self._run(
            f"INSERT INTO inboxes (id, url, host) {rows} SELECT {_ID}, uri || '/inbox', host FROM p", first, count
        )

    def follow(self) -> None:
        """Whoever was met and does not follow yet, follows."""
        count = self._connection.execute("SELECT count(*) FROM remote_actors").fetchone()[0]
        met = (
            "(SELECT row_number() OVER (ORDER BY a.id) - 1 AS n, a.id AS person, a.uri, i.id AS inbox FROM remote_actors a"
            " JOIN inboxes i ON i.url = a.inbox)"
        )
        self._run(
            "INSERT INTO followers (id, actor_id, remote_actor_id, inbox_id, state, follow_uri, created_at)"
            f" SELECT {_ID}, :actor, person, inbox, 'accepted', uri || '/follows/1', :now FROM {met} WHERE n >= :first",
            0,
            count,
            actor=self.campaign,
        )
        self._run(
            f"INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers) SELECT {_ID}, :actor, inbox, 1 FROM {met}"
            " WHERE n >= :first",
            0,
            count,
            actor=self.campaign,
        )

    def replies(self, count: int, posts: Sequence[str], *, held_of_ten: int = 2) -> None:
        """Answers to our posts by whoever was met, all in turn; of ten so many wait for an organiser."""
        people = [row[0] for row in self._connection.execute("SELECT id FROM remote_actors ORDER BY id")]
        self._connection.execute("CREATE TEMP TABLE people (n INTEGER PRIMARY KEY, id INTEGER, uri TEXT)")
        self._connection.execute(
            "INSERT INTO people SELECT row_number() OVER (ORDER BY id) - 1, id, uri FROM remote_actors"
        )
        self._connection.execute("CREATE TEMP TABLE ours (n INTEGER PRIMARY KEY, uri TEXT, id INTEGER)")
        self._connection.executemany(
            "INSERT INTO ours SELECT ?, ?, id FROM posts WHERE public_id = ?",
            [(n, uri, uri.rpartition("/")[2]) for n, uri in enumerate(posts)],
        )
        again = self._base()
        which = f"c JOIN people p ON p.n = c.n % {len(people)} JOIN ours o ON o.n = c.n % {len(posts)}"
        self._run(
            "INSERT INTO remote_posts (id, uri, actor_id, url, type, in_reply_to, visibility, language, html, published_at,"
            f" received_at) {_NUMBERS} SELECT {_ID.replace('n ', 'c.n ')}, p.uri || '/statuses/f' || c.n, p.id,"
            f" p.uri || '/statuses/f' || c.n, 'Note', o.uri, 'public', 'en', '<p>{WORDS}' || c.n || '</p>', :now, :now"
            f" FROM {which}",
            0,
            count,
            base=again["base"],
        )
        self._run(
            "INSERT INTO replies (remote_post_id, kind, post_id, actor_id, state, seen, received_at)"
            f" {_NUMBERS} SELECT {_ID.replace('n ', 'c.n ')}, 'reply', o.id, :actor,"
            " CASE WHEN c.n / 20 % 10 < :held THEN 'held' ELSE 'approved' END, 1, :now"
            f" FROM {which}",
            0,
            count,
            base=again["base"],
            actor=self.campaign,
            held=held_of_ten,
        )
        self._run(
            f"INSERT INTO seen_activities (hash, seen_at) {_NUMBERS} SELECT lower(hex(randomblob(32))), :now FROM c"
            " ORDER BY 1",
            0,
            count,
        )
        self._connection.execute(
            "UPDATE post_counts SET replies = (SELECT count(*) FROM replies r WHERE r.post_id = post_counts.post_id"
            " AND r.state = 'approved')"
        )

    def posts(self, count: int) -> None:
        """Posts of ours, each with one revision and its words."""
        name = "lower(hex(randomblob(8)))"
        self._connection.execute("CREATE TEMP TABLE made (n INTEGER PRIMARY KEY, id INTEGER, name TEXT)")
        self._run(f"INSERT INTO made {_NUMBERS} SELECT n, {_ID}, {name} FROM c", 0, count)
        minute = f"{to_text(self._at)[:17]}00.000000Z"
        given = {"actor": self.campaign, "now": minute, "month": minute[:7]}
        for sql in (
            (
                "INSERT INTO posts (id, public_id, actor_id, kind, state, visibility, language, live_revision_id,"
                " thread_public_id, published_at, updated_at, month, created_at) SELECT id, name, :actor, 'update', 'live',"
                " 'public', 'en', id, name, :now, :now, :month, :now FROM made"
            ),
            "INSERT INTO post_counts (post_id) SELECT id FROM made",
            "INSERT INTO post_revisions (id, post_id, number, created_at, published_at) SELECT id, id, 1, :now, :now FROM made",
            (
                f"INSERT INTO texts (revision_id, language, state, source, html) SELECT id, 'en', 'main', '{WORDS}',"
                f" '<p>{WORDS}</p>' FROM made"
            ),
        ):
            self._connection.execute(sql, {name: value for name, value in given.items() if f":{name}" in sql})

    def queue(self, expanded: int, open_: int) -> None:
        """What was said to all followers and is still to be sent: so many times as deliveries, so many as fan-outs to expand."""
        followed = self._connection.execute("SELECT count(*), MAX(id) FROM followed_inboxes").fetchone()
        body = self._connection.execute("SELECT body FROM outbox WHERE type = 'Create' LIMIT 1").fetchone()[0]
        for number in range(expanded + open_):
            base = self._base()
            uri = f"http://localhost/filled/{number}"
            given = {"id": base["base"], "now": base["now"], "uri": uri, "actor": self.campaign, "body": body}
            self._connection.execute(
                "INSERT INTO outbox (id, public_id, actor_id, type, object_uri, body, listed, created_at)"
                " VALUES (:id, 'filled' || :id, :actor, 'Create', :uri, :body, 1, :now)",
                given,
            )
            whole = number < expanded
            self._connection.execute(
                "INSERT INTO delivery_counts (outbox_id, object_uri, expected) VALUES (?, ?, ?)",
                (base["base"], uri, followed[0] if whole else 0),
            )
            self._connection.execute(
                "INSERT INTO fanouts (outbox_id, actor_id, class, up_to, cursor, done) VALUES (?, ?, 2, ?, ?, ?)",
                (base["base"], self.campaign, followed[1], followed[1] if whole else 0, int(whole)),
            )
            if whole:
                self._run(
                    "INSERT INTO deliveries (id, outbox_id, inbox_id, host, object_uri, class, due_at)"
                    f" SELECT {_ID}, :outbox, inbox, host, :uri, 2, :now FROM (SELECT row_number() OVER (ORDER BY w.id) - 1"
                    " AS n, i.id AS inbox, i.host AS host FROM followed_inboxes w JOIN inboxes i ON i.id = w.inbox_id)"
                    " WHERE n >= :first",
                    0,
                    int(followed[0]),
                    outbox=base["base"],
                    uri=uri,
                )


@contextmanager
def filling(path: Path) -> Iterator[Filling]:
    """Fill a database file whose server is stopped. Nothing is made durable before the end, and all of it then."""
    with closing(engine.sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "cache_size=-900000",
            "temp_store=MEMORY",
            "foreign_keys=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        yield Filling(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()


def followed(filled: Filling, count: int, ports: Sequence[int], pem: str, scheme: str = "http") -> None:
    """So many accounts of a crowd follow."""
    filled.people(0, count, ports, pem, scheme)
    filled.follow()

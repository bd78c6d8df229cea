"""A database filled by SQL while its server is stopped, as years would have filled it: who was met and who follows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from server.base.database import engine
from server.base.ids import EPOCH, NODE_BITS, SEQUENCE_BITS
from server.base.timestamps import to_text

#: No server takes this node.
NODE: Final = 1_000
AGE, APART = timedelta(days=20), timedelta(minutes=10)
#: Nothing of it is undone or made durable by halves: who stops here throws the file away.
PRAGMAS: Final = (
    "journal_mode=OFF",
    "synchronous=OFF",
    "cache_size=-900000",
    "temp_store=MEMORY",
    "foreign_keys=OFF",
)

#: Rows `c` numbered from :first on, the address of each one's host (as in the crowd), and an inner id as `base/ids.py` makes them.
NUMBERS: Final = "WITH RECURSIVE c(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM c WHERE n < :first + :count - 1)"
ADDRESS: Final = "'127.' || (60 + n / 64000) || '.' || (n / 250 % 256) || '.' || (n % 250 + 1)"
_PLACE: Final = "(c.n - :first)"
ID: Final = (
    f"(:base + ({_PLACE} >> {SEQUENCE_BITS} << {NODE_BITS + SEQUENCE_BITS}) + ({_PLACE} & {(1 << SEQUENCE_BITS) - 1}))"
)


class Filling:
    """Rows in one transaction; times and ids are of some weeks ago, each kind of rows a little after the last."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._at = datetime.now(UTC) - AGE
        self.campaign = int(self.value("SELECT id FROM actors WHERE kind = 'campaign'"))

    def value(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchone()[0]

    def later(self) -> dict[str, int | str]:
        """The next moment: where its ids begin, and its time."""
        self._at += APART
        milliseconds = int((self._at - EPOCH).total_seconds() * 1000)
        return {"base": (milliseconds << NODE_BITS | NODE) << SEQUENCE_BITS, "now": to_text(self._at)}

    def run(self, sql: str, **given: Any) -> None:
        """One statement with those values that it names."""
        values = {"actor": self.campaign, "first": 0, **self.later(), **given}
        self.connection.execute(sql, {name: value for name, value in values.items() if f":{name}" in sql})

    def people(self, first: int, count: int, ports: Sequence[int], pem: str, scheme: str = "http") -> None:
        """Accounts of a crowd that were met, with their keys and inboxes; their hosts are on these ports in turn."""
        turns = " ".join(f"WHEN {turn} THEN {port}" for turn, port in enumerate(ports))
        host = f"{ADDRESS} || ':' || CASE n % {len(ports)} {turns} END"
        rows = f"{NUMBERS}, h AS (SELECT n, {host} AS host FROM c)"
        rows = f"{rows}, p AS (SELECT n, host, '{scheme}://' || host || '/users/u' AS uri FROM h)"
        made = ID.replace("c.n", "p.n")
        self.run(
            "INSERT INTO remote_actors (id, uri, host, type, username, handle, name, url, inbox, followers_uri,"
            f" first_seen_at, fetched_at) {rows} SELECT {made}, uri, host, 'Person', 'u', 'u@' || host, 'Reader', uri,"
            " uri || '/inbox', uri || '/followers', :now, :now FROM p",
            first=first,
            count=count,
        )
        self.run(
            f"INSERT INTO remote_keys (key_id, actor_uri, public_pem, fetched_at) {rows}"
            " SELECT uri || '#main-key', uri, :pem, :now FROM p",
            first=first,
            count=count,
            pem=pem,
        )
        self.run(
            f"INSERT INTO inboxes (id, url, host) {rows} SELECT {made}, uri || '/inbox', host FROM p",
            first=first,
            count=count,
        )

    def follow(self) -> None:
        """Whoever was met follows."""
        met = (
            "(SELECT row_number() OVER (ORDER BY a.id) - 1 AS n, a.id AS person, a.uri AS uri, i.id AS inbox"
            " FROM remote_actors a JOIN inboxes i ON i.url = a.inbox) c"
        )
        self.run(
            "INSERT INTO followers (id, actor_id, remote_actor_id, inbox_id, state, follow_uri, created_at)"
            f" SELECT {ID}, :actor, person, inbox, 'accepted', uri || '/follows/1', :now FROM {met}"
        )
        self.run(
            f"INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers) SELECT {ID}, :actor, inbox, 1 FROM {met}"
        )
        self.run(
            "INSERT INTO follower_counts (actor_id, followers) SELECT actor_id, count(*) FROM followers GROUP BY actor_id"
        )


@contextmanager
def filling(path: Path) -> Iterator[Filling]:
    """Fill a database file whose server is stopped."""
    with closing(engine.sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        yield Filling(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    # Else the server's first checkpoint would wait for all of it.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def followed(filled: Filling, count: int, ports: Sequence[int], pem: str, scheme: str = "http") -> None:
    """So many accounts of a crowd follow."""
    filled.people(0, count, ports, pem, scheme)
    filled.follow()

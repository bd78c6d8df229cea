"""Reading what hangs on posts: words, pictures, people named, tags, polls, corrections; and what a post said before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from server.base.database import Row, Snapshot
from server.features.posts.model import DraftMedia, Named, Picture, Text
from server.features.posts.model_call import CallOut, CallState, Point
from server.features.posts.model_past import Correction
from server.features.posts.model_poll import PollAnswer, PollState
from server.features.posts.model_version import Version


@dataclass(frozen=True, slots=True)
class Parts:
    """What hangs on posts, by the ids of their revisions or their own."""

    texts: dict[int, list[Text]]
    pictures: dict[int, list[Picture]]
    named: dict[int, list[Named]]
    tags: dict[int, list[str]]
    polls: dict[int, PollState]
    corrections: dict[int, list[Correction]]
    calls: dict[int, CallOut]


def listed(name: str, values: Sequence[int]) -> tuple[str, dict[str, int]]:
    """A list of placeholders and its parameters, for `IN (...)`."""
    params = {f"{name}{index}": value for index, value in enumerate(values)}
    return ", ".join(f":{key}" for key in params), params


def _text(row: Row, alts: Sequence[DraftMedia] = ()) -> Text:
    return Text(
        language=row["language"],
        state=row["state"],
        title=row["title"],
        warning=row["warning"],
        source=row["source"],
        html=row["html"],
        place=row["place"],
        needs=row["needs"],
        instead=row["instead"],
        alts=tuple(alts),
    )


def _picture(row: Row) -> Picture:
    focus = (float(row["focus_x"]), float(row["focus_y"])) if row["focus_x"] is not None else None
    return Picture(
        media_id=row["media_id"],
        public_id=row["public_id"],
        mime=row["mime"],
        extension=row["extension"],
        width=row["width"],
        height=row["height"],
        bytes=row["bytes"],
        small_mime=row["small_mime"],
        small_extension=row["small_extension"],
        small_width=row["small_width"],
        small_height=row["small_height"],
        small_bytes=row["small_bytes"],
        avif_bytes=row["avif_bytes"],
        blurhash=row["blurhash"],
        focus=focus,
        alt=row["alt"],
    )


async def _texts(snapshot: Snapshot, revisions: Sequence[int]) -> dict[int, list[Text]]:
    marks, params = listed("r", revisions)
    alts = await _alts(snapshot, revisions)
    found: dict[int, list[Text]] = defaultdict(list)
    for row in await snapshot.fetch(f"SELECT * FROM texts WHERE revision_id IN ({marks}) ORDER BY language", **params):
        found[row["revision_id"]].append(_text(row, alts[row["revision_id"], row["language"]]))
    return found


async def _alts(snapshot: Snapshot, revisions: Sequence[int]) -> dict[tuple[int, str], list[DraftMedia]]:
    marks, params = listed("r", revisions)
    found: dict[tuple[int, str], list[DraftMedia]] = defaultdict(list)
    rows = await snapshot.fetch(
        "SELECT t.revision_id, t.language, t.alt, m.public_id FROM text_alts t JOIN media m ON m.id = t.media_id"
        f" WHERE t.revision_id IN ({marks}) ORDER BY m.id",
        **params,
    )
    for row in rows:
        found[row["revision_id"], row["language"]].append(DraftMedia(public_id=row["public_id"], alt=row["alt"]))
    return found


async def _pictures(snapshot: Snapshot, revisions: Sequence[int]) -> dict[int, list[Picture]]:
    marks, params = listed("r", revisions)
    found: dict[int, list[Picture]] = defaultdict(list)
    rows = await snapshot.fetch(
        "SELECT v.revision_id, v.media_id, v.alt, m.public_id, m.mime, m.extension, m.width, m.height, m.bytes,"
        " m.small_mime, m.small_extension, m.small_width, m.small_height, m.small_bytes, m.avif_bytes, m.blurhash, m.focus_x, m.focus_y"
        f" FROM revision_media v JOIN media m ON m.id = v.media_id WHERE v.revision_id IN ({marks}) ORDER BY v.position",
        **params,
    )
    for row in rows:
        found[row["revision_id"]].append(_picture(row))
    return found


async def _named(snapshot: Snapshot, revisions: Sequence[int]) -> dict[int, list[Named]]:
    marks, params = listed("r", revisions)
    found: dict[int, list[Named]] = defaultdict(list)
    rows = await snapshot.fetch(
        f"SELECT * FROM revision_mentions WHERE revision_id IN ({marks}) ORDER BY handle", **params
    )
    for row in rows:
        found[row["revision_id"]].append(Named(handle=row["handle"], actor_uri=row["actor_uri"], url=row["url"]))
    return found


async def _tags(snapshot: Snapshot, posts: Sequence[int]) -> dict[int, list[str]]:
    marks, params = listed("p", posts)
    found: dict[int, list[str]] = defaultdict(list)
    rows = await snapshot.fetch(
        f"SELECT post_id, shown FROM post_tags WHERE post_id IN ({marks}) ORDER BY tag", **params
    )
    for row in rows:
        found[row["post_id"]].append(row["shown"])
    return found


async def _polls(snapshot: Snapshot, posts: Sequence[int]) -> dict[int, PollState]:
    marks, params = listed("p", posts)
    rows = await snapshot.fetch(f"SELECT * FROM polls WHERE post_id IN ({marks})", **params)
    if not rows:
        return {}
    answers: dict[int, list[PollAnswer]] = defaultdict(list)
    for row in await snapshot.fetch(
        f"SELECT * FROM poll_options WHERE post_id IN ({marks}) ORDER BY position", **params
    ):
        answers[row["post_id"]].append(PollAnswer(name=row["name"], votes=row["votes"]))
    return {
        row["post_id"]: PollState(
            multiple=bool(row["multiple"]),
            ends_at=row["ends_at"],
            closed_at=row["closed_at"],
            voters=row["voters"],
            answers=tuple(answers[row["post_id"]]),
        )
        for row in rows
    }


async def _corrections(snapshot: Snapshot, posts: Sequence[int]) -> dict[int, list[Correction]]:
    marks, params = listed("p", posts)
    found: dict[int, list[Correction]] = defaultdict(list)
    rows = await snapshot.fetch(
        f"SELECT corrects_post_id, public_id, published_at FROM posts WHERE corrects_post_id IN ({marks})"
        " AND state = 'live' AND visibility IN ('public', 'unlisted') ORDER BY id",
        **params,
    )
    for row in rows:
        found[row["corrects_post_id"]].append(Correction(public_id=row["public_id"], published_at=row["published_at"]))
    return found


def _point(row: Row, now: str) -> Point | None:
    """An exact place while its time lasts, whether somebody came to erase it or not."""
    if row["point_until"] is None or row["point_until"] <= now:
        return None
    return Point(latitude=float(row["latitude"]), longitude=float(row["longitude"]), until=row["point_until"])


async def _calls(snapshot: Snapshot, revisions: Sequence[int]) -> dict[int, CallOut]:
    marks, params = listed("r", revisions)
    rows = await snapshot.fetch(
        "SELECT v.*, c.code, c.state, c.sequence FROM call_revisions v JOIN post_revisions r ON r.id = v.revision_id"
        f" JOIN call_outs c ON c.post_id = r.post_id WHERE v.revision_id IN ({marks})",
        **params,
    )
    return {
        row["revision_id"]: CallOut(
            code=row["code"],
            state=CallState(row["state"]),
            sequence=row["sequence"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            time_zone=row["time_zone"],
            point=_point(row, snapshot.now),
        )
        for row in rows
    }


async def parts_of(snapshot: Snapshot, posts: Sequence[int], revisions: Sequence[int]) -> Parts:
    """Everything that hangs on these posts and their live revisions."""
    return Parts(
        await _texts(snapshot, revisions),
        await _pictures(snapshot, revisions),
        await _named(snapshot, revisions),
        await _tags(snapshot, posts),
        await _polls(snapshot, posts),
        await _corrections(snapshot, posts),
        await _calls(snapshot, revisions),
    )


async def history(snapshot: Snapshot, post_id: int, most: int, language: str = "") -> list[Version]:
    """What a post said, the newest version first, in its main language, or in the language of one of its translations."""
    which = "t.language = :language AND t.state IN ('approved', 'stale')" if language else "t.state = 'main'"
    rows = await snapshot.fetch(
        "SELECT r.number, r.published_at AS said_at, t.* FROM post_revisions r JOIN texts t ON t.revision_id = r.id"
        f" WHERE r.post_id = :id AND r.published_at IS NOT NULL AND {which} ORDER BY r.number DESC LIMIT :most",
        id=post_id,
        most=most,
        **({"language": language} if language else {}),
    )
    calls = await _calls(snapshot, [row["revision_id"] for row in rows] or [0])
    translated = await _translated(snapshot, post_id)
    return [
        Version(
            number=row["number"],
            published_at=row["said_at"],
            text=_text(row),
            call=calls.get(row["revision_id"]),
            translated=translated.get(row["number"], ()),
        )
        for row in rows
    ]


async def removed(snapshot: Snapshot, post_id: int) -> int:
    """How many earlier versions were removed for good: the numbers of those that are left go on from theirs."""
    first: int = await snapshot.value(
        "SELECT COALESCE(MIN(number), 1) FROM post_revisions WHERE post_id = :id", id=post_id
    )
    return first - 1


async def _translated(snapshot: Snapshot, post_id: int) -> dict[int, tuple[str, ...]]:
    """By the number of a version, the languages of translations that were new in it."""
    rows = await snapshot.fetch(
        "SELECT r.number, t.* FROM post_revisions r JOIN texts t ON t.revision_id = r.id"
        " WHERE r.post_id = :id AND t.state = 'approved' ORDER BY r.number, t.language",
        id=post_id,
    )
    before: dict[str, tuple[int, str]] = {}
    found: dict[int, tuple[str, ...]] = {}
    for row in rows:
        number, words = before.get(row["language"], (0, ""))
        now = _text(row).fingerprint
        if now != words or number != row["number"] - 1:
            found[row["number"]] = (*found.get(row["number"], ()), row["language"])
        before[row["language"]] = (row["number"], now)
    return found

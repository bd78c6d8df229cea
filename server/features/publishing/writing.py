"""From a draft to the rows of a revision: texts formatted, people named, pictures used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from server.base.addresses import Addresses
from server.base.database import Transaction
from server.base.errors import Conflict, Invalid
from server.base.formatter import find_mentions, format_post
from server.base.timestamps import from_text, rounded_to_minute, to_text
from server.base.words import marked
from server.features.callouts import store as callouts_store
from server.features.media.service import Media
from server.features.posts import limits_call, store, store_translations
from server.features.posts.languages import fingerprint_of, main_words, state_of
from server.features.posts.model import Draft, DraftText, Named, Post, Text, TextState
from server.features.posts.model_call import CallState
from server.features.publishing import store as publishing_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a draft became: its texts, tags, the people it names and the handles nobody knows yet."""

    texts: tuple[Text, ...]
    tags: tuple[str, ...]
    named: tuple[Named, ...]
    unknown: tuple[str, ...]


def _said(draft: Draft) -> tuple[tuple[DraftText, str], ...]:
    """What goes out, each with its state: the main words, and translations that are approved or were before the main words changed."""
    main = fingerprint_of(draft)
    states = [(one, state_of(one, main)) for one in draft.translations]
    return ((main_words(draft), "main"), *((one, str(state)) for one, state in states if state is not TextState.DRAFT))


def written(
    draft: Draft, known: Mapping[str, tuple[str, str]], addresses: Addresses, extra: tuple[Named, ...] = ()
) -> Written:
    """Format every language of a draft that goes out; `known` maps handles to (actor id, page); `extra` are named in any case."""
    pages = {handle: page for handle, (_, page) in known.items()}
    tags: dict[str, str] = {}
    texts, wanted = [], {}
    for text, state in _said(draft):
        made = format_post(text.text, mentions=pages, tag_url=addresses.tag)
        beside = format_post(f"{text.needs}\n\n{text.instead}", mentions={}, tag_url=addresses.tag)
        for tag in [*made.hashtags, *beside.hashtags]:
            tags.setdefault(tag.lower(), tag)
        wanted.update(dict.fromkeys(find_mentions(text.text)))
        texts.append(
            Text(
                language=text.language,
                state=state,
                title=text.title,
                warning=text.warning,
                source=text.text,
                html=made.html,
                place=text.place,
                needs=text.needs,
                instead=text.instead,
                alts=text.alts,
            )
        )
    named = {one.actor_uri: one for one in extra}
    for handle in wanted:
        if handle in known:
            named.setdefault(known[handle][0], Named(handle=handle, actor_uri=known[handle][0], url=known[handle][1]))
    return Written(
        texts=tuple(texts),
        tags=tuple(tags.values()),
        named=tuple(named.values()),
        unknown=tuple(handle for handle in wanted if handle not in known),
    )


def as_it_stands(draft: Draft, post: Post) -> Draft:
    """The next words of a post; of a call-out with its state said, which is that of the post unless the draft chose another."""
    if draft.call is None or post.call is None:
        return draft
    return replace(draft, call=draft.call.after(post.call.state))


class ChangedMeanwhile(Conflict):
    """The post says something else than when this edit of it began: somebody moved it, corrected it, covered a face."""


def check_base(before: Post, draft: Draft) -> None:
    """Raise ChangedMeanwhile if an edit would silently take back what others changed, Misfilled if nothing moved that is said to have."""
    if draft.base and draft.base != before.base:
        raise ChangedMeanwhile(
            marked(
                "The post was changed after this edit of it began. Look at how it stands now; publishing again puts your words in its place."
            )
        )
    limits_call.check_moved(before, draft)


def same_words(post: Post, draft: Draft) -> bool:
    """True if a draft changes nothing of a call-out but how it stands."""

    def words(one: Draft) -> tuple[object, ...]:
        call = one.call.in_state(CallState.OPEN) if one.call else None
        return (call, one.text, one.language, one.title, one.warning, one.sensitive, one.media, one.translations)

    return post.call is not None and words(post.as_draft()) == words(draft)


def ending(draft: Draft, now: str) -> Draft:
    """The draft with the minute at which its post is deleted, if it ends. Raises Invalid for a time that is past."""
    at = draft.expires_at
    if draft.expires_days is not None:
        at = to_text(from_text(now) + timedelta(days=draft.expires_days))
    if at is not None and at <= now:
        raise Invalid("The post would be deleted at a time that is past. Choose a later one.")
    return replace(draft, expires_at=rounded_to_minute(at) if at else None, expires_days=None)


async def write_revision(
    tx: Transaction,
    media: Media,
    addresses: Addresses,
    *,
    post_id: int,
    organiser_id: int | None,
    draft: Draft,
    extra: tuple[Named, ...],
    minor: bool = False,
) -> Written:
    """Write the next revision of a post and make it the live one. Translations that nobody approved are kept for the panel.

    It is `minor` if translations stay good: the main words are the same, or only their spelling changed.
    """
    wanted = [handle for text, _ in _said(draft) for handle in find_mentions(text.text)]
    made = written(draft, await publishing_store.handles(tx, wanted), addresses, extra)
    revision = await store.insert_revision(
        tx, post_id, organiser_id=organiser_id, sensitive=draft.sensitive, minor=minor
    )
    if draft.call is not None:
        await callouts_store.insert_revision(tx, revision, draft.call)
        await callouts_store.forget_other_points(tx, post_id, revision)
    await store.insert_texts(tx, revision, made.texts)
    pictures = [((await media.use(tx, one.public_id)).id, one.alt) for one in draft.media]
    await store.insert_pictures(tx, revision, pictures)
    ids = {one.public_id: media_id for one, (media_id, _) in zip(draft.media, pictures, strict=True)}
    await store.insert_alts(tx, revision, made.texts, ids)
    for text in draft.translations:
        if text.state is TextState.DRAFT and not text.standing:
            await store_translations.keep(tx, post_id, text)
    await store.insert_named(tx, revision, made.named)
    await store.replace_tags(tx, post_id, made.tags)
    await store.make_live(tx, post_id, revision)
    return made

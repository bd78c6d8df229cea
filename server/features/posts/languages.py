"""One post, several languages: the order of its texts, what becomes of a translation. All pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from server.features.posts.fingerprint import fingerprint
from server.features.posts.model import Draft, DraftText, Picture, Post, Text, TextState


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A language in which something is to be done: missing, draft or stale."""

    language: str
    state: str


def in_order(texts: Iterable[Text], order: Sequence[str]) -> tuple[Text, ...]:
    """The main text, then translations in the campaign's order of languages, then others by their codes."""
    places = {language: place for place, language in enumerate(order)}
    return tuple(
        sorted(texts, key=lambda one: (one.state != "main", places.get(one.language, len(places)), one.language))
    )


def main_words(draft: Draft) -> DraftText:
    """What a draft says in its main language."""
    call = draft.call
    return DraftText(
        language=draft.language,
        text=draft.text,
        title=draft.title,
        warning=draft.warning,
        place=call.place if call else "",
        needs=call.needs if call else "",
        instead=call.instead if call else "",
    )


def fingerprint_of(draft: Draft) -> str:
    """What translations of a draft are bound to."""
    main = main_words(draft)
    return fingerprint(main.title, main.warning, main.text, main.place, main.needs, main.instead)


def state_of(one: DraftText, main: str) -> TextState:
    """Where a translation stands beside words of this fingerprint: what was approved for others is stale."""
    if one.state is TextState.APPROVED and one.of not in {"", main}:
        return TextState.STALE
    return one.state


def carried(draft: Draft, before: Post) -> Draft:
    """The next words of a post with its translations as they stand, but for those that the draft brings itself.

    After a minor change those that were good stay good.
    """
    there = {one.language: one for one in before.as_draft().translations}
    kept = []
    for one in draft.translations:
        stands = there.pop(one.language, None)
        now = stands if one.standing else one
        if now is not None and one.language != draft.language:
            kept.append(now)
    kept += [one for one in there.values() if one.language != draft.language]
    if draft.minor:
        old, new = before.main.fingerprint, fingerprint_of(draft)
        kept = [replace(one, of=new) if one.of == old else one for one in kept]
    return replace(draft, translations=tuple(kept))


def put(draft: Draft, one: DraftText) -> Draft:
    """The draft with this translation in the place of the one of its language."""
    others = tuple(other for other in draft.translations if other.language != one.language)
    return replace(draft, translations=(*others, one))


def pictures_in(post: Post, text: Text) -> tuple[Picture, ...]:
    """The pictures of a post with their words in the language of a text, where it has them."""
    alts = {one.public_id: one.alt for one in text.alts if one.alt}
    return tuple(replace(one, alt=alts.get(one.public_id, one.alt)) for one in post.pictures)


def gaps(main: str, found: Iterable[tuple[str, str]], order: Sequence[str]) -> tuple[Gap, ...]:
    """What is to be done, in the campaign's order: `found` are languages and states of the translations that there are."""
    states = dict(found)
    wanted = [*order, *(language for language in states if language not in order)]
    return tuple(
        Gap(language=language, state=states.get(language, "missing"))
        for language in wanted
        if language != main and states.get(language, "missing") != "approved"
    )

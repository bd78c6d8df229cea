"""Posts in our words: what organisers write (Draft) and what stands (Post)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.base.errors import Gone
from server.features.posts.fingerprint import fingerprint, short_name
from server.features.posts.model_call import CallOut, DraftCall
from server.features.posts.model_past import Correction
from server.features.posts.model_poll import PollState
from server.features.posts.model_quote import Quote


class Kind(StrEnum):
    """What sort of post it is."""

    UPDATE = "update"
    ARTICLE = "article"
    CALL_OUT = "call-out"
    CORRECTION = "correction"


class State(StrEnum):
    """Where a post is in its life; before it, it is a draft."""

    LIVE = "live"
    DELETED = "deleted"


class DraftState(StrEnum):
    """Where a draft is in its life: written, waiting for a second pair of eyes, waiting for its hour."""

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"


class Audience(StrEnum):
    """Who may see a post."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"


class ReplyPolicy(StrEnum):
    """Whose replies show on our pages at once: everybody's, known people's, approved ones only, none."""

    OPEN = "open"
    KNOWN = "known"
    APPROVAL = "approval"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMedia:
    """A picture of a draft, by its public id, with the words for those who cannot see it."""

    public_id: str
    alt: str = ""


class TextState(StrEnum):
    """Where a translation is in its life. What there is none of in a language of the campaign is missing."""

    DRAFT = "draft"
    APPROVED = "approved"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftText:
    """A translation of a draft; the first three after `warning` are for call-outs, as in DraftCall; `alts` are of its pictures.

    `of` names the words that it was approved for (fingerprint.py): beside others it is stale; empty means those it stands with.
    `organiser_id` is who wrote it last. One that is `standing` is as the edited post has it: what is newer there wins.
    """

    language: str
    text: str
    title: str = ""
    warning: str = ""
    place: str = ""
    needs: str = ""
    instead: str = ""
    alts: tuple[DraftMedia, ...] = ()
    state: TextState = TextState.APPROVED
    of: str = ""
    organiser_id: int | None = None
    standing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPoll:
    """A question: its answers and how long it is open, in seconds."""

    options: tuple[str, ...]
    seconds: int
    multiple: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an organiser wants to say, as plain text.

    `corrects` is the public id of the post it puts right, `quote` the id of a post of anybody's; `expires_at` is UTC text, `expires_days`
    counts from publication, `own_notes` makes each translation a note, too. As the next words of a post, `correction` is said in a post
    beside it; translations stay good if `minor`; `base` names what the post said when the edit began; `forget` erases what it said before.
    """

    text: str
    language: str
    kind: Kind = Kind.UPDATE
    title: str = ""
    warning: str = ""
    sensitive: bool = False
    audience: Audience = Audience.PUBLIC
    reply_policy: ReplyPolicy = ReplyPolicy.APPROVAL
    media: tuple[DraftMedia, ...] = ()
    in_reply_to: str | None = None
    poll: DraftPoll | None = None
    translations: tuple[DraftText, ...] = ()
    corrects: str | None = None
    quote: str | None = None
    quote_policy: ReplyPolicy = ReplyPolicy.CLOSED
    expires_at: str | None = None
    expires_days: int | None = None
    correction: str | None = None
    call: DraftCall | None = None
    own_notes: bool = False
    minor: bool = False
    base: str = ""
    forget: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """A draft that is kept; `version` grows with each change, `organiser_id` is who made the last one.

    `edits` is the public id of the post it will replace the words of, if any; `publish_at` is UTC text; `problem` says why it did
    not go out at its hour; `scheduled_by` is who chose the hour, None for the console.
    """

    id: int
    public_id: str
    organiser_id: int | None
    edits: str | None
    state: DraftState
    version: int
    draft: Draft
    publish_at: str | None
    problem: str
    updated_at: str
    scheduled_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The words of a revision in one language; `html` is clean. Place, needs and instead, plain text, only of call-outs.

    `alts` are the words of its pictures in this language; the main ones stand with the pictures.
    """

    language: str
    state: str
    title: str
    warning: str
    source: str
    html: str
    place: str = ""
    needs: str = ""
    instead: str = ""
    alts: tuple[DraftMedia, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What translations of these words are bound to."""
        return fingerprint(self.title, self.warning, self.source, self.place, self.needs, self.instead)

    def as_draft(self, of: str) -> DraftText:
        """As the translation that an edit starts from, beside words of this fingerprint."""
        return DraftText(
            language=self.language,
            text=self.source,
            title=self.title,
            warning=self.warning,
            place=self.place,
            needs=self.needs,
            instead=self.instead,
            alts=self.alts,
            state=TextState(self.state),
            of=of,
            standing=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a revision, everything that pages and documents need."""

    media_id: int
    public_id: str
    mime: str
    extension: str
    width: int
    height: int
    bytes: int
    small_mime: str
    small_extension: str
    small_width: int
    small_height: int
    small_bytes: int
    avif_bytes: int
    blurhash: str
    focus: tuple[float, float] | None
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An actor named in a revision: `handle` is `user@host` as written."""

    handle: str
    actor_uri: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What pages show under a post."""

    replies: int = 0
    boosts: int = 0
    likes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """As much of a post as what others do to it needs: no words."""

    id: int
    public_id: str
    state: State
    audience: Audience
    reply_policy: ReplyPolicy

    @property
    def readable(self) -> bool:
        """As of the whole post."""
        return self.state is State.LIVE and self.audience in {Audience.PUBLIC, Audience.UNLISTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post with its live revision. A deleted one has lost texts, pictures, names and poll. Times are UTC text."""

    id: int
    public_id: str
    actor_id: int
    kind: Kind
    state: State
    audience: Audience
    reply_policy: ReplyPolicy
    language: str
    revision_id: int | None
    revision_number: int
    sensitive: bool
    in_reply_to: str | None
    in_reply_to_post_id: int | None
    thread_public_id: str
    published_at: str
    updated_at: str
    edited_at: str | None
    deleted_at: str | None
    pinned_at: str | None
    texts: tuple[Text, ...] = ()
    pictures: tuple[Picture, ...] = ()
    named: tuple[Named, ...] = ()
    tags: tuple[str, ...] = ()
    poll: PollState | None = None
    counts: Counts = Counts()
    quote: Quote | None = None
    quote_policy: ReplyPolicy = ReplyPolicy.CLOSED
    expires_at: str | None = None
    corrects: str | None = None
    corrections: tuple[Correction, ...] = ()
    call: CallOut | None = None
    own_notes: bool = False

    @property
    def main(self) -> Text:
        """The words in the main language. Raises Gone for a post without any: it was deleted."""
        found = next((text for text in self.texts if text.state == "main"), None)
        if found is None:
            raise Gone("This post was deleted.")
        return found

    @property
    def shown_texts(self) -> tuple[Text, ...]:
        """What pages show: the main language first, then the translations, the stale ones too (they are marked)."""
        return (self.main, *(text for text in self.texts if text.state in {"approved", "stale"}))

    @property
    def said_texts(self) -> tuple[Text, ...]:
        """What other servers and feeds are told: the main language first, then the approved translations."""
        return (self.main, *(text for text in self.texts if text.state == "approved"))

    @property
    def base(self) -> str:
        """A name for all that an edit puts something else in the place of: words, pictures, hours."""
        hours = (self.call.starts_at or "", self.call.ends_at, self.call.time_zone) if self.call else ()
        return short_name(self.main.fingerprint, *hours, *(f"{one.public_id} {one.alt}" for one in self.pictures))

    def facts(self, text: Text) -> Text:
        """The text that says where, and what is needed, beside this one: an old translation may name a place where nobody is any more."""
        return self.main if text.state == "stale" else text

    @property
    def listed(self) -> bool:
        """True for what lists, feeds and the outbox may show."""
        return self.state is State.LIVE and self.audience is Audience.PUBLIC

    @property
    def readable(self) -> bool:
        """True for what anybody with its address may read. Every reader asks this one."""
        return self.state is State.LIVE and self.audience in {Audience.PUBLIC, Audience.UNLISTED}

    def as_draft(self) -> Draft:
        """What an edit starts from: everything that an edit may change, as it stands."""
        return Draft(
            text=self.main.source,
            language=self.language,
            kind=self.kind,
            title=self.main.title,
            warning=self.main.warning,
            sensitive=self.sensitive,
            audience=self.audience,
            reply_policy=self.reply_policy,
            media=tuple(DraftMedia(public_id=one.public_id, alt=one.alt) for one in self.pictures),
            in_reply_to=self.in_reply_to,
            translations=tuple(one.as_draft(self.main.fingerprint) for one in self.shown_texts[1:]),
            quote_policy=self.quote_policy,
            expires_at=self.expires_at,
            own_notes=self.own_notes,
            base=self.base,
            call=self.call.as_draft(self.main.place, self.main.needs, self.main.instead) if self.call else None,
        )

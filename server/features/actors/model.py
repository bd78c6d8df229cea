"""Our own actors and their keys, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from server.base.catalogue import SOURCE, catalogue, known
from server.base.words import marked

ActorKind = Literal["instance", "campaign", "agenda", "channel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileLine:
    """One row of the profile: a name and plain text or a link."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OurActor:
    """An actor of this house. `bio` is plain text as its organisers wrote it; times are UTC text."""

    id: int
    handle: str
    kind: ActorKind
    type: str
    name: str
    bio: str
    fields: tuple[ProfileLine, ...]
    language: str
    time_zone: str
    avatar_media_id: int | None
    header_media_id: int | None
    accent: str
    discoverable: bool
    indexable: bool
    approves_followers: bool
    also_known_as: tuple[str, ...]
    moved_to: str | None
    created_at: str
    updated_at: str
    suspended: bool
    #: What the campaign speaks, in its order, as its organisers chose; empty until they did.
    chosen_languages: tuple[str, ...] = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """What the campaign speaks, in its order: at least the language it writes in."""
        chosen = self.chosen_languages
        return chosen if self.language in chosen else (self.language, *chosen)


def dressed(agenda: OurActor, campaign: OurActor, home: str, calendar: str) -> OurActor:
    """The agenda as it shows itself: in the campaign's face, colours and language, so that both change as one.

    It lets everybody follow: what it says is public. `home` and `calendar` are the pages it leads to.
    """
    words = catalogue(known(campaign.language) or SOURCE)
    bio = words.one(marked("What %(name)s calls for, as events for calendars: %(calendar)s"))
    return replace(
        agenda,
        name=words.one(marked("%(name)s \u2013 agenda")) % {"name": campaign.name},
        bio=bio % {"name": campaign.name, "calendar": calendar},
        fields=(ProfileLine(name=words.one(marked("Campaign")), value=home),),
        language=campaign.language,
        time_zone=campaign.time_zone,
        avatar_media_id=campaign.avatar_media_id,
        header_media_id=campaign.header_media_id,
        accent=campaign.accent,
        discoverable=campaign.discoverable,
        indexable=campaign.indexable,
        approves_followers=False,
        updated_at=max(agenda.updated_at, campaign.updated_at),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What organisers may change of an actor, whole."""

    name: str
    bio: str = ""
    fields: tuple[ProfileLine, ...] = ()
    language: str = "en"
    time_zone: str = "UTC"
    avatar_media_id: int | None = None
    header_media_id: int | None = None
    accent: str = ""
    discoverable: bool = True
    indexable: bool = True
    approves_followers: bool = False
    also_known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key of an actor as it lies in the database; `private_sealed` is ciphertext and does not show in repr."""

    version: int
    fragment: str
    algorithm: str
    public_pem: str
    private_sealed: str = field(repr=False)

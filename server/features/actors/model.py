"""Our own actors and their keys, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

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

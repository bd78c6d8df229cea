"""What we know of others, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field

from federation.keys import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteActor:
    """An actor of another server. `bio` is clean HTML; `handle` is `user@host`."""

    id: int
    uri: str
    host: str
    type: str
    username: str
    handle: str
    name: str
    bio: str
    url: str
    inbox: str
    shared_inbox: str | None
    followers_uri: str | None
    also_known_as: tuple[str, ...]
    moved_to: str | None
    suspended: bool
    fetched_at: str

    @property
    def best_inbox(self) -> str:
        """Where fan-outs go: the shared inbox if there is one."""
        return self.shared_inbox or self.inbox

    @property
    def shown_name(self) -> str:
        """The display name, or the handle for those without one."""
        return self.name or self.username


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePost:
    """A post of another server; `html` is clean."""

    id: int
    uri: str
    actor_id: int
    url: str
    type: str
    in_reply_to: str | None
    visibility: str
    language: str | None
    warning: str
    html: str
    sensitive: bool
    published_at: str
    edited_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPost:
    """A post ready to be stored: cleaned, bounded, its times believable. `public_in_to` is False for unlisted ones."""

    uri: str
    author: str
    url: str
    type: str
    in_reply_to: str | None
    context: str | None
    visibility: str
    language: str | None
    warning: str
    html: str
    sensitive: bool
    attachments: tuple[tuple[str, str, str], ...]
    published_at: str
    edited_at: str | None
    mentions: tuple[str, ...]
    addressed: tuple[str, ...]
    vote: str | None
    quote: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose key it is and the key itself."""

    key_id: str
    actor_uri: str
    key: PublicKey = field(repr=False)
    fetched_at: str = ""

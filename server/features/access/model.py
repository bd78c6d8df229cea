"""Organisers, roles, and the one table of who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from server.base.errors import Forbidden


class Role(StrEnum):
    """What an organiser is there for. Each role may do what the table below says, nothing by rank."""

    WRITER = "writer"
    EDITOR = "editor"
    MODERATOR = "moderator"
    KEYHOLDER = "keyholder"


class Act(StrEnum):
    """Everything the Desk, the API and the command line can be asked to do."""

    READ = "read"
    WRITE = "write"
    APPROVE_TRANSLATION = "approve-translation"
    PUBLISH = "publish"
    DELETE = "delete"
    BOOST = "boost"
    MODERATE = "moderate"
    OFFERS = "offers"
    FOLLOW = "follow"
    BLOCK = "block"
    PROFILE = "profile"
    KEYS = "keys"
    ORGANISE = "organise"
    LOCK = "lock"
    UNLOCK = "unlock"
    REVIEW = "review"
    BREAK_GLASS = "break-glass"
    POLICY = "policy"
    ALLY = "ally"
    #: Who may talk with us at all: a keyholder's, as a wrong word shuts everybody out.
    ALLOW_LIST = "allow-list"
    QUEUE = "queue"
    BACKUP = "backup"
    AUDIT = "audit"


_WRITER: Final = frozenset({Act.READ, Act.WRITE, Act.PUBLISH})
_EDITOR: Final = _WRITER | {
    Act.DELETE,
    Act.BOOST,
    Act.FOLLOW,
    Act.PROFILE,
    Act.MODERATE,
    Act.OFFERS,
    Act.BLOCK,
    Act.LOCK,
    Act.REVIEW,
    Act.APPROVE_TRANSLATION,
    Act.BREAK_GLASS,
    Act.ALLY,
}
_MODERATOR: Final = frozenset({Act.READ, Act.MODERATE, Act.OFFERS, Act.BLOCK, Act.BOOST, Act.LOCK})
MAY: Final[dict[Role, frozenset[Act]]] = {
    Role.WRITER: _WRITER,
    Role.EDITOR: _EDITOR,
    Role.MODERATOR: _MODERATOR,
    Role.KEYHOLDER: frozenset(Act),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """On whose behalf a verb runs. `organiser_id` is None for the console of the machine itself."""

    organiser_id: int | None
    role: Role
    scopes: frozenset[str] | None = None

    @classmethod
    def console(cls) -> Who:
        """The command line: whoever holds the machine holds the keys."""
        return cls(organiser_id=None, role=Role.KEYHOLDER)

    def may(self, act: Act) -> bool:
        """True if this role may do that."""
        return act in MAY[self.role]

    def must(self, act: Act) -> None:
        """Raise Forbidden unless this role may do that."""
        if not self.may(act):
            raise Forbidden("Your role does not allow this. Ask a keyholder.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """A person of the campaign, as only the inside knows."""

    id: int
    name: str
    role: Role
    has_password: bool
    #: Has a password or a passkey: used an invitation once.
    came_in: bool
    suspended: bool
    created_day: str
    last_seen_day: str | None
    language: str = ""
    #: The moment at which the role ends by itself, and whether that has come.
    until: str | None = None
    ended: bool = False
    second_factor: bool = False

    @property
    def active(self) -> bool:
        """True if this organiser may come in and act."""
        return not self.suspended and not self.ended

    @property
    def who(self) -> Who:
        """This organiser, acting."""
        return Who(organiser_id=self.id, role=self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A browser that is signed in; `csrf` is the token its forms must carry, `proved_at` when its owner last proved who it is."""

    organiser: Organiser
    csrf: str
    session_id: str
    proved_at: str | None
    seen_day: str

    @property
    def who(self) -> Who:
        """The organiser, acting."""
        return self.organiser.who


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A program that acts for organisers."""

    id: int
    client_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHolder:
    """A program that showed a good bearer token; `key` tells tokens apart without telling the secret."""

    organiser: Organiser
    scopes: frozenset[str]
    key: str

    @property
    def who(self) -> Who:
        """The organiser behind the token, with its scopes."""
        return Who(organiser_id=self.organiser.id, role=self.organiser.role, scopes=self.scopes)

    def has(self, scope: str) -> bool:
        """True for the scope itself or the wider one before its colon (`write` covers `write:statuses`)."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes

"""What an organiser proves itself with, and the browsers that are signed in."""

from __future__ import annotations

from dataclasses import dataclass

from server.base.errors import Unauthorised


class SecondFactorWanted(Unauthorised):
    """The first step holds, and this account has a second one. `step` is the secret that the second step must show."""

    def __init__(self, step: str) -> None:
        super().__init__("One more step: a code or a passkey.")
        self.step = step


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey as its organiser knows it."""

    id: int
    name: str
    created_day: str
    last_used_day: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What stands beside the password of one organiser."""

    totp: bool
    passkeys: tuple[Passkey, ...]
    codes_left: int

    @property
    def any(self) -> bool:
        """True if a password alone lets nobody in."""
        return self.totp or bool(self.passkeys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that is signed in, in the list of them. `here` is the one that asks."""

    public_id: str
    name: str
    created_day: str
    last_seen_day: str
    here: bool

"""Lines of the audit log, and what the acts are called in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: What an act of the log is in plain words; the test of the log names an act that is recorded somewhere without words here.
WORDS: Final[dict[str, str]] = {
    "publish": "Published a post",
    "edit": "Edited a post",
    "delete": "Deleted a post",
    "forget": "Removed the earlier versions of a post",
    "correct": "Corrected a post",
    "call-state": "Changed how a call-out stands",
    "call-over": "A call-out ended by itself",
    "schedule": "Scheduled a post",
    "unschedule": "Took a post off the schedule",
    "discard-draft": "Discarded a draft",
    "translate": "Translated a post",
    "discard-translation": "Discarded a translation",
    "approve-translation": "Approved a translation",
    "take-down-translation": "Took a translation away from readers",
    "let-in-suggestion": "Let a suggested translation in",
    "dismiss-suggestion": "Threw a suggested translation away",
    "languages": "Chose the campaign's languages",
    "boost": "Boosted a post of somebody else",
    "like": "Liked a post of somebody else",
    "take-back": "Took a boost or a like back",
    "pin": "Pinned a post",
    "unpin": "Took a post off the profile",
    "profile": "Changed the profile",
    "block": "Blocked a server or somebody on it",
    "unblock": "Took a block back",
    "follow": "Followed somebody",
    "unfollow": "Followed somebody no more",
    "approve-follower": "Let somebody follow",
    "remove-follower": "Removed a follower",
    "approved": "Approved replies",
    "hidden": "Hid replies",
    "held": "Held replies back",
    "mute": "Muted a server or somebody on it",
    "unmute": "Took a mute back",
    "add-words": "Added a rule for words",
    "remove-words": "Removed a rule for words",
    "settle-report": "Put a report away",
    "invite": "Invited an organiser",
    "new-link": "Made a new sign-in link for an organiser",
    "role": "Changed an organiser's role",
    "suspend": "Suspended an organiser",
    "unsuspend": "Let an organiser in again",
    "remove": "Removed an organiser",
    "enter": "Came in by a link and set a password",
    "change-password": "Changed the own password",
    "totp-on": "Set up an app for codes at signing in",
    "totp-off": "Took the app for codes away",
    "passkey-on": "Added a passkey",
    "passkey-off": "Forgot a passkey",
    "recovery-codes": "Made new recovery codes",
    "reset-factors": "Took the second step of signing in from an organiser who lost it",
    "end-sessions": "Signed an organiser out everywhere else",
    "token": "Made a token for a script",
    "lock": "Locked, to level",
    "unlock": "Opened the lock, to level",
    "lock-by-code": "Locked by a one-time code, to level",
    "lock-codes": "Made codes that lock, for level",
    "discard-lock-codes": "Discarded all codes that lock",
    "allow": "Put a server on the allow-list",
    "disallow": "Took a server off the allow-list",
    "allow-list": "Switched the allow-list",
    "ally": "Marked an ally",
    "unally": "Took an ally off the list",
    "sign": "Let a group sign a call-out",
    "unsign": "Took a signature off a call-out",
    "block-list": "Took a block list over",
    "undo-list": "Undid a block list",
    "ask-review": "Asked for a review",
    "break-glass": "Published without a review, in an emergency",
    "review-policy": "Changed what needs a review",
    "expired": "A post ended at its hour",
    "quote-given": "Allowed a quote of a post",
    "quote-refused": "Refused a quote of a post",
    "quote-taken-back": "Took back that a post may be quoted",
    "claim-offer": "Took an offer on",
    "release-offer": "Gave an offer back to the others",
    "answer-offer": "Answered an offer",
    "delete-offers": "Erased offers",
    "spam-offers": "Put offers aside as spam",
    "unspam-offers": "Put offers back to wait",
    "offer-form": "Changed what readers can offer",
    "export-audit": "Took a copy of this log",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was done on a day. `organiser_id` is None for the console; `subject` names the thing, never a person."""

    id: int
    day: str
    organiser_id: int | None
    act: str
    subject: str

    @property
    def words(self) -> str:
        """The act in plain words."""
        return WORDS.get(self.act, self.act)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as keyholders read it. `name` is known only inside: None for the console, a code and somebody who left."""

    entry: Entry
    name: str | None

    @property
    def by(self) -> str:
        """`organiser`, `left`, `code` or `console`."""
        if self.name is not None:
            return "organiser"
        if self.entry.organiser_id is not None:
            return "left"
        return "code" if self.entry.act == "lock-by-code" else "console"

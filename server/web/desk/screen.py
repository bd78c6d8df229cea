"""What every screen of the Desk shares."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.features.access.model import Act, SignedIn
from server.web.shared.pages import page
from server.web.shared.request import MAX_FILES, MAX_FORM_BYTES, form_of, house_of
from server.web.shared.sessions import check_origin, signed_in, signed_in_form

#: What was done, said once on the next screen; only these words can be shown.
DONE: Final = {
    "published": "Published. It is on its way to other servers.",
    "edited": "Edited. Other servers are told.",
    "edited-forgotten": "Edited. Other servers are told, and nothing is kept of what it said before.",
    "forgotten": "Removed. Nothing is kept of what the post said before.",
    "forgotten-but": "Nothing is kept of what the original said before. Look whether the translations still say it.",
    "corrected": "Corrected. Other servers are told, and a new post says what was wrong.",
    "call-state": "Changed. Other servers are told.",
    "kept": "Saved. Nobody outside can see it.",
    "scheduled": "It goes out by itself at its hour.",
    "unscheduled": "It does not go out by itself any more.",
    "discarded": "Thrown away.",
    "deleted": "Deleted here. Other servers are asked to delete it too.",
    "pinned": "Pinned to the profile.",
    "unpinned": "No longer pinned.",
    "decided": "Done. The pages show it so from now on.",
    "answered": "Done. Their server is told.",
    "settled": "The report is put away.",
    "boosted": "Boosted to everybody who follows.",
    "liked": "Liked.",
    "taken-back": "Taken back.",
    "followed": "Asked to follow. Their server answers in a moment.",
    "unfollowed": "No longer followed.",
    "blocked": "Blocked. Nothing comes from there any more.",
    "unblocked": "No longer blocked.",
    "approved": "They follow now.",
    "removed": "Removed.",
    "shown": "Shown on our pages from now on.",
    "hidden": "Hidden from every page.",
    "put-back": "Put back to wait.",
    "muted": "Muted. What comes from there is hidden, and nobody is told.",
    "unmuted": "No longer muted. What was hidden stays hidden.",
    "rule-added": "The rule counts from now on.",
    "rule-removed": "The rule is gone. What it hid stays hidden.",
    "profile": "Saved. Other servers are told.",
    "password": "Password changed. Other browsers were signed out.",
    "invited": "Invited.",
    "factor-reset": "They sign in by password alone until they set up a second step, and are signed out everywhere.",
    "signed-out": "Signed out everywhere, and their programs with them.",
    "totp-on": "From now on a code of your app is asked for when you sign in.",
    "totp-off": "No code of an app is asked for any more.",
    "passkey-on": "You can sign in with this passkey from now on.",
    "passkey-off": "That passkey is forgotten. You can delete it on its device, too.",
    "session-ended": "Signed out there.",
    "named": "Named.",
    "language": "The Desk speaks this language now.",
    "suspended": "Suspended. They are signed out everywhere, and their programs with them.",
    "let-in": "They may come in again.",
    "role": "Their role was changed.",
    "left": "Removed. The log says “somebody who left” from now on.",
    "locked": "Locked. It holds already.",
    "unlocked": "Opened. It holds already.",
    "codes-gone": "Every code is worthless now.",
    "asked": "It waits for a second pair of eyes.",
    "approved-for-later": "Approved. It goes out at its hour.",
    "looked": "Noted: somebody else has looked.",
    "sent-back": "Sent back with your note.",
    "withdrawn": "Taken back. Nobody need look any more.",
    "broke-glass": "Done at once. It stays here until somebody else has looked.",
    "policy": "Saved. It holds for what is published from now on.",
    "pictures": "Kept.",
    "covered": "Covered. The picture without the boxes is not kept.",
    "focused": "Kept. Servers that cut the picture keep this point in sight.",
    "listed": "Blocked as one list. It can be undone as a whole.",
    "list-undone": "The list is undone. What it blocked may talk with you again.",
    "allow-on": "Only servers on the allow-list may talk with you now.",
    "allow-off": "Everybody may talk with you again, but for those you block.",
    "about": "Saved. Readers see it now.",
    "saved": "Saved.",
    "allied": "An ally from now on.",
    "unallied": "No longer an ally.",
    "signs": "They sign it from now on.",
    "signs-not": "Taken off. They do not sign it any more.",
    "dismissed": "Left as it is.",
    "translation-kept": "Saved. Readers have it once it is approved.",
    "translation-approved": "Approved. Readers and other servers have it now.",
    "translation-ready": "Approved. It goes out with the draft.",
    "translation-discarded": "Thrown away. What readers have stays.",
    "translation-down": "Readers do not have it any more. It is a draft again.",
    "suggestion-in": "Let in. Look at it before you take it over.",
    "suggestion-gone": "Thrown away.",
    "languages": "Saved. Translations of other languages stay where they are.",
    "claimed": "It is yours to answer now.",
    "released": "Anybody can see to it now.",
    "offer-answered": "Answered. Whoever has the code can read it.",
    "put-aside": "Put aside. It deletes itself in two days.",
    "offers-back": "Put back to wait.",
    "offers-deleted": "Erased, pictures too.",
}


async def screen(request: Request, who: SignedIn, template: str, *, status: int = 200, **values: Any) -> Response:
    """A screen for somebody signed in."""
    house = house_of(request)
    campaign = house.actors.campaign()
    return page(
        request,
        f"desk/{template}",
        status=status,
        who=who.organiser,
        may=lambda act: who.who.may(Act(act)),
        csrf=who.csrf,
        campaign=campaign,
        handle=house.addresses.acct(campaign.handle),
        logo=await house.media.by_id(campaign.avatar_media_id),
        waiting=await house.conversation.waiting(),
        to_review=await house.reviews.count(who.who),
        done=DONE.get(request.query_params.get("done", "")),
        **values,
    )


@asynccontextmanager
async def desk_form(
    request: Request, *, max_files: int = MAX_FILES, max_bytes: int = MAX_FORM_BYTES
) -> AsyncIterator[tuple[FormData, SignedIn]]:
    """The fields of a form of ours and who sent it. Raises NotSignedInError, Forbidden, Invalid, TooLarge."""
    # Nobody unknown has the body of a form read; whoever was known may be so no more once it is here.
    check_origin(request)
    await signed_in(request)
    async with form_of(request, max_files=max_files, max_bytes=max_bytes) as form:
        yield form, await signed_in_form(request, form)


def back(path: str, done: str) -> Response:
    """On to a screen that says what was done."""
    joint = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{joint}done={done}", 303)

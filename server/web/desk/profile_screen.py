"""The campaign's profile."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation.errors import FederationError
from server.base.errors import AppError, Invalid
from server.base.pictures import MAX_BYTES, PictureKind
from server.features.access.model import Act
from server.features.actors.model import OurActor, Profile, ProfileLine
from server.house import House
from server.web.desk.draft_form import LANGUAGES
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.request import house_of, text_field
from server.web.shared.sessions import signed_in

LINES: Final = 4
MAX_ALIASES: Final = 5


async def show(request: Request) -> Response:
    """The profile as it is."""
    who = await signed_in(request)
    who.who.must(Act.PROFILE)
    return await screen(request, who, "profile.html", here="more", **_values(house_of(request).actors.campaign(), ""))


def _values(actor: OurActor, error: str) -> dict[str, Any]:
    return {
        "actor": actor,
        "error": error,
        "lines": [*actor.fields, *[ProfileLine(name="", value="")] * (LINES - len(actor.fields))],
        "languages": LANGUAGES,
        "zones": sorted(available_timezones()),
    }


async def _picture(house: House, form: FormData, kind: PictureKind, now: int | None) -> int | None:
    if f"remove-{kind}" in form:
        return None
    upload = form.get(kind)
    if not isinstance(upload, UploadFile) or not upload.filename:
        return now
    data = await upload.read(MAX_BYTES + 1)
    item = await house.media.add(data, kind=kind, alt=text_field(form, f"{kind}-alt").strip()) if data else None
    return item.id if item else now


async def _aliases(house: House, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses or handles of earlier accounts, one a line, as actor ids."""
    found = []
    for line in text.split():
        if line in known:
            found.append(line)
            continue
        try:
            named = house.remote.actor(line) if line.startswith("https://") else house.remote.actor_by_handle(line)
            found.append((await named).uri)
        except FederationError:
            raise Invalid("The account %(account)s could not be found.", account=line) from None
    if len(found) > MAX_ALIASES:
        raise Invalid("At most %(max)s earlier accounts can be named.", max=MAX_ALIASES)
    return tuple(dict.fromkeys(found))


def _accent(form: FormData) -> str:
    """The colour that was picked, if the campaign wants one of its own."""
    if "own-colour" not in form:
        return ""
    return text_field(form, "accent").strip().lower()


async def _profile(house: House, form: FormData, actor: OurActor) -> Profile:
    lines = [
        ProfileLine(name=text_field(form, f"name{number}").strip(), value=text_field(form, f"value{number}").strip())
        for number in range(1, LINES + 1)
    ]
    return Profile(
        name=text_field(form, "name").strip(),
        bio=text_field(form, "bio").strip(),
        fields=tuple(line for line in lines if line.name and line.value),
        language=text_field(form, "language"),
        time_zone=text_field(form, "time_zone"),
        avatar_media_id=await _picture(house, form, "avatar", actor.avatar_media_id),
        header_media_id=await _picture(house, form, "header", actor.header_media_id),
        accent=_accent(form),
        discoverable="discoverable" in form,
        indexable="indexable" in form,
        approves_followers="approves" in form,
        also_known_as=await _aliases(house, text_field(form, "aliases"), actor.also_known_as),
    )


async def save(request: Request) -> Response:
    """Save the profile and tell everybody."""
    house = house_of(request)
    async with desk_form(request) as (form, who):
        who.who.must(Act.PROFILE)
        actor = house.actors.campaign()
        try:
            profile = await _profile(house, form, actor)
            await house.acting.change_profile(who.who, profile, await house.profiles.maker(profile))
        except AppError as error:
            values = _values(actor, str(error))
            return await screen(request, who, "profile.html", here="more", status=error.status, **values)
    return back("/desk/profile", "profile")


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/desk/profile", show, methods=["GET"]), Route("/desk/profile", save, methods=["POST"])]

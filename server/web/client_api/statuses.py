"""`POST /api/v1/statuses` and media for scripts, as Mastodon's API has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, Forbidden, Invalid, NotFound, Unauthorised
from server.base.pictures import MAX_BYTES
from server.base.timestamps import FIRST_YEAR, LAST_YEAR, to_text, to_wire
from server.features.access.model import Act, TokenHolder
from server.features.media.model import MediaItem
from server.features.posts.calling import said
from server.features.posts.model import Audience, Draft, DraftMedia, DraftPoll, Picture, Post
from server.features.posts.views import by_id
from server.features.remote import store as remote_store
from server.house import House
from server.web.shared.request import form_of, house_of, number_of, read_body

MAX_JSON_BYTES: Final = 256 * 1024
MAX_KEY_CHARS: Final = 200
AUDIENCES: Final = {
    "public": Audience.PUBLIC,
    "unlisted": Audience.UNLISTED,
    "private": Audience.FOLLOWERS,
    "direct": Audience.DIRECT,
}
_VISIBILITY: Final = {audience: name for name, audience in AUDIENCES.items()}


async def holder_of(request: Request, scope: str) -> TokenHolder:
    """Whose bearer token came along. Raises Unauthorised, or Forbidden without the scope."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    holder = await house_of(request).tokens.holder(secret.strip()[:200]) if scheme.lower() == "bearer" else None
    if holder is None:
        raise Unauthorised("The access token is invalid")
    if not holder.has(scope):
        raise Forbidden(f"This token may not do that: it lacks {scope}")
    return holder


async def _fields(request: Request) -> dict[str, Any]:
    """The parameters, sent as JSON or as a form."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            found = json.loads(await read_body(request, MAX_JSON_BYTES))
        except (ValueError, RecursionError):
            raise Invalid("The body is not JSON") from None
        if not isinstance(found, dict):
            raise Invalid("The body is not an object")
        return found
    fields: dict[str, Any] = {}
    async with form_of(request) as form:
        for name, value in form.multi_items():
            if name.endswith("[]") and isinstance(value, str):
                fields.setdefault(name.removesuffix("[]"), []).append(value)
            elif isinstance(value, str):
                fields[name] = value
    return fields


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{name} is not a text")
    return value


def _true(value: object) -> bool:
    return value is True or str(value).lower() in {"true", "1", "on"}


def _poll(fields: Mapping[str, Any]) -> DraftPoll | None:
    poll = fields.get("poll") if isinstance(fields.get("poll"), dict) else None
    options = poll.get("options") if poll else fields.get("poll[options]")
    if not options:
        return None
    seconds = poll.get("expires_in") if poll else fields.get("poll[expires_in]")
    multiple = poll.get("multiple", False) if poll else fields.get("poll[multiple]", False)
    try:
        return DraftPoll(
            options=tuple(str(one) for one in options), seconds=int(str(seconds)), multiple=_true(multiple)
        )
    except (ValueError, TypeError):
        raise Invalid("The poll needs options and expires_in") from None


async def _parent(house: House, fields: Mapping[str, Any]) -> str | None:
    text = str(fields.get("in_reply_to_id") or "")
    if not text:
        return None
    number = number_of(text)
    if number is None:
        raise NotFound("The post that this answers is not known")
    async with house.database.snapshot() as snapshot:
        ours = await by_id(snapshot, number)
        theirs = await remote_store.post_by_id(snapshot, number)
    if ours is not None:
        return house.addresses.post(house.actors.by_id(ours.actor_id).handle, ours.public_id)
    if theirs is None:
        raise NotFound("The post that this answers is not known")
    return theirs.uri


async def _draft(house: House, fields: Mapping[str, Any]) -> Draft:
    visibility = _text(fields, "visibility") or "public"
    if visibility not in AUDIENCES:
        raise Invalid("visibility is public, unlisted, private or direct")
    given = fields.get("media_ids") or []
    if not isinstance(given, list):
        raise Invalid("media_ids is not a list")
    media = [await house.media.get(str(one)[:64]) for one in given[:8]]
    return Draft(
        text=_text(fields, "status").strip(),
        language=_text(fields, "language") or house.actors.campaign().language,
        warning=_text(fields, "spoiler_text").strip(),
        sensitive=_true(fields.get("sensitive", False)),
        audience=AUDIENCES[visibility],
        media=tuple(DraftMedia(public_id=one.public_id, alt=one.alt) for one in media),
        in_reply_to=await _parent(house, fields),
        poll=_poll(fields),
    )


async def create(request: Request) -> Response:
    """Publish. The same Idempotency-Key within a day gives the same post."""
    house = house_of(request)
    holder = await holder_of(request, "write:statuses")
    fields = await _fields(request)
    draft = await _draft(house, fields)
    if fields.get("scheduled_at"):
        return await _scheduled(house, holder, draft, _moment(_text(fields, "scheduled_at")))
    key = request.headers.get("idempotency-key", "")[:MAX_KEY_CHARS]
    post = await house.publishing.submit(holder.who, draft, f"{holder.key} {key}" if key else None)
    return JSONResponse(status_document(house, post), headers={"Cache-Control": "no-store"})


def _moment(text: str) -> str:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("scheduled_at is not a time") from None
    if not FIRST_YEAR <= given.year <= LAST_YEAR:
        raise Invalid("scheduled_at is not a time")
    return to_text(given if given.tzinfo else given.replace(tzinfo=UTC))


async def _scheduled(house: House, holder: TokenHolder, draft: Draft, at: str) -> Response:
    """Keep a draft that waits for its hour; Mastodon's ScheduledStatus. What cannot be scheduled leaves no draft behind."""
    kept = await house.drafting.keep(holder.who, draft)
    try:
        kept = await house.drafting.schedule(holder.who, kept.public_id, at)
    except AppError:
        await house.drafting.discard(holder.who, kept.public_id)
        raise
    media = [await house.media.get(one.public_id) for one in draft.media]
    body = {
        "id": str(kept.id),
        "scheduled_at": to_wire(at),
        "params": {
            "text": draft.text,
            "spoiler_text": draft.warning,
            "visibility": _VISIBILITY[draft.audience],
            "sensitive": draft.sensitive,
            "language": draft.language,
            "scheduled_at": None,
            "media_ids": [one.public_id for one in draft.media] or None,
            "in_reply_to_id": None,
            "poll": None,
            "idempotency": None,
            "application_id": 0,
            "with_rate_limit": False,
        },
        "media_attachments": [media_document(house, item) for item in media],
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def status_document(house: House, post: Post) -> dict[str, Any]:
    """A post as Mastodon's Status entity."""
    actor = house.actors.by_id(post.actor_id)
    return {
        "id": str(post.id),
        "uri": house.addresses.post(actor.handle, post.public_id),
        "url": house.addresses.post_page(post.public_id),
        "created_at": to_wire(post.published_at),
        "edited_at": to_wire(post.edited_at) if post.edited_at else None,
        "in_reply_to_id": str(post.in_reply_to_post_id) if post.in_reply_to_post_id else None,
        "in_reply_to_account_id": str(post.actor_id) if post.in_reply_to_post_id else None,
        "sensitive": post.sensitive or bool(post.main.warning),
        "spoiler_text": post.main.warning,
        "visibility": _VISIBILITY[post.audience],
        "language": post.language,
        "content": said(post, post.main, house.addresses),
        "replies_count": post.counts.replies,
        "reblogs_count": post.counts.boosts,
        "favourites_count": post.counts.likes,
        "media_attachments": [
            {
                "id": one.public_id,
                "type": "image",
                "url": house.addresses.media(one.public_id, one.extension),
                "preview_url": house.addresses.media(one.public_id, one.small_extension, small=True),
                "description": one.alt or None,
                "blurhash": one.blurhash,
                "meta": _meta(one),
            }
            for one in post.pictures
        ],
        "mentions": [
            {"url": one.url, "acct": one.handle, "username": one.handle.partition("@")[0]} for one in post.named
        ],
        "tags": [{"name": tag.lower(), "url": house.addresses.tag(tag.lower())} for tag in post.tags],
        "emojis": [],
        "reblog": None,
        "poll": None,
        "card": None,
        "account": {
            "id": str(actor.id),
            "username": actor.handle,
            "acct": actor.handle,
            "display_name": actor.name,
            "url": house.addresses.profile(actor.handle),
        },
    }


async def upload(request: Request) -> Response:
    """Take a picture; it is redrawn before the answer."""
    (await holder_of(request, "write:media")).who.must(Act.WRITE)
    async with form_of(request) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("There is no file")
        alt = form.get("description")
        data = await file.read(MAX_BYTES + 1)
        item = await house_of(request).media.add(
            data, alt=alt if isinstance(alt, str) else "", focus=_focus(form.get("focus"))
        )
    return JSONResponse(media_document(house_of(request), item), headers={"Cache-Control": "no-store"})


def _focus(value: object) -> tuple[float, float] | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        x, y = (float(part) for part in value.split(","))
    except ValueError:
        raise Invalid("focus is two numbers between -1 and 1") from None
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise Invalid("focus is two numbers between -1 and 1")
    return x, y


def media_document(house: House, item: MediaItem) -> dict[str, Any]:
    """A picture as Mastodon's MediaAttachment entity."""
    return {
        "id": item.public_id,
        "type": "image",
        "url": house.addresses.media(item.public_id, item.extension),
        "preview_url": house.addresses.media(item.public_id, item.small_extension, small=True),
        "description": item.alt or None,
        "blurhash": item.blurhash,
        "meta": _meta(item),
    }


def _meta(item: MediaItem | Picture) -> dict[str, Any]:
    x, y = item.focus or (0.0, 0.0)
    return {"original": {"width": item.width, "height": item.height}, "focus": {"x": x, "y": y}}


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/api/v1/statuses", create, methods=["POST"]),
        Route("/api/v1/media", upload, methods=["POST"]),
        Route("/api/v2/media", upload, methods=["POST"]),
    ]

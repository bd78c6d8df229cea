"""Actor and key documents."""

from __future__ import annotations

from typing import Any, Final

from federation.errors import Malformed
from federation.gate import Document
from federation.identifiers import ActorId, InboxUrl, KeyId, same_origin, without_fragment
from federation.objects import ACTOR_TYPES, Actor, ActorKey, Attachment, ProfileField
from federation.shapes import id_of, many, moment, required_id, text, type_of, usable_url

MAX_NAME, MAX_HANDLE, MAX_BIO, MAX_FIELDS, MAX_FIELD = 200, 128, 20_000, 8, 2_000
MAX_KEYS: Final = 8
MAX_ALIASES: Final = 32
MAX_PEM: Final = 4_096


def is_actor(document: Document) -> bool:
    """True if the document says it is an actor."""
    return isinstance(document.get("type"), str) and document["type"] in ACTOR_TYPES


def _own(document: Document, key: str, actor_id: str) -> str | None:
    """An endpoint on the actor's own origin; one elsewhere could make us flood somebody."""
    found = id_of(document.get(key))
    return found if found is not None and same_origin(found, actor_id) else None


def _keys(document: Document, actor_id: ActorId) -> tuple[ActorKey, ...]:
    found: list[ActorKey] = []
    for value in many(document.get("publicKey"))[:MAX_KEYS] + many(document.get("assertionMethod"))[:MAX_KEYS]:
        key = _key(value, actor_id) if isinstance(value, dict) else _bare_key(value, actor_id)
        if key is not None and same_origin(key.id, actor_id) and key.owner == actor_id:
            found.append(key)
    return tuple(found[:MAX_KEYS])


def _bare_key(value: object, owner: ActorId) -> ActorKey | None:
    """A key that is only named here: its document must be fetched."""
    found = usable_url(value)
    return ActorKey(id=KeyId(found), owner=owner) if found is not None else None


def _key(value: Document, default_owner: ActorId | None) -> ActorKey | None:
    key_id = usable_url(value.get("id"))
    owner = id_of(value.get("owner")) or id_of(value.get("controller")) or default_owner
    pem, multibase = value.get("publicKeyPem"), value.get("publicKeyMultibase")
    if key_id is None or owner is None:
        return None
    if isinstance(pem, str) and len(pem) <= MAX_PEM:
        return ActorKey(id=KeyId(key_id), owner=ActorId(owner), pem=pem)
    if isinstance(multibase, str) and len(multibase) <= MAX_PEM:
        return ActorKey(id=KeyId(key_id), owner=ActorId(owner), multibase=multibase)
    return None


def _picture(value: object) -> Attachment | None:
    first = next(iter(many(value)), None)
    if isinstance(first, str):
        first = {"url": first}
    if not isinstance(first, dict):
        return None
    url = _link(first.get("url")) or _link(first.get("href"))
    if url is None:
        return None
    alt = text(first.get("summary"), 1_500) or text(first.get("name"), 1_500) or ""
    return Attachment(url=url, media_type=text(first.get("mediaType"), 100) or "image/*", alt=alt)


def _link(value: object) -> str | None:
    """A URL given as a string, a Link object or a list of them; pages before feeds."""
    candidates = [one.get("href") if isinstance(one, dict) else one for one in many(value)[:8]]
    return next((found for found in map(usable_url, candidates) if found is not None), None)


def _fields(value: object) -> tuple[ProfileField, ...]:
    rows = [row for row in many(value) if isinstance(row, dict) and row.get("type") == "PropertyValue"]
    return tuple(
        ProfileField(name=text(row.get("name"), MAX_NAME) or "", value=text(row.get("value"), MAX_FIELD) or "")
        for row in rows[:MAX_FIELDS]
    )


def _handle(document: Document) -> str:
    username = document.get("preferredUsername")
    if (
        isinstance(username, str)
        and 0 < len(username) <= MAX_HANDLE
        and not any(c.isspace() or c in "@/<>" for c in username)
    ):
        return username
    raise Malformed("preferredUsername is unusable")


def parse_actor(document: Document) -> Actor:
    """An actor. `inbox` must be on the actor's own origin; collections elsewhere are ignored. Raises Malformed."""
    if not is_actor(document):
        raise Malformed("not an actor")
    actor_id = ActorId(required_id(document, "id"))
    inbox = _own(document, "inbox", actor_id)
    if inbox is None or without_fragment(actor_id) != actor_id:
        raise Malformed("an actor without an inbox of its own")
    endpoints = document.get("endpoints")
    shared = _own(endpoints, "sharedInbox", actor_id) if isinstance(endpoints, dict) else None
    shared = shared or _own(document, "sharedInbox", actor_id)
    moved = id_of(document.get("movedTo"))
    aliases = [found for found in map(usable_url, many(document.get("alsoKnownAs"))[:MAX_ALIASES]) if found]
    handle = _handle(document)
    return Actor(
        id=actor_id,
        type=type_of(document),
        username=handle,
        name=text(document.get("name"), MAX_NAME) or "",
        summary=text(document.get("summary"), MAX_BIO) or "",
        url=_link(document.get("url")) or actor_id,
        inbox=InboxUrl(inbox),
        shared_inbox=InboxUrl(shared) if shared else None,
        outbox=_own(document, "outbox", actor_id),
        followers=_own(document, "followers", actor_id),
        following=_own(document, "following", actor_id),
        featured=_own(document, "featured", actor_id),
        keys=_keys(document, actor_id),
        webfinger=text(document.get("webfinger"), 320),
        icon=_picture(document.get("icon")),
        image=_picture(document.get("image")),
        fields=_fields(document.get("attachment")),
        also_known_as=tuple(ActorId(alias) for alias in aliases),
        moved_to=ActorId(moved) if moved else None,
        manually_approves=document.get("manuallyApprovesFollowers") is True,
        discoverable=document.get("discoverable") is True,
        indexable=document.get("indexable") is True,
        suspended=document.get("suspended") is True,
        published=moment(document.get("published")),
    )


def parse_key_document(document: Document) -> Actor | ActorKey:
    """What stands at a key id: the actor itself, a key with its owner, or a stub actor that only carries its key.

    GoToSocial serves such a stub without an inbox. Raises Malformed.
    """
    stub: Any = document.get("publicKey")
    if is_actor(document) and document.get("inbox") is not None:
        return parse_actor(document)
    candidate = stub if isinstance(stub, dict) else document
    owner = id_of(document.get("id")) if candidate is stub else None
    key = _key(candidate, ActorId(owner) if owner else None)
    if key is None:
        raise Malformed("not a key")
    return key

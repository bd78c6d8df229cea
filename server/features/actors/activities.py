"""Our actors as the network sees them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from federation.identifiers import ActorId, InboxUrl, KeyId
from federation.objects import Actor, ActorKey, Attachment, ProfileField
from server.base.addresses import Addresses
from server.base.timestamps import from_text
from server.features.actors.model import OurActor, ProfileLine, StoredKey


def actor_document(
    actor: OurActor,
    key: StoredKey,
    addresses: Addresses,
    *,
    to_html: Callable[[str], str],
    avatar: Attachment | None = None,
    header: Attachment | None = None,
) -> Actor:
    """One of our actors as a document. `to_html` turns the plain bio into the HTML that posts use too."""
    uri = ActorId(addresses.actor_uri(actor.handle, actor.kind))
    instance = actor.kind == "instance"
    own = str(uri) if instance else addresses.actor(actor.handle)
    return Actor(
        id=uri,
        type=actor.type,
        username=addresses.handle_domain if instance else actor.handle,
        name=actor.name,
        summary=to_html(actor.bio) if actor.bio else "",
        url=addresses.home() if instance else addresses.profile(actor.handle),
        inbox=InboxUrl(f"{own}/inbox"),
        shared_inbox=InboxUrl(addresses.shared_inbox()),
        outbox=f"{own}/outbox",
        followers=f"{own}/followers",
        following=f"{own}/following",
        featured=None if instance else addresses.featured(actor.handle),
        keys=(ActorKey(id=KeyId(addresses.key_id(uri, key.fragment)), owner=uri, pem=key.public_pem),),
        webfinger=addresses.acct(addresses.handle_domain if instance else actor.handle),
        icon=avatar,
        image=header,
        fields=tuple(ProfileField(name=line.name, value=field_html(line)) for line in actor.fields),
        also_known_as=tuple(ActorId(other) for other in actor.also_known_as),
        moved_to=ActorId(actor.moved_to) if actor.moved_to else None,
        manually_approves=instance or actor.approves_followers,
        discoverable=actor.discoverable and not instance,
        indexable=actor.indexable and not instance,
        published=from_text(actor.created_at).replace(hour=0, minute=0, second=0, microsecond=0),
        language=actor.language,
    )


def field_html(line: ProfileLine) -> str:
    """A profile line's value: a lone https link becomes exactly one anchor whose text is its address, as rel=me asks."""
    value = line.value.strip()
    if value.startswith("https://") and " " not in value:
        shown = escape(value, quote=True)
        return f'<a href="{shown}" rel="me nofollow noopener noreferrer">{shown}</a>'
    return escape(value)

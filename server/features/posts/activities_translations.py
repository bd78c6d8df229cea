"""Translations as notes of their own, threaded below the post that they translate. They name nobody, so they ping nobody."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from html import escape

from federation.activities import Create, Delete, Update
from federation.identifiers import PUBLIC, ActivityId, ActorId, ObjectId
from federation.objects import Hashtag, Note, Tombstone
from federation.render import render_note
from server.base.addresses import Addresses
from server.base.catalogue import SOURCE, catalogue, known
from server.base.timestamps import from_text, rounded_to_minute
from server.base.words import marked
from server.features.posts.activities import attachment, who_may_reply, words
from server.features.posts.languages import pictures_in
from server.features.posts.model import Post, Text
from server.features.posts.store_translations import OwnNote

#: Said first in a note whose original has changed since.
OLDER = marked("This translation is older than the original:")


def _older(post: Post, text: Text, addresses: Addresses) -> str:
    if text.state != "stale":
        return ""
    said = catalogue(known(text.language) or SOURCE).one(OLDER)
    url = escape(addresses.post_page(post.public_id))
    return f'<p><strong>{escape(said)}</strong> <a href="{url}">{url}</a></p>'


def translation_note(post: Post, text: Text, own: OwnNote, handle: str, addresses: Addresses) -> Note:
    """A translation of a post as an unlisted Note in answer to it. Whoever quotes, quotes the post itself."""
    content = _older(post, text, addresses) + words(post, text, addresses)
    warning = text.warning or post.main.warning
    context = addresses.context(handle, post.thread_public_id)
    return Note(
        id=ObjectId(addresses.post(handle, own.public_id)),
        type="Note",
        attributed_to=ActorId(addresses.actor(handle)),
        to=(addresses.followers(handle),),
        cc=(PUBLIC,),
        content=content,
        content_map=((text.language, content),),
        summary=warning or None,
        summary_map=((text.language, text.warning),) if text.warning else (),
        url=addresses.post_page_in(post.public_id, text.language),
        in_reply_to=ObjectId(addresses.post(handle, post.public_id)),
        published=from_text(rounded_to_minute(own.created_at)),
        updated=from_text(own.updated_at) if own.updated_at else None,
        sensitive=post.sensitive or bool(warning),
        attachments=tuple(attachment(one, (text,), addresses) for one in pictures_in(post, text)),
        hashtags=tuple(
            Hashtag(name=f"#{tag}", href=addresses.tag(tag.lower()))
            for tag in post.tags
            if f"#{tag}".lower() in text.source.lower()
        ),
        context=context,
        conversation=context,
        can_quote=(addresses.actor(handle),),
        replying=who_may_reply(post, handle, addresses),
    )


def said_by(made: Note) -> str:
    """A short name for what a note says: another one, another Update."""
    return hashlib.blake2b(render_note(replace(made, updated=None)), digest_size=8).hexdigest()


def create_translation(made: Note, activity_id: str) -> Create:
    """The first saying of a translation."""
    return Create(
        id=ActivityId(activity_id),
        actor=made.attributed_to,
        to=made.to,
        cc=made.cc,
        published=made.published,
        object=made,
    )


def update_translation(made: Note, activity_id: str) -> Update:
    """New words of a translation."""
    return Update(id=ActivityId(activity_id), actor=made.attributed_to, to=made.to, cc=made.cc, object=made)


def translation_tombstone(own: OwnNote, handle: str, addresses: Addresses) -> Tombstone:
    """What stands where a note of a translation was."""
    deleted = from_text(own.deleted_at) if own.deleted_at else None
    return Tombstone(id=ObjectId(addresses.post(handle, own.public_id)), deleted=deleted)


def delete_translation(own: OwnNote, handle: str, addresses: Addresses, activity_id: str) -> Delete:
    """The deletion of a note of its own."""
    return Delete(
        id=ActivityId(activity_id),
        actor=ActorId(addresses.actor(handle)),
        to=(PUBLIC,),
        cc=(addresses.followers(handle),),
        object=translation_tombstone(own, handle, addresses),
    )

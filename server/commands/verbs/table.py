"""Every verb by its name, with the type of its arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from federation.errors import FederationError
from server.base.errors import AppError
from server.commands.verbs import (
    calls,
    conversation,
    drafts,
    export,
    lists,
    offers,
    people,
    posts,
    queue,
    quotes,
    reviews,
    safety,
    signatures,
    translations,
)
from server.house import House

Verb = Callable[[House, Any], Awaitable[Any]]

VERBS: Final[dict[str, tuple[type[msgspec.Struct], Verb]]] = {
    "about": (people.Nothing, queue.about),
    "post": (posts.Write, posts.post),
    "edit": (posts.Write, posts.edit),
    "delete": (posts.Delete, posts.delete),
    "forget": (posts.Target, posts.forget),
    "correct": (drafts.Correct, drafts.correct),
    "drafts.keep": (posts.Write, drafts.keep),
    "drafts.list": (people.Nothing, drafts.listed),
    "drafts.publish": (drafts.Named, drafts.publish),
    "drafts.discard": (drafts.Named, drafts.discard),
    "drafts.schedule": (drafts.Plan, drafts.schedule),
    "call.new": (calls.New, calls.new),
    "call.state": (calls.Stand, calls.state),
    "call.list": (calls.Page, calls.listed),
    "status": (posts.Target, posts.status),
    "boost": (posts.React, posts.boost),
    "like": (posts.React, posts.like),
    "pin": (posts.React, posts.pin),
    "organiser.invite": (people.Invite, people.invite),
    "organiser.link": (people.Named, people.link),
    "organiser.suspend": (people.Named, people.suspend),
    "organiser.unsuspend": (people.Named, people.unsuspend),
    "organiser.reset-factor": (people.Named, people.reset_factor),
    "organiser.sign-out": (people.Named, people.sign_out),
    "organiser.language": (people.LanguageArgs, people.language),
    "organiser.list": (people.Nothing, people.organisers),
    "organiser.role": (people.Invite, people.role),
    "organiser.remove": (people.Named, people.remove_organiser),
    "lock": (safety.Lock, safety.lock),
    "lock.codes": (people.Nothing, safety.codes),
    "lock.codes.make": (safety.Codes, safety.make_codes),
    "lock.codes.discard": (people.Nothing, safety.discard_codes),
    "audit": (people.Nothing, safety.audit),
    "token": (people.Mint, people.token),
    "followers": (people.Ties, people.followers),
    "following": (people.Nothing, people.following),
    "followers.servers": (people.Nothing, people.follower_servers),
    "followers.approve": (people.TieArgs, people.approve),
    "followers.remove": (people.TieArgs, people.remove),
    "follow": (people.Named, people.follow),
    "unfollow": (people.Named, people.unfollow),
    "block": (people.BlockArgs, people.block),
    "unblock": (people.Named, people.unblock),
    "blocks": (people.Nothing, people.blocks),
    "blocks.import": (lists.Import, lists.take_in),
    "blocks.subscribe": (lists.Subscribe, lists.subscribe),
    "blocks.export": (people.Nothing, lists.export),
    "blocks.lists": (people.Nothing, lists.lists),
    "blocks.undo": (lists.Number, lists.undo),
    "allow": (people.Named, lists.allow),
    "allow.remove": (people.Named, lists.disallow),
    "allow.list": (people.Nothing, lists.allowed),
    "allow.on": (people.Nothing, lists.allow_on),
    "allow.off": (people.Nothing, lists.allow_off),
    "ally": (lists.Mark, lists.ally),
    "unally": (lists.Number, lists.unally),
    "allies": (people.Nothing, lists.allies),
    "signatures": (signatures.Of, signatures.signatures),
    "signatures.decide": (signatures.Sign, signatures.sign),
    "home": (lists.Home, lists.home),
    "home.boost": (lists.Number, lists.take_up),
    "home.dismiss": (lists.Number, lists.dismiss),
    "replies": (conversation.Queue, conversation.replies),
    "replies.decide": (conversation.Decide, conversation.decide),
    "mute": (people.Named, conversation.mute),
    "unmute": (people.Named, conversation.unmute),
    "mutes": (people.Nothing, conversation.mutes),
    "words": (people.Nothing, conversation.words),
    "words.add": (conversation.Words, conversation.words_add),
    "words.remove": (conversation.Rule, conversation.words_remove),
    "offers.list": (offers.Listed, offers.listed),
    "offers.show": (offers.Named, offers.show),
    "offers.answer": (offers.Answered, offers.answer),
    "offers.release": (offers.Named, offers.release),
    "offers.spam": (offers.Aside, offers.spam),
    "offers.asked": (people.Nothing, offers.asked),
    "offers.ask": (offers.Ask, offers.ask),
    "offers.delete": (offers.Several, offers.delete),
    "quotes": (quotes.Listed, quotes.quotes),
    "quotes.answer": (quotes.Answer, quotes.answer),
    "translate": (translations.Translate, translations.translate),
    "translations": (translations.Listed, translations.listed),
    "languages": (people.Nothing, translations.languages),
    "languages.choose": (translations.Languages, translations.choose),
    "export": (export.Export, export.export),
    "reviews.list": (people.Nothing, reviews.waiting),
    "reviews.show": (reviews.Number, reviews.show),
    "reviews.approve": (reviews.Approve, reviews.approve),
    "reviews.refuse": (reviews.Refuse, reviews.refuse),
    "policy": (people.Nothing, reviews.policy),
    "policy.choose": (reviews.Choose, reviews.choose),
    "queue.list": (people.Nothing, queue.queue_list),
    "queue.retry": (queue.Retry, queue.queue_retry),
}


class Refused(Exception):
    """The house said no, in words for whoever typed the command. They travel as JSON, so they are plain text here."""

    def __init__(self, words: str) -> None:
        super().__init__(str.__str__(words))


async def perform(house: House, name: str, args: Any) -> Any:
    """Do one thing. Raises Refused."""
    if name not in VERBS:
        raise Refused("This server is of another version. Start it again.")
    kind, verb = VERBS[name]
    try:
        return await verb(house, msgspec.convert(args, kind))
    except msgspec.ValidationError as error:
        raise Refused(str(error)) from None
    except AppError as error:
        raise Refused(str(error)) from None
    except OSError as error:
        raise Refused(f"The file could not be written or read: {error.strerror}") from None
    except FederationError as error:
        raise Refused(f"The other server could not be asked: {error}") from None

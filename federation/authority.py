"""May this signer say this? Pure rules of origin and ownership (FEP-fe34).

What the rules need from the database (who owns a stored post, which Follow is pending) the rooms check beside their data.
"""

from __future__ import annotations

from federation.activities import Accept, Activity, Add, Block, Create, Delete, Move, Reject, Remove, Undo, Update
from federation.errors import NotAuthorised
from federation.identifiers import ActorId, same_origin
from federation.objects import Actor, Note


def is_forwarded(activity: Activity, signer: ActorId) -> bool:
    """True if somebody else than the actor signed: nothing in it is believed, but its id may be fetched from its origin."""
    return activity.actor != signer


def _own_note(note: Note, actor: ActorId) -> bool:
    return note.attributed_to == actor and same_origin(note.id, actor)


def _allowed(activity: Activity) -> bool:  # noqa: C901, PLR0911 - one line a rule reads best
    actor = activity.actor
    match activity:
        case Create(object=Note() as note):
            return _own_note(note, actor)
        case Update(object=Note() as note):
            return _own_note(note, actor)
        case Update(object=Actor() as document):
            return document.id == actor
        case Create(object=str() as object_id) | Update(object=str() as object_id):
            return same_origin(object_id, actor)
        case Delete():
            return same_origin(activity.object_id, actor)
        case Undo(inner=inner):
            return inner.actor in {None, actor} and (inner.id is None or same_origin(inner.id, actor))
        case Accept(inner=inner) | Reject(inner=inner):
            return inner.actor != actor
        case Move(object=moved, target=target):
            return moved == actor and target != actor
        case Add(target=collection) | Remove(target=collection):
            return same_origin(collection, actor)
        case Block(object=blocked):
            return blocked != actor
        case _:
            return True


def authorise(activity: Activity, signer: ActorId) -> None:
    """Raise NotAuthorised unless the signer is the actor and the activity is about what is the actor's to say."""
    if activity.actor != signer:
        raise NotAuthorised("signed by somebody else")
    if activity.id is not None and not same_origin(activity.id, activity.actor):
        raise NotAuthorised("an id of another server")
    if not _allowed(activity):
        raise NotAuthorised("not the actor's to say")

"""How many pairs of eyes a change wants: pure decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from server.features.access.model import MAY, Act
from server.features.posts.model import Draft, Post
from server.features.posts.model import Kind as PostKind
from server.features.reviews.model import Change, Colleague, Kind, People, ReviewAct

#: Where a campaign chose nothing, these want two pairs of eyes once there is somebody to look.
CAREFUL: Final = frozenset({Kind.PICTURE, Kind.CALL_OUT})


def people(active: Sequence[Colleague], asker: int | None) -> People:
    """Those who count. A moderator neither writes nor reviews."""
    counted = [one for one in active if MAY[one.role] & {Act.WRITE, Act.REVIEW}]
    return People(
        active=len(counted),
        other_reviewers=sum(1 for one in counted if one.id != asker and Act.REVIEW in MAY[one.role]),
    )


def _kinds(kind: PostKind, *, pictures: bool, corrects: bool) -> frozenset[Kind]:
    found = {Kind.UPDATE}
    if kind is PostKind.CALL_OUT:
        found = {Kind.CALL_OUT}
    elif corrects or kind is PostKind.CORRECTION:
        found = {Kind.CORRECTION}
    return frozenset(found | {Kind.PICTURE} if pictures else found)


def kinds_of_draft(draft: Draft) -> frozenset[Kind]:
    """What a draft is, as far as the policy cares."""
    return _kinds(
        draft.kind, pictures=bool(draft.media), corrects=draft.corrects is not None or draft.correction is not None
    )


def kinds_of_post(post: Post) -> frozenset[Kind]:
    """What a post is, as far as the policy cares."""
    return _kinds(post.kind, pictures=bool(post.pictures), corrects=post.corrects is not None)


def eyes(kind: Kind, chosen: Mapping[Kind, int], there: People) -> int:
    """One or two, for a kind of post. What was chosen holds, even if nobody could look; the default asks nothing impossible."""
    if kind in chosen:
        return chosen[kind]
    return 2 if kind in CAREFUL and there.active >= 2 and there.other_reviewers >= 1 else 1


def wants_review(change: Change, chosen: Mapping[Kind, int], there: People) -> bool:
    """True if somebody else must look first.

    An edit or a deletion wants what the post wants, before or after, unless the campaign chose for edits or deletions
    themselves. A picture that was not there before is looked at like any new picture, what becomes a correction like any.
    """
    before = kinds_of_post(change.post) if change.post else frozenset()
    after = kinds_of_draft(change.draft) if change.draft else frozenset()
    concerned = {*before, *after}
    if change.act is ReviewAct.EDIT and Kind.EDIT in chosen:
        concerned = {Kind.EDIT} | ((after - before) & {Kind.CORRECTION, Kind.CALL_OUT})
        concerned |= {Kind.PICTURE} if _new_picture(change) else set()
    if change.act is ReviewAct.DELETE and Kind.DELETE in chosen:
        concerned = {Kind.DELETE}
    return any(eyes(kind, chosen, there) >= 2 for kind in concerned)


def _new_picture(change: Change) -> bool:
    shown = {one.public_id for one in change.post.pictures} if change.post else set()
    return change.draft is not None and any(one.public_id not in shown for one in change.draft.media)

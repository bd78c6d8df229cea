"""Who may publish, and when nobody may."""

from __future__ import annotations

from server.base.errors import Forbidden
from server.features.access.model import Act, Who
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety


def must_publish(safety: Safety, who: Who, act: Act = Act.PUBLISH) -> None:
    """Raise Forbidden unless this role may, and publishing is not frozen."""
    who.must(act)
    if safety.level >= LockLevel.PUBLISHING_FROZEN:
        raise Forbidden("Publishing is frozen. A keyholder can unlock it.")

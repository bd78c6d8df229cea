"""The 262 example objects of the fediverse-pasture project (MIT): what real software was seen to send or is asked to read."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def _without_the_runner() -> Iterator[None]:
    """The examples' package names a type of its test runner, which brings a whole server along; a name is enough."""
    names = ("fediverse_pasture", "fediverse_pasture.runner", "fediverse_pasture.runner.entry")
    for name in names:
        sys.modules[name] = ModuleType(name)
    sys.modules[names[-1]].Entry = object  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def inputs() -> dict[str, list[dict[str, Any]]]:
    """Examples by topic: members that are laid over a plain note; None takes one away."""
    with _without_the_runner():
        from fediverse_pasture_inputs import available
    return {name: list(group.examples) for name, group in available.items()}


def laid_over(note: dict[str, Any], example: dict[str, Any], author: str) -> dict[str, Any]:
    """The note with an example's members, said by this author."""

    def theirs(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("http://pasture-one-actor/actor", author)
        if isinstance(value, list):
            return [theirs(one) for one in value]
        if isinstance(value, dict):
            return {key: theirs(one) for key, one in value.items()}
        return value

    merged = {**note, **theirs(copy.deepcopy(example))}
    return {key: value for key, value in merged.items() if value is not None}

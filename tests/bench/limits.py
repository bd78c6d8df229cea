"""What this machine can do at most: signatures on one core and on two, verifications."""

from __future__ import annotations

from collections.abc import Iterator

from federation.identifiers import KeyId
from federation.keys import KeyPair
from tests.bench import work
from tests.bench.figures import Figure
from tests.bench.world import HELPERS, World

SIGNS_ONE, SIGNS_TWO, VERIFIES, STATIC = "signs, one core", "signs, two cores", "verifications, one core", "static file"


def signs_on_both(world: World, pem: str, seconds: float) -> float:
    """Signatures a second on two cores."""
    return sum(world.helpers.map(work.signatures, [pem] * HELPERS, [seconds] * HELPERS))


def limits(world: World) -> Iterator[Figure]:
    pem = KeyPair.generate_rsa(KeyId("http://localhost/key")).private_pem()
    seconds = world.size.limit_seconds
    # Both helpers are there before anything is measured.
    list(world.helpers.map(work.signatures, [pem] * HELPERS, [0.01] * HELPERS))
    for name, work_, cores in (
        (SIGNS_ONE, work.signatures, 1),
        (SIGNS_TWO, work.signatures, HELPERS),
        (VERIFIES, work.verifications, 1),
    ):
        rate = sum(world.helpers.map(work_, [pem] * cores, [seconds] * cores))
        world.limits[name] = rate
        yield Figure(name=f"limit: RSA-2048 {name}", value=rate)

"""What the processes beside the measuring one do: they sign for the crowd, and ask for pages at a steady pace."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.signatures import CavageSigner, body_digest, http_date
from tests.loopback.crowd import AP, request

MESSAGE = (
    b"(request-target): post /inbox\nhost: campaign.example\ndate: Mon, 28 Sep 2026 09:30:12 GMT\ndigest: SHA-256=x"
)
#: Whose key id, and the body.
Saying = tuple[str, bytes]


@cache
def _pair(pem: str) -> KeyPair:
    return KeyPair.from_pem(KeyId("http://127.60.0.1/spare"), pem)


def signed(pem: str, sayings: Sequence[Saying], inbox: str) -> list[bytes]:
    """A whole signed POST to an inbox for each."""
    host, _, path = inbox.removeprefix("http://").partition("/")
    made = []
    for key_id, body in sayings:
        signer = CavageSigner(KeyPair(KeyId(key_id), _pair(pem).private))
        date = http_date(datetime.now(UTC))
        headers = signer.headers(host=host, target=f"/{path}", date=date, digest=body_digest(body), content_type=AP)
        made.append(request("POST", f"/{path}", headers, body))
    return made


def each_second(work: Callable[[], object], seconds: float) -> float:
    """How often a second something can be done."""
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        for _ in range(20):
            work()
        count += 20
    return count / (time.perf_counter() - begun)


def signatures(pem: str, seconds: float) -> float:
    """RSA-2048 signatures a second on one core."""
    pair = _pair(pem)
    return each_second(lambda: pair.sign(MESSAGE), seconds)


def verifications(pem: str, seconds: float) -> float:
    """RSA-2048 verifications a second on one core."""
    public, signature = _pair(pem).public, _pair(pem).sign(MESSAGE)
    return each_second(lambda: public.verify(signature, MESSAGE), seconds)


def steadily(
    port: int, path: str, headers: dict[str, Any], each: float, seconds: float
) -> list[tuple[float, float, int]]:
    """Ask so many times a second. Each: when it was due, seconds from then to the answer, status.

    Who is late because the answer before took long counts the wait, too.
    """
    found = []
    begun = time.time()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for number in range(int(each * seconds)):
        due = begun + number / each
        time.sleep(max(0.0, due - time.time()))
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        found.append((due, time.time() - due, answer.status))
        if time.time() - begun > seconds:
            break
    connection.close()
    return found
